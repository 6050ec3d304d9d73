// The text form of stream keys: "live_" and 32 characters of base32, 160 random bits that come from outside.
// One spelling only, so that a key has one HMAC. Never stores or compares keys: that is done by their HMAC.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "encoding.hpp"

namespace tribute {

inline constexpr std::string_view stream_key_prefix = "live_";
inline constexpr std::size_t stream_key_random_bytes = 20;
inline constexpr std::size_t stream_key_size = 37;

inline std::string make_stream_key(const std::array<std::uint8_t, stream_key_random_bytes>& random) {
  const std::string bytes(random.begin(), random.end());
  return std::string{stream_key_prefix} + to_base32(bytes);
}

/// May this text be a key at all? What is not needs no look-up.
constexpr bool is_stream_key(std::string_view text) noexcept {
  if (text.size() != stream_key_size || !text.starts_with(stream_key_prefix)) return false;
  for (const char c : text.substr(stream_key_prefix.size()))
    if (detail::base32_digits.find(c) == std::string_view::npos) return false;
  return true;
}

}  // namespace tribute

// Bytes as text: hex and base64url (RFC 4648 sections 8 and 5, no padding), and Crockford base32. Decoding is
// strict: one text for each sequence of bytes, so that what is compared as text is equal as bytes too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tribute {

namespace detail {

inline constexpr std::string_view hex_digits = "0123456789abcdef";
inline constexpr std::string_view base32_digits = "0123456789abcdefghjkmnpqrstvwxyz";
inline constexpr std::string_view base64url_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Groups of `width` bits, most significant first; the last group is filled up with zero bits.
inline std::string spell(std::string_view bytes, std::string_view digits, unsigned width) {
  std::string out;
  out.reserve((bytes.size() * 8 + width - 1) / width);
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char c : bytes) {
    held = held << 8 | static_cast<std::uint8_t>(c);
    for (bits += 8; bits >= width;) {
      bits -= width;
      out += digits[held >> bits & ((1u << width) - 1)];
    }
  }
  if (bits > 0) out += digits[held << (width - bits) & ((1u << width) - 1)];
  return out;
}

/// The opposite. Refuses other characters, superfluous ones, and filling bits that are not zero.
inline std::optional<std::string> unspell(std::string_view text, std::string_view digits, unsigned width) {
  std::string out;
  out.reserve(text.size() * width / 8);
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const auto value = digits.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    held = held << width | static_cast<std::uint32_t>(value);
    bits += width;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>(held >> bits & 0xff);
    }
  }
  if (bits >= width || (held & ((1u << bits) - 1)) != 0) return std::nullopt;
  return out;
}

}  // namespace detail

inline std::string to_hex(std::string_view bytes) { return detail::spell(bytes, detail::hex_digits, 4); }
/// Lower case only.
inline std::optional<std::string> from_hex(std::string_view text) { return detail::unspell(text, detail::hex_digits, 4); }

inline std::string to_base64url(std::string_view bytes) { return detail::spell(bytes, detail::base64url_digits, 6); }
inline std::optional<std::string> from_base64url(std::string_view text) { return detail::unspell(text, detail::base64url_digits, 6); }

inline std::string to_base32(std::string_view bytes) { return detail::spell(bytes, detail::base32_digits, 5); }
inline std::optional<std::string> from_base32(std::string_view text) { return detail::unspell(text, detail::base32_digits, 5); }

}  // namespace tribute

// Identifiers: 128 random bits in one fixed text form. 26 characters of lower-case Crockford base32,
// so the first is always a digit 0-7: an id can never be a route word. Never makes randomness itself.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tribute {

class Id {
 public:
  static constexpr std::size_t byte_size = 16;
  static constexpr std::size_t text_size = 26;
  using Bytes = std::array<std::uint8_t, byte_size>;

  constexpr Id() = default;
  constexpr explicit Id(const Bytes& bytes) : bytes_(bytes) {}

  constexpr const Bytes& bytes() const noexcept { return bytes_; }
  constexpr bool is_set() const noexcept { return bytes_ != Bytes{}; }
  friend constexpr auto operator<=>(const Id&, const Id&) = default;

  /// Base32 of D. Crockford (0-9 a-z without i l o u), most significant bits first.
  std::string text() const {
    std::string out(text_size, '0');
    // 130 bits of text for 128 bits of id: two leading zero bits.
    for (std::size_t i = 0; i < text_size; ++i) out[i] = alphabet[group(i)];
    return out;
  }

  /// Exactly the form that text() gives; upper case, look-alikes and overflow are refused.
  static constexpr std::optional<Id> parse(std::string_view s) noexcept {
    if (s.size() != text_size || s[0] > '7') return std::nullopt;
    Bytes bytes{};
    for (std::size_t i = 0; i < text_size; ++i) {
      const auto value = alphabet.find(s[i]);
      if (value == std::string_view::npos) return std::nullopt;
      for (std::size_t b = 0; b < 5; ++b) {
        const std::size_t bit = i * 5 + b;
        if (bit >= 2 && (value >> (4 - b) & 1) != 0)
          bytes[(bit - 2) / 8] = static_cast<std::uint8_t>(bytes[(bit - 2) / 8] | 0x80u >> (bit - 2) % 8);
      }
    }
    return Id{bytes};
  }

 private:
  static constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

  constexpr std::size_t group(std::size_t i) const noexcept {
    std::size_t value = 0;
    for (std::size_t b = 0; b < 5; ++b) {
      const std::size_t bit = i * 5 + b;
      const std::size_t set = bit < 2 ? 0u : static_cast<std::size_t>(bytes_[(bit - 2) / 8] >> (7 - (bit - 2) % 8)) & 1u;
      value = value << 1 | set;
    }
    return value;
  }

  Bytes bytes_{};
};

}  // namespace tribute

template <>
struct std::hash<tribute::Id> {
  std::size_t operator()(const tribute::Id& id) const noexcept {
    std::size_t value = 0;  // random bits already: the first eight bytes will do
    for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8 | id.bytes()[i];
    return value;
  }
};

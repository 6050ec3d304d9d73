// The pieces that JSON is written of (RFC 8259 section 7): texts escaped and always valid UTF-8, ids, times. Pure, and
// quick: a list of fifty records goes through here.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "../id.hpp"
#include "../time.hpp"

namespace tribute {

namespace detail {

/// Length of the UTF-8 sequence at the front (RFC 3629 section 4), 0 if there is none.
constexpr std::size_t utf8_sequence(std::string_view s) noexcept {
  const auto at = [s](std::size_t i) { return i < s.size() ? static_cast<std::uint8_t>(s[i]) : std::uint8_t{0}; };
  const auto tail = [&at](std::size_t i) { return (at(i) & 0xc0) == 0x80; };
  const auto lead = at(0), second = at(1);
  if (lead < 0x80) return s.empty() ? 0 : 1;
  if (lead >= 0xc2 && lead <= 0xdf) return tail(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const bool good = tail(1) && tail(2) && !(lead == 0xe0 && second < 0xa0) && !(lead == 0xed && second > 0x9f);
    return good ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const bool good = tail(1) && tail(2) && tail(3) && !(lead == 0xf0 && second < 0x90) && !(lead == 0xf4 && second > 0x8f);
    return good ? 4 : 0;
  }
  return 0;
}

/// Bytes that stand for themselves: a look-up, because every byte of every text goes through it.
inline constexpr auto plain_bytes = [] {
  std::array<bool, 256> plain{};
  for (std::size_t byte = 0x20; byte < 0x7f; ++byte) plain[byte] = byte != '"' && byte != '\\';
  return plain;
}();
constexpr bool is_plain(char c) noexcept { return plain_bytes[static_cast<std::uint8_t>(c)]; }

inline void put_escaped(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  constexpr std::string_view digits = "0123456789abcdef";
  const auto byte = static_cast<std::uint8_t>(c);
  out += "\\u00";
  out += digits[byte >> 4];
  out += digits[byte & 15];
}

inline void put_json_chars(std::string& out, std::string_view text) {
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && is_plain(text[plain])) ++plain;
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto length = utf8_sequence(text);
    if (length == 1)
      put_escaped(out, text[0]);
    else if (length == 0)
      out += "\xef\xbf\xbd";
    else
      out += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

/// Id::text() without its loop over bits; `text` has room for 26 characters.
inline void put_id_text(char* text, const Id& id) noexcept {
  constexpr std::string_view digits = "0123456789abcdefghjkmnpqrstvwxyz";
  std::uint64_t high = 0, low = 0;
  for (std::size_t i = 0; i < 8; ++i) high = high << 8 | id.bytes()[i], low = low << 8 | id.bytes()[i + 8];
  text[0] = digits[high >> 61];
  for (unsigned i = 1; i < 13; ++i) text[i] = digits[high >> (61 - 5 * i) & 31];
  text[13] = digits[(high & 1) << 4 | low >> 60];
  for (unsigned i = 14; i < 26; ++i) text[i] = digits[low >> (125 - 5 * i) & 31];
}

constexpr void put_two(char* to, unsigned value) noexcept {
  to[0] = static_cast<char>('0' + value / 10 % 10);
  to[1] = static_cast<char>('0' + value % 10);
}

/// to_rfc3339() in place, for years 1970 to 9999; `to` has room for 24 characters.
inline void put_time_text(char* to, Timestamp t) noexcept {
  const auto days = t.ms / 86'400'000;
  const auto rest = static_cast<unsigned>(t.ms % 86'400'000);
  const auto date = civil_from_days(days);
  const auto year = static_cast<unsigned>(date.year);
  constexpr std::string_view form = "0000-00-00T00:00:00.000Z";
  form.copy(to, form.size());
  put_two(to, year / 100), put_two(to + 2, year), put_two(to + 5, date.month), put_two(to + 8, date.day);
  put_two(to + 11, rest / 3'600'000), put_two(to + 14, rest / 60'000 % 60), put_two(to + 17, rest / 1000 % 60);
  to[20] = static_cast<char>('0' + rest / 100 % 10);
  put_two(to + 21, rest);
}
inline constexpr std::int64_t last_written_ms = 253'402'300'799'999;  // the end of 9999

}  // namespace detail

}  // namespace tribute

// JSON out (RFC 8259), straight into a string: no tree in between. What it writes is always valid: control characters
// are escaped, bytes that are no UTF-8 become U+FFFD. The caller keeps the brackets in order; names are literals.
#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../id.hpp"
#include "../time.hpp"
#include "../words.hpp"

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

constexpr bool is_plain(char c) noexcept {
  const auto byte = static_cast<std::uint8_t>(c);
  return byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\';
}

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

inline void put_json_text(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && is_plain(text[plain])) ++plain;
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto length = utf8_sequence(text);
    if (length == 1) put_escaped(out, text[0]);
    else if (length == 0) out += "\xef\xbf\xbd";
    else out += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

/// Id::text() without its loop over bits.
inline void put_id_text(std::string& out, const Id& id) {
  constexpr std::string_view digits = "0123456789abcdefghjkmnpqrstvwxyz";
  std::uint64_t high = 0, low = 0;
  for (std::size_t i = 0; i < 8; ++i) high = high << 8 | id.bytes()[i], low = low << 8 | id.bytes()[i + 8];
  char text[Id::text_size];
  text[0] = digits[high >> 61];
  for (unsigned i = 1; i < 13; ++i) text[i] = digits[high >> (61 - 5 * i) & 31];
  text[13] = digits[(high & 1) << 4 | low >> 60];
  for (unsigned i = 14; i < 26; ++i) text[i] = digits[low >> (125 - 5 * i) & 31];
  out.append(text, sizeof text);
}

}  // namespace detail

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  /// `name` is written as it is: a literal of ours, never anybody's text.
  JsonWriter& key(std::string_view name) {
    separate();
    out_ += '"';
    out_ += name;
    out_ += "\":";
    first_ = true;
    return *this;
  }

  JsonWriter& value(std::string_view text) { return separate(), detail::put_json_text(out_, text), *this; }
  JsonWriter& value(const std::string& text) { return value(std::string_view{text}); }
  JsonWriter& value(const char* text) { return value(std::string_view{text}); }
  JsonWriter& value(std::nullptr_t) { return separate(), out_ += "null", *this; }
  JsonWriter& value(std::same_as<bool> auto truth) { return separate(), out_ += truth ? "true" : "false", *this; }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  JsonWriter& value(T number) {
    char text[24];
    separate();
    return out_.append(text, std::to_chars(text, text + sizeof text, number).ptr), *this;
  }
  /// RFC 3339, or null for "never".
  JsonWriter& value(Timestamp t) { return t.is_set() ? value(std::string_view{to_rfc3339(t)}) : value(nullptr); }
  /// Its text, or null when it is not set.
  JsonWriter& value(const Id& id) {
    if (!id.is_set()) return value(nullptr);
    separate();
    out_ += '"';
    detail::put_id_text(out_, id);
    return out_ += '"', *this;
  }
  template <class E>
    requires std::is_enum_v<E>
  JsonWriter& value(E word) {
    return value(to_word(word));
  }
  JsonWriter& value(const std::vector<std::string>& texts) {
    begin_array();
    for (const auto& text : texts) value(text);
    return end_array();
  }
  /// Thousandths, without trailing zeros: 12345 -> 12.345.
  JsonWriter& thousandths(std::int64_t number) {
    if (number < 0) return value(number / 1000);
    value(number / 1000);
    if (number % 1000 == 0) return *this;
    const auto rest = static_cast<unsigned>(number % 1000);
    out_ += '.';
    out_ += static_cast<char>('0' + rest / 100);
    if (rest % 100 != 0) out_ += static_cast<char>('0' + rest / 10 % 10);
    if (rest % 10 != 0) out_ += static_cast<char>('0' + rest % 10);
    return *this;
  }
  /// JSON that somebody wrote before.
  JsonWriter& raw(std::string_view json) { return separate(), out_ += json, *this; }

  template <class T>
  JsonWriter& member(std::string_view name, const T& thing) {
    return key(name).value(thing);
  }
  /// Null instead of an empty text.
  JsonWriter& optional(std::string_view name, std::string_view text) {
    key(name);
    return text.empty() ? value(nullptr) : value(text);
  }

 private:
  JsonWriter& open(char bracket) {
    separate();
    out_ += bracket;
    first_ = true;
    return *this;
  }
  JsonWriter& close(char bracket) {
    out_ += bracket;
    first_ = false;
    return *this;
  }
  void separate() {
    if (!first_) out_ += ',';
    first_ = false;
  }

  std::string& out_;
  bool first_ = true;
};

}  // namespace tribute

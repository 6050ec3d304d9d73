// JSON out (RFC 8259), straight into a string: no tree in between. What it writes is always valid: control characters
// are escaped, bytes that are no UTF-8 become U+FFFD. The caller keeps the brackets in order; names are literals.
#pragma once

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "../words.hpp"
#include "text.hpp"

namespace tribute {

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  /// `name` is written as it is: a literal of ours, never anybody's text.
  JsonWriter& key(std::string_view name) {
    // Pieced together before it is appended: there are forty of them in a record.
    char text[64];
    const auto size = std::min(name.size(), sizeof text - 4);
    char* end = text;
    if (!first_) *end++ = ',';
    *end++ = '"';
    end += name.copy(end, size);
    *end++ = '"';
    *end++ = ':';
    out_.append(text, end);
    first_ = true;
    return *this;
  }

  JsonWriter& value(std::string_view text) { return joined({text}); }
  /// One text of several pieces.
  JsonWriter& joined(std::initializer_list<std::string_view> pieces) {
    separate();
    out_ += '"';
    for (const auto piece : pieces) detail::put_json_chars(out_, piece);
    return out_ += '"', *this;
  }
  JsonWriter& value(const std::string& text) { return value(std::string_view{text}); }
  JsonWriter& value(const char* text) { return value(std::string_view{text}); }
  JsonWriter& value(std::nullptr_t) { return separate(), out_ += "null", *this; }
  JsonWriter& value(std::same_as<bool> auto truth) { return separate(), out_ += truth ? "true" : "false", *this; }
  template <std::integral T>
  requires(!std::same_as<T, bool>) JsonWriter& value(T number) {
    char text[24];
    separate();
    return out_.append(text, std::to_chars(text, text + sizeof text, number).ptr), *this;
  }
  /// RFC 3339, or null for "never".
  JsonWriter& value(Timestamp t) {
    if (!t.is_set()) return value(nullptr);
    if (t.ms < 0 || t.ms > detail::last_written_ms) return value(std::string_view{to_rfc3339(t)});
    char text[26] = {'"'};
    detail::put_time_text(text + 1, t);
    text[25] = '"';
    return separate(), out_.append(text, sizeof text), *this;
  }
  /// Its text, or null when it is not set.
  JsonWriter& value(const Id& id) {
    if (!id.is_set()) return value(nullptr);
    char text[Id::text_size + 2] = {'"'};
    detail::put_id_text(text + 1, id);
    text[Id::text_size + 1] = '"';
    return separate(), out_.append(text, sizeof text), *this;
  }
  template <class E>
  requires std::is_enum_v<E> JsonWriter& value(E word) { return value(to_word(word)); }
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

// application/x-www-form-urlencoded (WHATWG URL section 5.1), as RTMP callbacks and query strings have it. The
// first of two fields with one name is the one that counts: what a stranger appends can never replace it.
// Bounded in bytes, fields and lengths; refuses NUL and broken escapes instead of guessing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "result.hpp"

namespace tribute {

namespace limits {
inline constexpr std::size_t form_bytes = 8 * 1024;
inline constexpr std::size_t form_fields = 64;
inline constexpr std::size_t form_name = 64;     ///< bytes, decoded
inline constexpr std::size_t form_value = 4096;  ///< bytes, decoded
}  // namespace limits

class Form {
 public:
  using Field = std::pair<std::string, std::string>;

  const std::vector<Field>& fields() const noexcept { return fields_; }

  /// The value of the first field of this name; nullptr if there is none.
  const std::string* find(std::string_view name) const noexcept {
    for (const auto& [key, value] : fields_)
      if (key == name) return &value;
    return nullptr;
  }

  /// The same, or an empty text.
  std::string_view get(std::string_view name) const noexcept {
    const auto* value = find(name);
    return value != nullptr ? std::string_view{*value} : std::string_view{};
  }

  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }

 private:
  std::vector<Field> fields_;
};

namespace detail {

constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// "a%20b+c" -> "a b c". Refuses NUL, "%" without two hex digits, and more than `most` bytes.
inline Result<std::string> percent_decode(std::string_view in, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < in.size(); ++i) {
    char c = in[i];
    if (c == '+') {
      c = ' ';
    } else if (c == '%') {
      const int high = i + 2 < in.size() ? hex_value(in[i + 1]) : -1;
      const int low = high >= 0 ? hex_value(in[i + 2]) : -1;
      if (low < 0) return make_error(Errc::invalid, "A percent sign is not followed by two hexadecimal digits.");
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (c == '\0') return make_error(Errc::invalid, "A zero byte is not allowed.");
    if (out.size() == most) return make_error(Errc::too_large, "A name or value is too long.");
    out += c;
  }
  return out;
}

}  // namespace detail

/// Errors: invalid, too_large.
inline Result<Form> parse_form(std::string_view text) {
  if (text.size() > limits::form_bytes) return make_error(Errc::too_large, "The form is too large.");
  Form form;
  while (!text.empty()) {
    const auto end = text.find('&');
    const auto field = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (field.empty()) continue;
    if (form.fields().size() == limits::form_fields) return make_error(Errc::too_large, "The form has too many fields.");
    const auto equals = field.find('=');
    auto name = detail::percent_decode(field.substr(0, equals), limits::form_name);
    if (!name) return name.error();
    const auto raw = equals == std::string_view::npos ? std::string_view{} : field.substr(equals + 1);
    auto value = detail::percent_decode(raw, limits::form_value);
    if (!value) return value.error();
    form.add(std::move(*name), std::move(*value));
  }
  return form;
}

}  // namespace tribute

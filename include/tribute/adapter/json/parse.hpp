// JSON in (Boost.JSON), with what RFC 8259 leaves open decided: bounded in bytes and depth, a name may stand only
// once in an object (two readers could take different ones), text is valid UTF-8, nothing may follow. Errors only.
#pragma once

#include <boost/json.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <string_view>
#include <tribute/result.hpp>

namespace tribute {

struct JsonLimits {
  std::size_t bytes = 64 * 1024;
  std::size_t depth = 8;
};

namespace detail {

/// Builds values as Boost's own handler does, and counts the names that went in.
struct CountingHandler {
  static constexpr std::size_t max_object_size = 1024;
  static constexpr std::size_t max_array_size = 4096;
  static constexpr std::size_t max_key_size = 256;
  static constexpr std::size_t max_string_size = std::size_t{1} << 20;
  using Code = boost::json::error_code;
  using Text = boost::json::string_view;

  boost::json::value_stack stack;
  std::size_t names = 0;

  bool on_document_begin(Code&) { return stack.reset(), true; }
  bool on_document_end(Code&) { return true; }
  bool on_array_begin(Code&) { return true; }
  bool on_array_end(std::size_t n, Code&) { return stack.push_array(n), true; }
  bool on_object_begin(Code&) { return true; }
  bool on_object_end(std::size_t n, Code&) { return names += n, stack.push_object(n), true; }
  bool on_key_part(Text s, std::size_t, Code&) { return stack.push_chars(s), true; }
  bool on_key(Text s, std::size_t, Code&) { return stack.push_key(s), true; }
  bool on_string_part(Text s, std::size_t, Code&) { return stack.push_chars(s), true; }
  bool on_string(Text s, std::size_t, Code&) { return stack.push_string(s), true; }
  bool on_number_part(Text, Code&) { return true; }
  bool on_int64(std::int64_t i, Text, Code&) { return stack.push_int64(i), true; }
  bool on_uint64(std::uint64_t u, Text, Code&) { return stack.push_uint64(u), true; }
  bool on_double(double d, Text, Code&) { return stack.push_double(d), true; }
  bool on_bool(bool b, Code&) { return stack.push_bool(b), true; }
  bool on_null(Code&) { return stack.push_null(), true; }
  bool on_comment_part(Text, Code&) { return true; }
  bool on_comment(Text, Code&) { return true; }
};

inline std::size_t count_names(const boost::json::value& value) {
  std::size_t names = 0;
  if (const auto* object = value.if_object()) {
    names = object->size();
    for (const auto& member : *object) names += count_names(member.value());
  } else if (const auto* array = value.if_array()) {
    for (const auto& element : *array) names += count_names(element);
  }
  return names;
}

}  // namespace detail

/// Errors: too_large, invalid (what is wrong and where).
inline Result<boost::json::value> parse_json(std::string_view text, const JsonLimits& limits = {}) {
  if (text.size() > limits.bytes) return make_error(Errc::too_large, "The JSON text is too large.");
  boost::json::parse_options options;
  options.max_depth = limits.depth;
  boost::json::basic_parser<detail::CountingHandler> parser(options);
  boost::json::error_code error;
  const auto used = parser.write_some(false, text.data(), text.size(), error);
  if (!error && used < text.size()) error = boost::json::error::extra_data;
  if (error)
    return make_error(Errc::invalid, "This is not acceptable JSON (at byte " + std::to_string(used) + "): " + error.message() + ".");
  auto value = parser.handler().stack.release();
  if (detail::count_names(value) != parser.handler().names) return make_error(Errc::invalid, "A name stands twice in one JSON object.");
  return value;
}

/// The same, and it must be an object.
inline Result<boost::json::object> parse_json_object(std::string_view text, const JsonLimits& limits = {}) {
  auto value = parse_json(text, limits);
  if (!value) return value.error();
  if (!value->is_object()) return make_error(Errc::invalid, "A JSON object is wanted.");
  return std::move(value->get_object());
}

}  // namespace tribute

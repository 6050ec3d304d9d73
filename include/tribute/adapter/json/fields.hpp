// Reads the members of a JSON object into typed places and remembers the first that does not fit: another type is
// `invalid` (400), a value that cannot be is `unprocessable` (422), both name the field. Members that nobody asks for
// are ignored, so that older servers take newer clients' bodies.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <tribute/adapter/json/parse.hpp>
#include <tribute/id.hpp>
#include <tribute/time.hpp>
#include <tribute/words.hpp>
#include <vector>

namespace tribute {

class FieldReader {
 public:
  explicit FieldReader(const boost::json::object& object) : object_(object) {}

  /// The first refusal, if any.
  const std::optional<Error>& error() const noexcept { return error_; }

  /// What null means for a member: nothing there is (an empty text, no time), or a wrong type.
  enum class Null : bool { refused, empties };

  void text(std::string_view name, std::optional<std::string>& out, Null null = Null::empties) {
    if (const auto* value = find(name, null, out); value != nullptr) {
      if (const auto* s = value->if_string())
        out.emplace(std::string_view{*s});
      else
        refuse(name, "must be a text");
    }
  }

  void boolean(std::string_view name, std::optional<bool>& out) {
    if (const auto* value = object_.if_contains(name); value != nullptr) {
      if (const auto* b = value->if_bool())
        out = *b;
      else
        refuse(name, "must be true or false");
    }
  }

  void integer(std::string_view name, std::optional<std::int64_t>& out, Null null = Null::empties) {
    const auto* value = find(name, null, out);
    if (value == nullptr) return;
    if (!value->is_number()) return refuse(name, "must be a number");
    if (value->is_int64()) {
      out = value->get_int64();
    } else if (value->is_double() && std::abs(value->get_double()) < 9e15 && std::trunc(value->get_double()) == value->get_double()) {
      out = static_cast<std::int64_t>(value->get_double());
    } else {
      refuse(name, "must be a whole number of reasonable size", Errc::unprocessable);
    }
  }

  void time(std::string_view name, std::optional<Timestamp>& out) {
    std::optional<std::string> text_form;
    text(name, text_form);
    if (!text_form) return;
    if (text_form->empty() && object_.at(name).is_null()) {
      out.emplace();
    } else if (const auto parsed = parse_rfc3339(*text_form)) {
      out = *parsed;
    } else {
      refuse(name, "must be a time as in 2026-10-15T14:00:00Z (RFC 3339, with its offset)", Errc::unprocessable);
    }
  }

  void id(std::string_view name, std::optional<Id>& out) {
    std::optional<std::string> text_form;
    text(name, text_form);
    if (!text_form) return;
    if (text_form->empty() && object_.at(name).is_null()) {
      out.emplace();
    } else if (const auto parsed = Id::parse(*text_form)) {
      out = *parsed;
    } else {
      refuse(name, "is not an id of this server", Errc::unprocessable);
    }
  }

  template <class Enum>
  void word(std::string_view name, std::optional<Enum>& out) {
    std::optional<std::string> text_form;
    text(name, text_form, Null::refused);
    if (!text_form) return;
    out = from_word<Enum>(*text_form);
    if (out) return;
    std::string wanted = "must be one of";
    for (const auto known : Words<Enum>::words) (wanted += ' ') += known;
    refuse(name, std::move(wanted), Errc::unprocessable);
  }

  void texts(std::string_view name, std::optional<std::vector<std::string>>& out) {
    const auto* value = find(name, Null::empties, out);
    if (value == nullptr) return;
    const auto* array = value->if_array();
    if (array == nullptr) return refuse(name, "must be a list of texts");
    out.emplace();
    for (const auto& element : *array) {
      if (!element.is_string()) return refuse(name, "must be a list of texts");
      out->emplace_back(std::string_view{element.get_string()});
    }
  }

 private:
  /// The member if it has to be read; null was handled here.
  template <class T>
  const boost::json::value* find(std::string_view name, Null null, std::optional<T>& out) {
    const auto* value = object_.if_contains(name);
    if (value == nullptr || !value->is_null()) return value;
    if (null == Null::empties)
      out.emplace();
    else
      refuse(name, "must not be null");
    return nullptr;
  }

  void refuse(std::string_view name, std::string detail, Errc code = Errc::invalid) {
    if (!error_) error_ = make_error(code, std::move(detail), std::string{name});
  }

  const boost::json::object& object_;
  std::optional<Error> error_;
};

}  // namespace tribute

// Result<T>: a value, or the reason why there is none. For refusals that are part of the business;
// the impossible stays an exception. Never throws by itself, never allocates beyond what T and Error do.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace tribute {

/// What kind of refusal it is. The shell maps each to one HTTP status, in one table.
enum class Errc : std::uint8_t {
  invalid,           ///< not the syntax asked for (HTTP 400)
  unauthenticated,   ///< nobody said who is asking (401)
  forbidden,         ///< known, but not allowed (403)
  not_found,         ///< unknown, or not to be known (404)
  conflict,          ///< the record's state forbids it (409)
  too_large,         ///< over a limit (413)
  unsupported_type,  ///< another media type is wanted (415)
  unprocessable,     ///< well-formed, but a field's value is not acceptable (422)
  too_many,          ///< asked too often (429)
  unavailable,       ///< cannot now; later it may work (503)
  truncated,         ///< more bytes are needed (parsers)
  corrupt,           ///< stored data is damaged
};

/// A refusal: its kind, the field or position it is about (may be empty), and a sentence for people.
struct Error {
  Errc code = Errc::invalid;
  std::string detail;
  std::string field;

  friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// Precondition: has_value(). Otherwise throws std::bad_variant_access: a bug, not a refusal.
  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }

  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

/// Success without a value.
struct Done {
  friend bool operator==(Done, Done) = default;
};

inline Error make_error(Errc code, std::string detail, std::string field = {}) {
  return {code, std::move(detail), std::move(field)};
}

}  // namespace tribute

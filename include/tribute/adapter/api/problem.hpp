// Refusals on the wire: application/problem+json (RFC 9457) with "success":false. THE one table from Errc to HTTP
// status, name and title; nobody else turns an error into a status.
#pragma once

#include <array>
#include <tribute/adapter/api/message.hpp>
#include <tribute/result.hpp>

namespace tribute::api {

struct ProblemKind {
  Errc code;
  int status;
  std::string_view name;  ///< in the type: "urn:tribute:problem:" and this
  std::string_view title;
};

inline constexpr std::array<ProblemKind, 12> problem_kinds{{
    {Errc::invalid, 400, "invalid", "Bad request"},
    {Errc::unauthenticated, 401, "unauthenticated", "Nobody said who is asking"},
    {Errc::forbidden, 403, "forbidden", "Not allowed"},
    {Errc::not_found, 404, "not_found", "Not found"},
    {Errc::conflict, 409, "conflict", "Not possible in this state"},
    {Errc::too_large, 413, "too_large", "Too large"},
    {Errc::unsupported_type, 415, "unsupported_type", "Wrong media type"},
    {Errc::unprocessable, 422, "unprocessable", "A value is not acceptable"},
    {Errc::too_many, 429, "too_many", "Too many requests"},
    {Errc::unavailable, 503, "unavailable", "Not possible now"},
    {Errc::truncated, 400, "truncated", "Incomplete"},
    {Errc::corrupt, 500, "corrupt", "Stored data is damaged"},
}};

constexpr const ProblemKind& kind_of(Errc code) noexcept { return problem_kinds[static_cast<std::size_t>(code)]; }

namespace detail {

constexpr bool one_row_for_each_code() {
  for (std::size_t i = 0; i < problem_kinds.size(); ++i)
    if (static_cast<std::size_t>(problem_kinds[i].code) != i) return false;
  return problem_kinds.back().code == Errc::corrupt;
}
static_assert(one_row_for_each_code(), "in the order of the enumeration");

template <class More>
ApiResponse problem_of(const ProblemKind& kind, std::string_view text, More more) {
  ApiResponse out{.status = kind.status, .content_type = "application/problem+json"};
  JsonWriter json{out.body};
  json.begin_object()
      .member("type", "urn:tribute:problem:" + std::string{kind.name})
      .member("title", kind.title)
      .member("status", kind.status);
  json.member("detail", text).member("success", false);
  more(json);
  json.end_object();
  if (kind.code == Errc::unauthenticated) out.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"tribute\"");
  if (kind.code == Errc::unavailable || kind.code == Errc::too_many) out.headers.emplace_back("Retry-After", "5");
  return out;
}

inline void put_field(JsonWriter& json, std::string_view field, std::string_view text) {
  if (field.empty()) return;
  json.key("errors").begin_array().begin_object().member("field", field).member("detail", text).end_object().end_array();
}

}  // namespace detail

inline ApiResponse problem(const Error& error) {
  return detail::problem_of(kind_of(error.code), error.field.empty() ? error.detail : error.field + " " + error.detail,
                            [&error](JsonWriter& json) { detail::put_field(json, error.field, error.detail); });
}

/// A conflict says which state does not know which event, and why.
inline ApiResponse problem(const Rejection& rejection) {
  if (rejection.code != Errc::conflict) return problem(make_error(rejection.code, rejection.reason, rejection.field));
  return detail::problem_of(kind_of(Errc::conflict), rejection.reason, [&rejection](JsonWriter& json) {
    json.optional("state", rejection.state).optional("event", rejection.event).member("reason", rejection.reason);
  });
}

/// RFC 6750 section 3: there is a token, and it is no good.
inline ApiResponse bad_token(std::string_view sentence) {
  auto out = problem(make_error(Errc::unauthenticated, std::string{sentence}));
  out.headers.back().second += ", error=\"invalid_token\"";
  return out;
}

/// `allow` as in "GET, HEAD" (RFC 9110 section 15.5.6).
inline ApiResponse method_not_allowed(std::string allow) {
  constexpr ProblemKind kind{Errc::invalid, 405, "method_not_allowed", "Wrong method"};
  auto out = detail::problem_of(kind, "Here one can use " + allow + ".", [](JsonWriter&) {});
  out.headers.emplace_back("Allow", std::move(allow));
  return out;
}

/// {"success":true,"data":…}: `write` writes the data, `more` adds members beside it.
template <class Write, class More>
ApiResponse reply(Write write, More more, int status = 200) {
  ApiResponse out{.status = status};
  out.body.reserve(2048);
  JsonWriter json{out.body};
  json.begin_object().member("success", true).key("data");
  write(json);
  more(json);
  json.end_object();
  return out;
}
template <class Write>
ApiResponse reply(Write write, int status = 200) {
  return reply(
      std::move(write), [](JsonWriter&) {}, status);
}

}  // namespace tribute::api

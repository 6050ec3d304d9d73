#include "problem.hpp"

#include <boost/json/serialize.hpp>

#include "ngx/reply.hpp"
#include "ngx/str.hpp"

namespace tribute::module {
namespace {

struct Kind {
  Errc code;
  ngx_uint_t status;
  std::string_view name;  ///< in the type: "urn:tribute:problem:" + name
  std::string_view title;
};

constexpr Kind kinds[] = {
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
};

constexpr Kind method_not_allowed{Errc::invalid, 405, "method_not_allowed", "Wrong method"};

constexpr bool in_order() {
  for (std::size_t i = 0; i < std::size(kinds); ++i)
    if (static_cast<std::size_t>(kinds[i].code) != i) return false;
  return std::size(kinds) == static_cast<std::size_t>(Errc::corrupt) + 1;
}
static_assert(in_order(), "one row for each Errc, in the order of the enumeration");

constexpr const Kind& kind_of(Errc code) { return kinds[static_cast<std::size_t>(code)]; }

ngx_int_t send_kind(ngx_http_request_t* r, const Kind& kind, std::string_view detail, ngx::Head head, boost::json::object more) {
  boost::json::object body{{"type", "urn:tribute:problem:" + std::string(kind.name)},
                           {"title", kind.title},
                           {"status", kind.status},
                           {"detail", detail},
                           {"success", false}};
  for (auto& [key, value] : more) body[key] = std::move(value);
  head.status = kind.status;
  head.content_type = "application/problem+json";
  head.cache_control = "no-store";
  return ngx::send(r, head, boost::json::serialize(body));
}

}  // namespace

ngx_uint_t status_of(Errc code) noexcept { return kind_of(code).status; }

ngx_int_t send_problem(ngx_http_request_t* r, const Error& error, boost::json::object more) {
  ngx::Head head;
  if (error.code == Errc::unauthenticated) head.headers.push_back({"WWW-Authenticate", "Bearer"});
  if (error.code == Errc::unavailable || error.code == Errc::too_many) head.headers.push_back({"Retry-After", "5"});
  if (!error.field.empty() && !more.contains("errors"))
    more["errors"] = boost::json::array{boost::json::object{{"field", error.field}, {"detail", error.detail}}};
  return send_kind(r, kind_of(error.code), error.detail, std::move(head), std::move(more));
}

ngx_int_t send_not_started(ngx_http_request_t* r) {
  return send_problem(r, make_error(Errc::unavailable, "The server could not start completely; its error log says why."));
}

ngx_int_t send_method_not_allowed(ngx_http_request_t* r, std::string_view allow) {
  ngx::Head head;
  head.headers.push_back({"Allow", allow});
  return send_kind(r, method_not_allowed, "Here one can use " + std::string(allow) + ".", std::move(head), {});
}

}  // namespace tribute::module

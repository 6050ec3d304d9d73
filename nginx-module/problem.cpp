#include "problem.hpp"

#include <boost/json/serialize.hpp>

#include "ngx/reply.hpp"
#include "ngx/str.hpp"
#include "tribute/adapter/api/problem.hpp"

namespace tribute::module {
namespace {

using tribute::api::kind_of;
using Kind = tribute::api::ProblemKind;

constexpr Kind method_not_allowed{Errc::invalid, 405, "method_not_allowed", "Wrong method"};

ngx_int_t send_kind(ngx_http_request_t* r, const Kind& kind, std::string_view detail, ngx::Head head, boost::json::object more) {
  boost::json::object body{{"type", "urn:tribute:problem:" + std::string(kind.name)},
                           {"title", kind.title},
                           {"status", kind.status},
                           {"detail", detail},
                           {"success", false}};
  for (auto& [key, value] : more) body[key] = std::move(value);
  head.status = static_cast<ngx_uint_t>(kind.status);
  head.content_type = "application/problem+json";
  head.cache_control = "no-store";
  return ngx::send(r, head, boost::json::serialize(body));
}

}  // namespace

ngx_uint_t status_of(Errc code) noexcept { return static_cast<ngx_uint_t>(kind_of(code).status); }

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

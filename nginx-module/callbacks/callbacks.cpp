#include "callbacks/callbacks.hpp"

#include "ngx/args.hpp"
#include "ngx/body.hpp"
#include "problem.hpp"
#include "runtime.hpp"

namespace tribute::module::callbacks {
namespace {

/// form: the notification as nginx-rtmp posted it, application/x-www-form-urlencoded.
ngx_int_t on_notification(ngx_http_request_t* r, std::string&& form) {
  if (form.empty()) return send_problem(r, make_error(Errc::invalid, "A notification has a form in its body."));
  return send_problem(r, make_error(Errc::forbidden, "No input has this key."));
}

}  // namespace

ngx_int_t handle(ngx_http_request_t* r) {
  if (!ngx::from_loopback(r)) return send_problem(r, make_error(Errc::not_found, "There is nothing at this address."));
  if (r->method != NGX_HTTP_POST) return send_method_not_allowed(r, "POST");
  Runtime* worker = runtime();
  if (worker == nullptr) return send_not_started(r);
  const auto limit = static_cast<std::size_t>(worker->settings().body_limit);
  return ngx::read_body(r, limit, [](ngx_http_request_t* request, ngx::Body&& body) {
    if (body.too_large) return send_problem(request, make_error(Errc::too_large, "The notification is larger than tribute_body_limit."));
    return on_notification(request, std::move(body.bytes));
  });
}

}  // namespace tribute::module::callbacks

// Refusals of this module on the wire, in the words and by the one table of the API (tribute/adapter/api/problem.hpp):
// application/problem+json (RFC 9457) with "success":false.
#pragma once

#include <boost/json/object.hpp>

#include "ngx/ngx.hpp"
#include "tribute/result.hpp"

namespace tribute::module {

/// Answers with the refusal. `more` adds members: state, event, reason of a 409; errors of a 422.
/// 401 gets its WWW-Authenticate, 503 and 429 a Retry-After.
ngx_int_t send_problem(ngx_http_request_t* r, const Error& error, boost::json::object more = {});

/// 405, which is not the core's business. `allow` as in "GET, HEAD" (RFC 9110 section 15.5.6).
ngx_int_t send_method_not_allowed(ngx_http_request_t* r, std::string_view allow);

/// 503 of a worker that has no Runtime. The reason is in the error log: it names paths, and anybody may be asking.
ngx_int_t send_not_started(ngx_http_request_t* r);

/// The HTTP status of a refusal.
ngx_uint_t status_of(Errc code) noexcept;

}  // namespace tribute::module

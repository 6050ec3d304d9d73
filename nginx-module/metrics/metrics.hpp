// GET /metrics: the server's own figures in Prometheus' text format (version 0.0.4). Counts and sizes only: no titles, no
// addresses, no ids. Costs one look at the active streams.
#pragma once

#include "ngx/ngx.hpp"

namespace tribute::module {

class Runtime;

namespace metrics {

/// Router handler.
ngx_int_t handle(Runtime& runtime, ngx_http_request_t* r, std::string_view path);

}  // namespace metrics
}  // namespace tribute::module

// The public door: `tribute;` dispatches by the first part of the path. A new family of URLs is one row in router.cpp
// and a handler in a file of its own; the handler gets the rest of the path, decoded and normalised by nginx.
#pragma once

#include "ngx/ngx.hpp"

namespace tribute::module {

class Runtime;

namespace router {

/// Returns what nginx's content handlers return. `path` is what follows the row's prefix.
using Handler = ngx_int_t (*)(Runtime& runtime, ngx_http_request_t* r, std::string_view path);

/// The content handler of `tribute;`.
ngx_int_t handle(ngx_http_request_t* r);

inline bool is_read(const ngx_http_request_t* r) noexcept { return (r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD)) != 0; }

}  // namespace router
}  // namespace tribute::module

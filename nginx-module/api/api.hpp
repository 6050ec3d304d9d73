// /api/…: the control API. Its first path word chooses the file that answers.
#pragma once

#include "router.hpp"

namespace tribute::module::api {

/// path: what follows "/api/".
ngx_int_t handle(Runtime& runtime, ngx_http_request_t* r, std::string_view path);

}  // namespace tribute::module::api

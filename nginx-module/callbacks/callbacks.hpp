// `tribute_callbacks;`: the door for nginx-rtmp's notifications, on a loopback listener of its own. Answers this machine
// only; fails closed: what it does not know it refuses, and nginx-rtmp then puts the encoder off.
#pragma once

#include "ngx/ngx.hpp"

namespace tribute::module {

class Runtime;

namespace callbacks {

/// The content handler.
ngx_int_t handle(ngx_http_request_t* r);

}  // namespace callbacks
}  // namespace tribute::module

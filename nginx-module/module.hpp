// The nginx module object, and the way from a request or cycle to our configuration.
#pragma once

#include "config.hpp"

extern "C" ngx_module_t ngx_http_tribute_module;

namespace tribute::module {

inline MainConf& main_conf(ngx_http_request_t* r) {
  return *static_cast<MainConf*>(ngx_http_get_module_main_conf(r, ngx_http_tribute_module));
}

/// Null when the configuration has no http block.
inline MainConf* main_conf(ngx_cycle_t* cycle) {
  return static_cast<MainConf*>(ngx_http_cycle_get_module_main_conf(cycle, ngx_http_tribute_module));
}

}  // namespace tribute::module

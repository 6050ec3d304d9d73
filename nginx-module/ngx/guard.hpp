// The border: every function that nginx calls is one of these noexcept templates around ours. An exception that
// met nginx's C frames would kill the worker with every connection in it; here it becomes a 500 or a log line.
#pragma once

#include "ngx/log.hpp"
#include "ngx/ngx.hpp"

namespace tribute::ngx {

/// Content handlers: an exception becomes 500; after the head was sent the connection is cut instead.
template <ngx_int_t (*F)(ngx_http_request_t*)>
ngx_int_t content(ngx_http_request_t* r) noexcept {
  try {
    return F(r);
  } catch (...) {
    log_exception(r->connection->log);
    return r->header_sent ? NGX_ERROR : NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
}

/// Read and write event handlers of a request, and body handlers: an exception finalizes the request.
template <void (*F)(ngx_http_request_t*)>
void request_event(ngx_http_request_t* r) noexcept {
  ngx_connection_t* c = r->connection;
  try {
    F(r);
  } catch (...) {
    log_exception(c->log);
    // F may have finalized r, and so freed it, before it threw: only the connection can tell.
    if (c->destroyed || c->data != r) return;
    ngx_http_finalize_request(r, r->header_sent ? NGX_ERROR : NGX_HTTP_INTERNAL_SERVER_ERROR);
  }
}

/// Plain events: timers, descriptors, completions of thread tasks.
template <void (*F)(ngx_event_t*)>
void event(ngx_event_t* e) noexcept {
  try {
    F(e);
  } catch (...) {
    log_exception(cycle_log());
  }
}

/// What runs on a pool thread.
template <void (*F)(void*)>
void thread(void* data, ngx_log_t* log) noexcept {
  try {
    F(data);
  } catch (...) {
    log_exception(log);
  }
}

/// init_module, init_process: an exception is a refusal to start.
template <ngx_int_t (*F)(ngx_cycle_t*)>
ngx_int_t init_hook(ngx_cycle_t* cycle) noexcept {
  try {
    return F(cycle);
  } catch (...) {
    log_exception(cycle->log);
    return NGX_ERROR;
  }
}

/// exit_process, exit_master.
template <void (*F)(ngx_cycle_t*)>
void exit_hook(ngx_cycle_t* cycle) noexcept {
  try {
    F(cycle);
  } catch (...) {
    log_exception(cycle->log);
  }
}

/// Shared memory zones, in the master.
template <ngx_int_t (*F)(ngx_shm_zone_t*, void*)>
ngx_int_t zone_hook(ngx_shm_zone_t* zone, void* old) noexcept {
  try {
    return F(zone, old);
  } catch (...) {
    log_exception(zone->shm.log);
    return NGX_ERROR;
  }
}

/// Directives. NGX_CONF_OK is a null pointer, NGX_CONF_ERROR a marker, all else a sentence.
template <char* (*F)(ngx_conf_t*, ngx_command_t*, void*)>
char* directive(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept {
  try {
    return F(cf, command, conf);
  } catch (...) {
    log_exception(cf->log);
    return static_cast<char*>(NGX_CONF_ERROR);
  }
}

/// create_main_conf, create_loc_conf.
template <void* (*F)(ngx_conf_t*)>
void* create_conf(ngx_conf_t* cf) noexcept {
  try {
    return F(cf);
  } catch (...) {
    log_exception(cf->log);
    return nullptr;
  }
}

/// init_main_conf.
template <char* (*F)(ngx_conf_t*, void*)>
char* init_conf(ngx_conf_t* cf, void* conf) noexcept {
  try {
    return F(cf, conf);
  } catch (...) {
    log_exception(cf->log);
    return static_cast<char*>(NGX_CONF_ERROR);
  }
}

/// merge_loc_conf.
template <char* (*F)(ngx_conf_t*, void*, void*)>
char* merge_conf(ngx_conf_t* cf, void* parent, void* child) noexcept {
  try {
    return F(cf, parent, child);
  } catch (...) {
    log_exception(cf->log);
    return static_cast<char*>(NGX_CONF_ERROR);
  }
}

}  // namespace tribute::ngx

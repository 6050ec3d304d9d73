// Lines for nginx's error log from C++ text. Promises one line per call: control characters are replaced, so that
// what a stranger sent cannot forge a line. Never formats: callers compose, and never hand over keys or tokens.
#pragma once

#include "ngx/ngx.hpp"

namespace tribute::ngx {

/// The log of the running cycle: for events that belong to no connection.
inline ngx_log_t* cycle_log() noexcept { return ngx_cycle->log; }

/// `level` is one of NGX_LOG_ERR, NGX_LOG_WARN, …; `error` an errno to be explained behind the text, or 0.
inline void log(ngx_uint_t level, ngx_log_t* log, std::string_view text, ngx_err_t error = 0) noexcept {
  if (log->log_level < level) return;
  char line[NGX_MAX_ERROR_STR / 2];
  const std::size_t size = std::min(text.size(), sizeof line);
  for (std::size_t i = 0; i < size; ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    line[i] = c < 0x20 || c == 0x7f ? '?' : text[i];
  }
  ngx_log_error(level, log, error, "tribute: %*s", size, line);
}

inline void log_error(ngx_log_t* to, std::string_view text, ngx_err_t error = 0) noexcept { log(NGX_LOG_ERR, to, text, error); }
inline void log_warning(ngx_log_t* to, std::string_view text, ngx_err_t error = 0) noexcept { log(NGX_LOG_WARN, to, text, error); }
inline void log_notice(ngx_log_t* to, std::string_view text, ngx_err_t error = 0) noexcept { log(NGX_LOG_NOTICE, to, text, error); }

/// Inside a catch block only: says what was thrown.
inline void log_exception(ngx_log_t* to) noexcept {
  try {
    throw;
  } catch (const std::exception& e) {
    ngx_log_error(NGX_LOG_ERR, to, 0, "tribute: exception: %s", e.what());
  } catch (...) {
    ngx_log_error(NGX_LOG_ERR, to, 0, "tribute: exception of an unknown type");
  }
}

}  // namespace tribute::ngx

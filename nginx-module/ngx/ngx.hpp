// nginx's own headers, for C++: the standard library first (nginx's macros would bite it), then nginx inside
// extern "C". Every other file reaches nginx through this one. Note the macros that are two statements
// (ngx_queue_init, ngx_str_set): brace them.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

extern "C" {
#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>
#include <ngx_thread_pool.h>
}

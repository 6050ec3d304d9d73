// C++ objects owned by an nginx pool. pool_new() runs the destructor when the pool goes, last made first;
// pool_find() gets such an object back by its type, without the request's ctx slots (which nginx wipes on
// internal redirects). Memory failures are std::bad_alloc.
#pragma once

#include "ngx/ngx.hpp"
#include "ngx/str.hpp"

namespace tribute::ngx {

template <class T>
void destroy(void* object) noexcept {
  static_cast<T*>(object)->~T();
}

template <class T, class... Args>
T* pool_new(ngx_pool_t* pool, Args&&... args) {
  static_assert(alignof(T) <= NGX_ALIGNMENT, "nginx's pools align to 8 bytes: hold such a T by unique_ptr");
  ngx_pool_cleanup_t* cleanup = ngx_pool_cleanup_add(pool, sizeof(T));
  if (cleanup == nullptr) throw std::bad_alloc();
  T* object = new (cleanup->data) T(std::forward<Args>(args)...);
  cleanup->handler = destroy<T>;  // only now: a constructor that throws leaves nothing to destroy
  return object;
}

/// The youngest T that pool_new() made in this pool, or null.
template <class T>
T* pool_find(ngx_pool_t* pool) noexcept {
  for (ngx_pool_cleanup_t* c = pool->cleanup; c != nullptr; c = c->next)
    if (c->handler == destroy<T>) return static_cast<T*>(c->data);
  return nullptr;
}

/// Zeroed memory for one of nginx's own structures.
template <class T>
T* pool_zeroed(ngx_pool_t* pool, std::size_t count = 1) {
  static_assert(std::is_trivial_v<T>);
  void* memory = ngx_pcalloc(pool, sizeof(T) * count);
  if (memory == nullptr) throw std::bad_alloc();
  return static_cast<T*>(memory);
}

inline ngx_str_t pool_copy(ngx_pool_t* pool, std::string_view s) {
  auto* data = static_cast<u_char*>(ngx_pnalloc(pool, s.empty() ? 1 : s.size()));
  if (data == nullptr) throw std::bad_alloc();
  if (!s.empty()) std::memcpy(data, s.data(), s.size());
  return {s.size(), data};
}

}  // namespace tribute::ngx

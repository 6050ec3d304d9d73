// A zone of shared memory that holds one T: made by the first master, kept by reloads and binary-compatible starts,
// seen by every worker at the same address. A zone whose size changes begins empty. T is all atomics: a worker can be
// killed at any instruction, so no lock of ours may ever stand in it.
#pragma once

#include "ngx/guard.hpp"
#include "ngx/ngx.hpp"
#include "ngx/pool.hpp"

namespace tribute::ngx {

/// What a zone's init runs in the master besides, at start and reload (also under nginx -t): false refuses the new
/// configuration and, other than a failing init_module, leaves a running server with its old one.
using ZoneReady = bool (*)(void* conf, ngx_log_t* log);

template <class T>
class SharedZone {
  static_assert(std::is_trivially_destructible_v<T>, "nobody destroys it");
  static_assert(std::is_nothrow_default_constructible_v<T>);

 public:
  /// In the configuration phase. `conf` and `ready` may be null. Null: refused, nginx has logged why.
  static ngx_shm_zone_t* add(ngx_conf_t* cf, std::string_view name, std::size_t size, void* tag, void* conf, ZoneReady ready) {
    ngx_str_t copy = pool_copy(cf->pool, name);
    ngx_shm_zone_t* zone = ngx_shared_memory_add(cf, &copy, size, tag);
    if (zone == nullptr) return nullptr;
    zone->init = zone_hook<&SharedZone::init>;
    zone->data = pool_new<Pending>(cf->pool, Pending{conf, ready, nullptr});
    return zone;
  }

  /// After the configuration phase.
  static T& of(ngx_shm_zone_t* zone) { return *static_cast<Pending*>(zone->data)->object; }

 private:
  struct Pending {
    void* conf;
    ZoneReady ready;
    T* object;
  };

  static ngx_int_t init(ngx_shm_zone_t* zone, void* old) {
    auto* pending = static_cast<Pending*>(zone->data);
    auto* slab = reinterpret_cast<ngx_slab_pool_t*>(zone->shm.addr);
    if (old != nullptr || zone->shm.exists) {
      pending->object = static_cast<T*>(slab->data);
    } else {
      void* memory = ngx_slab_calloc(slab, sizeof(T));
      if (memory == nullptr) {
        log_error(zone->shm.log, "the shared memory zone is too small: raise its size");
        return NGX_ERROR;
      }
      slab->data = pending->object = new (memory) T;
    }
    if (pending->ready != nullptr && !pending->ready(pending->conf, zone->shm.log)) return NGX_ERROR;
    return NGX_OK;
  }
};

}  // namespace tribute::ngx

// All that lives in one worker: made in init_process, taken down in exit_process, in the order of its members. When it
// cannot start, the worker serves on and answers 503, with the reason in the log: other sites of this nginx must not suffer.
// Only the event loop's thread touches it.
#pragma once

#include <memory>
#include <string>

#include "api/health.hpp"
#include "config.hpp"
#include "data_folder.hpp"
#include "ngx/exit_hook.hpp"
#include "ngx/inotify.hpp"
#include "ngx/thread_task.hpp"
#include "ngx/wake.hpp"
#include "shared_state.hpp"
#include "tribute/result.hpp"
#include "tribute/time.hpp"

namespace tribute::module {

class Runtime {
 public:
  Runtime(ngx_cycle_t* cycle, const MainConf& conf, Secrets secrets);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  const Settings& settings() const noexcept { return settings_; }
  const Secrets& secrets() const noexcept { return secrets_; }
  SharedState& shared() noexcept { return shared_; }
  ngx_thread_pool_t* store_threads() const noexcept { return store_threads_; }
  ngx_thread_pool_t* media_threads() const noexcept { return media_threads_; }
  ngx::Inotify& inotify() noexcept { return inotify_; }
  api::Health& health() noexcept { return health_; }
  unsigned configured_workers() const noexcept { return configured_workers_; }

  /// The wall clock of this turn of the event loop.
  static Timestamp now() noexcept { return {ngx::wall_ms()}; }

 private:
  void on_wake();
  void on_leaving();

  const Settings settings_;  // a copy: with master_process off a reload takes the configuration away
  const Secrets secrets_;
  SharedState& shared_;
  ngx_thread_pool_t* store_threads_;
  ngx_thread_pool_t* media_threads_;
  unsigned configured_workers_;
  ngx::Inotify inotify_;
  api::Health health_;
  ngx::Wake wake_;
  ngx::ExitHook exit_hook_;
};

/// This worker's, or null when it could not start (the log says why).
Runtime* runtime() noexcept;

/// init_process and exit_process of a worker.
void start_runtime(ngx_cycle_t* cycle);
void stop_runtime();

}  // namespace tribute::module

// All that lives in one worker: made in init_process, taken down in exit_process, in the order of its members. When it
// cannot start, the worker serves on and answers 503, with the reason in the log: other sites of this nginx must not suffer.
// Only the event loop's thread touches it.
#pragma once

#include <memory>
#include <string>

#include "api/health.hpp"
#include "callbacks/try_limit.hpp"
#include "config.hpp"
#include "data_folder.hpp"
#include "ngx/exit_hook.hpp"
#include "ngx/inotify.hpp"
#include "ngx/thread_task.hpp"
#include "ngx/wake.hpp"
#include "shared_state.hpp"
#include "store/commands.hpp"
#include "tribute/adapter/lmdb_store.hpp"
#include "tribute/result.hpp"
#include "tribute/time.hpp"

namespace tribute {
class Tokens;
class Vault;
class Grants;
}  // namespace tribute

namespace tribute::module {

namespace api {
class Server;
}
class Jobs;
class Library;
class Owners;

class Runtime {
 public:
  /// What must be there before a worker can serve; made in this order, each may refuse.
  struct Parts {
    Secrets secrets;
    std::unique_ptr<const Tokens> tokens;
    std::shared_ptr<store::LmdbStore> store;
  };

  Runtime(ngx_cycle_t* cycle, const MainConf& conf, Parts parts);
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
  api::Server& api() noexcept { return *api_; }
  store::LmdbStore& store() noexcept { return *store_; }
  const Tokens& tokens() const noexcept { return *tokens_; }
  const Vault& vault() const noexcept { return *vault_; }
  const Grants& grants() const noexcept { return *grants_; }
  TryLimit& tries() noexcept { return tries_; }
  Library& library() noexcept { return *library_; }
  unsigned configured_workers() const noexcept { return configured_workers_; }

  /// Whose name the server's own commands carry.
  static store::ActorContext own_context() { return {.actor = {}, .now = now()}; }
  void submit(store::Command command, Commands::Done done = {});
  /// Something happened to a stream, by the server's own observation.
  void signal(const Id& stream, StreamSignal what);
  /// An effect is done; what came of it goes into the store together with that.
  void complete_effect(std::uint64_t outbox_seq, std::optional<StreamSignal> report);
  /// Looks at what is to be packaged, soon and once, however often it is asked.
  void look_soon();

  /// The wall clock of this turn of the event loop.
  static Timestamp now() noexcept { return {ngx::wall_ms()}; }

 private:
  void on_wake();
  void on_leaving();
  void on_look();
  void on_committed(const store::Touched& touched);

  const Settings settings_;  // a copy: with master_process off a reload takes the configuration away
  const Secrets secrets_;
  SharedState& shared_;
  ngx_thread_pool_t* store_threads_;
  ngx_thread_pool_t* media_threads_;
  unsigned configured_workers_;
  const std::unique_ptr<const Tokens> tokens_;
  const std::unique_ptr<const Vault> vault_;
  const std::unique_ptr<const Grants> grants_;
  std::shared_ptr<store::LmdbStore> store_;
  Commands commands_;
  TryLimit tries_;
  ngx::Inotify inotify_;
  api::Health health_;
  const std::unique_ptr<api::Server> api_;
  const std::unique_ptr<Library> library_;
  ngx::Timer look_;
  const std::unique_ptr<Owners> owners_;
  const std::unique_ptr<Jobs> jobs_;
  ngx::Wake wake_;
  ngx::ExitHook exit_hook_;
};

/// This worker's, or null when it could not start (the log says why).
Runtime* runtime() noexcept;

/// init_process and exit_process of a worker.
void start_runtime(ngx_cycle_t* cycle);
void stop_runtime();

}  // namespace tribute::module

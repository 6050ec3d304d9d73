#include "runtime.hpp"

#include "module.hpp"
#include "ngx/log.hpp"

namespace tribute::module {
namespace {

std::unique_ptr<Runtime> current;

unsigned worker_processes(ngx_cycle_t* cycle) {
  const auto* core = reinterpret_cast<ngx_core_conf_t*>(ngx_get_conf(cycle->conf_ctx, ngx_core_module));
  return ngx_process == NGX_PROCESS_SINGLE ? 1u : static_cast<unsigned>(core->worker_processes);
}

Result<std::unique_ptr<Runtime>> make_runtime(ngx_cycle_t* cycle, const MainConf& conf) {
  auto secrets = load_secrets(conf.settings);
  if (!secrets) return std::move(secrets).error();
  return std::make_unique<Runtime>(cycle, conf, *std::move(secrets));
}

}  // namespace

Runtime::Runtime(ngx_cycle_t* cycle, const MainConf& conf, Secrets secrets)
    : settings_(conf.settings),
      secrets_(std::move(secrets)),
      shared_(SharedStateZone::of(conf.zone)),
      store_threads_(ngx::thread_pool(cycle, store_pool)),
      media_threads_(ngx::thread_pool(cycle, media_pool)),
      configured_workers_(worker_processes(cycle)),
      health_(*this),
      wake_(ngx::Callback<>::of<&Runtime::on_wake>(this)),
      exit_hook_(ngx::Callback<>::of<&Runtime::on_leaving>(this)) {
  shared_.workers.add();
}

Runtime::~Runtime() { shared_.workers.remove(); }

// Another worker changed something in shared memory: who holds requests for it looks again here.
void Runtime::on_wake() {}

// Reload or QUIT: what would keep this worker alive, or is another's to continue, is let go here.
void Runtime::on_leaving() {}

Runtime* runtime() noexcept { return current.get(); }

void start_runtime(ngx_cycle_t* cycle) {
  const MainConf* conf = main_conf(cycle);
  if (conf == nullptr || !conf->used) return;
  std::string refusal;
  try {
    auto made = make_runtime(cycle, *conf);
    if (made) {
      current = *std::move(made);
      return;
    }
    refusal = made.error().detail;
  } catch (const std::exception& e) {
    refusal = e.what();
  }
  ngx::log(NGX_LOG_EMERG, cycle->log, "this worker answers 503 because it could not start: " + refusal);
}

void stop_runtime() {
  ngx::abandon_threads();
  current.reset();
}

}  // namespace tribute::module

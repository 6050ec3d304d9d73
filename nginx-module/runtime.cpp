#include "runtime.hpp"

#include "api/server.hpp"
#include "ingest/owners.hpp"
#include "jobs/jobs.hpp"
#include "media/library.hpp"
#include "module.hpp"
#include "ngx/log.hpp"
#include "tribute/adapter/grant.hpp"
#include "tribute/adapter/token.hpp"
#include "tribute/adapter/vault.hpp"

namespace tribute::module {
namespace {

std::unique_ptr<Runtime> current;

unsigned worker_processes(ngx_cycle_t* cycle) {
  const auto* core = reinterpret_cast<ngx_core_conf_t*>(ngx_get_conf(cycle->conf_ctx, ngx_core_module));
  return ngx_process == NGX_PROCESS_SINGLE ? 1u : static_cast<unsigned>(core->worker_processes);
}

tribute::Secrets vault_secrets(const Secrets& secrets) {
  const auto text = [](const SecretKey& key) { return std::string(reinterpret_cast<const char*>(key.data()), key.size()); };
  return {.sealing = text(secrets.key_encryption), .hashing = text(secrets.hmac), .granting = text(secrets.grant)};
}

Result<std::unique_ptr<Runtime>> make_runtime(ngx_cycle_t* cycle, const MainConf& conf) {
  auto secrets = load_secrets(conf.settings);
  if (!secrets) return std::move(secrets).error();
  auto tokens = Tokens::make(secrets->admin_token, conf.settings.jwt_secret);
  if (!tokens) return std::move(tokens).error();
  store::StoreOptions options;
  options.map_size = static_cast<std::size_t>(conf.settings.store_map_size);
  options.service.reconnect_window_s = static_cast<std::uint32_t>(conf.settings.reconnect_window_s);
  options.service.reopen_window_ms = conf.settings.reopen_window_s * 1000;
  auto store = store::LmdbStore::open(conf.settings.data + "/store", options);
  if (!store) return std::move(store).error();
  return std::make_unique<Runtime>(cycle, conf, Runtime::Parts{*std::move(secrets), std::make_unique<const Tokens>(*std::move(tokens)), *std::move(store)});
}

}  // namespace

Runtime::Runtime(ngx_cycle_t* cycle, const MainConf& conf, Parts parts)
    : settings_(conf.settings),
      secrets_(std::move(parts.secrets)),
      shared_(SharedStateZone::of(conf.zone)),
      store_threads_(ngx::thread_pool(cycle, store_pool)),
      media_threads_(ngx::thread_pool(cycle, media_pool)),
      configured_workers_(worker_processes(cycle)),
      tokens_(std::move(parts.tokens)),
      vault_(std::make_unique<const Vault>(vault_secrets(secrets_))),
      grants_(std::make_unique<const Grants>(vault_secrets(secrets_))),
      store_(std::move(parts.store)),
      commands_(store_, store_threads_, Commands::Committed::of<&Runtime::on_committed>(this)),
      health_(*this),
      api_(std::make_unique<api::Server>(*this)),
      library_(std::make_unique<Library>(settings_.media_path)),
      look_(ngx::Callback<>::of<&Runtime::on_look>(this)),
      owners_(std::make_unique<Owners>(*this)),
      jobs_(std::make_unique<Jobs>(*this)),
      wake_(ngx::Callback<>::of<&Runtime::on_wake>(this)),
      exit_hook_(ngx::Callback<>::of<&Runtime::on_leaving>(this)) {
  shared_.workers.add();
}

Runtime::~Runtime() { shared_.workers.remove(); }

void Runtime::submit(store::Command command, Commands::Done done) {
  if (!done) done = [](store::Job&& job) {
    // Nobody waits for the answer: a refusal of the server's own command belongs into the log.
    if (const auto* rejection = std::get_if<Rejection>(&job.result))
      ngx::log(NGX_LOG_WARN, ngx::cycle_log(), "a step of the server's own was refused: " + rejection->reason);
  };
  commands_.submit(std::move(command), std::move(done));
}

void Runtime::signal(const Id& stream, StreamSignal what) {
  submit({.context = own_context(), .what = store::SignalStream{stream, std::move(what)}});
}

void Runtime::complete_effect(std::uint64_t outbox_seq, std::optional<StreamSignal> report) {
  submit({.context = own_context(), .what = store::CompleteEffect{outbox_seq, std::move(report)}});
}

void Runtime::look_soon() {
  if (!look_.running()) look_.start(1);
}

void Runtime::on_look() { owners_->look(); }

// Encoders or broadcasts changed: this worker looks first, so that it mostly packages what it has accepted.
void Runtime::on_committed(const store::Touched&) {
  owners_->look();
  ngx::notify(shared_.workers);
}

// Another worker committed something.
void Runtime::on_wake() { look_soon(); }

// Reload or QUIT: what would keep this worker alive, or is another's to continue, is let go here.
void Runtime::on_leaving() {
  jobs_->leave();
  owners_->leave();
  ngx::notify(shared_.workers);
}

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

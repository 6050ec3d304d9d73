#include "jobs/jobs.hpp"

#include <filesystem>
#include <unordered_set>

#include "ngx/thread_task.hpp"
#include "runtime.hpp"
#include "tribute/store/read.hpp"

namespace tribute::module {
namespace {

constexpr ngx_msec_t tick_ms = 250;
constexpr std::int64_t lease_ms = 2000;
constexpr std::int64_t sweep_every_ms = 60'000;
constexpr std::size_t deadlines_at_once = 256;
// A log that nobody needs is left alone for a while: its encoder may just have been accepted.
constexpr auto log_rest = std::chrono::seconds(120);

std::uint32_t lease_holder() { return ngx::this_slot() + 1; }

/// Removes logs in `folder` that are in nobody's hands and have not grown for a while.
std::size_t remove_old_logs(const std::string& folder, const std::unordered_set<std::string>& needed) {
  std::size_t removed = 0;
  std::error_code error;
  const auto before = std::filesystem::file_time_type::clock::now() - log_rest;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const auto& path = at->path();
    if (path.extension() != ".flv" || !Id::parse(path.stem().string()) || needed.contains(path.stem().string())) continue;
    std::error_code ignored;
    if (const auto changed = at->last_write_time(ignored); ignored || changed > before) continue;
    removed += std::filesystem::remove(path, ignored) ? 1 : 0;
  }
  return removed;
}

}  // namespace

Jobs::Jobs(Runtime& runtime) : runtime_(runtime), tick_(ngx::Callback<>::of<&Jobs::on_tick>(this)) { tick_.start(tick_ms); }

void Jobs::leave() {
  tick_.stop();
  runtime_.shared().jobs.release(lease_holder());
}

void Jobs::on_tick() {
  if (ngx::worker_leaving()) return leave();
  const auto now = Runtime::now().ms;
  if (runtime_.shared().jobs.try_hold(lease_holder(), now, lease_ms)) {
    fire_deadlines();
    if (now - swept_ms_ >= sweep_every_ms) {
      swept_ms_ = now;
      sweep();
    }
  }
  tick_.start(tick_ms);
}

void Jobs::fire_deadlines() {
  const auto snapshot = runtime_.store().snapshot();
  for (const auto& key : store::Reader(snapshot).due_deadlines(Runtime::now(), deadlines_at_once))
    runtime_.submit({.context = runtime_.own_context(), .what = store::FireDeadline{key}});
}

void Jobs::sweep() {
  runtime_.store().clear_dead_readers();
  std::unordered_set<std::string> needed;
  {
    const auto snapshot = runtime_.store().snapshot();
    const store::Reader reader(snapshot);
    for (const auto& stream : reader.active_streams()) needed.insert(stream.publisher.session.text());
    for (const auto& row : reader.outbox(0, deadlines_at_once))
      if (const auto* effect = std::get_if<FinalizeBroadcast>(&row.effect)) needed.insert(effect->session.text());
  }
  ngx::run_on_thread(
      runtime_.media_threads(), [folder = runtime_.settings().ingest_path, needed = std::move(needed)] { return remove_old_logs(folder, needed); },
      [](std::optional<std::size_t>&&) {});
}

}  // namespace tribute::module

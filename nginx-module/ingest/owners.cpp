#include "ingest/owners.hpp"

#include "ngx/thread_task.hpp"
#include "runtime.hpp"

namespace tribute::module {
namespace {

constexpr ngx_msec_t tick_ms = 500;
constexpr std::size_t effects_at_once = 256;

bool needs_owner(const Stream& stream) { return stream.publisher.session.is_set() && stream.phase.ingest != IngestState::absent; }

}  // namespace

Owners::Owners(Runtime& runtime)
    : runtime_(runtime), tick_(ngx::Callback<>::of<&Owners::on_tick>(this)), self_(std::shared_ptr<Owners*>(new Owners*(this))) {
  tick_.start(1);
}

void Owners::on_tick() {
  look();
  if (!ngx::worker_leaving()) tick_.start(tick_ms);
}

void Owners::look() {
  if (ngx::worker_leaving()) return leave();
  follow_streams();
  perform_effects();
  let_go_of_idle();
}

void Owners::leave() {
  tick_.stop();
  std::erase_if(owners_, [](const auto& item) { return !item.second->busy(); });
  // What is busy ends with its work: ThreadTask keeps the worker until then, and the lock goes with the process.
}

Owner* Owners::own(const Id& stream) {
  if (const auto found = owners_.find(stream); found != owners_.end()) return found->second.get();
  auto recorder = Owner::Recorder::try_own({runtime_.settings().ingest_path, runtime_.settings().media_path}, stream);
  if (!recorder) {
    if (recorder.error().code != Errc::conflict) ngx::log(NGX_LOG_ERR, ngx::cycle_log(), "stream " + stream.text() + ": " + recorder.error().detail);
    return nullptr;
  }
  return owners_.emplace(stream, std::make_unique<Owner>(runtime_, stream, std::move(*recorder))).first->second.get();
}

void Owners::follow_streams() {
  const auto snapshot = runtime_.store().snapshot();
  std::unordered_set<Id> followed;
  for (const auto& stream : store::Reader(snapshot).active_streams()) {
    end_connection_of_earlier_start(stream);
    if (!needs_owner(stream)) continue;
    if (auto* owner = own(stream.id)) {
      owner->follow(stream);
      followed.insert(stream.id);
    }
  }
  for (const auto& [id, owner] : owners_)
    if (!followed.contains(id)) {
      Stream nobody;
      nobody.id = id;
      owner->follow(nobody);
    }
}

/// nginx was started anew: its connections are gone, and nobody told. Every worker may find it; the first one counts.
void Owners::end_connection_of_earlier_start(const Stream& stream) {
  const auto& publisher = stream.publisher;
  if (stream.phase.connection != Connection::open || !publisher.boot.is_set() || publisher.boot == runtime_.shared().boot_id) return;
  runtime_.submit({.context = Runtime::own_context(), .what = store::EndPublish{publisher.boot, publisher.client}});
}

void Owners::perform_effects() {
  std::vector<store::OutboxRow> rows;
  {
    const auto snapshot = runtime_.store().snapshot();
    rows = store::Reader(snapshot).outbox(0, effects_at_once);
  }
  std::unordered_set<Id> held;  // effects of one stream are performed in order, one at a time
  for (const auto& row : rows) {
    if (!held.insert(stream_of(row.effect)).second || performing_.contains(row.seq)) continue;
    std::visit([&](const auto& effect) { perform(row.seq, effect); }, row.effect);
  }
  std::erase_if(performing_, [&](std::uint64_t seq) { return std::none_of(rows.begin(), rows.end(), [&](const auto& row) { return row.seq == seq; }); });
}

void Owners::perform(std::uint64_t seq, const FinalizeBroadcast& effect) {
  auto* owner = own(effect.stream_id);
  if (owner == nullptr) return;
  performing_.insert(seq);
  owner->finalize(seq, effect);
}

void Owners::perform(std::uint64_t seq, const RemoveMedia& effect) {
  performing_.insert(seq);
  const bool posted = ngx::run_on_thread(
      runtime_.media_threads(),
      [media = runtime_.settings().media_path, effect] { return adapter::remove_broadcast(media, effect.stream_id, effect.broadcast_id); },
      [self = std::weak_ptr(self_), seq](std::optional<Result<Done>>&& result) {
        const auto owners = self.lock();
        if (!owners) return;
        // Somebody still writes there, or the disk refuses: the next look tries again.
        if (!result || !*result) (*owners)->performing_.erase(seq);
        else (*owners)->runtime_.complete_effect(seq, std::nullopt);
      });
  if (!posted) performing_.erase(seq);
}

void Owners::let_go_of_idle() {
  std::erase_if(owners_, [](const auto& item) { return item.second->idle(); });
}

}  // namespace tribute::module

#include "ingest/owner.hpp"

#include "ngx/thread_task.hpp"
#include "runtime.hpp"

namespace tribute::module {
namespace {

// Tags come in bursts of one or two; a part is a third of a second. Waiting this long for more costs nobody anything.
constexpr ngx_msec_t gather_ms = 15;
// nginx-rtmp makes the log with the first frame, some time after the encoder was accepted.
constexpr ngx_msec_t log_retry_ms = 50;
constexpr ngx_msec_t sync_every_ms = 1000;
// ARCHITECTURE "Rows that decide": an encoder that delivered nothing for 3 s is replaceable.
constexpr std::int64_t silence_ms = 3000;
// How long an encoder may take for its first key frame before its host is told: OBS's default interval is 8.3 s, but
// every encoder begins with one.
constexpr std::int64_t first_media_ms = 5000;

}  // namespace

Owner::Owner(Runtime& runtime, const Id& stream, std::unique_ptr<Recorder> recorder)
    : runtime_(runtime),
      stream_(stream),
      recorder_(std::move(recorder)),
      pump_timer_(ngx::Callback<>::of<&Owner::on_pump_due>(this)),
      sync_timer_(ngx::Callback<>::of<&Owner::on_sync_due>(this)),
      self_(std::shared_ptr<Owner*>(new Owner*(this))) {}

void Owner::follow(const Stream& stream) {
  const auto& publisher = stream.publisher;
  const bool wanted = publisher.session.is_set() && stream.phase.ingest != IngestState::absent;
  const adapter::Assignment assignment =
      wanted ? adapter::Assignment{publisher.media, publisher.session, stream.phase.generation, publisher.since} : adapter::Assignment{};
  ingest_ = stream.phase.ingest;
  on_air_ = stream.phase.status == StreamStatus::live;
  connection_ended_ = wanted && !publisher.boot.is_set();
  if (assignment != assignment_) {
    if (assignment.session != assignment_.session) {
      watch_.stop();
      paused_ = told_silence_ = failed_ = false;
      last_media_ms_ = Runtime::now().ms;
    }
    assignment_ = assignment;
    schedule(0);
  } else if (connection_ended_ && !paused_) {
    schedule(0);
  }
  check_silence();
}

void Owner::finalize(std::uint64_t outbox_seq, const FinalizeBroadcast& effect) {
  if (finalizing_) return;
  finalizing_ = {outbox_seq, effect};
  schedule(0);
}

std::string Owner::log_path() const { return Recorder::log_path(runtime_.settings().ingest_path, assignment_.session); }

void Owner::on_log_changed(std::uint32_t, std::string_view) { schedule(gather_ms); }

void Owner::schedule(ngx_msec_t delay) {
  dirty_ = true;
  if (busy_) return;
  if (delay == 0 || !pump_timer_.running()) pump_timer_.start(delay);
}

void Owner::on_pump_due() {
  if (!busy_ && dirty_) run();
}

void Owner::run() {
  dirty_ = false;
  if (finalizing_) return finish();
  if (!assigned()) return pause();
  if (failed_ || paused_) return;
  if (!watch_ && !connection_ended_) {
    watch_ = runtime_.inotify().watch(log_path(), IN_MODIFY | IN_CLOSE_WRITE, ngx::Inotify::Handler::of<&Owner::on_log_changed>(this));
    if (!watch_) return schedule(log_retry_ms);
  }
  pump();
}

void Owner::pump() {
  const bool last = connection_ended_;
  busy_ = ngx::run_on_thread(
      runtime_.media_threads(),
      [recorder = recorder_, assignment = assignment_, last] {
        auto report = recorder->pump(assignment);
        if (!last || report.failure) return report;
        auto rest = recorder->pause();
        rest.bytes += report.bytes;
        rest.parts += report.parts;
        return rest;
      },
      [self = std::weak_ptr(self_), last](std::optional<adapter::PumpReport>&& report) {
        const auto owner = self.lock();
        if (!owner) return;
        (*owner)->paused_ = (*owner)->paused_ || last;
        (*owner)->pumped(report ? *report : adapter::PumpReport{.failure = make_error(Errc::unavailable, "Packaging the media failed unexpectedly.")});
      });
  if (!busy_) schedule(gather_ms);
}

void Owner::pause() {
  busy_ = ngx::run_on_thread(
      runtime_.media_threads(), [recorder = recorder_] { return recorder->pause(); },
      [self = std::weak_ptr(self_)](std::optional<adapter::PumpReport>&&) {
        if (const auto owner = self.lock()) (*owner)->done();
      });
  if (!busy_) schedule(gather_ms);
}

void Owner::finish() {
  busy_ = ngx::run_on_thread(
      runtime_.media_threads(),
      [recorder = recorder_, effect = finalizing_->effect] { return recorder->finish(effect.broadcast_id, effect.session); },
      [self = std::weak_ptr(self_)](std::optional<Result<adapter::FinishedBroadcast>>&& result) {
        if (const auto owner = self.lock())
          (*owner)->finished(result ? std::move(*result) : make_error(Errc::unavailable, "Closing the recording failed unexpectedly."));
      });
  if (!busy_) schedule(gather_ms);
}

void Owner::pumped(const adapter::PumpReport& report) {
  const auto now = Runtime::now();
  if (report.bytes > 0) {
    last_media_ms_ = now.ms;
    told_silence_ = false;
    show_problem(media::Problem::ingest_stalled, false);
  }
  if (report.parts > 0) unsynced_ = true;
  if (unsynced_ && !sync_timer_.running() && !syncing_) sync_timer_.start(sync_every_ms);
  if (report.failure && !failed_) {
    failed_ = true;
    ngx::log(NGX_LOG_CRIT, ngx::cycle_log(), "stream " + stream_.text() + ": its media cannot be kept: " + report.failure->detail);
    if (on_air_) tell(BroadcastFailed{assignment_.generation, report.failure->detail});
  }
  // Media that flows again after silence arrives anew; the store knows whether that changes anything.
  const bool returned = report.bytes > 0 && ingest_ == IngestState::interrupted && !connection_ended_;
  if ((report.parts > 0 && told_generation_ != assignment_.generation) || returned) {
    told_generation_ = assignment_.generation;
    tell(MediaArrived{assignment_.generation});
  }
  if (report.bytes > 0) publish_facts();
  done();
}

void Owner::finished(Result<adapter::FinishedBroadcast>&& result) {
  const auto [seq, effect] = *finalizing_;
  finalizing_.reset();
  BroadcastFinalized report{.broadcast = effect.broadcast_id, .generation = effect.generation};
  if (result) {
    report.duration_ms = result->duration_ms;
    report.bytes = result->bytes;
  } else {
    report.error = result.error().detail;
    ngx::log(NGX_LOG_CRIT, ngx::cycle_log(), "stream " + stream_.text() + ": its recording could not be closed: " + report.error);
  }
  runtime_.complete_effect(seq, std::move(report));
  done();
}

void Owner::done() {
  if (ngx::worker_leaving()) runtime_.look_soon();  // and let go
  busy_ = false;
  if (dirty_) schedule(gather_ms);
}

void Owner::on_sync_due() {
  if (!unsynced_ || syncing_) return;
  unsynced_ = false;
  syncing_ = ngx::run_on_thread(
      runtime_.media_threads(), [recorder = recorder_] { return recorder->sync(); },
      [self = std::weak_ptr(self_)](std::optional<Result<Done>>&& result) {
        const auto owner = self.lock();
        if (!owner) return;
        (*owner)->syncing_ = false;
        if (result && !*result) ngx::log(NGX_LOG_CRIT, ngx::cycle_log(), "stream " + (*owner)->stream_.text() + ": " + result->error().detail);
        if ((*owner)->unsynced_ && !(*owner)->sync_timer_.running()) (*owner)->sync_timer_.start(sync_every_ms);
      });
}

void Owner::check_silence() {
  if (!assigned() || connection_ended_) return;
  const auto now = Runtime::now();
  const bool heard = ingest_ != IngestState::connecting;
  const bool silent = now.ms - last_media_ms_ >= (heard ? silence_ms : first_media_ms);
  // nginx-rtmp writes nothing down before the first key frame: a connection that sends its decoder's configuration
  // and then nothing that can be kept sends no key frames.
  const auto* facts = runtime_.shared().facts.find(stream_, assignment_.session);
  const bool no_key_frame = silent && !heard && facts != nullptr && facts->video_codec.load(std::memory_order_relaxed) != 0;
  show_problem(media::Problem::no_key_frame, no_key_frame);
  show_problem(media::Problem::ingest_stalled, silent && !no_key_frame);
  if (!silent || !heard || ingest_ != IngestState::connected || told_silence_) return;
  told_silence_ = true;
  tell(MediaStalled{assignment_.generation});
}

void Owner::show_problem(media::Problem problem, bool on) {
  runtime_.shared().facts.set_problem(stream_, assignment_.session, problem, on, Runtime::now());
}

void Owner::publish_facts() {
  if (const auto* packager = recorder_->packager())
    runtime_.shared().facts.put(stream_, assignment_.session, packager->facts(), Runtime::now());
}

void Owner::tell(StreamSignal signal) { runtime_.signal(stream_, std::move(signal)); }

}  // namespace tribute::module

// One stream whose media this worker packages. Woken by inotify on the ingest log, it runs the recorder on the media
// threads, one piece of work at a time, and tells the store when media begins, stops and comes back. It decides
// nothing about the broadcast: what is to be packaged comes from the stream's record.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "ngx/inotify.hpp"
#include "ngx/timer.hpp"
#include "tribute/adapter/stream_recorder.hpp"
#include "tribute/effect.hpp"
#include "tribute/event.hpp"
#include "tribute/record.hpp"

namespace tribute::module {

class Runtime;

class Owner {
 public:
  using Recorder = adapter::StreamRecorder;

  Owner(Runtime& runtime, const Id& stream, std::unique_ptr<Recorder> recorder);
  Owner(const Owner&) = delete;
  Owner& operator=(const Owner&) = delete;

  const Id& stream() const noexcept { return stream_; }

  /// The record as it is in the store now.
  void follow(const Stream& stream);

  /// Ends the broadcast and reports it, once whatever runs is done.
  void finalize(std::uint64_t outbox_seq, const FinalizeBroadcast& effect);

  /// Nothing to do and nothing running: it may be let go, and the lock with it.
  bool idle() const noexcept { return !busy_ && !assigned() && !finalizing_; }
  bool busy() const noexcept { return busy_; }

 private:
  bool assigned() const noexcept { return assignment_.session.is_set(); }
  std::string log_path() const;
  void on_log_changed(std::uint32_t mask, std::string_view name);
  void on_pump_due();
  void on_sync_due();
  void schedule(ngx_msec_t delay);
  void run();
  void pump();
  void pause();
  void finish();
  void pumped(const adapter::PumpReport& report);
  void finished(Result<adapter::FinishedBroadcast>&& result);
  void done();
  void tell(StreamSignal signal);
  void check_silence();
  void show_problem(media::Problem problem, bool on);
  void publish_facts();

  Runtime& runtime_;
  Id stream_;
  std::shared_ptr<Recorder> recorder_;
  adapter::Assignment assignment_;
  bool connection_ended_ = false;  ///< the log will not grow any more
  bool paused_ = false;            ///< …and has been packaged to its end
  IngestState ingest_ = IngestState::absent;
  bool on_air_ = false;
  bool busy_ = false;
  bool dirty_ = false;
  bool unsynced_ = false;
  bool syncing_ = false;
  bool failed_ = false;
  std::uint64_t told_generation_ = 0;  ///< its media_arrived was sent
  bool told_silence_ = false;
  std::int64_t last_media_ms_ = 0;
  struct Finalizing {
    std::uint64_t outbox_seq;
    FinalizeBroadcast effect;
  };
  std::optional<Finalizing> finalizing_;
  ngx::Inotify::Watch watch_;
  ngx::Timer pump_timer_;
  ngx::Timer sync_timer_;
  std::shared_ptr<Owner*> self_;  ///< emptied when this goes: results of work on threads find nobody then
};

}  // namespace tribute::module

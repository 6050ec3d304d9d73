// The trivially copyable heart of a stream, and the one place where conditions (who, when, which generation)
// become the precise events of the lifecycle and ingest tables. Values in, values out; nanoseconds, no strings.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "ingest.hpp"
#include "lifecycle.hpp"
#include "time.hpp"

namespace tribute {

/// What happened to a stream, before the tables see it.
enum class Signal : std::uint8_t {
  start_requested,
  stop_requested,
  publish_requested,
  media_arrived,
  media_stalled,
  publish_ended,
  window_elapsed,
  became_due,
  rescheduled,
  key_rotated,
  broadcast_failed,
  broadcast_finalized,
  finalize_failed,
};

template <>
struct Words<Signal> {
  static constexpr std::array<std::string_view, 13> words{"start_requested",  "stop_requested",      "publish_requested", "media_arrived", "media_stalled",
                                                          "publish_ended",    "window_elapsed",      "became_due",        "rescheduled",   "key_rotated",
                                                          "broadcast_failed", "broadcast_finalized", "finalize_failed"};
};

/// Why a signal was refused. Each has a sentence for people in refusal_sentence().
enum class Refusal : std::uint8_t {
  none,
  illegal,          ///< no such row: the state does not know this step
  encoder_busy,     ///< another encoder delivers media with this key
  broadcast_over,   ///< the broadcast is over; `start` opens it again
  broadcast_ending, ///< the recording is being closed right now
  needs_attention,  ///< the stream is in error
  unknown_key,      ///< no input has this key
  no_stream,        ///< the input feeds no stream now
  too_many_tries,   ///< refused too often in a row
  bad_name,         ///< the name is not a stream key at all
  storage_full,     ///< no room for another recording
};

template <>
struct Words<Refusal> {
  static constexpr std::array<std::string_view, 11> words{"none",       "illegal",   "encoder_busy",   "broadcast_over", "broadcast_ending", "needs_attention",
                                                          "unknown_key", "no_stream", "too_many_tries", "bad_name",       "storage_full"};
};

constexpr std::string_view refusal_sentence(Refusal refusal) noexcept {
  switch (refusal) {
    case Refusal::none: return "";
    case Refusal::illegal: return "The stream is not in a state in which this can be done.";
    case Refusal::encoder_busy:
      return "Another encoder is already sending with this stream key. Stop it first, or allow takeover for this stream.";
    case Refusal::broadcast_over: return "This broadcast is over. Press start to open it again, then connect the encoder.";
    case Refusal::broadcast_ending: return "The recording of this broadcast is being closed. Try again in a few seconds.";
    case Refusal::needs_attention: return "The stream is in an error state. Press start to open it again.";
    case Refusal::unknown_key: return "The stream key is not known. Copy it again from the stream's page; it may have been changed.";
    case Refusal::no_stream: return "No stream is planned for this input now. Press start on the stream that it shall feed.";
    case Refusal::too_many_tries: return "Refused too often in a short time. Wait a minute, check the stream key, and try again.";
    case Refusal::bad_name: return "What the encoder sent is not a stream key. Put the key alone into the encoder's stream key field.";
    case Refusal::storage_full: return "There is no room for another recording. Free disk space on the server.";
  }
  return "";
}

/// The connection of the publisher that was accepted last, as far as we were told.
enum class Connection : std::uint8_t {
  none,     ///< ended, or put off; what is still reported of it changes nothing
  open,
  unheard,  ///< ended before any of its media was seen, which its log may still hold
};

template <>
struct Words<Connection> {
  static constexpr std::array<std::string_view, 3> words{"none", "open", "unheard"};
};

/// Everything a step needs to know, and everything it may change.
struct Phase {
  StreamStatus status = StreamStatus::ready;
  IngestState ingest = IngestState::absent;
  bool auto_start = true;   ///< an encoder that connects goes on air by itself
  bool armed = false;       ///< `start` was pressed: the next media goes on air, whatever auto_start says
  bool takeover = false;    ///< a second encoder with the key replaces the first
  bool rehearsal = false;   ///< the encoder's media is a preview for managers, never archived
  bool reopening = false;   ///< the next broadcast continues the archive entry of the last
  bool has_broadcast = false;  ///< there is a broadcast, running or over, to continue or to forget
  Connection connection = Connection::none;
  std::uint32_t reconnect_window_s = 60;
  std::uint64_t generation = 0;  ///< fencing number of the publisher accepted last
  Timestamp window_ends;         ///< the reconnect window's deadline, while it runs
  Timestamp scheduled_start;
  Timestamp ended;               ///< when the last broadcast ended

  friend bool operator==(const Phase&, const Phase&) = default;
};
static_assert(std::is_trivially_copyable_v<Phase>);

/// An encoder that was accepted has this long to deliver its first media, however little of the reconnect
/// window is left: OBS waits for its next key frame, which by default comes every 8.3 s.
inline constexpr std::int64_t connect_grace_ms = 15'000;

struct SignalFacts {
  Timestamp now;
  std::uint64_t generation = 0;           ///< of the publisher that the signal is about
  std::int64_t reopen_window_ms = 3'600'000;
  bool continuable = true;                ///< the last broadcast's recording can be taken up again
};

/// What a signal did. `refusal` set: nothing changed. `ignored`: nothing changed, and that is fine.
struct Step {
  Phase next;
  StreamEffect stream = StreamEffect::none;
  IngestEffect ingest = IngestEffect::none;
  Refusal refusal = Refusal::none;
  bool ignored = false;
  std::optional<StreamEvent> stream_event;  ///< the lifecycle's event, for rejections and the journal
};
static_assert(std::is_trivially_copyable_v<Step>);

namespace detail {

constexpr Step refused(const Phase& from, Refusal refusal, std::optional<StreamEvent> event = std::nullopt) noexcept {
  return {.next = from, .refusal = refusal, .stream_event = event};
}

/// Walks both tables at once; either event may be absent. Both must be legal, or nothing moves.
constexpr Step walk(const Phase& from, std::optional<StreamEvent> stream_event, std::optional<IngestEvent> ingest_event) noexcept {
  Step step{.next = from, .stream_event = stream_event};
  if (stream_event) {
    const auto* row = lifecycle.find(from.status, *stream_event);
    if (row == nullptr) return refused(from, Refusal::illegal, stream_event);
    step.next.status = row->to;
    step.stream = row->effect;
  }
  if (ingest_event) {
    const auto* row = ingest.find(from.ingest, *ingest_event);
    if (row == nullptr) return refused(from, Refusal::illegal, stream_event);
    step.next.ingest = row->to;
    step.ingest = row->effect;
  }
  return step;
}

constexpr void open_window(Phase& phase, Timestamp now) noexcept {
  const Timestamp ends = now + std::int64_t{phase.reconnect_window_s} * 1000;
  if (phase.window_ends < ends) phase.window_ends = ends;
}

constexpr Step on_start(const Phase& from, const SignalFacts& facts) noexcept {
  switch (from.status) {
    case StreamStatus::ending: return refused(from, Refusal::broadcast_ending, StreamEvent::opened);
    case StreamStatus::live: return walk(from, StreamEvent::opened, std::nullopt);
    case StreamStatus::completed:
    case StreamStatus::error: {
      const bool again = from.has_broadcast && facts.continuable && facts.now - from.ended <= facts.reopen_window_ms;
      Step step = walk(from, again ? StreamEvent::reopened : StreamEvent::renewed, std::nullopt);
      step.next.armed = true;
      step.next.reopening = again;
      step.next.has_broadcast = again;
      return step;
    }
    case StreamStatus::scheduled:
    case StreamStatus::ready: break;
  }
  const bool rehearses = from.ingest == IngestState::connected;
  Step step = walk(from, rehearses ? StreamEvent::went_on_air : StreamEvent::opened, std::nullopt);
  step.next.armed = !rehearses;
  step.next.rehearsal = false;
  return step;
}

/// Before anything is on air, `stop` takes the `start` back; where an encoder goes on air by itself there is
/// nothing to take back, and the step is illegal.
constexpr Step on_stop(const Phase& from) noexcept {
  const bool waits = from.status == StreamStatus::ready && (from.reopening || (from.armed && !from.auto_start));
  if (!waits) return walk(from, StreamEvent::stopped, IngestEvent::put_off);
  Step step = walk(from, from.reopening ? StreamEvent::closed_again : StreamEvent::withdrawn, IngestEvent::put_off);
  step.next.armed = step.next.reopening = false;
  step.next.connection = Connection::none;
  return step;
}

constexpr Step on_publish(const Phase& from, const SignalFacts& facts) noexcept {
  switch (from.status) {
    case StreamStatus::completed: return refused(from, Refusal::broadcast_over);
    case StreamStatus::ending: return refused(from, Refusal::broadcast_ending);
    case StreamStatus::error: return refused(from, Refusal::needs_attention);
    case StreamStatus::scheduled:
    case StreamStatus::ready:
    case StreamStatus::live: break;
  }
  const bool replaces = from.ingest == IngestState::connected;
  if (replaces && !from.takeover) return refused(from, Refusal::encoder_busy);
  Step step = walk(from, std::nullopt, replaces ? IngestEvent::publisher_replaced : IngestEvent::publish_accepted);
  ++step.next.generation;
  step.next.connection = Connection::open;
  // On air the window runs until media comes, also where another encoder takes over.
  if (from.status == StreamStatus::live) {
    if (!from.window_ends.is_set()) open_window(step.next, facts.now);
    step.next.window_ends = std::max(step.next.window_ends, facts.now + connect_grace_ms);
  }
  step.next.rehearsal = from.status != StreamStatus::live && !from.auto_start && !from.armed;
  return step;
}

/// Media that is reported after its encoder left brings nobody back: it is the rest of the log. But an encoder that
/// sent a clip faster than it could be read has been on air, too, and its window runs.
constexpr Step on_media(const Phase& from, const SignalFacts& facts) noexcept {
  if (from.connection == Connection::none) return {.next = from};
  const bool left = from.connection == Connection::unheard;
  const bool waits = from.status == StreamStatus::scheduled || from.status == StreamStatus::ready;
  Step step = walk(from, waits && !from.rehearsal ? std::optional{StreamEvent::went_on_air} : std::nullopt,
                   left ? IngestEvent::media_found : IngestEvent::media_arrived);
  if (step.refusal != Refusal::none) return step;
  if (left) step.next.connection = Connection::none;
  if (step.ingest == IngestEffect::close_window) step.next.window_ends = {};
  if (step.ingest == IngestEffect::open_window) open_window(step.next, facts.now);
  return step;
}

constexpr Step on_publisher_gone(const Phase& from, const SignalFacts& facts, IngestEvent event) noexcept {
  Step step = walk(from, std::nullopt, event);
  if (step.ingest == IngestEffect::open_window && !step.next.window_ends.is_set()) open_window(step.next, facts.now);
  return step;
}

/// On air, silence opens the window; a rehearsal that pauses goes on when media comes, or gives way to another encoder.
constexpr Step on_media_stalled(const Phase& from, const SignalFacts& facts) noexcept {
  if (from.ingest == IngestState::absent) return {.next = from};
  return on_publisher_gone(from, facts, from.status == StreamStatus::live ? IngestEvent::media_stalled : IngestEvent::media_paused);
}

constexpr Step on_publish_ended(const Phase& from, const SignalFacts& facts) noexcept {
  if (from.connection != Connection::open) return {.next = from};
  Step step = on_publisher_gone(from, facts, from.status == StreamStatus::live ? IngestEvent::publisher_lost : IngestEvent::publisher_left);
  const bool seen = from.ingest != IngestState::connecting || from.rehearsal;
  step.next.connection = seen ? Connection::none : Connection::unheard;
  return step;
}

/// A new key: the encoder with the old one is cut, and may come back with the new one inside the window.
constexpr Step on_key_rotated(const Phase& from, const SignalFacts& facts) noexcept {
  if (from.ingest == IngestState::absent) return {.next = from};
  Step step = on_publish_ended(from, facts);
  step.next.connection = Connection::none;
  ++step.next.generation;
  return step;
}

constexpr Step dispatch(const Phase& from, Signal signal, const SignalFacts& facts) noexcept {
  const bool stale = facts.generation != from.generation;
  switch (signal) {
    case Signal::start_requested: return on_start(from, facts);
    case Signal::publish_requested: return on_publish(from, facts);
    case Signal::media_arrived: return stale ? Step{.next = from} : on_media(from, facts);
    case Signal::media_stalled: return stale ? Step{.next = from} : on_media_stalled(from, facts);
    case Signal::publish_ended: return stale ? Step{.next = from} : on_publish_ended(from, facts);
    case Signal::window_elapsed:
      if (!from.window_ends.is_set() || facts.now < from.window_ends) return {.next = from};
      return walk(from, StreamEvent::window_elapsed, IngestEvent::window_elapsed);
    case Signal::stop_requested: return on_stop(from);
    case Signal::became_due: return facts.now < from.scheduled_start ? Step{.next = from} : walk(from, StreamEvent::became_due, std::nullopt);
    // What was started or has an encoder is not moved into the future any more.
    case Signal::rescheduled:
      return from.armed || from.ingest != IngestState::absent ? Step{.next = from} : walk(from, StreamEvent::rescheduled, std::nullopt);
    case Signal::key_rotated: return on_key_rotated(from, facts);
    // Media fails for somebody who sends it: without a publisher it is an old report.
    case Signal::broadcast_failed:
      return stale || from.ingest == IngestState::absent ? Step{.next = from} : walk(from, StreamEvent::failed, IngestEvent::put_off);
    case Signal::broadcast_finalized: return stale ? Step{.next = from} : walk(from, StreamEvent::finalized, std::nullopt);
    case Signal::finalize_failed: return stale ? Step{.next = from} : walk(from, StreamEvent::finalize_failed, std::nullopt);
  }
  return {.next = from};
}

}  // namespace detail

/// One signal, one step. Signals about a publisher carry its generation; an older one changes nothing.
constexpr Step advance(const Phase& from, Signal signal, const SignalFacts& facts) noexcept {
  Step step = detail::dispatch(from, signal, facts);
  if (step.stream == StreamEffect::begin_broadcast) {
    step.next.has_broadcast = true;
    step.next.armed = step.next.reopening = false;
  } else if (step.stream == StreamEffect::finalize_broadcast) {
    step.next.window_ends = {};
    step.next.ended = facts.now;
  }
  const bool over = step.next.status == StreamStatus::ending || step.next.status == StreamStatus::completed || step.next.status == StreamStatus::error;
  if (over) step.next.armed = step.next.reopening = false;
  if (step.next.ingest == IngestState::absent) {
    step.next.rehearsal = false;
    if (step.ingest == IngestEffect::put_off_publisher) step.next.connection = Connection::none;
  }
  step.ignored = step.refusal == Refusal::none && step.next == from;
  return step;
}

}  // namespace tribute

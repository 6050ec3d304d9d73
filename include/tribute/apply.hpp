// The one door: (record, what happened, when) gives what to store and do, or why not. Runs inside the write
// transaction on the record as it is there. Pure: no clock, no ids of its own, nothing else is read.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "effect.hpp"
#include "event.hpp"
#include "patch.hpp"

namespace tribute {

/// A stream with the archive entry of its current broadcast: what one step may read and change.
struct StreamUnit {
  Stream stream;
  std::optional<ArchiveEntry> archive;

  friend bool operator==(const StreamUnit&, const StreamUnit&) = default;
};

struct Actor {
  std::string subject;  ///< empty: an encoder, or the server itself
  std::string name;
};

struct ApplyContext {
  Timestamp now;
  Actor actor;
  std::int64_t reopen_window_ms = 3'600'000;
  std::int64_t purge_after_ms = 86'400'000;  ///< how long deleted recordings can be taken back
};

/// What to store and to do. `changed` false: a harmless repeat, nothing is written.
struct Decision {
  StreamUnit unit;
  std::vector<JournalEntry> journal;
  std::vector<Effect> effects;
  bool changed = false;
  bool deleted = false;  ///< the stream (or, from the archive's door, the entry) goes

  friend bool operator==(const Decision&, const Decision&) = default;
};

/// Why nothing happens. `state` and `event` are the tables' words where a table said no.
struct Rejection {
  Errc code = Errc::conflict;
  Refusal refusal = Refusal::illegal;
  std::string state;
  std::string event;
  std::string reason;
  std::string field;

  friend bool operator==(const Rejection&, const Rejection&) = default;
};

using Outcome = std::variant<Decision, Rejection>;

/// A recording outlives its stream: from here on it decides by itself who may see it. The epochs add up in
/// policy_epoch(), so nobody who watches is cut.
inline void outlive(ArchiveEntry& entry, const Stream& stream, Timestamp now) {
  entry.stream_deleted = true;
  entry.visibility = stream.visibility;
  entry.allowed_users = stream.allowed_users;
  entry.created_by = stream.created_by;
  entry.policy_epoch += stream.policy_epoch;
  entry.updated = now;
}

/// The same refusal is noted again after this long.
inline constexpr std::int64_t refusal_repeat_ms = 30'000;

namespace detail {

/// Collects a decision; every helper below adds its part.
class Draft {
 public:
  Draft(const StreamUnit& unit, const ApplyContext& context) : before_(unit), context_(context) { decision_.unit = unit; }

  Stream& stream() { return decision_.unit.stream; }
  std::optional<ArchiveEntry>& archive() { return decision_.unit.archive; }
  const ApplyContext& context() const { return context_; }

  void tell(JournalKind kind, std::string text = {}) {
    JournalEntry entry{.seq = ++stream().journal_seq, .at = context_.now, .kind = kind, .generation = stream().phase.generation};
    entry.archive_id = stream().archive_id;
    entry.actor = context_.actor.subject;
    entry.detail = std::move(text);
    decision_.journal.push_back(std::move(entry));
  }

  void perform(Effect effect) { decision_.effects.push_back(std::move(effect)); }
  void remove() { decision_.deleted = true; }

  Outcome done() {
    decision_.changed = true;
    stream().updated = context_.now;
    if (archive() && archive() != before_.archive) archive()->updated = context_.now;
    return std::move(decision_);
  }

 private:
  Decision decision_;
  const StreamUnit& before_;
  const ApplyContext& context_;
};

inline Outcome unchanged(const StreamUnit& unit) { return Decision{.unit = unit}; }

inline Outcome reject(const StreamUnit& unit, const Step& step, Signal signal) {
  Rejection rejection{.code = Errc::conflict, .refusal = step.refusal};
  rejection.state = to_word(unit.stream.phase.status);
  rejection.event = step.stream_event ? to_word(*step.stream_event) : to_word(signal);
  rejection.reason = step.refusal == Refusal::illegal
                         ? "A stream that is " + rejection.state + " cannot take the step \"" + rejection.event + "\"."
                         : std::string{refusal_sentence(step.refusal)};
  return rejection;
}

/// Moves the archive entry, if there is one and its table knows the step.
inline bool move_archive(Draft& draft, ArchiveEvent event) {
  if (!draft.archive()) return false;
  const auto* row = archive.find(draft.archive()->state, event);
  if (row == nullptr) return false;
  draft.archive()->state = row->to;
  return row->effect != ArchiveEffect::ignored;
}

inline void close_session(Draft& draft) {
  auto& entry = draft.archive();
  if (entry && !entry->sessions.empty() && !entry->sessions.back().ended.is_set()) entry->sessions.back().ended = draft.context().now;
}

inline void open_session(Draft& draft) {
  auto& entry = draft.archive();
  if (!entry) return;
  const auto& publisher = draft.stream().publisher;
  if (!entry->sessions.empty() && entry->sessions.back().id == publisher.session) entry->sessions.back().ended = {};
  else entry->sessions.push_back({publisher.session, draft.stream().phase.generation, draft.context().now, {}});
}

inline ArchiveEntry new_archive(const Stream& stream, const ApplyContext& context) {
  ArchiveEntry entry;
  entry.id = stream.broadcast_id;
  entry.org = stream.org;
  entry.stream_id = stream.id;
  entry.memorial_id = stream.memorial_id;
  entry.title = stream.title;
  entry.description = stream.description;
  entry.started = entry.created = context.now;
  entry.started_by = context.actor.subject.empty() ? stream.created_by : context.actor.subject;
  entry.started_by_name = context.actor.subject.empty() ? stream.created_by_name : context.actor.name;
  entry.created_by = stream.created_by;
  return entry;
}

inline void begin_broadcast(Draft& draft, bool continues) {
  auto& stream = draft.stream();
  stream.broadcast_id = stream.publisher.media;
  stream.end_time = {};
  stream.error.clear();
  stream.recording_ready = false;
  if (continues && draft.archive()) {
    move_archive(draft, ArchiveEvent::reopened);
    draft.archive()->ended = {};
    draft.archive()->error.clear();
  } else {
    stream.actual_start = draft.context().now;
    stream.recording_duration_ms = 0;
    draft.archive().reset();
    stream.archive_id = {};
    if (stream.recording_enabled) {
      draft.archive() = new_archive(stream, draft.context());
      stream.archive_id = stream.broadcast_id;
    }
  }
  draft.tell(JournalKind::went_live);
}

/// Off air: the encoder is put off by forgetting its session, the owner drains the log and closes the files.
inline void end_broadcast(Draft& draft, std::string why) {
  auto& stream = draft.stream();
  stream.end_time = draft.context().now;
  close_session(draft);
  move_archive(draft, ArchiveEvent::broadcast_ended);
  if (draft.archive()) draft.archive()->ended = draft.context().now;
  draft.perform(FinalizeBroadcast{stream.id, stream.broadcast_id, stream.publisher.session, stream.phase.generation});
  stream.publisher.session = stream.publisher.media = {};
  draft.tell(JournalKind::broadcast_ended, std::move(why));
}

/// Media that never went on air, a rehearsal's or that of an encoder that left at once, becomes nobody's recording.
inline void drop_unaired(Draft& draft) {
  auto& stream = draft.stream();
  if (stream.publisher.media.is_set() && stream.publisher.media != stream.broadcast_id) draft.perform(RemoveMedia{stream.id, stream.publisher.media});
  stream.publisher.media = {};
}

/// The encoder has left, or is put off, and nothing was on air.
inline void let_go(Draft& draft) {
  drop_unaired(draft);
  draft.stream().publisher.session = {};
}

inline Outcome on(const StreamUnit& unit, const StartRequested& event, const ApplyContext& context) {
  const bool continuable = unit.archive && archive.find(unit.archive->state, ArchiveEvent::reopened) != nullptr;
  const Step step =
      advance(unit.stream.phase, Signal::start_requested, {.now = context.now, .reopen_window_ms = context.reopen_window_ms, .continuable = continuable});
  if (step.refusal != Refusal::none) return reject(unit, step, Signal::start_requested);
  if (step.ignored) return unchanged(unit);
  Draft draft(unit, context);
  draft.stream().phase = step.next;
  draft.stream().error.clear();
  if (unit.stream.phase.rehearsal) {  // its encoder goes on sending, now into the broadcast
    drop_unaired(draft);
    draft.stream().publisher.media = event.fresh_media;
  }
  switch (step.stream) {
    case StreamEffect::begin_broadcast:
      begin_broadcast(draft, false);
      open_session(draft);
      break;
    case StreamEffect::reopen_broadcast: draft.tell(JournalKind::broadcast_reopened); break;
    case StreamEffect::forget_broadcast:
      draft.stream().archive_id = draft.stream().broadcast_id = {};
      draft.stream().recording_ready = false;
      draft.archive().reset();
      draft.tell(JournalKind::stream_opened);
      break;
    default: draft.tell(JournalKind::stream_opened); break;
  }
  return draft.done();
}

inline Outcome on(const StreamUnit& unit, const StopRequested&, const ApplyContext& context) {
  const Step step = advance(unit.stream.phase, Signal::stop_requested, {.now = context.now});
  if (step.refusal != Refusal::none) return reject(unit, step, Signal::stop_requested);
  if (step.ignored) return unchanged(unit);
  Draft draft(unit, context);
  draft.stream().phase = step.next;
  if (step.stream == StreamEffect::finalize_broadcast) {
    end_broadcast(draft, "stopped");
  } else {
    let_go(draft);
    draft.tell(JournalKind::start_withdrawn);
  }
  return draft.done();
}

/// A repeated request of the same connection gets the session that the first one got.
inline Outcome on(const StreamUnit& unit, const PublishEnded& event, const ApplyContext& context);
inline Outcome on(const StreamUnit& unit, const PublishRequested& event, const ApplyContext& context);

/// A connection of an earlier start of the server is gone, told or not: its end comes first, then the new encoder.
inline Outcome publish_after_restart(const StreamUnit& unit, const PublishRequested& event, const ApplyContext& context) {
  const auto& before = unit.stream.publisher;
  auto ended = std::get<Decision>(on(unit, PublishEnded{before.boot, before.client}, context));
  auto outcome = on(ended.unit, event, context);
  if (auto* decision = std::get_if<Decision>(&outcome)) {
    decision->journal.insert(decision->journal.begin(), ended.journal.begin(), ended.journal.end());
    decision->effects.insert(decision->effects.begin(), ended.effects.begin(), ended.effects.end());
  }
  return outcome;
}

inline Outcome on(const StreamUnit& unit, const PublishRequested& event, const ApplyContext& context) {
  const auto& before = unit.stream.publisher;
  if (unit.stream.phase.connection == Connection::open && before.boot.is_set() && before.boot != event.boot) return publish_after_restart(unit, event, context);
  if (unit.stream.phase.connection == Connection::open && before.boot == event.boot && before.client == event.client) return unchanged(unit);
  const Step step = advance(unit.stream.phase, Signal::publish_requested, {.now = context.now});
  if (step.refusal != Refusal::none) return reject(unit, step, Signal::publish_requested);
  Draft draft(unit, context);
  auto& stream = draft.stream();
  const bool replaced = unit.stream.phase.ingest == IngestState::connected;
  const bool continues = !step.next.rehearsal && (step.next.status == StreamStatus::live || (step.next.reopening && draft.archive()));
  drop_unaired(draft);
  if (replaced) close_session(draft);
  stream.phase = step.next;
  stream.publisher = {event.session, event.boot, event.client, continues ? stream.broadcast_id : event.fresh_media, context.now, event.address};
  draft.tell(replaced ? JournalKind::encoder_replaced : JournalKind::encoder_connected, event.address);
  return draft.done();
}

/// Encoders that try again every second are told of, and written down, twice a minute.
inline Outcome on(const StreamUnit& unit, const PublishRefused& event, const ApplyContext& context) {
  const auto& last = unit.stream.refused;
  const bool repeated = last.reason == event.reason && last.at <= context.now;
  if (repeated && context.now - last.at < refusal_repeat_ms) return unchanged(unit);
  Draft draft(unit, context);
  draft.stream().refused = {event.reason, context.now, event.address};
  draft.tell(JournalKind::encoder_refused, std::string{to_word(event.reason)});
  return draft.done();
}

inline Outcome on(const StreamUnit& unit, const MediaArrived& event, const ApplyContext& context) {
  const Step step = advance(unit.stream.phase, Signal::media_arrived, {.now = context.now, .generation = event.generation});
  if (step.refusal != Refusal::none) return reject(unit, step, Signal::media_arrived);
  if (step.ignored) return unchanged(unit);
  Draft draft(unit, context);
  draft.stream().phase = step.next;
  const bool left = step.next.connection == Connection::none;
  if (step.stream == StreamEffect::begin_broadcast) begin_broadcast(draft, unit.stream.phase.reopening);
  else if (step.next.rehearsal) draft.tell(JournalKind::rehearsal_began);
  else if (!left) draft.tell(JournalKind::encoder_returned);
  if (!step.next.rehearsal) open_session(draft);
  if (left) close_session(draft);
  return draft.done();
}

/// The encoder is gone or silent: on air the window opens, otherwise a preview is thrown away. The log of one
/// that was never heard is kept until another encoder comes: it may still hold media.
inline Outcome publisher_gone(const StreamUnit& unit, const Step& step, Signal signal, bool connection_ended, const ApplyContext& context) {
  if (step.refusal != Refusal::none) return reject(unit, step, signal);
  if (step.ignored && !connection_ended) return unchanged(unit);
  Draft draft(unit, context);
  auto& stream = draft.stream();
  stream.phase = step.next;
  close_session(draft);
  if (connection_ended) stream.publisher.boot = {};  // its session stays: the owner still drains its log
  if (step.next.ingest == IngestState::absent && step.next.connection == Connection::none) let_go(draft);
  if (step.next.ingest == IngestState::absent) draft.tell(JournalKind::encoder_left);
  else if (step.next.ingest != unit.stream.phase.ingest) draft.tell(JournalKind::encoder_interrupted);
  return draft.done();
}

inline Outcome on(const StreamUnit& unit, const MediaStalled& event, const ApplyContext& context) {
  const Step step = advance(unit.stream.phase, Signal::media_stalled, {.now = context.now, .generation = event.generation});
  return publisher_gone(unit, step, Signal::media_stalled, false, context);
}

inline Outcome on(const StreamUnit& unit, const PublishEnded& event, const ApplyContext& context) {
  const auto& publisher = unit.stream.publisher;
  if (!event.boot.is_set() || publisher.boot != event.boot || publisher.client != event.client) return unchanged(unit);
  const Step step = advance(unit.stream.phase, Signal::publish_ended, {.now = context.now, .generation = unit.stream.phase.generation});
  return publisher_gone(unit, step, Signal::publish_ended, true, context);
}

inline Outcome on(const StreamUnit& unit, const WindowElapsed&, const ApplyContext& context) {
  const Step step = advance(unit.stream.phase, Signal::window_elapsed, {.now = context.now});
  if (step.refusal != Refusal::none) return reject(unit, step, Signal::window_elapsed);
  if (step.ignored) return unchanged(unit);
  Draft draft(unit, context);
  draft.stream().phase = step.next;
  end_broadcast(draft, "window_elapsed");
  return draft.done();
}

inline Outcome on(const StreamUnit& unit, const BecameDue&, const ApplyContext& context) {
  const Step step = advance(unit.stream.phase, Signal::became_due, {.now = context.now});
  if (step.refusal != Refusal::none) return reject(unit, step, Signal::became_due);
  if (step.ignored) return unchanged(unit);
  Draft draft(unit, context);
  draft.stream().phase = step.next;
  draft.tell(JournalKind::stream_opened, "due");
  return draft.done();
}

inline Outcome on(const StreamUnit& unit, const KeyRotated&, const ApplyContext& context) {
  const Step step = advance(unit.stream.phase, Signal::key_rotated, {.now = context.now});
  Draft draft(unit, context);
  draft.tell(JournalKind::key_rotated);
  if (step.ignored) return draft.done();
  if (step.next.ingest == IngestState::absent) draft.tell(JournalKind::encoder_left);
  else if (step.next.ingest != unit.stream.phase.ingest) draft.tell(JournalKind::encoder_interrupted);
  draft.stream().phase = step.next;
  close_session(draft);
  draft.stream().publisher.boot = {};
  if (step.next.ingest == IngestState::absent) let_go(draft);
  return draft.done();
}

/// A start time in the future plans the stream again; one that has come makes it ready. Nothing that was
/// started or has an encoder is moved.
inline void reschedule(Draft& draft, Timestamp start) {
  auto& phase = draft.stream().phase;
  phase.scheduled_start = start;
  const bool future = start > draft.context().now;
  if (phase.status == StreamStatus::ready && future)
    phase = advance(phase, Signal::rescheduled, {.now = draft.context().now}).next;
  else if (phase.status == StreamStatus::scheduled && !future)
    phase = advance(phase, Signal::became_due, {.now = draft.context().now}).next;
}

inline Outcome on(const StreamUnit& unit, const SettingsChanged& event, const ApplyContext& context) {
  if (const auto checked = check(event.patch); !checked)
    return Rejection{.code = checked.error().code, .reason = checked.error().detail, .field = checked.error().field};
  const bool on_air = unit.stream.phase.status == StreamStatus::live || unit.stream.phase.status == StreamStatus::ending;
  if (on_air && event.patch.recording_enabled && *event.patch.recording_enabled != unit.stream.recording_enabled)
    return Rejection{.code = Errc::conflict, .state = std::string{to_word(unit.stream.phase.status)}, .event = "recording_changed",
                     .reason = "Recording cannot be switched while the broadcast runs. Stop it first."};
  Draft draft(unit, context);
  set_fields(draft.stream(), event.patch);
  if (event.patch.scheduled_start) reschedule(draft, *event.patch.scheduled_start);
  if (draft.archive() && event.patch.memorial_id) draft.archive()->memorial_id = *event.patch.memorial_id;
  if (draft.stream() == unit.stream) return unchanged(unit);
  draft.tell(JournalKind::stream_changed);
  if (draft.stream().visibility != unit.stream.visibility) draft.tell(JournalKind::visibility_changed, std::string{to_word(draft.stream().visibility)});
  return draft.done();
}

inline Outcome on(const StreamUnit& unit, const BroadcastFailed& event, const ApplyContext& context) {
  const Step step = advance(unit.stream.phase, Signal::broadcast_failed, {.now = context.now, .generation = event.generation});
  if (step.refusal != Refusal::none) return reject(unit, step, Signal::broadcast_failed);
  if (step.ignored) return unchanged(unit);
  Draft draft(unit, context);
  draft.stream().phase = step.next;
  draft.stream().error = event.error;
  draft.tell(JournalKind::broadcast_failed, event.error);
  if (step.stream == StreamEffect::finalize_broadcast) end_broadcast(draft, "failed");
  else let_go(draft);
  return draft.done();
}

/// What is not to be recorded goes when its broadcast is over, however that went.
inline void drop_unrecorded(Draft& draft) {
  auto& stream = draft.stream();
  draft.perform(RemoveMedia{stream.id, stream.broadcast_id});
  stream.broadcast_id = {};
  stream.phase.has_broadcast = false;
}

inline Outcome finalize_failed(const StreamUnit& unit, const BroadcastFinalized& event, const ApplyContext& context) {
  const Step step = advance(unit.stream.phase, Signal::finalize_failed, {.now = context.now, .generation = event.generation});
  if (step.refusal != Refusal::none) return reject(unit, step, Signal::finalize_failed);
  if (step.ignored) return unchanged(unit);
  Draft draft(unit, context);
  draft.stream().phase = step.next;
  draft.stream().error = event.error;
  draft.tell(JournalKind::broadcast_failed, event.error);
  if (move_archive(draft, ArchiveEvent::finalize_failed)) {
    draft.archive()->error = event.error;
    draft.tell(JournalKind::recording_failed, event.error);
  }
  if (!draft.archive()) drop_unrecorded(draft);
  return draft.done();
}

inline Outcome on(const StreamUnit& unit, const BroadcastFinalized& event, const ApplyContext& context) {
  if (!event.broadcast.is_set() || event.broadcast != unit.stream.broadcast_id) return unchanged(unit);
  if (!event.error.empty()) return finalize_failed(unit, event, context);
  const Step step = advance(unit.stream.phase, Signal::broadcast_finalized, {.now = context.now, .generation = event.generation});
  if (step.refusal != Refusal::none) return reject(unit, step, Signal::broadcast_finalized);
  if (step.ignored) return unchanged(unit);
  Draft draft(unit, context);
  auto& stream = draft.stream();
  stream.phase = step.next;
  stream.error.clear();
  draft.tell(JournalKind::broadcast_completed);
  if (move_archive(draft, ArchiveEvent::finalized)) {
    draft.archive()->duration_ms = stream.recording_duration_ms = event.duration_ms;
    draft.archive()->bytes = event.bytes;
    draft.archive()->error.clear();
    stream.recording_ready = true;
    draft.tell(JournalKind::recording_ready);
  }
  if (!draft.archive()) drop_unrecorded(draft);
  return draft.done();
}

inline Outcome on(const StreamUnit& unit, const StreamDeleted&, const ApplyContext& context) {
  const auto status = unit.stream.phase.status;
  if (status == StreamStatus::live || status == StreamStatus::ending)
    return Rejection{.code = Errc::conflict, .state = std::string{to_word(status)}, .event = "stream_deleted",
                     .reason = "A stream cannot be deleted while it is on air. Stop it first; its recording is kept."};
  Draft draft(unit, context);
  let_go(draft);
  if (draft.archive()) outlive(*draft.archive(), draft.stream(), context.now);
  draft.tell(JournalKind::stream_deleted);
  draft.remove();
  return draft.done();
}

}  // namespace detail

/// A new stream as a draft asks for it. Precondition: `stream.id`, `input_id` and `own_input` are set by the caller.
inline Result<Decision> create(Stream stream, const StreamPatch& patch, const ApplyContext& context) {
  if (!patch.title) return make_error(Errc::unprocessable, "is required", "title");
  if (auto checked = check(patch); !checked) return checked.error();
  set_fields(stream, patch);
  if (patch.scheduled_start) stream.phase.scheduled_start = *patch.scheduled_start;
  stream.phase.status = stream.phase.scheduled_start > context.now ? StreamStatus::scheduled : StreamStatus::ready;
  stream.created_by = context.actor.subject;
  stream.created_by_name = context.actor.name;
  stream.created = context.now;
  detail::Draft draft({std::move(stream), std::nullopt}, context);
  draft.tell(JournalKind::stream_created);
  return std::get<Decision>(draft.done());
}

/// The door for everything that happens to a stream.
inline Outcome apply(const StreamUnit& unit, const StreamSignal& signal, const ApplyContext& context) {
  return std::visit([&](const auto& event) { return detail::on(unit, event, context); }, signal);
}

}  // namespace tribute

// The door for archive entries: changed, deleted, taken back, repaired, purged. The entry's stream comes along
// where it still exists, because its journal tells of it. Pure, as apply.hpp.
#pragma once

#include "apply.hpp"

namespace tribute {

struct ArchiveUnit {
  ArchiveEntry entry;
  std::optional<Stream> stream;

  friend bool operator==(const ArchiveUnit&, const ArchiveUnit&) = default;
};

struct ArchiveDecision {
  ArchiveUnit unit;
  std::vector<JournalEntry> journal;
  std::vector<Effect> effects;
  bool changed = false;
  bool deleted = false;  ///< the entry itself goes

  friend bool operator==(const ArchiveDecision&, const ArchiveDecision&) = default;
};

using ArchiveOutcome = std::variant<ArchiveDecision, Rejection>;

namespace detail {

inline void tell(ArchiveDecision& decision, JournalKind kind, const ApplyContext& context, std::string text = {}) {
  if (!decision.unit.stream) return;
  auto& stream = *decision.unit.stream;
  JournalEntry entry{.seq = ++stream.journal_seq, .at = context.now, .kind = kind, .generation = 0, .archive_id = decision.unit.entry.id};
  entry.actor = context.actor.subject;
  entry.detail = std::move(text);
  decision.journal.push_back(std::move(entry));
}

/// The entry is that of its stream's last broadcast.
inline bool is_current(const ArchiveUnit& unit) { return unit.stream && unit.stream->archive_id == unit.entry.id; }

/// An entry that the next media will continue must stay: `stop` first.
inline std::optional<Rejection> held(const ArchiveUnit& unit, ArchiveEvent event) {
  if (!is_current(unit) || !unit.stream->phase.reopening) return std::nullopt;
  return Rejection{.code = Errc::conflict, .state = std::string{to_word(unit.entry.state)}, .event = std::string{to_word(event)},
                   .reason = "The broadcast of this recording has been opened again. Stop the stream first."};
}

/// One step of the archive table, with what it means for the purge deadline and the stream's own flag.
inline ArchiveOutcome step_archive(const ArchiveUnit& unit, ArchiveEvent event, JournalKind kind, const ApplyContext& context) {
  const auto* row = archive.find(unit.entry.state, event);
  if (row == nullptr) {
    Rejection rejection{.code = Errc::conflict, .state = std::string{to_word(unit.entry.state)}, .event = std::string{to_word(event)}};
    rejection.reason = "A recording that is " + rejection.state + " cannot take the step \"" + rejection.event + "\".";
    return rejection;
  }
  ArchiveDecision decision{.unit = unit};
  if (row->effect == ArchiveEffect::ignored) return decision;
  auto& entry = decision.unit.entry;
  entry.state = row->to;
  entry.updated = context.now;
  if (row->effect == ArchiveEffect::schedule_purge) entry.purge_at = context.now + context.purge_after_ms;
  if (row->effect == ArchiveEffect::cancel_purge) entry.purge_at = {};
  // Whoever watches a recording that is taken away is cut, also if it is taken back later.
  if (!plays(entry.state)) ++entry.policy_epoch;
  if (is_current(decision.unit)) decision.unit.stream->recording_ready = entry.state == ArchiveState::ready;
  tell(decision, kind, context);
  decision.changed = true;
  return decision;
}

inline ArchiveOutcome on(const ArchiveUnit& unit, const ArchiveChanged& event, const ApplyContext& context) {
  if (const auto checked = check(event.patch); !checked)
    return Rejection{.code = checked.error().code, .reason = checked.error().detail, .field = checked.error().field};
  ArchiveDecision decision{.unit = unit};
  auto& entry = decision.unit.entry;
  if (event.patch.title) entry.title = *event.patch.title;
  if (event.patch.description) entry.description = *event.patch.description;
  if (event.patch.is_visible) {
    if (entry.is_visible && !*event.patch.is_visible) ++entry.policy_epoch;
    entry.is_visible = *event.patch.is_visible;
  }
  if (entry == unit.entry) return decision;
  entry.updated = context.now;
  tell(decision, JournalKind::recording_changed, context);
  decision.changed = true;
  return decision;
}

inline ArchiveOutcome on(const ArchiveUnit& unit, const ArchiveDeleteRequested&, const ApplyContext& context) {
  if (auto rejection = held(unit, ArchiveEvent::delete_requested)) return *rejection;
  return step_archive(unit, ArchiveEvent::delete_requested, JournalKind::recording_deleted, context);
}

inline ArchiveOutcome on(const ArchiveUnit& unit, const ArchiveRestoreRequested&, const ApplyContext& context) {
  const auto event = unit.entry.error.empty() ? ArchiveEvent::restored : ArchiveEvent::restored_failed;
  return step_archive(unit, event, JournalKind::recording_restored, context);
}

inline ArchiveOutcome on(const ArchiveUnit& unit, const ArchiveRetentionElapsed&, const ApplyContext& context) {
  if (auto rejection = held(unit, ArchiveEvent::retention_elapsed)) return *rejection;
  return step_archive(unit, ArchiveEvent::retention_elapsed, JournalKind::recording_expired, context);
}

/// A stream that waits in `error` for this repair is over now.
inline void mend_stream(ArchiveDecision& decision, const ApplyContext& context) {
  if (!is_current(decision.unit)) return;
  auto& stream = *decision.unit.stream;
  stream.recording_duration_ms = decision.unit.entry.duration_ms;
  if (stream.phase.status != StreamStatus::error) return;
  stream.phase = advance(stream.phase, Signal::broadcast_finalized, {.now = context.now, .generation = stream.phase.generation}).next;
  stream.error.clear();
  tell(decision, JournalKind::broadcast_completed, context);
}

inline ArchiveOutcome on(const ArchiveUnit& unit, const ArchiveRepaired& event, const ApplyContext& context) {
  if (event.generation != settled_generation(unit.entry)) return ArchiveDecision{.unit = unit};
  auto outcome = step_archive(unit, ArchiveEvent::repaired, JournalKind::recording_repaired, context);
  auto* decision = std::get_if<ArchiveDecision>(&outcome);
  if (decision == nullptr || decision->unit.entry.state != ArchiveState::ready) return outcome;  // refused, or its broadcast still writes it
  auto& entry = decision->unit.entry;
  if (entry.duration_ms == event.duration_ms && entry.bytes == event.bytes && !decision->changed) return outcome;
  entry.duration_ms = event.duration_ms;
  entry.bytes = event.bytes;
  entry.error.clear();
  entry.updated = context.now;
  if (!decision->changed) tell(*decision, JournalKind::recording_repaired, context);
  mend_stream(*decision, context);
  decision->changed = true;
  return outcome;
}

inline ArchiveOutcome on(const ArchiveUnit& unit, const ArchivePurgeDue&, const ApplyContext& context) {
  ArchiveDecision decision{.unit = unit};
  const auto& entry = unit.entry;
  const bool gone = entry.state == ArchiveState::deleted || entry.state == ArchiveState::expired;
  if (!gone || !entry.purge_at.is_set() || context.now < entry.purge_at) return decision;
  decision.effects.push_back(RemoveMedia{entry.stream_id, entry.id});
  auto& stream = decision.unit.stream;
  if (is_current(unit)) {
    stream->archive_id = stream->broadcast_id = {};
    stream->phase.has_broadcast = stream->phase.reopening = false;
    stream->recording_duration_ms = 0;
  }
  decision.changed = decision.deleted = true;
  return decision;
}

}  // namespace detail

/// The door for everything that happens to an archive entry, but for its broadcast: that comes through apply().
inline ArchiveOutcome apply(const ArchiveUnit& unit, const ArchiveSignal& signal, const ApplyContext& context) {
  return std::visit([&](const auto& event) { return detail::on(unit, event, context); }, signal);
}

}  // namespace tribute

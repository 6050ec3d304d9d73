#include "invariants.hpp"

namespace tribute::proof {
namespace {

Broken broken(const Stream& s) {
  if (const char* why = proof::broken(s.phase)) return why;
  const auto& p = s.phase;
  const bool attached = p.ingest != IngestState::absent;
  if (s.broadcast_id.is_set() != p.has_broadcast) return "the broadcast's id and the phase disagree on whether there is one";
  if (s.archive_id.is_set() && s.archive_id != s.broadcast_id) return "the recording is not that of the broadcast";
  if (attached && !s.publisher.session.is_set()) return "an encoder without a session";
  if (attached && !s.publisher.media.is_set()) return "an encoder whose media goes nowhere";
  if (p.status == StreamStatus::live && s.publisher.media != s.broadcast_id) return "on air, and the media goes elsewhere";
  if (p.rehearsal && s.publisher.media == s.broadcast_id) return "a rehearsal writes into a broadcast";
  if (p.status == StreamStatus::completed && !s.error.empty()) return "over, and still an error";
  return std::nullopt;
}

Broken broken(const ArchiveEntry& entry, const std::optional<Stream>& stream) {
  std::size_t open = 0;
  for (std::size_t i = 0; i < entry.sessions.size(); ++i) {
    const auto& session = entry.sessions[i];
    if (!session.ended.is_set()) ++open;
    if (i > 0 && entry.sessions[i - 1].generation >= session.generation) return "sessions of a recording are not in the order of their generations";
    if (session.ended.is_set() && session.ended < session.started) return "a session ended before it began";
  }
  if (open > 1) return "two sessions of a recording are open at once";
  const bool current = stream && stream->archive_id == entry.id;
  const bool on_air = current && stream->phase.status == StreamStatus::live;
  const bool delivers = on_air && stream->phase.ingest == IngestState::connected;
  if ((open == 1) != delivers) return "a session is open, and no media comes, or the other way round";
  if ((entry.state == ArchiveState::recording) != on_air) return "a recording runs off air, or is not recorded on air";
  if ((entry.state == ArchiveState::finalizing) != (current && stream->phase.status == StreamStatus::ending)) return "a recording is being closed alone";
  if (current && stream->recording_ready != (entry.state == ArchiveState::ready)) return "the stream's recording_ready is not the recording's state";
  if (entry.state == ArchiveState::ready && !entry.error.empty()) return "a recording that plays has an error";
  if (entry.state == ArchiveState::failed && entry.error.empty()) return "a recording failed without a reason";
  const bool goes = entry.state == ArchiveState::deleted || entry.state == ArchiveState::expired;
  if (goes != entry.purge_at.is_set()) return "a purge deadline without a deletion, or the other way round";
  return std::nullopt;
}

/// Someone is always going to end what is not at rest: a deadline, an encoder that delivers, or an effect.
Broken stuck(const World& world) {
  const auto& stream = *world.stream;
  if (stream.phase.status != StreamStatus::ending) return std::nullopt;
  for (const auto& effect : world.outbox)
    if (const auto* finalize = std::get_if<FinalizeBroadcast>(&effect))
      if (finalize->broadcast_id == stream.broadcast_id && finalize->generation == stream.phase.generation) return std::nullopt;
  return "ending, and nobody is going to finalize it";
}

Broken shrunk(const ArchiveEntry& before, const ArchiveEntry& after) {
  if (after.sessions.size() < before.sessions.size()) return "a recording lost a session";
  for (std::size_t i = 0; i < before.sessions.size(); ++i)
    if (before.sessions[i].id != after.sessions[i].id || before.sessions[i].started != after.sessions[i].started) return "a session of a recording was changed";
  if (after.duration_ms < before.duration_ms || after.bytes < before.bytes) return "a recording shrank";
  if (after.policy_epoch < before.policy_epoch) return "the policy epoch of a recording went back";
  if (after.started != before.started) return "a recording began anew";
  return std::nullopt;
}

}  // namespace

Broken broken(const World& world) {
  if (world.stream) {
    if (auto why = broken(*world.stream)) return why;
    if (auto why = stuck(world)) return why;
    if (world.stream->archive_id.is_set() && !world.recordings.contains(world.stream->archive_id)) return "the stream names a recording that is not there";
  }
  for (const auto& [id, entry] : world.recordings)
    if (auto why = broken(entry, world.stream)) return why;
  for (std::size_t i = 0; i < world.journal.size(); ++i)
    if (world.journal[i].seq != i + 1) return "the journal has a gap or a double";
  if (world.stream && world.stream->journal_seq != world.journal.size()) return "the journal's last number is not the stream's";
  return seen_though_hidden(world);
}

Broken broken(const World& before, const World& after) {
  if (before.stream && after.stream) {
    if (after.stream->phase.generation < before.stream->phase.generation) return "the generation went back";
    if (after.stream->policy_epoch < before.stream->policy_epoch) return "the policy epoch went back";
    if (after.stream->visibility < before.stream->visibility && after.stream->policy_epoch == before.stream->policy_epoch &&
        !(before.stream->visibility == Visibility::public_ && after.stream->visibility == Visibility::unlisted))
      return "a view was taken away, and those who watch are not cut";
  }
  for (const auto& [id, entry] : before.recordings) {
    const auto found = after.recordings.find(id);
    const bool could_go = entry.state == ArchiveState::deleted || entry.state == ArchiveState::expired;
    if (found == after.recordings.end()) {
      if (!could_go) return "a recording went that nobody had deleted";
      continue;
    }
    if (auto why = shrunk(entry, found->second)) return why;
    const auto* stream_then = before.stream ? &*before.stream : nullptr;
    const auto* stream_now = after.stream ? &*after.stream : nullptr;
    if (policy_epoch(found->second, stream_now) < policy_epoch(entry, stream_then)) return "grants of a recording came back to life";
  }
  return std::nullopt;
}

Broken seen_though_hidden(const World& world) {
  const Viewer strangers[] = {{}, {Role::viewer, "anna", "", true}, {Role::family, "berta", "", true}, {Role::organizer, "other", "", true}};
  for (const auto& viewer : strangers)
    for (const auto action : {Action::view, Action::list}) {
      if (world.stream && world.stream->visibility == Visibility::hidden && decide(viewer, subject_of(*world.stream, nullptr), action) == Verdict::allowed)
        return "a hidden stream is seen by " + viewer.subject;
      for (const auto& [id, entry] : world.recordings) {
        const Stream* stream = world.stream ? &*world.stream : nullptr;
        const auto visibility = stream != nullptr ? stream->visibility : entry.visibility;
        const bool hidden = !entry.is_visible || !plays(entry.state) || visibility == Visibility::hidden;
        if (hidden && decide(viewer, subject_of(entry, stream, nullptr), action) == Verdict::allowed) return "a hidden recording is seen by " + viewer.subject;
        // Asked without its stream by mistake, it fails closed.
        if (stream != nullptr && decide(viewer, subject_of(entry, nullptr, nullptr), action) == Verdict::allowed) return "a recording decides alone while its stream is there";
      }
    }
  return std::nullopt;
}

}  // namespace tribute::proof

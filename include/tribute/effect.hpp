// What a decision asks the world to do, and what it tells the world happened: plain comparable values, stored
// with the new state in one transaction and performed after it. Every effect can be repeated safely.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <variant>

#include "id.hpp"
#include "time.hpp"
#include "words.hpp"

namespace tribute {

/// Drain the ingest log, close the last segment, ENDLIST, sync; then report BroadcastFinalized with the same
/// broadcast and generation: a broadcast that was opened again ends more than once.
struct FinalizeBroadcast {
  Id stream_id;
  Id broadcast_id;
  Id session;  ///< the log to drain
  std::uint64_t generation = 0;

  template <class Self, class Visit>
  static constexpr void fields(Self& s, Visit&& f) {
    f(1, s.stream_id), f(2, s.broadcast_id), f(3, s.session), f(4, s.generation);
  }
  friend bool operator==(const FinalizeBroadcast&, const FinalizeBroadcast&) = default;
};

/// Remove a broadcast's or preview's media folder.
struct RemoveMedia {
  Id stream_id;
  Id broadcast_id;

  template <class Self, class Visit>
  static constexpr void fields(Self& s, Visit&& f) {
    f(1, s.stream_id), f(2, s.broadcast_id);
  }
  friend bool operator==(const RemoveMedia&, const RemoveMedia&) = default;
};

using Effect = std::variant<FinalizeBroadcast, RemoveMedia>;

/// The stream that an effect belongs to; effects of one stream are performed in order.
inline Id stream_of(const Effect& effect) {
  return std::visit([](const auto& e) { return e.stream_id; }, effect);
}

/// What the journal tells, in the past tense.
enum class JournalKind : std::uint8_t {
  stream_created,
  stream_changed,
  visibility_changed,
  stream_opened,
  encoder_connected,
  encoder_refused,
  encoder_replaced,
  encoder_interrupted,
  encoder_returned,
  encoder_left,
  rehearsal_began,
  went_live,
  broadcast_ended,
  broadcast_completed,
  broadcast_failed,
  broadcast_reopened,
  recording_ready,
  recording_failed,
  recording_changed,
  recording_deleted,
  recording_restored,
  recording_expired,
  recording_repaired,
  key_rotated,
  stream_deleted,
  start_withdrawn,
};

template <>
struct Words<JournalKind> {
  static constexpr std::array<std::string_view, 26> words{
      "stream_created",   "stream_changed",  "visibility_changed", "stream_opened",       "encoder_connected", "encoder_refused",    "encoder_replaced",
      "encoder_interrupted", "encoder_returned", "encoder_left",    "rehearsal_began",     "went_live",         "broadcast_ended",    "broadcast_completed",
      "broadcast_failed", "broadcast_reopened", "recording_ready", "recording_failed",    "recording_changed", "recording_deleted",  "recording_restored",
      "recording_expired", "recording_repaired", "key_rotated",    "stream_deleted",      "start_withdrawn"};
};

/// One line of a stream's journal. Numbered from 1 per stream, without gaps.
struct JournalEntry {
  std::uint64_t seq = 0;
  Timestamp at;
  JournalKind kind = JournalKind::stream_created;
  std::uint64_t generation = 0;  ///< of the encoder it is about, 0 if none
  Id archive_id;                 ///< of the recording it is about, if any
  std::string actor;             ///< who did it; empty: the encoder or the server
  std::string detail;            ///< a word or sentence more

  template <class Self, class Visit>
  static constexpr void fields(Self& s, Visit&& f) {
    f(1, s.seq), f(2, s.at), f(3, s.kind), f(4, s.generation), f(5, s.archive_id), f(6, s.actor), f(7, s.detail);
  }
  friend bool operator==(const JournalEntry&, const JournalEntry&) = default;
};

}  // namespace tribute

// What can happen to a stream and to an archive entry, with the facts that came along. Ids that a step may
// need are made outside and come in with the event; nothing below draws random numbers.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "record.hpp"

namespace tribute {

/// What a request wants to set; what is absent stays as it is.
struct StreamPatch {
  std::optional<std::string> title, description, memorial_name, service_id, service_name, location;
  std::optional<Id> memorial_id;              ///< not set: takes it from its memorial
  std::optional<Timestamp> scheduled_start;   ///< not set: unplanned
  std::optional<std::int64_t> planned_duration_s;
  std::optional<Visibility> visibility;       ///< stronger than the two booleans
  std::optional<bool> is_visible, is_public;
  std::optional<std::vector<std::string>> allowed_users;
  std::optional<bool> recording_enabled, auto_start, takeover;
  std::optional<std::int64_t> reconnect_window_s;

  friend bool operator==(const StreamPatch&, const StreamPatch&) = default;
};

struct StartRequested {
  Id fresh_media;  ///< where the broadcast goes if a rehearsal becomes it
};
struct StopRequested {};
struct PublishRequested {
  Id session;      ///< names the ingest log if accepted
  Id fresh_media;  ///< where its media goes if it does not continue a broadcast
  Id boot;
  std::uint64_t client = 0;
  std::string address;
};
struct PublishRefused {
  Refusal reason = Refusal::none;
  std::string address;
};
struct MediaArrived {
  std::uint64_t generation = 0;
};
struct MediaStalled {
  std::uint64_t generation = 0;
};
struct PublishEnded {
  Id boot;
  std::uint64_t client = 0;
};
struct WindowElapsed {};
struct BecameDue {};
struct KeyRotated {};
struct SettingsChanged {
  StreamPatch patch;
};
/// The broadcast cannot go on: no room for its media. It ends, and what is there is kept.
struct BroadcastFailed {
  std::uint64_t generation = 0;
  std::string error;
};
struct BroadcastFinalized {
  Id broadcast;
  std::uint64_t generation = 0;  ///< as FinalizeBroadcast had it; a report of an earlier end changes nothing
  std::int64_t duration_ms = 0;
  std::uint64_t bytes = 0;
  std::string error;  ///< not empty: the media could not be closed, and why
};
struct StreamDeleted {};

using StreamSignal = std::variant<StartRequested, StopRequested, PublishRequested, PublishRefused, MediaArrived, MediaStalled, PublishEnded, WindowElapsed, BecameDue, KeyRotated,
                                  SettingsChanged, BroadcastFailed, BroadcastFinalized, StreamDeleted>;

struct ArchivePatch {
  std::optional<std::string> title, description;
  std::optional<bool> is_visible;
  friend bool operator==(const ArchivePatch&, const ArchivePatch&) = default;
};

struct ArchiveChanged {
  ArchivePatch patch;
};
struct ArchiveDeleteRequested {};
struct ArchiveRestoreRequested {};
struct ArchiveRetentionElapsed {};
struct ArchiveRepaired {
  std::uint64_t generation = 0;  ///< settled_generation() of the entry that was measured; an older measurement changes nothing
  std::int64_t duration_ms = 0;
  std::uint64_t bytes = 0;
};
/// The purge deadline passed: the media goes, and the entry with it.
struct ArchivePurgeDue {};

using ArchiveSignal = std::variant<ArchiveChanged, ArchiveDeleteRequested, ArchiveRestoreRequested, ArchiveRetentionElapsed, ArchiveRepaired, ArchivePurgeDue>;

}  // namespace tribute

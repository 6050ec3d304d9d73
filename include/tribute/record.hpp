// The records that the store keeps: what the seeds' documents ask for, under the seeds' names. Plain values;
// each lists its fields once, with numbers that never change, for the codec and whoever else walks them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "archive.hpp"
#include "id.hpp"
#include "phase.hpp"
#include "visibility.hpp"

namespace tribute {

inline constexpr const char* default_org = "main";

/// One stretch of one encoder's media inside a broadcast.
struct RecordingSession {
  Id id;
  std::uint64_t generation = 0;
  Timestamp started;
  Timestamp ended;

  template <class Self, class Visit>
  static constexpr void fields(Self& s, Visit&& f) {
    f(1, s.id), f(2, s.generation), f(3, s.started), f(4, s.ended);
  }
  friend bool operator==(const RecordingSession&, const RecordingSession&) = default;
};

/// Who sends now, or sent last. nginx-rtmp's client numbers restart with nginx, so they count only with the boot.
struct Publisher {
  Id session;               ///< names the ingest log; set while this publisher may send
  Id boot;
  std::uint64_t client = 0;
  Id media;                 ///< the broadcast (or preview) folder its media goes to
  Timestamp since;
  std::string address;

  template <class Self, class Visit>
  static constexpr void fields(Self& s, Visit&& f) {
    f(1, s.session), f(2, s.boot), f(3, s.client), f(4, s.media), f(5, s.since), f(6, s.address);
  }
  friend bool operator==(const Publisher&, const Publisher&) = default;
};

/// The last encoder that was refused, for `health`.
struct RefusedPublisher {
  Refusal reason = Refusal::none;
  Timestamp at;
  std::string address;

  template <class Self, class Visit>
  static constexpr void fields(Self& s, Visit&& f) {
    f(1, s.reason), f(2, s.at), f(3, s.address);
  }
  friend bool operator==(const RefusedPublisher&, const RefusedPublisher&) = default;
};

struct Stream {
  Id id;
  std::string org = default_org;
  std::uint64_t version = 0;       ///< raised by every write; a batch names the one it expects
  Phase phase;
  // what people call it
  std::string title;
  std::string description;
  Id memorial_id;
  std::string memorial_name;
  std::string service_id;
  std::string service_name;
  std::string location;
  std::int64_t planned_duration_s = 0;
  // who may see it
  Visibility visibility = Visibility::unlisted;
  Visibility visible_as = Visibility::unlisted;  ///< where a hidden stream returns to
  std::uint64_t policy_epoch = 1;
  std::vector<std::string> allowed_users;
  bool recording_enabled = true;
  // its encoder
  Id input_id;
  bool own_input = true;
  Publisher publisher;
  RefusedPublisher refused;
  // its broadcast
  Id broadcast_id;                 ///< media folder; equals the archive entry's id when recorded
  Id archive_id;
  Timestamp actual_start;
  Timestamp end_time;
  bool recording_ready = false;
  std::int64_t recording_duration_ms = 0;
  std::string error;
  // bookkeeping
  std::string created_by;
  std::string created_by_name;
  Timestamp created;
  Timestamp updated;
  std::uint64_t journal_seq = 0;   ///< number of the last journal entry

  template <class Self, class Visit>
  static constexpr void fields(Self& s, Visit&& f) {
    f(1, s.id), f(2, s.org), f(3, s.version), f(4, s.title), f(5, s.description), f(6, s.memorial_id), f(7, s.memorial_name);
    f(8, s.service_id), f(9, s.service_name), f(10, s.location), f(11, s.planned_duration_s), f(12, s.visibility), f(13, s.visible_as);
    f(14, s.policy_epoch), f(15, s.allowed_users), f(16, s.recording_enabled), f(17, s.input_id), f(18, s.own_input), f(19, s.publisher);
    f(20, s.refused), f(21, s.broadcast_id), f(22, s.archive_id), f(23, s.actual_start), f(24, s.end_time), f(25, s.recording_ready);
    f(26, s.recording_duration_ms), f(27, s.error), f(28, s.created_by), f(29, s.created_by_name), f(30, s.created), f(31, s.updated);
    f(32, s.journal_seq);
    auto& p = s.phase;
    f(64, p.status), f(65, p.ingest), f(66, p.auto_start), f(67, p.armed), f(68, p.takeover), f(69, p.rehearsal), f(70, p.reopening);
    f(71, p.has_broadcast), f(72, p.reconnect_window_s), f(73, p.generation), f(74, p.window_ends), f(75, p.scheduled_start), f(76, p.ended), f(77, p.connection);
  }
  friend bool operator==(const Stream&, const Stream&) = default;
};

/// One recording. It keeps a copy of who may see it, so that it outlives its stream.
struct ArchiveEntry {
  Id id;
  std::string org = default_org;
  std::uint64_t version = 0;
  Id stream_id;
  bool stream_deleted = false;
  Id memorial_id;
  ArchiveState state = ArchiveState::recording;
  std::string title;
  std::string description;
  std::string cloudflare_id;       ///< the seed's name for the provider's id; this host's is the entry's own
  bool is_visible = true;          ///< the entry's own switch; the stream's visibility counts as well
  Timestamp started;
  Timestamp ended;
  std::int64_t duration_ms = 0;
  std::uint64_t bytes = 0;
  std::string started_by;
  std::string started_by_name;
  std::uint64_t viewer_count = 0;
  std::vector<RecordingSession> sessions;
  std::string error;
  Timestamp purge_at;              ///< when the media of a deleted or expired entry goes
  Visibility visibility = Visibility::hidden;  ///< the stream's, copied when it is deleted; until then nothing is allowed by it
  std::vector<std::string> allowed_users;
  std::string created_by;
  std::uint64_t policy_epoch = 1;
  Timestamp created;
  Timestamp updated;

  template <class Self, class Visit>
  static constexpr void fields(Self& s, Visit&& f) {
    f(1, s.id), f(2, s.org), f(3, s.version), f(4, s.stream_id), f(5, s.stream_deleted), f(6, s.memorial_id), f(7, s.state), f(8, s.title);
    f(9, s.description), f(10, s.cloudflare_id), f(11, s.is_visible), f(12, s.started), f(13, s.ended), f(14, s.duration_ms), f(15, s.bytes);
    f(16, s.started_by), f(17, s.started_by_name), f(18, s.viewer_count), f(19, s.sessions), f(20, s.error), f(21, s.purge_at);
    f(22, s.visibility), f(23, s.allowed_users), f(24, s.created_by), f(25, s.policy_epoch), f(26, s.created), f(27, s.updated);
  }
  friend bool operator==(const ArchiveEntry&, const ArchiveEntry&) = default;
};

/// Fencing number of what the recording holds now that it is closed: it grows whenever the recording does. 0 while
/// it is being written, so that a measurement made then never counts afterwards.
inline std::uint64_t settled_generation(const ArchiveEntry& entry) noexcept {
  const bool written = entry.state == ArchiveState::recording || entry.state == ArchiveState::finalizing;
  return written || entry.sessions.empty() ? 0 : entry.sessions.back().generation;
}

struct Memorial {
  Id id;
  std::string org = default_org;
  std::uint64_t version = 0;
  std::string name;
  std::string description;
  std::vector<std::string> managers;  ///< identities that may run its streams
  std::string created_by;
  Timestamp created;
  Timestamp updated;

  template <class Self, class Visit>
  static constexpr void fields(Self& s, Visit&& f) {
    f(1, s.id), f(2, s.org), f(3, s.version), f(4, s.name), f(5, s.description), f(6, s.managers), f(7, s.created_by), f(8, s.created), f(9, s.updated);
  }
  friend bool operator==(const Memorial&, const Memorial&) = default;
};

/// A key and the protocols it opens. The key itself is only here encrypted; it is found by its HMAC.
struct Input {
  Id id;
  std::string org = default_org;
  std::uint64_t version = 0;
  std::string name;
  bool shared = false;             ///< false: belongs to `stream_id` and goes with it
  Id stream_id;
  std::string key_hmac;            ///< 32 bytes, HMAC-SHA256 of the key
  std::string key_sealed;          ///< the key, encrypted
  std::vector<std::string> protocols{"rtmp"};
  std::string created_by;
  Timestamp created;
  Timestamp updated;

  template <class Self, class Visit>
  static constexpr void fields(Self& s, Visit&& f) {
    f(1, s.id), f(2, s.org), f(3, s.version), f(4, s.name), f(5, s.shared), f(6, s.stream_id), f(7, s.key_hmac), f(8, s.key_sealed);
    f(9, s.protocols), f(10, s.created_by), f(11, s.created), f(12, s.updated);
  }
  friend bool operator==(const Input&, const Input&) = default;
};

}  // namespace tribute

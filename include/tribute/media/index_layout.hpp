// How a broadcast's index lies in mapped memory: fixed records, one writer, many readers in other processes.
// A record never changes once it is published, except a segment's closing fields, which count only when the
// segment is published as complete. Little-endian 64-bit hosts only: the files never leave the machine as they are.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace tribute::media {

static_assert(std::endian::native == std::endian::little, "the index is read as it lies in memory");
static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<std::uint32_t>::is_always_lock_free,
              "a lock inside shared memory would die with its holder");

inline constexpr std::uint32_t index_format = 1;
inline constexpr std::size_t index_header_size = 4096;
inline constexpr std::uint64_t track_index_magic = 0x31'4b'52'54'42'49'52'54;      // "TRIBTRK1"
inline constexpr std::uint64_t broadcast_index_magic = 0x31'44'43'42'42'49'52'54;  // "TRIBBCD1"

/// Room in one track's index: at 2 s segments 6 days, at 0.334 s parts 8 days; sparse, so unused room costs nothing.
struct TrackCapacity {
  std::uint32_t inits = 1024;
  std::uint32_t segments = 1u << 18;
  std::uint32_t parts = 1u << 21;

  friend bool operator==(const TrackCapacity&, const TrackCapacity&) = default;
};

inline constexpr std::uint32_t session_capacity = 16384;

struct TrackHeader {
  std::uint64_t magic;
  std::uint32_t format;
  std::uint32_t kind;  ///< TrackKind
  TrackCapacity capacity;
  std::uint32_t reserved;
  std::uint64_t first_msn;               ///< set before the first part is published
  std::atomic<std::uint64_t> version;    ///< raised after every change; what a playlist cache keys on
  std::atomic<std::uint64_t> published;  ///< parts << 32 | complete segments: one store, so both always fit together
  std::atomic<std::uint32_t> inits;
  std::atomic<std::uint32_t> synced_parts;  ///< parts known to be on the disk, bytes and entries
};

/// What one init section says and where it lies. The codec is zero-terminated.
struct InitEntry {
  std::uint64_t offset;
  std::uint32_t length;
  std::uint32_t file;  ///< 1 = video-0001.mp4
  std::uint32_t timescale;
  std::uint32_t sample_rate;
  std::uint16_t width, height, channels, reserved16;
  std::uint32_t crc;  ///< CRC-32 of the init's bytes
  std::array<char, 48> codec;
  std::array<std::uint32_t, 10> reserved;
  std::uint32_t check;  ///< entry_check of everything before

  friend bool operator==(const InitEntry&, const InitEntry&) = default;
};

struct SegmentEntry {
  std::uint64_t decode_time;  ///< of its first frame, in the init's timescale
  std::uint64_t offset;
  std::int64_t wall_ms;
  std::uint32_t first_part;
  std::uint32_t file;
  std::uint32_t init;
  std::uint32_t session;
  std::uint32_t discontinuities;  ///< discontinuities on the time line up to and with its own beginning
  std::uint32_t flags;
  std::uint32_t check;       ///< entry_check of everything before
  std::uint32_t part_count;  ///< closing fields from here
  std::uint32_t duration;    ///< timescale units from its first frame to the end of its last
  std::uint32_t length;      ///< bytes

  friend bool operator==(const SegmentEntry&, const SegmentEntry&) = default;
};

struct PartEntry {
  std::uint64_t decode_time;
  std::uint64_t offset;
  std::uint64_t log_end;  ///< see Part::log_end
  std::int64_t wall_ms;
  std::uint32_t length;
  std::uint32_t duration;
  std::uint32_t frames;
  std::uint32_t crc;          ///< CRC-32 of the part's bytes
  std::uint32_t head_length;  ///< bytes before the payload of its mdat
  std::uint32_t segment;      ///< position in the segment region
  std::uint32_t flags;
  std::uint32_t check;  ///< entry_check of everything before

  friend bool operator==(const PartEntry&, const PartEntry&) = default;
};

inline constexpr std::uint32_t flag_independent = 1;
inline constexpr std::uint32_t flag_begins_segment = 2;
inline constexpr std::uint32_t flag_discontinuity = 4;
inline constexpr std::uint32_t flag_gap = 8;  ///< a segment without media: the other tracks went on without this one

struct BroadcastHeader {
  std::uint64_t magic;
  std::uint32_t format;
  std::uint32_t session_capacity;
  std::array<std::uint8_t, 16> stream;  ///< tribute::Id
  std::array<std::uint8_t, 16> broadcast;
  std::uint32_t part_target_ms;
  std::uint32_t reserved;
  std::atomic<std::uint64_t> version;
  std::atomic<std::uint32_t> target_duration;  ///< seconds; 0 = not decided yet; never changed afterwards
  std::atomic<std::uint32_t> ended;            ///< 1: nothing will be added unless it is reopened
  std::atomic<std::uint32_t> sessions;
};

/// One connection of an encoder inside the broadcast.
struct SessionEntry {
  std::array<std::uint8_t, 16> id;  ///< tribute::Id of the session; names its ingest log
  std::uint64_t generation;
  std::int64_t wall_start_ms;
  std::uint64_t base_time_90k;  ///< where the session begins on the broadcast's time line
  std::array<std::uint32_t, 5> reserved;
  std::uint32_t check;  ///< entry_check of everything before

  friend bool operator==(const SessionEntry&, const SessionEntry&) = default;
};

template <class Entry>
inline constexpr std::size_t checked_size = offsetof(Entry, check);

/// FNV-1a over the fields before `check`, never 0: an entry that a power cut left as zeros never passes.
template <class Entry>
std::uint32_t entry_check(const Entry& entry) noexcept {
  static_assert(std::is_trivially_copyable_v<Entry> && std::has_unique_object_representations_v<Entry>);
  std::array<unsigned char, checked_size<Entry>> bytes;
  std::memcpy(bytes.data(), &entry, bytes.size());
  std::uint32_t hash = 2166136261u;
  for (const unsigned char byte : bytes) hash = (hash ^ byte) * 16777619u;
  return hash == 0 ? 1 : hash;
}

constexpr std::uint64_t init_region(const TrackCapacity&) noexcept { return index_header_size; }
constexpr std::uint64_t segment_region(const TrackCapacity& c) noexcept {
  return init_region(c) + std::uint64_t{c.inits} * sizeof(InitEntry);
}
constexpr std::uint64_t part_region(const TrackCapacity& c) noexcept {
  return segment_region(c) + std::uint64_t{c.segments} * sizeof(SegmentEntry);
}
constexpr std::uint64_t track_index_size(const TrackCapacity& c) noexcept {
  return part_region(c) + std::uint64_t{c.parts} * sizeof(PartEntry);
}
constexpr std::uint64_t broadcast_index_size(std::uint32_t sessions) noexcept {
  return index_header_size + std::uint64_t{sessions} * sizeof(SessionEntry);
}

static_assert(sizeof(InitEntry) == 128 && alignof(InitEntry) == 8 && offsetof(InitEntry, codec) == 36 && offsetof(InitEntry, check) == 124);
static_assert(sizeof(SegmentEntry) == 64 && offsetof(SegmentEntry, first_part) == 24 && offsetof(SegmentEntry, part_count) == 52);
static_assert(sizeof(PartEntry) == 64 && offsetof(PartEntry, length) == 32 && offsetof(PartEntry, check) == 60);
static_assert(sizeof(SessionEntry) == 64 && offsetof(SessionEntry, generation) == 16 && offsetof(SessionEntry, check) == 60);
static_assert(std::is_standard_layout_v<TrackHeader> && std::is_standard_layout_v<BroadcastHeader>);
static_assert(offsetof(TrackHeader, first_msn) == 32 && offsetof(TrackHeader, version) == 40 && offsetof(TrackHeader, published) == 48);
static_assert(offsetof(TrackHeader, inits) == 56 && offsetof(TrackHeader, synced_parts) == 60 && sizeof(TrackHeader) <= index_header_size);
static_assert(offsetof(BroadcastHeader, version) == 56 && offsetof(BroadcastHeader, target_duration) == 64);
static_assert(sizeof(BroadcastHeader) <= index_header_size);

}  // namespace tribute::media

// Reads a broadcast's index out of mapped memory. Every position is checked against the room the header declares
// and the bytes that are there, so a damaged index gives missing entries, never a read outside the mapping.
// A TrackSnapshot is one consistent moment of a track; entries come out as copies.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <tribute/id.hpp>
#include <tribute/media/index_layout.hpp>
#include <tribute/media/part.hpp>
#include <tribute/result.hpp>

namespace tribute::media {

/// Bytes of a track file: video-0001.mp4 is file 1.
struct FileRange {
  std::uint32_t file = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;

  friend bool operator==(const FileRange&, const FileRange&) = default;
};

struct Segment {
  std::uint64_t msn = 0;          ///< media sequence number, the same in all tracks
  std::uint64_t decode_time = 0;  ///< in timescale units on the broadcast's time line
  std::uint64_t duration = 0;     ///< in timescale units; of an open segment: so far
  std::uint32_t timescale = 1;    ///< never 0
  std::int64_t wall_ms = 0;       ///< wall time of the first frame, ms since the epoch
  std::uint32_t init = 0;         ///< the init section it needs
  std::uint32_t session = 0;
  std::uint32_t discontinuities = 0;  ///< discontinuity sequence number of the segment itself
  std::uint32_t first_part = 0;
  std::uint32_t part_count = 0;
  bool discontinuity = false;  ///< EXT-X-DISCONTINUITY stands before it
  bool independent = false;    ///< starts with a key frame
  bool complete = false;
  bool gap = false;  ///< no media: this track was silent while others went on
  FileRange range;
};

namespace detail {

// Entries are copied out: a reader never holds a reference into memory that another process writes.
template <class Entry>
Entry load_entry(const std::byte* base, std::uint64_t region, std::uint32_t position) noexcept {
  Entry entry;
  std::memcpy(&entry, base + region + std::uint64_t{position} * sizeof(Entry), sizeof(Entry));
  return entry;
}

}  // namespace detail

/// What was published at one moment. Valid as long as the mapping; cheap to copy.
class TrackSnapshot {
 public:
  std::uint64_t version() const noexcept { return version_; }
  std::uint64_t first_msn() const noexcept { return first_msn_; }
  /// One past the last complete segment; of an open segment: its own number.
  std::uint64_t open_msn() const noexcept { return first_msn_ + complete_; }
  std::uint32_t complete_segments() const noexcept { return complete_; }
  std::uint32_t parts() const noexcept { return parts_; }
  std::uint32_t inits() const noexcept { return inits_; }

  std::optional<InitEntry> init(std::uint32_t number) const noexcept {
    if (number >= inits_) return std::nullopt;
    return detail::load_entry<InitEntry>(base_, init_region(capacity_), number);
  }

  std::optional<PartEntry> part(std::uint32_t number) const noexcept {
    if (number >= parts_) return std::nullopt;
    return detail::load_entry<PartEntry>(base_, part_region(capacity_), number);
  }

  /// The entry as it lies there, complete or open; its closing fields mean nothing while it is open.
  std::optional<SegmentEntry> segment_entry(std::uint32_t position) const noexcept {
    if (position > complete_ || position >= capacity_.segments) return std::nullopt;
    return detail::load_entry<SegmentEntry>(base_, segment_region(capacity_), position);
  }

  /// A complete segment, or the open one; nothing when it is not there or its entry is damaged.
  std::optional<Segment> segment(std::uint64_t msn) const noexcept {
    if (msn < first_msn_ || msn - first_msn_ > complete_) return std::nullopt;
    const auto position = static_cast<std::uint32_t>(msn - first_msn_);
    if (position == complete_) return open_segment();
    const auto entry = segment_entry(position);
    if (!entry) return std::nullopt;
    const bool gap = (entry->flags & flag_gap) != 0;
    if (entry->part_count == 0 ? !gap : entry->first_part >= parts_ || entry->part_count > parts_ - entry->first_part) return std::nullopt;
    return describe(position, *entry, entry->part_count, entry->duration, entry->length);
  }

  /// The segment that parts are being added to, if there is one.
  std::optional<Segment> open_segment() const noexcept {
    const auto entry = segment_entry(complete_);
    if (parts_ == 0 || !entry || entry->first_part >= parts_) return std::nullopt;
    const auto last = detail::load_entry<PartEntry>(base_, part_region(capacity_), parts_ - 1);
    if (last.segment != complete_ || last.decode_time < entry->decode_time || last.offset < entry->offset) return std::nullopt;
    return describe(complete_, *entry, parts_ - entry->first_part, last.decode_time - entry->decode_time + last.duration,
                    last.offset - entry->offset + last.length);
  }

  /// The last segment, open or complete.
  std::optional<Segment> last_segment() const noexcept {
    if (const auto open = open_segment()) return open;
    return complete_ == 0 ? std::nullopt : segment(open_msn() - 1);
  }

  /// Where the part number `index` of a segment lies.
  std::optional<FileRange> part_range(const Segment& of, std::uint32_t index) const noexcept {
    if (index >= of.part_count) return std::nullopt;
    const auto entry = part(of.first_part + index);
    if (!entry) return std::nullopt;
    return FileRange{of.range.file, entry->offset, entry->length};
  }

  std::optional<FileRange> init_range(std::uint32_t number) const noexcept {
    const auto entry = init(number);
    if (!entry) return std::nullopt;
    return FileRange{entry->file, entry->offset, entry->length};
  }

 private:
  friend class TrackView;

  std::optional<Segment> describe(std::uint32_t position, const SegmentEntry& entry, std::uint32_t part_count, std::uint64_t duration,
                                  std::uint64_t length) const noexcept {
    const auto config = init(entry.init);
    if (!config || config->timescale == 0) return std::nullopt;
    Segment out;
    out.msn = first_msn_ + position;
    out.decode_time = entry.decode_time;
    out.duration = duration;
    out.timescale = config->timescale;
    out.wall_ms = entry.wall_ms;
    out.init = entry.init;
    out.session = entry.session;
    out.discontinuities = entry.discontinuities;
    out.first_part = entry.first_part;
    out.part_count = part_count;
    out.discontinuity = (entry.flags & flag_discontinuity) != 0;
    out.independent = (entry.flags & flag_independent) != 0;
    out.gap = (entry.flags & flag_gap) != 0;
    out.complete = position < complete_;
    out.range = {entry.file, entry.offset, length};
    return out;
  }

  const std::byte* base_ = nullptr;
  TrackCapacity capacity_{0, 0, 0};  // nothing is there until a view says so
  std::uint64_t version_ = 0;
  std::uint64_t first_msn_ = 0;
  std::uint32_t parts_ = 0;
  std::uint32_t complete_ = 0;
  std::uint32_t inits_ = 0;
};

class TrackView {
 public:
  /// Over a whole mapped track index; refused (corrupt) unless its header fits this format and the bytes given.
  static Result<TrackView> over(std::span<const std::byte> bytes) {
    if (bytes.size() < index_header_size || reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(TrackHeader) != 0)
      return make_error(Errc::corrupt, "track index is shorter than its header");
    TrackView view;
    view.base_ = bytes.data();
    const auto& header = view.header();
    if (header.magic != track_index_magic) return make_error(Errc::corrupt, "not a track index");
    if (header.format != index_format) return make_error(Errc::corrupt, "track index of another format");
    if (header.kind > 1) return make_error(Errc::corrupt, "track index of an unknown kind");
    view.capacity_ = header.capacity;
    if (track_index_size(view.capacity_) > bytes.size()) return make_error(Errc::corrupt, "track index is cut short");
    view.kind_ = static_cast<TrackKind>(header.kind);
    return view;
  }

  TrackKind kind() const noexcept { return kind_; }
  const TrackCapacity& capacity() const noexcept { return capacity_; }
  std::uint64_t version() const noexcept { return header().version.load(std::memory_order_acquire); }
  std::uint32_t synced_parts() const noexcept { return header().synced_parts.load(std::memory_order_acquire); }

  TrackSnapshot snapshot() const noexcept {
    TrackSnapshot out;
    out.base_ = base_;
    out.capacity_ = capacity_;
    // The version first: what is read after it is at least as new, so a cache never keeps old text under a new number.
    out.version_ = version();
    const auto published = header().published.load(std::memory_order_acquire);
    out.first_msn_ = header().first_msn;
    out.parts_ = std::min(static_cast<std::uint32_t>(published >> 32), capacity_.parts);
    out.complete_ = std::min(static_cast<std::uint32_t>(published), capacity_.segments);
    out.inits_ = std::min(header().inits.load(std::memory_order_acquire), capacity_.inits);
    return out;
  }

 private:
  const TrackHeader& header() const noexcept { return *reinterpret_cast<const TrackHeader*>(base_); }

  const std::byte* base_ = nullptr;
  TrackCapacity capacity_;
  TrackKind kind_ = TrackKind::video;
};

class BroadcastView {
 public:
  static Result<BroadcastView> over(std::span<const std::byte> bytes) {
    if (bytes.size() < index_header_size || reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(BroadcastHeader) != 0)
      return make_error(Errc::corrupt, "broadcast index is shorter than its header");
    BroadcastView view;
    view.base_ = bytes.data();
    const auto& header = view.header();
    if (header.magic != broadcast_index_magic) return make_error(Errc::corrupt, "not a broadcast index");
    if (header.format != index_format) return make_error(Errc::corrupt, "broadcast index of another format");
    view.capacity_ = header.session_capacity;
    if (broadcast_index_size(view.capacity_) > bytes.size()) return make_error(Errc::corrupt, "broadcast index is cut short");
    return view;
  }

  Id stream() const noexcept { return Id{header().stream}; }
  Id broadcast() const noexcept { return Id{header().broadcast}; }
  std::uint32_t part_target_ms() const noexcept { return header().part_target_ms; }
  std::uint64_t version() const noexcept { return header().version.load(std::memory_order_acquire); }
  /// Seconds; 0 while it is not decided.
  std::uint32_t target_duration() const noexcept { return header().target_duration.load(std::memory_order_acquire); }
  bool ended() const noexcept { return header().ended.load(std::memory_order_acquire) != 0; }
  std::uint32_t sessions() const noexcept { return std::min(header().sessions.load(std::memory_order_acquire), capacity_); }

  std::optional<SessionEntry> session(std::uint32_t number) const noexcept {
    if (number >= sessions()) return std::nullopt;
    return detail::load_entry<SessionEntry>(base_, index_header_size, number);
  }

 private:
  const BroadcastHeader& header() const noexcept { return *reinterpret_cast<const BroadcastHeader*>(base_); }

  const std::byte* base_ = nullptr;
  std::uint32_t capacity_ = 0;
};

/// The RFC 6381 name of an init section.
inline std::string_view codec_of(const InitEntry& entry) noexcept {
  const auto end = std::find(entry.codec.begin(), entry.codec.end(), '\0');
  return {entry.codec.data(), static_cast<std::size_t>(end - entry.codec.begin())};
}

}  // namespace tribute::media

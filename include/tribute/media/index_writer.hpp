// The one writer of a track's index, over writable mapped memory: fills entries, then publishes them with a single
// release store. Refuses when the room is used up; never moves or rewrites what readers may look at.
#pragma once

#include <span>
#include <tribute/media/index.hpp>

namespace tribute::media {

/// A part whose bytes already stand in a track file.
struct NewPart {
  FileRange range;
  std::uint32_t head_length = 0;  ///< bytes before the payload of its mdat
  std::uint32_t crc = 0;
  std::uint64_t decode_time = 0;
  std::uint32_t duration = 0;
  std::uint32_t frames = 0;
  bool independent = false;
  bool begins_segment = false;
  bool discontinuity = false;
  std::uint64_t log_end = 0;
  std::int64_t wall_ms = 0;
  // With begins_segment only:
  std::uint64_t msn = 0;              ///< the first one is where the track's numbering begins
  std::uint32_t discontinuities = 0;  ///< up to and with this segment
  std::uint32_t init = 0;
  std::uint32_t session = 0;
};

/// A segment number that the other tracks used while this one was silent.
struct GapSegment {
  std::uint64_t decode_time = 0;
  std::uint32_t duration = 0;
  std::int64_t wall_ms = 0;
  std::uint32_t discontinuities = 0;
  bool discontinuity = false;
  std::uint32_t init = 0;
  std::uint32_t session = 0;
};

inline InitEntry make_init_entry(const TrackConfig& config, const FileRange& range, std::uint32_t crc) {
  InitEntry entry{};
  entry.offset = range.offset;
  entry.length = static_cast<std::uint32_t>(range.length);
  entry.file = range.file;
  entry.timescale = config.timescale;
  entry.sample_rate = config.sample_rate;
  entry.width = config.width;
  entry.height = config.height;
  entry.channels = config.channels;
  entry.crc = crc;
  const auto size = std::min(config.codec.size(), entry.codec.size() - 1);
  std::copy_n(config.codec.begin(), size, entry.codec.begin());
  entry.check = entry_check(entry);
  return entry;
}

class TrackIndexWriter {
 public:
  /// Formats zeroed memory of at least track_index_size(capacity) bytes. Nobody may be reading it yet.
  static Result<TrackIndexWriter> create(std::span<std::byte> bytes, TrackKind kind, const TrackCapacity& capacity) {
    if (bytes.size() < track_index_size(capacity)) return make_error(Errc::too_large, "no room for the track index");
    auto& header = *reinterpret_cast<TrackHeader*>(bytes.data());
    header.format = index_format;
    header.kind = static_cast<std::uint32_t>(kind);
    header.capacity = capacity;
    header.magic = track_index_magic;
    return over(bytes);
  }

  static Result<TrackIndexWriter> over(std::span<std::byte> bytes) {
    auto view = TrackView::over(bytes);
    if (!view) return view.error();
    return TrackIndexWriter{bytes.data(), *view};
  }

  const TrackView& view() const noexcept { return view_; }
  TrackSnapshot snapshot() const noexcept { return view_.snapshot(); }

  /// Whether one more part fits (and, when it begins a segment, that many gaps before it); asked before its bytes are
  /// written.
  Result<Done> room(bool begins_segment, bool new_init, std::uint64_t gaps = 0) const {
    const auto now = snapshot();
    const bool open = now.open_segment().has_value();
    if (now.parts() >= view_.capacity().parts) return make_error(Errc::too_large, "the broadcast has no room for more parts");
    if (begins_segment && gaps >= view_.capacity().segments - now.complete_segments() - (open ? 1 : 0))
      return make_error(Errc::too_large, "the broadcast has no room for more segments");
    if (new_init && now.inits() >= view_.capacity().inits)
      return make_error(Errc::too_large, "the encoder changed its settings too often in one broadcast");
    if (!begins_segment && !open) return make_error(Errc::conflict, "a part came although no segment is open");
    return Done{};
  }

  /// Returns its number. Precondition: room().
  std::uint32_t add_init(const InitEntry& entry) noexcept {
    const auto number = header().inits.load(std::memory_order_relaxed);
    store(init_region(view_.capacity()), number, entry);
    header().inits.store(number + 1, std::memory_order_release);
    return number;
  }

  /// Publishes the part; one that begins a segment completes the one before. Precondition: room().
  void append(const NewPart& part) noexcept {
    const auto before = snapshot();
    auto complete = before.complete_segments();
    if (before.parts() == 0) header().first_msn = part.msn;
    if (part.begins_segment) {
      if (before.open_segment()) write_closing_fields(before, complete++);
      open_segment(part, complete, before.parts());
    }
    PartEntry entry{};
    entry.decode_time = part.decode_time;
    entry.offset = part.range.offset;
    entry.log_end = part.log_end;
    entry.wall_ms = part.wall_ms;
    entry.length = static_cast<std::uint32_t>(part.range.length);
    entry.duration = part.duration;
    entry.frames = part.frames;
    entry.crc = part.crc;
    entry.head_length = part.head_length;
    entry.segment = complete;
    entry.flags = flags_of(part);
    entry.check = entry_check(entry);
    store(part_region(view_.capacity()), before.parts(), entry);
    publish(before.parts() + 1, complete);
  }

  /// Completes the open segment and adds an empty one behind it. Precondition: room() counted it; parts() is not 0.
  void add_gap(const GapSegment& gap) noexcept {
    close_segment();
    const auto now = snapshot();
    SegmentEntry entry{};
    entry.decode_time = gap.decode_time;
    entry.wall_ms = gap.wall_ms;
    entry.first_part = now.parts();
    entry.init = gap.init;
    entry.session = gap.session;
    entry.discontinuities = gap.discontinuities;
    entry.flags = flag_gap | flag_independent | (gap.discontinuity ? flag_discontinuity : 0u);
    entry.check = entry_check(entry);
    entry.duration = gap.duration;
    store(segment_region(view_.capacity()), now.complete_segments(), entry);
    publish(now.parts(), now.complete_segments() + 1);
  }

  /// Completes the open segment: the session or the broadcast is over. Does nothing when none is open.
  void close_segment() noexcept {
    const auto now = snapshot();
    if (!now.open_segment()) return;
    write_closing_fields(now, now.complete_segments());
    publish(now.parts(), now.complete_segments() + 1);
  }

  /// Keeps the first `parts` parts only and derives every closing field anew from them. After a crash, before
  /// anything is added. Precondition: their entries are sound (index_check.hpp).
  void settle(std::uint32_t parts) noexcept {
    const auto now = snapshot();
    parts = std::min(parts, now.parts());
    std::uint32_t complete = 0;
    std::uint32_t inits = 0;
    if (parts > 0) {
      const auto last = now.part(parts - 1)->segment;
      const bool whole = parts == now.parts() && now.complete_segments() > last;
      complete = whole ? last + 1 : last;
      inits = segment_at(last).init + 1;
    }
    header().published.store(pack(parts, complete), std::memory_order_release);
    header().inits.store(std::min(inits, now.inits()), std::memory_order_release);
    header().synced_parts.store(std::min(parts, view_.synced_parts()), std::memory_order_release);
    const auto kept = snapshot();
    for (std::uint32_t i = 0; i < complete; ++i) write_closing_fields(kept, i);
    touch();
  }

  void set_synced(std::uint32_t parts) noexcept { header().synced_parts.store(parts, std::memory_order_release); }

  /// Makes readers look again although no part came (the broadcast ended, or goes on).
  void touch() noexcept { header().version.fetch_add(1, std::memory_order_release); }

 private:
  TrackIndexWriter(std::byte* base, const TrackView& view) : base_(base), view_(view) {}

  static constexpr std::uint64_t pack(std::uint32_t parts, std::uint32_t complete) noexcept {
    return std::uint64_t{parts} << 32 | complete;
  }

  static std::uint32_t flags_of(const NewPart& part) noexcept {
    return (part.independent ? flag_independent : 0u) | (part.begins_segment ? flag_begins_segment : 0u) |
           (part.begins_segment && part.discontinuity ? flag_discontinuity : 0u);
  }

  TrackHeader& header() noexcept { return *reinterpret_cast<TrackHeader*>(base_); }

  template <class Entry>
  void store(std::uint64_t region, std::uint32_t position, const Entry& entry) noexcept {
    std::memcpy(base_ + region + std::uint64_t{position} * sizeof(Entry), &entry, sizeof(Entry));
  }

  SegmentEntry segment_at(std::uint32_t position) const noexcept {
    return detail::load_entry<SegmentEntry>(base_, segment_region(view_.capacity()), position);
  }

  void open_segment(const NewPart& part, std::uint32_t position, std::uint32_t first_part) noexcept {
    SegmentEntry entry{};
    entry.decode_time = part.decode_time;
    entry.offset = part.range.offset;
    entry.wall_ms = part.wall_ms;
    entry.first_part = first_part;
    entry.file = part.range.file;
    entry.init = part.init;
    entry.session = part.session;
    entry.flags = flags_of(part);
    entry.discontinuities = part.discontinuities;
    entry.check = entry_check(entry);
    store(segment_region(view_.capacity()), position, entry);
  }

  // From the parts between this segment's first and the next one's; the entries are the writer's own.
  void write_closing_fields(const TrackSnapshot& now, std::uint32_t position) noexcept {
    auto entry = segment_at(position);
    const bool has_next = position + 1 < now.complete_segments() || (position + 1 == now.complete_segments() && now.open_segment());
    const std::uint32_t end = has_next ? segment_at(position + 1).first_part : now.parts();
    if ((entry.flags & flag_gap) != 0) {
      entry.part_count = entry.length = 0;
      if (has_next) entry.duration = static_cast<std::uint32_t>(segment_at(position + 1).decode_time - entry.decode_time);
    } else if (const auto last = now.part(end - 1); last && entry.first_part < end) {
      entry.part_count = end - entry.first_part;
      entry.duration = static_cast<std::uint32_t>(last->decode_time - entry.decode_time + last->duration);
      entry.length = static_cast<std::uint32_t>(last->offset - entry.offset + last->length);
    }
    store(segment_region(view_.capacity()), position, entry);
  }

  void publish(std::uint32_t parts, std::uint32_t complete) noexcept {
    header().published.store(pack(parts, complete), std::memory_order_release);
    touch();
  }

  std::byte* base_;
  TrackView view_;
};

}  // namespace tribute::media

// Turns parts into index entries, from nothing but the part's own boxes and its place in a track file: the live writer
// and the rebuilding scan go through here, so both give the same index. Pure; the bytes are already written.
#pragma once

#include <tribute/cmaf/read.hpp>
#include <tribute/media/broadcast_index_writer.hpp>
#include <tribute/media/index_writer.hpp>
#include <vector>

namespace tribute::media {

/// A part in a track file. `chunk.samples` may be empty; `frames` counts them.
struct PlacedPart {
  FileRange range;
  std::uint32_t crc = 0;  ///< CRC-32 of its bytes
  std::uint32_t frames = 0;
  cmaf::ChunkInfo chunk;
};

inline SessionEntry make_session_entry(const cmaf::SessionBox& box) {
  SessionEntry entry{};
  entry.id = box.session.bytes();
  entry.generation = box.generation;
  entry.wall_start_ms = box.session_wall_ms;
  entry.base_time_90k = box.session_base_90k;
  entry.check = entry_check(entry);
  return entry;
}

/// The session's position in the table; a broadcast has few, and the newest is the one asked for.
inline std::optional<std::uint32_t> find_session(const BroadcastView& broadcast, const Id& session) {
  for (std::uint32_t i = broadcast.sessions(); i-- > 0;)
    if (const auto entry = broadcast.session(i); entry && Id{entry->id} == session) return i;
  return std::nullopt;
}

/// How a part stands to the segments already there.
struct PartPlace {
  std::uint64_t gaps = 0;  ///< segment numbers that this track has to skip before it
};

/// Refuses (conflict) a part that does not continue the track: numbers and time only go forward.
inline Result<PartPlace> place_of(const TrackSnapshot& track, const cmaf::SessionBox& box, std::uint64_t decode_time) {
  const auto last = track.last_segment();
  if (!last) {
    if (box.begins_segment) return PartPlace{};
    return make_error(Errc::conflict, "the first part of a track begins no segment");
  }
  if (!box.begins_segment) {
    if (last->complete || box.msn != last->msn) return make_error(Errc::conflict, "a part came for a segment that is not open");
    if (decode_time < last->decode_time + last->duration) return make_error(Errc::conflict, "a part goes back in time");
    return PartPlace{};
  }
  if (box.msn <= last->msn) return make_error(Errc::conflict, "a segment came whose number is used already");
  return PartPlace{box.msn - last->msn - 1};
}

namespace detail {

constexpr std::uint64_t rescale(std::uint64_t time, std::uint64_t from, std::uint64_t to) noexcept {
  return time / from * to + time % from * to / from;
}

}  // namespace detail

/// The empty segments between `last` and a part that begins segment box.msn: they share the time between evenly, and
/// take over the discontinuities that happened there, the earliest first.
inline std::vector<GapSegment> gaps_before(const Segment& last, std::uint64_t count, const cmaf::SessionBox& box,
                                           std::uint64_t decode_time) {
  std::vector<GapSegment> out;
  const std::uint64_t begin = last.decode_time + last.duration;
  const std::uint64_t end = box.timescale == 0 ? begin : std::max(begin, detail::rescale(decode_time, box.timescale, last.timescale));
  std::uint64_t missed = 0;
  const std::uint64_t own = box.discontinuity ? 1 : 0;
  if (box.discontinuities > last.discontinuities + own) missed = box.discontinuities - last.discontinuities - own;
  GapSegment gap;
  gap.discontinuities = last.discontinuities;
  gap.init = last.init;
  gap.session = last.session;
  for (std::uint64_t i = 0; i < count; ++i) {
    gap.decode_time = begin + (end - begin) * i / count;
    gap.duration = static_cast<std::uint32_t>(begin + (end - begin) * (i + 1) / count - gap.decode_time);
    gap.wall_ms = last.wall_ms + static_cast<std::int64_t>(detail::rescale(gap.decode_time - last.decode_time, last.timescale, 1000));
    gap.discontinuity = i < missed;
    gap.discontinuities += gap.discontinuity ? 1 : 0;
    out.push_back(gap);
  }
  return out;
}

/// Enters a part. Preconditions: place_of() and room() allowed it, the session is in the table, and with
/// begins_segment `init` is the init section it needs.
inline void index_part(BroadcastIndexWriter& broadcast, TrackIndexWriter& track, const PlacedPart& part, std::uint32_t session,
                       std::uint32_t init) {
  const auto& box = part.chunk.session;
  if (box.carry.target_duration != 0) broadcast.set_target_duration(box.carry.target_duration);
  if (const auto last = track.snapshot().last_segment(); last && box.begins_segment && box.msn > last->msn + 1)
    for (const auto& gap : gaps_before(*last, box.msn - last->msn - 1, box, part.chunk.decode_time)) track.add_gap(gap);
  NewPart out;
  out.range = part.range;
  out.head_length = static_cast<std::uint32_t>(part.chunk.mdat_offset);
  out.crc = part.crc;
  out.decode_time = part.chunk.decode_time;
  out.duration = static_cast<std::uint32_t>(part.chunk.duration);
  out.frames = part.frames;
  out.independent = box.independent;
  out.begins_segment = box.begins_segment;
  out.discontinuity = box.discontinuity;
  out.log_end = box.log_end;
  out.wall_ms = box.wall_ms;
  out.msn = box.msn;
  out.discontinuities = box.discontinuities;
  out.init = init;
  out.session = session;
  track.append(out);
}

}  // namespace tribute::media

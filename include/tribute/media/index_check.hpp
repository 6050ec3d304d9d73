// How much of an index can be believed after a crash or a power cut, which may leave any page of it old or empty.
// Looks at entries only; whether the bytes they speak of are there is the files' business.
#pragma once

#include <tribute/media/index.hpp>

namespace tribute::media {

namespace detail {

inline bool sound_segment(const TrackSnapshot& track, std::uint32_t position, std::uint32_t first_part, std::uint32_t sessions,
                          bool gap) noexcept {
  const auto entry = track.segment_entry(position);
  if (!entry || entry->check != entry_check(*entry) || entry->first_part != first_part) return false;
  if (entry->session >= sessions || ((entry->flags & flag_gap) != 0) != gap || (!gap && entry->file == 0)) return false;
  const auto init = track.init(entry->init);
  return init && init->check == entry_check(*init) && init->timescale != 0;
}

// The segment that part number `first_part` begins, and the gaps between it and `next`, the position after the one before.
inline bool sound_segments(const TrackSnapshot& track, std::uint32_t next, std::uint32_t position, std::uint32_t first_part,
                           std::uint32_t sessions) noexcept {
  if (position < next) return false;
  for (; next < position; ++next)
    if (!sound_segment(track, next, first_part, sessions, true)) return false;
  return sound_segment(track, position, first_part, sessions, false);
}

}  // namespace detail

/// The number of leading parts whose entries, and whose segments' and inits' entries, are whole and fit together.
inline std::uint32_t sound_parts(const TrackSnapshot& track, std::uint32_t sessions) noexcept {
  std::uint32_t segment = 0;
  std::uint64_t time = 0;
  for (std::uint32_t i = 0; i < track.parts(); ++i) {
    const auto part = track.part(i);
    if (!part || part->check != entry_check(*part) || part->head_length > part->length) return i;
    const bool begins = (part->flags & flag_begins_segment) != 0;
    if (begins != (i == 0 || part->segment != segment)) return i;
    if (begins) {
      if (!detail::sound_segments(track, i == 0 ? 0 : segment + 1, part->segment, i, sessions)) return i;
      segment = part->segment;
    } else if (part->decode_time < time || part->offset != track.part(i - 1)->offset + track.part(i - 1)->length) {
      return i;
    }
    time = part->decode_time + part->duration;
  }
  return track.parts();
}

}  // namespace tribute::media

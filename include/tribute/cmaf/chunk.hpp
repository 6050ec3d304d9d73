// One CMAF chunk (ISO/IEC 23000-19 section 7.3.3): session box, prft, moof and the header of mdat. The
// frames' bytes stand behind it already or are appended by the caller; their number alone decides the size.
#pragma once

#include <cstdint>
#include <span>
#include <tribute/cmaf/session_box.hpp>
#include <tribute/media/part.hpp>
#include <vector>

namespace tribute::cmaf {

using media::TrackKind;

/// Track ids are fixed, so that the tracks of one broadcast fit into one file.
constexpr std::uint32_t track_id(TrackKind kind) noexcept { return kind == TrackKind::video ? 1 : 2; }

/// One frame as the track run says it.
struct SampleInfo {
  std::uint32_t size = 0;               ///< bytes
  std::uint32_t duration = 0;           ///< timescale units
  std::int32_t composition_offset = 0;  ///< presentation minus decode time, timescale units
  bool key = false;                     ///< decodes by itself

  friend bool operator==(const SampleInfo&, const SampleInfo&) = default;
};

struct ChunkHead {
  TrackKind kind = TrackKind::video;
  std::uint32_t sequence = 0;     ///< of the movie fragment, per track
  std::uint64_t decode_time = 0;  ///< timescale units
  SessionBox session;
  std::span<const SampleInfo> samples;  ///< audio: all of the same duration
};

// ISO/IEC 14496-12 section 8.8.3.1: depends on nothing / depends on others and is no sync sample.
inline constexpr std::uint32_t sync_sample_flags = 0x02000000;
inline constexpr std::uint32_t other_sample_flags = 0x01010000;

namespace detail {
inline constexpr std::size_t prft_size = 32;
constexpr std::size_t moof_size(TrackKind kind, std::size_t samples) noexcept {
  const bool video = kind == TrackKind::video;
  const std::size_t tfhd = video ? 16 : 24;
  const std::size_t trun = 20 + samples * (video ? 16 : 4);
  return 8 + 16 + (8 + tfhd + 20 + trun);
}

// NTP era 0 in 32.32 bits: seconds since 1900, RFC 5905 section 6.
constexpr std::uint64_t ntp_time(std::int64_t wall_ms) noexcept {
  const auto ms = static_cast<std::uint64_t>(wall_ms < 0 ? 0 : wall_ms);
  return (ms / 1000 + 2'208'988'800u) << 32 | (ms % 1000 << 32) / 1000;
}
}  // namespace detail

/// Bytes before the first frame's bytes, mdat header included.
constexpr std::size_t chunk_head_size(TrackKind kind, std::size_t samples) noexcept {
  return session_box_size + detail::prft_size + detail::moof_size(kind, samples) + 8;
}

/// Appends exactly chunk_head_size() bytes. The mdat's size is the sum of the samples' sizes, below 4 GiB.
inline void write_chunk_head(std::vector<std::byte>& to, const ChunkHead& head) {
  BoxWriter out{to};
  const bool video = head.kind == TrackKind::video;
  const auto id = track_id(head.kind);
  write_session_box(out, head.session);
  // Flags 24: the time has a small, constant offset to real time (ISO/IEC 14496-12 section 8.16.5).
  out.full_box("prft", 1, 24, [&] {
    out.u32(id);
    out.u64(detail::ntp_time(head.session.wall_ms));
    out.u64(head.decode_time);
  });
  std::uint64_t mdat = 8;
  for (const auto& sample : head.samples) mdat += sample.size;
  out.box("moof", [&] {
    out.full_box("mfhd", 0, 0, [&] { out.u32(head.sequence); });
    out.box("traf", [&] {
      // default-base-is-moof; audio: default duration and flags here, so that a chunk explains itself.
      out.full_box("tfhd", 0, video ? 0x020000 : 0x020028, [&] {
        out.u32(id);
        if (!video) {
          out.u32(head.samples.empty() ? 0 : head.samples.front().duration);
          out.u32(sync_sample_flags);
        }
      });
      out.full_box("tfdt", 1, 0, [&] { out.u64(head.decode_time); });
      out.full_box("trun", 1, video ? 0xf01 : 0x201, [&] {
        out.u32(head.samples.size());
        out.u32(detail::moof_size(head.kind, head.samples.size()) + 8);
        for (const auto& sample : head.samples) {
          if (video) out.u32(sample.duration);
          out.u32(sample.size);
          if (video) out.u32(sample.key ? sync_sample_flags : other_sample_flags);
          if (video) out.i32(sample.composition_offset);
        }
      });
    });
  });
  out.u32(mdat);
  out.u32(fourcc("mdat"));
}

}  // namespace tribute::cmaf

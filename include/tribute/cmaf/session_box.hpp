// The box that this house puts in front of every part: whose frames these are, where the ingest log goes
// on behind them, and the few numbers with which another packager continues exactly here.
// Players skip it (uuid box, ISO/IEC 14496-12 section 4.2). Fixed layout, version 1, big endian.
#pragma once

#include <array>
#include <cstdint>
#include <tribute/cmaf/box.hpp>
#include <tribute/id.hpp>
#include <tribute/media/flv_clock.hpp>
#include <tribute/result.hpp>

namespace tribute::cmaf {

/// What a packager has to know of one track to go on behind a part. Times are 1/90000 s on the
/// broadcast's time line. Written and read by media::Packager only; the rest of the house carries it.
struct TrackCarry {
  std::uint32_t last_duration = 0;    ///< of the last frame, timescale units
  std::uint16_t target_duration = 0;  ///< seconds; 0 = not fixed yet …
  std::uint64_t target_90k = 0;       ///< … or the video frame that fixed it, plus 1
  bool discontinuity_due = false;     ///< the next segment starts with a discontinuity
  std::uint64_t first_key_90k = 0;    ///< video: first key frame of the session, plus 1
  std::uint64_t key_90k = 0;          ///< video: newest key frame, plus 1; 0 = none yet
  std::uint32_t key_interval = 0;     ///< video: distance of the newest two key frames, 0 = only one yet
  std::uint32_t off_frames = 0;       ///< audio: frames in a row that were off the sample clock …
  std::int32_t off_by = 0;            ///< … and by how much at least, samples

  friend bool operator==(const TrackCarry&, const TrackCarry&) = default;
};

/// What a packager knows at one place of the ingest log, besides what it has published.
struct LogState {
  std::uint64_t video_90k = 0;   ///< how far video has come, plus 1; 0 = no video so far in this session
  std::uint32_t video_step = 0;  ///< how long its newest frame is taken to last
  std::uint16_t target_duration = 0;
  media::FlvClock video_clock, audio_clock;  ///< how timestamps are understood; unset before a track's first frame

  friend bool operator==(const LogState&, const LogState&) = default;
};

struct SessionBox {
  Id session;
  std::uint64_t generation = 0;
  std::int64_t session_wall_ms = 0;            ///< wall time at the session's start
  std::uint64_t session_base_90k = 0;          ///< the broadcast's time at the session's start
  std::uint64_t log_end = 0;                   ///< every tag of this track below this log offset is in a part (or was dropped)
  std::uint64_t resume_offset = 0;             ///< a new owner reads the log from here, for all tracks; nothing below is needed any more
  LogState resume;                             ///< what was known there
  std::int64_t wall_ms = 0;                    ///< wall time of the part's first frame
  std::uint64_t msn = 0;                       ///< media sequence number, the same in all tracks
  std::uint64_t segment_90k = 0;               ///< where that segment begins, the same in all tracks
  std::uint32_t discontinuities = 0;           ///< how many the broadcast had up to and with this segment
  std::uint64_t previous_90k = 0;              ///< where the segment before begins (this one again: unknown) …
  std::uint32_t previous_discontinuities = 0;  ///< … and the count there; a track may have skipped it
  std::uint32_t timescale = 0;
  bool independent = false;
  bool begins_segment = false;
  bool discontinuity = false;
  TrackCarry carry;

  friend bool operator==(const SessionBox&, const SessionBox&) = default;
};

inline constexpr std::array<std::uint8_t, 16> session_box_uuid{0x7b, 0x1d, 0x0e, 0x52, 0x9c, 0x44, 0x4f, 0x6a,
                                                               0xa3, 0x68, 0x74, 0x72, 0x69, 0x62, 0x75, 0x74};
inline constexpr std::size_t session_box_size = 8 + 16 + 4 + 16 + 8 * 10 + 4 * 3 + (4 + 2 + 2 + 2 * (4 + 8)) + (4 + 8 + 8 + 8 + 4 + 4 + 4);

inline void write_session_box(BoxWriter& out, const SessionBox& box) {
  out.box("uuid", [&] {
    for (const auto b : session_box_uuid) out.u8(b);
    const auto& carry = box.carry;
    out.u8(1);
    out.u24((box.independent ? 1u : 0u) | (box.begins_segment ? 2u : 0u) | (box.discontinuity ? 4u : 0u) |
            (box.carry.discontinuity_due ? 8u : 0u) | (box.resume.video_clock.set ? 16u : 0u) | (box.resume.audio_clock.set ? 32u : 0u));
    for (const auto b : box.session.bytes()) out.u8(b);
    out.u64(box.generation);
    out.i64(box.session_wall_ms);
    out.u64(box.session_base_90k);
    out.u64(box.log_end);
    out.u64(box.resume_offset);
    out.u64(box.resume.video_90k);
    out.u32(box.resume.video_step);
    out.u16(box.resume.target_duration);
    out.u16(carry.target_duration);
    for (const auto* clock : {&box.resume.video_clock, &box.resume.audio_clock}) {
      out.u32(clock->flv_ms);
      out.i64(clock->time_90k);
    }
    out.i64(box.wall_ms);
    out.u64(box.msn);
    out.u64(box.segment_90k);
    out.u32(box.discontinuities);
    out.u64(box.previous_90k);
    out.u32(box.previous_discontinuities);
    out.u32(box.timescale);
    out.u32(carry.last_duration);
    out.u64(carry.target_90k);
    out.u64(carry.first_key_90k);
    out.u64(carry.key_90k);
    out.u32(carry.key_interval);
    out.u32(carry.off_frames);
    out.i32(carry.off_by);
  });
}

/// Is this uuid box ours?
inline bool is_session_box(const Box& box) noexcept {
  if (!box.is("uuid") || box.body.size() < session_box_uuid.size()) return false;
  for (std::size_t i = 0; i < session_box_uuid.size(); ++i)
    if (std::to_integer<std::uint8_t>(box.body[i]) != session_box_uuid[i]) return false;
  return true;
}

/// Precondition: is_session_box(box). corrupt: another version or too short.
inline Result<SessionBox> read_session_box(const Box& box) {
  media::ByteReader in{box.body};
  in.skip(session_box_uuid.size());
  SessionBox out;
  const auto version = in.u8();
  const auto flags = in.u24();
  out.independent = (flags & 1) != 0;
  out.begins_segment = (flags & 2) != 0;
  out.discontinuity = (flags & 4) != 0;
  Id::Bytes id{};
  for (auto& b : id) b = in.u8();
  out.session = Id{id};
  out.generation = in.u64();
  out.session_wall_ms = in.i64();
  out.session_base_90k = in.u64();
  out.log_end = in.u64();
  out.resume_offset = in.u64();
  auto& carry = out.carry;
  out.resume.video_90k = in.u64();
  out.resume.video_step = in.u32();
  out.resume.target_duration = in.u16();
  carry.target_duration = in.u16();
  out.resume.video_clock.set = (flags & 16) != 0;
  out.resume.audio_clock.set = (flags & 32) != 0;
  for (auto* clock : {&out.resume.video_clock, &out.resume.audio_clock}) {
    clock->flv_ms = in.u32();
    clock->time_90k = in.i64();
  }
  out.wall_ms = in.i64();
  out.msn = in.u64();
  out.segment_90k = in.u64();
  out.discontinuities = in.u32();
  out.previous_90k = in.u64();
  out.previous_discontinuities = in.u32();
  out.timescale = in.u32();
  carry.discontinuity_due = (flags & 8) != 0;
  carry.last_duration = in.u32();
  carry.target_90k = in.u64();
  carry.first_key_90k = in.u64();
  carry.key_90k = in.u64();
  carry.key_interval = in.u32();
  carry.off_frames = in.u32();
  carry.off_by = in.i32();
  if (!in.ok() || version != 1) return make_error(Errc::corrupt, "session box of another version", "uuid");
  return out;
}

}  // namespace tribute::cmaf

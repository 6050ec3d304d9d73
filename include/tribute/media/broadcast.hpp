// What the tracks of one broadcast share while it is packaged, and what each remembers about itself. Values
// only: the decisions are made in video_track.hpp and audio_track.hpp.
#pragma once

#include <tribute/media/resume.hpp>

namespace tribute::media {

struct PackagerOptions {
  std::uint32_t part_target_ms = 334;     ///< no part lasts longer, unless one frame does (rfc8216bis 4.4.3.7)
  std::uint32_t min_segment_ms = 1800;    ///< a key frame before that does not begin a segment
  std::uint32_t audio_segment_ms = 2000;  ///< without video
};

/// One connection of an encoder.
struct SessionStart {
  Id session;
  std::uint64_t generation = 0;
  std::int64_t wall_start_ms = 0;  ///< ms since the Unix epoch
};

/// A place in the session's log, and what is known there: what the order of the log decides can only be decided again
/// with both.
struct LogMark {
  std::uint64_t offset = ~std::uint64_t{0};
  cmaf::LogState known;

  constexpr const LogMark& earlier(const LogMark& other) const noexcept { return other.offset < offset ? other : *this; }
};

/// A frame on its way into a part.
struct Frame {
  Bytes data;
  std::uint32_t flv_ms = 0;
  std::int64_t time_90k = 0;         ///< what its timestamp says, on the broadcast's time line
  std::int32_t composition_90k = 0;  ///< presentation minus time_90k
  bool key = false;
  std::uint64_t next_offset = 0;  ///< behind its tag
  LogMark mark;                   ///< where to read again to get this frame …
  LogMark behind;                 ///< … and to get what comes after it
};

/// A track's state behind the last frame that was placed. With it, the end of a part is a place to go on from.
struct TrackState {
  cmaf::TrackCarry carry;
  std::optional<Boundary> segment;  ///< the one that is being filled
  std::uint64_t log_end = 0;
  LogMark behind;         ///< where to read again to get all that comes after it
  std::uint64_t end = 0;  ///< decode time behind the last frame of known duration, timescale units
};

struct Broadcast {
  PackagerOptions options;
  SessionStart session;
  std::uint64_t base_90k = 0;  ///< the session's beginning on the time line
  Boundaries boundaries;
  std::uint16_t target_duration = 0;  ///< seconds, 0 = not fixed yet
  FlvClock video_clock, audio_clock;  ///< of the newest tag of each, unset before the first of the session
  bool video_live = false;            ///< the log has shown video frames of this session
  std::uint64_t video_now_90k = 0;    ///< how far they have come
  std::uint32_t video_step = 0;       ///< the duration that the newest of them is taken to have

  /// Where the log is now: in front of the tag there, before its timestamp is looked at.
  LogMark mark(std::uint64_t log_offset) const noexcept {
    return {log_offset, {video_live ? video_now_90k + 1 : 0, video_step, target_duration, video_clock, audio_clock}};
  }
  void restore(const cmaf::LogState& known) noexcept {
    video_live = known.video_90k != 0;
    video_now_90k = video_live ? known.video_90k - 1 : base_90k;
    video_step = known.video_step;
    target_duration = std::max(target_duration, known.target_duration);
    video_clock = known.video_clock;
    audio_clock = known.audio_clock;
  }

  /// A video frame was placed, or was in a part already. Its step is the distance from the one before, a second at most.
  void video_came_to(std::uint64_t time_90k) noexcept {
    if (video_live) video_step = static_cast<std::uint32_t>(std::min<std::uint64_t>(90'000, time_90k - std::min(time_90k, video_now_90k)));
    video_live = true;
    video_now_90k = std::max(video_now_90k, time_90k);
  }
  /// Where its next frame would be without a hole.
  std::int64_t video_contiguous_90k() const noexcept { return static_cast<std::int64_t>(video_now_90k + video_step); }

  std::int64_t wall_ms(std::uint64_t time_90k) const noexcept {
    return session.wall_start_ms + (static_cast<std::int64_t>(time_90k) - static_cast<std::int64_t>(base_90k)) / 90;
  }

  /// No segment may last longer. A playlist rounds durations to whole seconds before they are compared with the
  /// target duration (rfc8216bis 4.4.3.1), so 0.45 s more are allowed: 250 frames at 24 fps are 10.42 s.
  std::uint64_t segment_limit_90k() const noexcept { return (target_duration != 0 ? target_duration : 4u) * 90'000ull + 40'500; }

  void fix_target_duration(std::uint16_t seconds) noexcept {
    if (target_duration == 0) target_duration = seconds;
  }
};

}  // namespace tribute::media

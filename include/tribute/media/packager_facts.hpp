// What the packager noticed about the media, for the health of a stream: sizes, rates, names, problems. Averages
// run over the media's own time, two seconds and more; nothing here asks a clock.
#pragma once

#include <tribute/media/broadcast.hpp>
#include <tribute/media/problems.hpp>

namespace tribute::media {

struct PackagerFacts {
  std::uint16_t width = 0, height = 0;  ///< pixels
  std::uint32_t fps_milli = 0;          ///< frames per 1000 s
  std::uint32_t key_interval_ms = 0;    ///< distance of the newest two key frames; 0 = only one yet
  std::uint32_t video_kbps = 0, audio_kbps = 0;
  std::uint32_t sample_rate = 0;  ///< Hz
  std::uint16_t channels = 0;
  std::uint32_t video_codec = 0, audio_codec = 0;    ///< flv::codec_id, also when we cannot take it; 0 = none seen
  std::int64_t last_media_wall_ms = 0;               ///< of the newest frame, by the session's own time line
  std::uint64_t video_frames = 0, audio_frames = 0;  ///< that arrived
  std::uint64_t dropped_frames = 0;                  ///< that could not be used
  Problems problems;                                 ///< those that the media itself shows
};

/// Bitrate and frame rate over at least two seconds of media.
class RateMeter {
 public:
  /// A frame of `bytes` at `time_90k`. True: new figures stand in kbps and fps_milli.
  bool add(std::size_t bytes, std::int64_t time_90k) noexcept {
    if (frames_ == 0 || time_90k < start_ || time_90k - start_ > 30 * second_90k) return restart(bytes, time_90k);
    const auto span = static_cast<std::uint64_t>(time_90k - start_);
    if (span >= 2 * second_90k) {
      kbps = static_cast<std::uint32_t>(bytes_ * 8 * 90 / span);
      fps_milli = static_cast<std::uint32_t>(frames_ * 90'000'000 / span);
      restart(bytes, time_90k);
      return true;
    }
    bytes_ += bytes;
    ++frames_;
    return false;
  }

  std::uint32_t kbps = 0;
  std::uint32_t fps_milli = 0;

 private:
  bool restart(std::size_t bytes, std::int64_t time_90k) noexcept {
    start_ = time_90k;
    bytes_ = bytes;
    frames_ = 1;
    return false;
  }

  std::int64_t start_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t frames_ = 0;
};

/// Keeps the facts while the media goes by.
class FactsKeeper {
 public:
  PackagerFacts facts;
  std::uint32_t declared_fps_milli = 0;  ///< by the sequence header, 0 = it does not say

  void jumped(std::int64_t time_90k) noexcept {
    facts.problems.set(Problem::timestamps_jump);
    jump_90k_ = time_90k;
  }

  void video(std::int64_t time_90k, std::size_t bytes, std::uint64_t key_90k, std::uint32_t key_interval,
             const Broadcast& broadcast) noexcept {
    if (video_meter_.add(bytes, time_90k)) {
      facts.video_kbps = video_meter_.kbps;
      const auto measured = video_meter_.fps_milli, declared = declared_fps_milli;
      // Milliseconds make 29.97 look like 29.9 or 30.1: what the encoder says is taken when it is that near.
      facts.fps_milli = measured > declared - declared / 50 && measured < declared + declared / 50 ? declared : measured;
    }
    facts.key_interval_ms = key_interval / 90;
    const auto since_key = (broadcast.video_now_90k - std::min(broadcast.video_now_90k, key_90k)) / 90;
    facts.problems.set(Problem::key_frame_interval_long, std::max<std::uint64_t>(since_key, facts.key_interval_ms) > long_key_interval_ms);
    came_to(time_90k, broadcast);
  }

  void audio(std::int64_t time_90k, std::size_t bytes, const Broadcast& broadcast) noexcept {
    if (audio_meter_.add(bytes, time_90k)) facts.audio_kbps = audio_meter_.kbps;
    came_to(time_90k, broadcast);
  }

 private:
  static constexpr std::uint64_t long_key_interval_ms = 4450;  // beyond, a target duration of 4 s does not do

  void came_to(std::int64_t time_90k, const Broadcast& broadcast) noexcept {
    const auto wall = broadcast.wall_ms(static_cast<std::uint64_t>(std::max<std::int64_t>(0, time_90k)));
    facts.last_media_wall_ms = std::max(facts.last_media_wall_ms, wall);
    if (time_90k - jump_90k_ > 60 * second_90k) facts.problems.set(Problem::timestamps_jump, false);
    const auto age = time_90k - static_cast<std::int64_t>(broadcast.base_90k);
    const auto silent = [&](const FlvClock& clock) {
      return age > 3 * second_90k && (!clock.set || time_90k - clock.time_90k > 3 * second_90k);
    };
    facts.problems.set(Problem::no_video, silent(broadcast.video_clock) && !facts.problems.has(Problem::video_codec_unsupported));
    facts.problems.set(Problem::no_audio, silent(broadcast.audio_clock) && !facts.problems.has(Problem::audio_codec_unsupported));
  }

  RateMeter video_meter_, audio_meter_;
  std::int64_t jump_90k_ = 0;
};

}  // namespace tribute::media

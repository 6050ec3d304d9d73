// What the packager noticed about the media, for the health of a stream: sizes, rates, names, problems. Averages
// run over the media's own time, two seconds and more; nothing here asks a clock.
#pragma once

#include <tribute/media/problems.hpp>
#include <tribute/media/timeline.hpp>

namespace tribute::media {

struct PackagerFacts {
  std::uint16_t width = 0, height = 0;      ///< pixels
  std::uint32_t fps_milli = 0;              ///< frames per 1000 s
  std::uint32_t key_interval_ms = 0;        ///< distance of the newest two key frames; 0 = only one yet
  std::uint32_t video_kbps = 0, audio_kbps = 0;
  std::uint32_t sample_rate = 0;            ///< Hz
  std::uint16_t channels = 0;
  std::uint32_t video_codec = 0, audio_codec = 0;  ///< flv::codec_id, also when we cannot take it; 0 = none seen
  std::int64_t last_media_wall_ms = 0;      ///< of the newest frame, by the session's own time line
  std::uint64_t video_frames = 0, audio_frames = 0;  ///< that arrived
  std::uint64_t dropped_frames = 0;         ///< that could not be used
  Problems problems;                        ///< those that the media itself shows
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

}  // namespace tribute::media

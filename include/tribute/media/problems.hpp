// What can be wrong with a broadcast's media, in words that somebody at the event understands: what is
// happening and why it matters, and what to do about it. The enumerator is the JSON word.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tribute::media {

enum class Problem : std::uint8_t {
  no_video,
  no_audio,
  video_codec_unsupported,
  audio_codec_unsupported,
  key_frame_interval_long,
  no_key_frame,
  timestamps_jump,
  ingest_stalled,
  encoder_refused,
};
inline constexpr std::size_t problem_count = 9;

struct ProblemText {
  Problem problem;
  std::string_view code;
  std::string_view detail;  ///< what happens, and why it matters
  std::string_view advice;  ///< what to do
};

inline constexpr std::array<ProblemText, problem_count> problem_texts{{
    {Problem::no_video, "no_video", "No picture is arriving, only sound. Viewers hear the service but see nothing.",
     "Check that the camera is switched on and chosen as a source in the encoder, then stop and start the stream there."},
    {Problem::no_audio, "no_audio", "No sound is arriving. Viewers see the picture but hear nothing.",
     "Check that a microphone or the mixing desk is chosen in the encoder (in OBS: Audio Mixer) and that it is not muted."},
    {Problem::video_codec_unsupported, "video_codec_unsupported",
     "The encoder sends its picture in a format that browsers cannot be relied on to play, so the picture is left out.",
     "Set the video encoder to H.264 (in OBS: Settings, Output, Video Encoder: x264 or a hardware encoder named H.264) and start again."},
    {Problem::audio_codec_unsupported, "audio_codec_unsupported",
     "The encoder sends its sound in a format that browsers cannot be relied on to play, so the sound is left out.",
     "Set the audio encoder to AAC (in OBS: Settings, Output, Audio Encoder: AAC) and start again."},
    {Problem::key_frame_interval_long, "key_frame_interval_long",
     "The encoder sends a complete picture too rarely. Viewers who join wait longer for the first picture, and recover more slowly.",
     "Set the keyframe interval to 2 seconds (in OBS: Settings, Output, Streaming, Keyframe Interval: 2 s)."},
    {Problem::no_key_frame, "no_key_frame", "Video is arriving, but no complete picture to start from, so viewers see nothing yet.",
     "Stop and start the stream in the encoder, and set its keyframe interval to 2 seconds."},
    {Problem::timestamps_jump, "timestamps_jump",
     "The encoder's clock made a jump. The broadcast goes on, but viewers may have noticed a short stumble.",
     "If it happens again, restart the encoder, and check that the computer is not overloaded or going to sleep."},
    {Problem::ingest_stalled, "ingest_stalled",
     "The encoder is connected, but nothing has arrived from it for some seconds. Viewers will see a pause.",
     "Check the internet connection at the venue; use a cable instead of Wi-Fi, or a lower video bitrate."},
    {Problem::encoder_refused, "encoder_refused", "An encoder tried to send to this stream and was turned away.",
     "If it was yours, check that the stream is meant to be on air, that the key is the current one, and that no other encoder uses it."},
}};

constexpr const ProblemText& text_of(Problem problem) noexcept { return problem_texts[static_cast<std::size_t>(problem)]; }

/// A set of problems.
class Problems {
 public:
  constexpr bool has(Problem problem) const noexcept { return (bits_ >> static_cast<unsigned>(problem) & 1u) != 0; }
  constexpr void set(Problem problem, bool on = true) noexcept {
    const auto bit = 1u << static_cast<unsigned>(problem);
    bits_ = on ? bits_ | bit : bits_ & ~bit;
  }
  friend constexpr bool operator==(Problems, Problems) = default;

 private:
  std::uint32_t bits_ = 0;
};

namespace detail {
constexpr bool table_is_in_order() {
  for (std::size_t i = 0; i < problem_texts.size(); ++i)
    if (static_cast<std::size_t>(problem_texts[i].problem) != i || problem_texts[i].advice.empty()) return false;
  return true;
}
static_assert(table_is_in_order());
}  // namespace detail

}  // namespace tribute::media

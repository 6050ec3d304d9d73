// The multivariant playlist (rfc8216bis section 4.4.6) of a broadcast with at most one video and one audio track:
// one variant with its audio group, or audio alone, or video alone. All figures are measured, none is declared.
#pragma once

#include <array>
#include <cmath>
#include <tribute/hls/playlist.hpp>
#include <vector>

namespace tribute::hls {

struct MultivariantOptions {
  std::string_view prefix;  ///< before "video.m3u8", e.g. "{grant}/"
  std::string_view query;   ///< behind it, e.g. "?v=k3", or empty
};

/// Measured over the complete segments of a track, or over the open one while there is no other.
struct TrackRates {
  std::uint64_t peak = 0;        ///< bit/s, largest of any run of segments lasting 0.5 to 1.5 target durations (section 4.4.6.2)
  std::uint64_t average = 0;     ///< bit/s
  double frames_per_second = 0;  ///< over the last segments
};

namespace detail {

struct Weight {
  double seconds = 0;
  double bits = 0;
};

// No track is faster than a terabit per second; a damaged index may say so.
inline std::uint64_t rate(const Weight& w) noexcept {
  return w.seconds > 0 ? static_cast<std::uint64_t>(std::ceil(std::min(w.bits / w.seconds, 1e12))) : 0;
}

inline std::vector<Weight> weigh(const media::TrackSnapshot& track) {
  std::vector<Weight> out;
  out.reserve(track.complete_segments() + 1);
  const auto add = [&out](const media::Segment& s) {
    out.push_back({static_cast<double>(s.duration) / s.timescale, static_cast<double>(s.range.length) * 8});
  };
  for (auto msn = track.first_msn(); msn < track.open_msn(); ++msn)
    if (const auto segment = track.segment(msn); segment && !segment->gap) add(*segment);
  if (out.empty())
    if (const auto open = track.open_segment()) add(*open);
  return out;
}

inline std::uint64_t peak_rate(const std::vector<Weight>& weights, double target_duration) noexcept {
  std::uint64_t peak = 0;
  for (std::size_t first = 0; first < weights.size(); ++first) {
    Weight run;
    for (std::size_t i = first; i < weights.size() && run.seconds + weights[i].seconds <= 1.5 * target_duration; ++i) {
      run.seconds += weights[i].seconds;
      run.bits += weights[i].bits;
      if (run.seconds >= 0.5 * target_duration) peak = std::max(peak, rate(run));
    }
  }
  return peak;
}

// FLV times are whole milliseconds: what is as near to a rate of the trade as they can tell is that rate
// (23.976 and 24 are 0.1 % apart).
inline double usual_rate(double fps, double seconds) noexcept {
  constexpr std::array rates{24000. / 1001, 24., 25., 30000. / 1001, 30., 48., 50., 60000. / 1001, 60., 100., 120000. / 1001, 120.};
  const auto nearest =
      *std::min_element(rates.begin(), rates.end(), [fps](double a, double b) { return std::abs(fps - a) < std::abs(fps - b); });
  return std::abs(fps - nearest) < nearest * std::max(0.0004, 0.0015 / seconds) ? nearest : fps;
}

inline double frame_rate(const media::TrackSnapshot& track) noexcept {
  constexpr std::uint32_t looked_at = 60;  // parts: about twenty seconds
  double frames = 0, seconds = 0;
  const auto last = track.last_segment();
  if (!last) return 0;
  for (std::uint32_t i = track.parts() - std::min(track.parts(), looked_at); i < track.parts(); ++i) {
    const auto part = track.part(i);
    if (!part) continue;
    frames += part->frames;
    seconds += static_cast<double>(part->duration) / last->timescale;
  }
  return seconds > 0 && frames / seconds < 1000 ? usual_rate(frames / seconds, seconds) : 0;
}

inline void put_thousandths(std::string& out, double value) {
  const auto thousandths = static_cast<std::uint64_t>(std::llround(value * 1000));
  put_number(out, thousandths / 1000);
  const std::uint64_t rest = thousandths % 1000;
  const char digits[4] = {'.', static_cast<char>('0' + rest / 100), static_cast<char>('0' + rest / 10 % 10),
                          static_cast<char>('0' + rest % 10)};
  out.append(digits, sizeof digits);
}

// Every codec that some segment needs, each once, in the order of their inits.
inline void put_codecs(std::string& out, const media::TrackSnapshot& track, std::vector<std::string>& seen) {
  for (std::uint32_t i = 0; i < track.inits(); ++i) {
    const auto init = track.init(i);
    if (!init) continue;
    std::string codec{media::codec_of(*init)};
    const bool plain = std::all_of(codec.begin(), codec.end(), [](char c) { return c > ' ' && c < 127 && c != '"' && c != ','; });
    if (codec.empty() || !plain || std::find(seen.begin(), seen.end(), codec) != seen.end()) continue;
    if (!seen.empty()) out += ',';
    out += codec;
    seen.push_back(std::move(codec));
  }
}

inline void put_audio_group(std::string& out, const media::TrackSnapshot& audio, const MultivariantOptions& options) {
  out += "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"Audio\",DEFAULT=YES,AUTOSELECT=YES";
  if (const auto init = audio.inits() == 0 ? std::nullopt : audio.init(audio.inits() - 1); init && init->channels != 0) {
    out += ",CHANNELS=\"";
    put_number(out, init->channels);
    out += '"';
  }
  (((out += ",URI=\"") += options.prefix) += "audio.m3u8") += options.query;
  out += "\"\n";
}

inline void put_picture(std::string& out, const media::TrackSnapshot& video, double frames_per_second) {
  const auto init = video.inits() == 0 ? std::nullopt : video.init(video.inits() - 1);
  if (init && init->width != 0 && init->height != 0) {
    out += ",RESOLUTION=";
    put_number(out, init->width);
    out += 'x';
    put_number(out, init->height);
  }
  if (frames_per_second > 0) {
    out += ",FRAME-RATE=";
    put_thousandths(out, frames_per_second);
  }
}

}  // namespace detail

inline TrackRates measure(const media::TrackSnapshot& track, std::uint32_t target_duration) {
  const auto weights = detail::weigh(track);
  detail::Weight all;
  for (const auto& w : weights) {
    all.seconds += w.seconds;
    all.bits += w.bits;
  }
  TrackRates out;
  out.average = detail::rate(all);
  out.peak = std::max(detail::peak_rate(weights, target_duration), out.average);
  out.frames_per_second = detail::frame_rate(track);
  return out;
}

/// Appends the multivariant playlist; a track that is absent or empty is left out. `unavailable` until one of them has
/// media and the target duration is decided.
inline Result<Done> multivariant_playlist(std::string& out, const media::BroadcastView& broadcast, const media::TrackView* video_view,
                                          const media::TrackView* audio_view, const MultivariantOptions& options) {
  const auto target_duration = broadcast.target_duration();
  const auto video = video_view != nullptr ? video_view->snapshot() : media::TrackSnapshot{};
  const auto audio = audio_view != nullptr ? audio_view->snapshot() : media::TrackSnapshot{};
  const bool has_video = video.parts() != 0, has_audio = audio.parts() != 0;
  if (target_duration == 0 || (!has_video && !has_audio)) return make_error(Errc::unavailable, "the broadcast has only just begun");
  const TrackRates video_rates = has_video ? measure(video, target_duration) : TrackRates{};
  const TrackRates audio_rates = has_audio ? measure(audio, target_duration) : TrackRates{};
  out += "#EXTM3U\n#EXT-X-VERSION:7\n";
  if (has_video && has_audio) detail::put_audio_group(out, audio, options);
  out += "#EXT-X-STREAM-INF:BANDWIDTH=";
  detail::put_number(out, std::max<std::uint64_t>(1, video_rates.peak + audio_rates.peak));
  out += ",AVERAGE-BANDWIDTH=";
  detail::put_number(out, std::max<std::uint64_t>(1, video_rates.average + audio_rates.average));
  out += ",CODECS=\"";
  std::vector<std::string> seen;
  if (has_video) detail::put_codecs(out, video, seen);
  if (has_audio) detail::put_codecs(out, audio, seen);
  out += '"';
  if (has_video) detail::put_picture(out, video, video_rates.frames_per_second);
  if (has_video && has_audio) out += ",AUDIO=\"audio\"";
  (((out += '\n') += options.prefix) += has_video ? "video.m3u8" : "audio.m3u8") += options.query;
  out += '\n';
  return Done{};
}

}  // namespace tribute::hls

// Media playlists (RFC 8216bis, draft-pantos-hls-rfc8216bis section 4.4) as text over one snapshot of a track:
// the live window, everything so far (DVR), or the recording. Pure; appends to one string, never asks a clock.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <tribute/media/index.hpp>
#include <tribute/result.hpp>
#include <tribute/time.hpp>

namespace tribute::hls {

enum class Window : std::uint8_t {
  live,       ///< the last segments: at least six target durations and twelve segments
  dvr,        ///< everything so far, growing (EXT-X-PLAYLIST-TYPE:EVENT)
  recording,  ///< everything; VOD once it has ended
};

struct PlaylistOptions {
  Window window = Window::live;
  std::string_view prefix;           ///< before "init-0.mp4" and "17.m4s", e.g. "video/"
  std::uint32_t live_segments = 12;  ///< at least so many in the live window
  std::uint32_t live_targets = 6;    ///< and at least so many target durations (section 4.4.3.8: CAN-SKIP-UNTIL needs six)
};

namespace detail {

inline void put_number(std::string& out, std::uint64_t value) {
  char buffer[20];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

// Seconds with six digits, rounded to the nearest microsecond, so that sums stay exact over hours.
inline void put_seconds(std::string& out, std::uint64_t units, std::uint64_t timescale) {
  const std::uint64_t whole = units / timescale;
  std::uint64_t micros = whole * 1'000'000 + (units % timescale * 1'000'000 + timescale / 2) / timescale;
  put_number(out, micros / 1'000'000);
  micros %= 1'000'000;
  char digits[7] = {'.', '0', '0', '0', '0', '0', '0'};
  for (int i = 6; i > 0; --i, micros /= 10) digits[i] = static_cast<char>('0' + micros % 10);
  out.append(digits, sizeof digits);
}

// Wall times of neighbours share their date: only the time of day is rendered anew.
class DateLine {
 public:
  void put(std::string& out, std::int64_t wall_ms) {
    constexpr std::int64_t day_ms = 86'400'000;
    const std::int64_t in_day = (wall_ms % day_ms + day_ms) % day_ms;
    if (text_.empty() || wall_ms - in_day != day_) {
      day_ = wall_ms - in_day;
      text_ = "#EXT-X-PROGRAM-DATE-TIME:" + to_rfc3339(Timestamp{wall_ms}) + "\n";
    }
    put_two(time_at + 0, in_day / 3'600'000);
    put_two(time_at + 3, in_day / 60'000 % 60);
    put_two(time_at + 6, in_day / 1000 % 60);
    text_[time_at + 9] = static_cast<char>('0' + in_day % 1000 / 100);
    put_two(time_at + 10, in_day % 100);
    out += text_;
  }

 private:
  static constexpr std::size_t time_at = std::string_view("#EXT-X-PROGRAM-DATE-TIME:2024-10-15T").size();

  void put_two(std::size_t at, std::int64_t value) {
    text_[at] = static_cast<char>('0' + value / 10);
    text_[at + 1] = static_cast<char>('0' + value % 10);
  }

  std::string text_;
  std::int64_t day_ = 0;
};

inline bool in_years_of_four_digits(std::int64_t wall_ms) noexcept { return wall_ms >= 0 && wall_ms < 253'402'300'800'000; }

/// The first complete segment to list: it never goes back while segments are added.
inline std::uint64_t window_begin(const media::TrackSnapshot& track, const PlaylistOptions& options, std::uint32_t target_duration) {
  if (options.window != Window::live) return track.first_msn();
  const std::uint64_t wanted_us = std::uint64_t{options.live_targets} * target_duration * 1'000'000;
  std::uint64_t msn = track.open_msn(), have_us = 0;
  while (msn > track.first_msn() && (track.open_msn() - msn < options.live_segments || have_us < wanted_us)) {
    if (const auto segment = track.segment(--msn)) have_us += segment->duration * 1'000'000 / segment->timescale;
  }
  return msn;
}

struct Listed {
  std::uint64_t begin = 0;  ///< msn of the first
  bool independent = true;  ///< all of them
};

// EXTINF rounded to whole seconds must not exceed the target duration (section 4.4.3.1): a hole in the media may make a
// segment span more time than it plays.
inline std::uint64_t listed_duration(const media::Segment& segment, std::uint32_t target_duration) noexcept {
  const std::uint64_t scale = segment.timescale;
  return std::min(segment.duration, target_duration * scale + scale * 499 / 1000);
}

inline void put_header(std::string& out, const media::TrackSnapshot& track, const PlaylistOptions& options, std::uint32_t target_duration,
                       bool ended, const Listed& listed) {
  out += "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:";
  put_number(out, target_duration);
  out += "\n#EXT-X-MEDIA-SEQUENCE:";
  put_number(out, listed.begin);
  // The tag stays before a first segment that carries it, so the count is of those whose tag has left (section 6.2.2).
  std::uint32_t gone = 0;
  if (const auto first = track.segment(listed.begin)) gone = first->discontinuities - (first->discontinuity ? 1 : 0);
  if (gone != 0) {
    out += "\n#EXT-X-DISCONTINUITY-SEQUENCE:";
    put_number(out, gone);
  }
  if (options.window == Window::dvr || (options.window == Window::recording && !ended)) out += "\n#EXT-X-PLAYLIST-TYPE:EVENT";
  if (options.window == Window::recording && ended) out += "\n#EXT-X-PLAYLIST-TYPE:VOD";
  if (listed.independent) out += "\n#EXT-X-INDEPENDENT-SEGMENTS";
  out += '\n';
}

// Writes what belongs to segments, one after the other; keeps what the next one's tags depend on.
class SegmentWriter {
 public:
  SegmentWriter(std::string& out, const PlaylistOptions& options, std::uint32_t target_duration)
      : out_(out), options_(options), target_duration_(target_duration) {}

  void put(const media::Segment& segment) {
    if (segment.discontinuity) out_ += "#EXT-X-DISCONTINUITY\n";
    put_map(segment.init);
    if (in_years_of_four_digits(segment.wall_ms)) date_.put(out_, segment.wall_ms);
    if (segment.gap) out_ += "#EXT-X-GAP\n";
    out_ += "#EXTINF:";
    put_seconds(out_, listed_duration(segment, target_duration_), segment.timescale);
    (out_ += ",\n") += options_.prefix;
    put_number(out_, segment.msn);
    out_ += ".m4s\n";
  }

  // A damaged entry: its number must stay, and a player steps over it (section 4.4.4.7).
  void put_gap(std::uint64_t msn) {
    (out_ += "#EXT-X-GAP\n#EXTINF:1.000000,\n") += options_.prefix;
    put_number(out_, msn);
    out_ += ".m4s\n";
  }

 private:
  void put_map(std::uint32_t init) {
    if (init_ == init) return;
    init_ = init;
    ((out_ += "#EXT-X-MAP:URI=\"") += options_.prefix) += "init-";
    put_number(out_, init);
    out_ += ".mp4\"\n";
  }

  std::string& out_;
  const PlaylistOptions& options_;
  std::uint32_t target_duration_;
  std::optional<std::uint32_t> init_;
  DateLine date_;
};

}  // namespace detail

/// Appends the media playlist of a track. `unavailable` until its first segment is complete and the target duration
/// is decided. With an ended broadcast it closes with EXT-X-ENDLIST. A cache keyed by `view.version()` reads that first.
inline Result<Done> media_playlist(std::string& out, const media::BroadcastView& broadcast, const media::TrackView& view,
                                   const PlaylistOptions& options) {
  const bool ended = broadcast.ended();  // before the snapshot: an ENDLIST never stands after too few segments
  const media::TrackSnapshot track = view.snapshot();
  const std::uint32_t target_duration = broadcast.target_duration();
  if (target_duration == 0 || track.complete_segments() == 0) return make_error(Errc::unavailable, "the broadcast has only just begun");
  detail::Listed listed{detail::window_begin(track, options, target_duration), true};
  const std::uint64_t end = track.open_msn();
  for (auto msn = listed.begin; msn < end && listed.independent; ++msn)
    if (const auto segment = track.segment(msn)) listed.independent = segment->independent;
  out.reserve(out.size() + 256 + (end - listed.begin) * (100 + options.prefix.size()));
  detail::put_header(out, track, options, target_duration, ended, listed);
  detail::SegmentWriter writer(out, options, target_duration);
  for (auto msn = listed.begin; msn < end; ++msn) {
    if (const auto segment = track.segment(msn)) {
      writer.put(*segment);
    } else {
      writer.put_gap(msn);
    }
  }
  if (ended) out += "#EXT-X-ENDLIST\n";
  return Done{};
}

}  // namespace tribute::hls

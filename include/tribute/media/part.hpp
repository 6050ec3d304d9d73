// The border between the packager (pure) and whatever keeps its work: a track's configuration and one
// finished partial segment. Values only; whoever takes a Part owns its bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tribute::media {

enum class TrackKind : std::uint8_t { video, audio };

constexpr const char* track_name(TrackKind kind) noexcept { return kind == TrackKind::video ? "video" : "audio"; }

/// What an init section says. Another one on the same track is a new EXT-X-MAP.
struct TrackConfig {
  TrackKind kind = TrackKind::video;
  std::uint32_t timescale = 0;       ///< units per second: video 90000, audio its sample rate
  std::string codec;                 ///< RFC 6381: "avc1.64001F", "mp4a.40.2"
  std::uint16_t width = 0;           ///< pixels, video only
  std::uint16_t height = 0;          ///< pixels, video only
  std::uint32_t sample_rate = 0;     ///< Hz, audio only
  std::uint16_t channels = 0;        ///< audio only
  std::vector<std::byte> init;       ///< ftyp + moov (CMAF header, ISO/IEC 23000-19 section 7.3.1)

  friend bool operator==(const TrackConfig&, const TrackConfig&) = default;
};

/// One finished partial segment of one track (a CMAF chunk).
struct Part {
  std::uint64_t decode_time = 0;     ///< on the broadcast's time line, timescale units; never goes back
  std::uint32_t duration = 0;        ///< timescale units, the sum of its frames
  std::uint32_t frames = 0;
  bool independent = false;          ///< starts with a key frame; audio always
  bool begins_segment = false;
  bool discontinuity = false;        ///< only together with begins_segment
  std::uint64_t msn = 0;             ///< media sequence number of its segment, the same in all tracks; a silent track skips numbers
  std::uint32_t discontinuities = 0; ///< how many the broadcast had up to and with its segment, the same in all tracks
  std::uint64_t log_end = 0;         ///< every tag of this track below this ingest log offset is in a part (or was dropped)
  std::uint64_t resume_offset = 0;   ///< once this part is kept, no track needs the ingest log below this any more
  std::int64_t wall_ms = 0;          ///< wall time of the first frame: session start + media time since then
  std::vector<std::byte> bytes;      ///< [uuid] [prft] moof mdat
};

}  // namespace tribute::media

// FLV tags as Adobe's "Video File Format Specification" 10.1, annex E, and Enhanced RTMP describe them: what
// a tag holds, and the heads of its audio and video payloads. Views only; the bytes stay where they are.
#pragma once

#include <cstdint>
#include <optional>
#include <tribute/media/bytes.hpp>

namespace tribute::flv {

using media::Bytes;

enum class TagKind : std::uint8_t { audio = 8, video = 9, script = 18 };

struct Tag {
  TagKind kind = TagKind::script;
  std::uint32_t timestamp = 0;    ///< ms, all 32 bits; wraps after 49 days
  Bytes payload;                  ///< valid as long as the window it was read from
  std::uint64_t log_offset = 0;   ///< where the tag begins in the file
  std::uint64_t next_offset = 0;  ///< where the next one begins
};

/// Section E.4.3.1, CodecID.
inline constexpr std::uint8_t codec_avc = 7;
/// Section E.4.2.1, SoundFormat.
inline constexpr std::uint8_t codec_aac = 10;

struct VideoHead {
  std::uint8_t codec = 0;    ///< CodecID, when fourcc is 0
  std::uint32_t fourcc = 0;  ///< Enhanced RTMP: "hvc1", "av01", "vp09", …
  bool key = false;
  std::uint8_t packet = 1;              ///< AVC: 0 sequence header, 1 frame, 2 end of sequence
  std::int32_t composition_offset = 0;  ///< ms
  Bytes data;                           ///< behind the head
};

struct AudioHead {
  std::uint8_t codec = 0;    ///< SoundFormat, when fourcc is 0
  std::uint32_t fourcc = 0;  ///< Enhanced RTMP v2: "Opus", "fLaC", …
  std::uint8_t packet = 1;   ///< AAC: 0 sequence header, 1 frame
  Bytes data;
};

/// nullopt: no picture in it (empty, or a "video info/command frame").
constexpr std::optional<VideoHead> video_head(Bytes payload) noexcept {
  media::ByteReader in{payload};
  const unsigned first = in.u8();
  VideoHead out;
  const unsigned frame_type = first >> 4 & 7;
  out.key = frame_type == 1 || frame_type == 4;
  if (!in.ok() || frame_type == 5) return std::nullopt;
  if ((first & 0x80) != 0) {  // Enhanced RTMP: ExVideoTagHeader
    out.packet = first & 15;
    out.fourcc = in.u32();
    out.data = in.take(in.remaining());
    return in.ok() ? std::optional{out} : std::nullopt;
  }
  out.codec = first & 15;
  if (out.codec == codec_avc) {
    out.packet = in.u8();
    const auto offset = in.u24();
    out.composition_offset = static_cast<std::int32_t>(offset ^ 0x800000) - 0x800000;
  }
  out.data = in.take(in.remaining());
  return in.ok() ? std::optional{out} : std::nullopt;
}

/// nullopt: no sound in it.
constexpr std::optional<AudioHead> audio_head(Bytes payload) noexcept {
  media::ByteReader in{payload};
  const unsigned first = in.u8();
  AudioHead out;
  out.codec = static_cast<std::uint8_t>(first >> 4);
  if (out.codec == 9) {  // Enhanced RTMP v2: ExAudioTagHeader
    out.packet = first & 15;
    out.fourcc = in.u32();
  } else if (out.codec == codec_aac) {
    out.packet = in.u8();
  }
  out.data = in.take(in.remaining());
  return in.ok() ? std::optional{out} : std::nullopt;
}

}  // namespace tribute::flv

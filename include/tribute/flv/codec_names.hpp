// Names of the codecs that an encoder may send, as people know them from their encoder's menu. For the
// health facts; knows nothing about whether we take them.
#pragma once

#include <string_view>
#include <tribute/flv/tag.hpp>

namespace tribute::flv {

struct NamedFourcc {
  char code[5];
  std::string_view name;
};

inline constexpr NamedFourcc fourcc_names[] = {
    {"hvc1", "H.265 (HEVC)"},          {"hev1", "H.265 (HEVC)"}, {"av01", "AV1"},  {"vp09", "VP9"},        {"vp08", "VP8"},
    {"avc1", "H.264 (enhanced RTMP)"}, {"Opus", "Opus"},         {"fLaC", "FLAC"}, {"ac-3", "Dolby AC-3"}, {"ec-3", "Dolby E-AC-3"},
    {"mp4a", "AAC (enhanced RTMP)"},   {".mp3", "MP3"},
};

constexpr std::string_view fourcc_name(std::uint32_t fourcc) noexcept {
  for (const auto& entry : fourcc_names) {
    std::uint32_t code = 0;
    for (int i = 0; i < 4; ++i) code = code << 8 | static_cast<std::uint8_t>(entry.code[i]);
    if (code == fourcc) return entry.name;
  }
  return "an unknown codec";
}

constexpr std::string_view video_codec_name(std::uint8_t codec, std::uint32_t fourcc = 0) noexcept {
  if (fourcc != 0) return fourcc_name(fourcc);
  switch (codec) {
    case 1: return "JPEG";
    case 2: return "Sorenson H.263";
    case 3:
    case 6: return "Screen video";
    case 4:
    case 5: return "On2 VP6";
    case codec_avc: return "H.264";
    case 8: return "H.263";
    case 9: return "MPEG-4 Part 2";
    case 12: return "H.265 (HEVC)";  // used by encoders that came before Enhanced RTMP
    case 13: return "AV1";
    default: return "an unknown codec";
  }
}

constexpr std::string_view audio_codec_name(std::uint8_t codec, std::uint32_t fourcc = 0) noexcept {
  if (fourcc != 0) return fourcc_name(fourcc);
  switch (codec) {
    case 0:
    case 3: return "PCM";
    case 1: return "ADPCM";
    case 2:
    case 14: return "MP3";
    case 4:
    case 5:
    case 6: return "Nellymoser";
    case 7:
    case 8: return "G.711";
    case codec_aac: return "AAC";
    case 11: return "Speex";
    case 13: return "Opus";
    default: return "an unknown codec";
  }
}

/// Both kinds of numbers in one: 0 = none was seen, a fourcc, or the FLV number plus 1.
constexpr std::uint32_t codec_id(std::uint8_t codec, std::uint32_t fourcc) noexcept { return fourcc != 0 ? fourcc : codec + 1u; }

/// Empty for 0.
constexpr std::string_view video_codec_name_of(std::uint32_t id) noexcept {
  return id == 0 ? std::string_view{} : id <= 16 ? video_codec_name(static_cast<std::uint8_t>(id - 1)) : fourcc_name(id);
}
constexpr std::string_view audio_codec_name_of(std::uint32_t id) noexcept {
  return id == 0 ? std::string_view{} : id <= 16 ? audio_codec_name(static_cast<std::uint8_t>(id - 1)) : fourcc_name(id);
}

}  // namespace tribute::flv

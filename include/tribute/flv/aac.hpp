// AudioSpecificConfig (ISO/IEC 14496-3 section 1.6.2.1), which FLV carries as "AAC sequence header".
// Explicit SBR and PS signalling is understood; the core rate is what frames are counted in.
#pragma once

#include <string>
#include <tribute/flv/bit_reader.hpp>
#include <tribute/result.hpp>

namespace tribute::flv {

struct AacConfig {
  std::uint8_t object_type = 0;   ///< 2 = AAC-LC, 5 = HE-AAC, 29 = HE-AAC v2
  std::uint32_t sample_rate = 0;  ///< Hz, of the core coder: a frame lasts frame_samples of these
  std::uint32_t output_rate = 0;  ///< Hz, what is heard; twice the core's with SBR
  std::uint16_t channels = 0;
  std::uint16_t frame_samples = 1024;

  friend bool operator==(const AacConfig&, const AacConfig&) = default;
};

/// RFC 6381 section 3.3: "mp4a.40.2".
inline std::string aac_codec_string(std::uint8_t object_type) { return "mp4a.40." + std::to_string(object_type); }

namespace detail {

inline std::uint8_t read_object_type(BitReader& in) {
  const auto type = in.bits(5);
  return static_cast<std::uint8_t>(type == 31 ? 32 + in.bits(6) : type);
}

inline std::uint32_t read_sample_rate(BitReader& in) {
  constexpr std::uint32_t rates[] = {96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350};
  const auto index = in.bits(4);
  if (index == 15) return in.bits(24);
  return index < std::size(rates) ? rates[index] : 0;
}

/// Table 1.19; 0 = a program config element inside the stream says it.
constexpr std::uint16_t aac_channels(std::uint32_t configuration) noexcept {
  constexpr std::uint16_t channels[] = {0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 24, 8, 0};
  return channels[configuration & 15];
}

}  // namespace detail

/// corrupt: damaged; unsupported_type: an object type that is not AAC as players know it.
inline Result<AacConfig> parse_aac_config(Bytes bytes) {
  BitReader in{bytes};
  AacConfig out;
  out.object_type = detail::read_object_type(in);
  out.sample_rate = detail::read_sample_rate(in);
  const auto channels = in.bits(4);
  std::uint8_t core_type = out.object_type;
  out.output_rate = out.sample_rate;
  if (out.object_type == 5 || out.object_type == 29) {
    out.output_rate = detail::read_sample_rate(in);
    core_type = detail::read_object_type(in);
  }
  if (in.ok() && (core_type < 1 || core_type > 4))
    return make_error(Errc::unsupported_type, "AAC object type " + std::to_string(core_type), "audio");
  if (in.flag()) out.frame_samples = 960;  // GASpecificConfig, section 4.4.1
  if (!in.ok() || out.sample_rate < 4000 || out.sample_rate > 192'000 || out.output_rate < 4000 || out.output_rate > 192'000)
    return make_error(Errc::corrupt, "the encoder's AAC header is damaged", "audio");
  out.channels = detail::aac_channels(channels);
  if (out.channels == 0) out.channels = 2;
  return out;
}

}  // namespace tribute::flv

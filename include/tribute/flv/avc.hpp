// AVCDecoderConfigurationRecord (ISO/IEC 14496-15 section 5.3.3.1), which FLV carries as "AVC sequence
// header". Says what the picture is and how players are told; the record itself goes into the init unchanged.
#pragma once

#include <string>
#include <tribute/flv/sps.hpp>

namespace tribute::flv {

struct AvcConfig {
  std::uint8_t profile = 0;
  std::uint8_t compatibility = 0;
  std::uint8_t level = 0;
  std::uint8_t length_size = 4;  ///< bytes in front of each NAL unit
  Sps sps;                       ///< of the first parameter set
};

/// RFC 6381 section 3.3: "avc1." and three bytes in hexadecimal.
inline std::string avc_codec_string(std::uint8_t profile, std::uint8_t compatibility, std::uint8_t level) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out = "avc1.";
  for (const unsigned byte : {profile, compatibility, level}) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

inline Result<AvcConfig> parse_avc_config(Bytes record) {
  const auto broken = [] { return make_error(Errc::corrupt, "the encoder's H.264 header is damaged", "avcC"); };
  media::ByteReader in{record};
  AvcConfig out;
  const auto version = in.u8();
  out.profile = in.u8();
  out.compatibility = in.u8();
  out.level = in.u8();
  out.length_size = static_cast<std::uint8_t>((in.u8() & 3) + 1);
  const unsigned sets = in.u8() & 31u;
  if (!in.ok() || version != 1 || sets == 0 || out.length_size == 3) return broken();
  const auto nal = in.take(in.u16());
  if (!in.ok()) return broken();
  for (unsigned i = 1; i < sets; ++i) in.skip(in.u16());
  const unsigned pictures = in.u8();
  for (unsigned i = 0; i < pictures; ++i) in.skip(in.u16());
  if (!in.ok() || pictures == 0) return broken();
  auto sps = parse_sps(nal);
  if (!sps) return sps.error();
  out.sps = *sps;
  return out;
}

}  // namespace tribute::flv

// The H.264 sequence parameter set: picture size after cropping, pixel shape, and the frame rate if the
// encoder says it. ITU-T H.264 sections 7.3.2.1.1 and E.1.1. Hostile input gives a refusal, never more.
#pragma once

#include <cstdint>
#include <tribute/flv/bit_reader.hpp>
#include <tribute/result.hpp>
#include <vector>

namespace tribute::flv {

struct Sps {
  std::uint8_t profile = 0;
  std::uint8_t level = 0;
  std::uint16_t width = 0;  ///< pixels, after cropping
  std::uint16_t height = 0;
  std::uint16_t pixel_width = 1;  ///< sample aspect ratio
  std::uint16_t pixel_height = 1;
  std::uint32_t fps_milli = 0;  ///< frames per 1000 s, 0 = not said

  friend bool operator==(const Sps&, const Sps&) = default;
};

namespace detail {

/// Section 7.4.1.1: 00 00 03 stands for 00 00.
inline std::vector<std::byte> without_emulation_prevention(Bytes nal) {
  std::vector<std::byte> out;
  out.reserve(nal.size());
  unsigned zeros = 0;
  for (const auto byte : nal) {
    if (zeros >= 2 && byte == std::byte{3}) {
      zeros = 0;
      continue;
    }
    zeros = byte == std::byte{0} ? zeros + 1 : 0;
    out.push_back(byte);
  }
  return out;
}

constexpr bool has_chroma_info(unsigned profile) noexcept {
  for (const unsigned p : {100u, 110u, 122u, 244u, 44u, 83u, 86u, 118u, 128u, 138u, 139u, 134u, 135u})
    if (p == profile) return true;
  return false;
}

inline void skip_scaling_list(BitReader& in, unsigned size) {
  std::int32_t last = 8, next = 8;
  for (unsigned i = 0; i < size && in.ok(); ++i) {
    if (next != 0) next = static_cast<std::int32_t>((static_cast<std::int64_t>(last) + in.se() + 256) % 256);
    if (next != 0) last = next;
  }
}

struct ChromaFormat {
  unsigned idc = 1;
  bool separate_planes = false;
};

inline ChromaFormat read_chroma_format(BitReader& in) {
  ChromaFormat chroma;
  chroma.idc = in.ue();
  if (chroma.idc == 3) chroma.separate_planes = in.flag();
  in.ue();    // bit_depth_luma_minus8
  in.ue();    // bit_depth_chroma_minus8
  in.flag();  // qpprime_y_zero_transform_bypass_flag
  if (in.flag())
    for (unsigned i = 0; i < (chroma.idc == 3 ? 12u : 8u) && in.ok(); ++i)
      if (in.flag()) skip_scaling_list(in, i < 6 ? 16 : 64);
  return chroma;
}

inline void skip_picture_order(BitReader& in) {
  const auto type = in.ue();
  if (type == 0) in.ue();
  if (type != 1) return;
  in.flag();
  in.se();
  in.se();
  const auto cycle = in.ue();
  for (std::uint32_t i = 0; i < cycle && in.ok(); ++i) in.se();
}

struct PixelShape {
  std::uint16_t width, height;
};
// Table E-1, aspect_ratio_idc 1 to 16.
inline constexpr PixelShape pixel_shapes[] = {{1, 1},   {1, 1},   {12, 11}, {10, 11}, {16, 11},  {40, 33}, {24, 11}, {20, 11}, {32, 11},
                                              {80, 33}, {18, 11}, {15, 11}, {64, 33}, {160, 99}, {4, 3},   {3, 2},   {2, 1}};

inline void read_vui(BitReader& in, Sps& sps) {
  if (in.flag()) {
    const auto idc = in.bits(8);
    PixelShape shape{1, 1};
    if (idc == 255)
      shape = {static_cast<std::uint16_t>(in.bits(16)), static_cast<std::uint16_t>(in.bits(16))};
    else if (idc < std::size(pixel_shapes))
      shape = pixel_shapes[idc];
    if (shape.width != 0 && shape.height != 0) {
      sps.pixel_width = shape.width;
      sps.pixel_height = shape.height;
    }
  }
  if (in.flag()) in.flag();  // overscan
  if (in.flag()) {           // video_signal_type
    in.bits(4);
    if (in.flag()) in.bits(24);
  }
  if (in.flag()) {  // chroma_loc_info
    in.ue();
    in.ue();
  }
  if (!in.flag()) return;
  const std::uint64_t units = in.bits(32);
  const std::uint64_t scale = in.bits(32);
  // Two fields make a frame (section E.2.1, num_units_in_tick).
  if (in.ok() && units != 0 && scale * 1000 / (2 * units) <= 1'000'000)
    sps.fps_milli = static_cast<std::uint32_t>(scale * 1000 / (2 * units));
}

}  // namespace detail

/// `nal`: the whole NAL unit, header byte first. Refuses pictures over 16384 pixels a side.
inline Result<Sps> parse_sps(Bytes nal) {
  const auto broken = [] { return make_error(Errc::corrupt, "the encoder's H.264 header is damaged", "sps"); };
  if (nal.size() < 4 || (nal[0] & std::byte{0x1f}) != std::byte{7}) return broken();
  const auto rbsp = detail::without_emulation_prevention(nal.subspan(1));
  BitReader in{rbsp};
  Sps sps;
  sps.profile = static_cast<std::uint8_t>(in.bits(8));
  in.bits(8);
  sps.level = static_cast<std::uint8_t>(in.bits(8));
  in.ue();
  detail::ChromaFormat chroma;
  if (detail::has_chroma_info(sps.profile)) chroma = detail::read_chroma_format(in);
  in.ue();  // log2_max_frame_num_minus4
  detail::skip_picture_order(in);
  in.ue();    // max_num_ref_frames
  in.flag();  // gaps_in_frame_num_value_allowed_flag
  const std::uint64_t width_mbs = std::uint64_t{in.ue()} + 1;
  const std::uint64_t height_units = std::uint64_t{in.ue()} + 1;
  const bool frames_only = in.flag();
  if (!frames_only) in.flag();
  in.flag();
  std::uint64_t crop[4] = {0, 0, 0, 0};
  if (in.flag())
    for (auto& side : crop) side = in.ue();
  if (!in.ok() || width_mbs > 1024 || height_units > 1024 || chroma.idc > 3) return broken();
  // Section 7.4.2.1.1: crop units depend on chroma subsampling and on field coding.
  const unsigned planes = chroma.separate_planes ? 0 : chroma.idc;
  const unsigned crop_x = planes == 1 || planes == 2 ? 2 : 1;
  const unsigned crop_y = (planes == 1 ? 2u : 1u) * (frames_only ? 1u : 2u);
  const std::uint64_t width = width_mbs * 16;
  const std::uint64_t height = height_units * (frames_only ? 16 : 32);
  const std::uint64_t cut_x = (crop[0] + crop[1]) * crop_x, cut_y = (crop[2] + crop[3]) * crop_y;
  if (cut_x >= width || cut_y >= height || height > 16384) return broken();
  sps.width = static_cast<std::uint16_t>(width - cut_x);
  sps.height = static_cast<std::uint16_t>(height - cut_y);
  if (in.flag()) detail::read_vui(in, sps);
  return sps;
}

}  // namespace tribute::flv

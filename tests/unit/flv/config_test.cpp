// Sequence headers as encoders send them: sizes, rates, names.
#include <gtest/gtest.h>

#include <media/packager_fixture.hpp>

namespace tribute::flv {
namespace {

using media::testing::bytes_of;

TEST(Avc, reads_what_x264_writes) {
  const auto small = parse_avc_config(media::testing::avc_record);
  ASSERT_TRUE(small) << small.error().detail;
  EXPECT_EQ(small->sps.width, 128);
  EXPECT_EQ(small->sps.height, 72);  // 80 lines are coded, 8 cropped
  EXPECT_EQ(small->sps.fps_milli, 25'000u);
  EXPECT_EQ(avc_codec_string(small->profile, small->compatibility, small->level), "avc1.64000A");
  const auto large = parse_avc_config(media::testing::other_avc_record);
  ASSERT_TRUE(large) << large.error().detail;
  EXPECT_EQ(large->sps.width, 1920);
  EXPECT_EQ(large->sps.height, 1080);
}

TEST(Avc, every_cut_is_refused) {
  const auto& record = media::testing::avc_record;
  // The last four bytes are the extension for High profiles, which may be missing.
  for (std::size_t n = 0; n + 4 < record.size(); ++n) EXPECT_FALSE(parse_avc_config(Bytes{record}.first(n))) << n;
}

TEST(Avc, damage_never_gives_an_impossible_picture) {
  for (std::size_t i = 0; i < media::testing::avc_record.size(); ++i)
    for (unsigned bit = 0; bit < 8; ++bit) {
      auto record = media::testing::avc_record;
      record[i] ^= static_cast<std::byte>(1u << bit);
      const auto config = parse_avc_config(record);
      EXPECT_TRUE(!config ||
                  (config->sps.width > 0 && config->sps.height > 0 && config->sps.width <= 16384 && config->sps.height <= 16384));
    }
}

// ITU-T H.264 Annex E.2.1: 1001/60000 s a field are 29.97 frames a second.
TEST(Sps, frame_rate_of_a_broadcast_camera) {
  // Baseline, 16x16, VUI with timing only.
  std::vector<bool> bits;
  const auto put = [&](std::uint64_t value, unsigned count) {
    while (count-- > 0) bits.push_back((value >> count & 1) != 0);
  };
  const auto ue = [&](std::uint32_t value) {
    unsigned length = 0;
    while ((value + 1) >> (length + 1) != 0) ++length;
    put(0, length);
    put(value + 1, length + 1);
  };
  put(66, 8);
  put(0, 8);
  put(30, 8);
  for (const std::uint32_t v : {0u, 0u, 0u, 0u, 1u}) ue(v);
  put(0, 1);
  ue(0);
  ue(0);
  put(0b110, 3);  // frames only, direct 8x8, no cropping
  put(1, 1);      // VUI
  put(0, 4);      // no aspect ratio, overscan, signal type, chroma location
  put(1, 1);
  put(1001, 32);
  put(60000, 32);
  put(1, 8);
  std::vector<std::byte> nal{std::byte{0x67}};
  unsigned zeros = 0;
  for (std::size_t i = 0; i < bits.size(); i += 8) {
    unsigned byte = 0;
    for (std::size_t b = 0; b < 8; ++b) byte = byte << 1 | (i + b < bits.size() && bits[i + b] ? 1u : 0u);
    if (zeros >= 2 && byte <= 3) {
      nal.push_back(std::byte{3});
      zeros = 0;
    }
    zeros = byte == 0 ? zeros + 1 : 0;
    nal.push_back(static_cast<std::byte>(byte));
  }
  const auto sps = parse_sps(nal);
  ASSERT_TRUE(sps) << sps.error().detail;
  EXPECT_EQ(sps->fps_milli, 29'970u);
  EXPECT_EQ(sps->width, 16);
}

TEST(Aac, reads_what_encoders_write) {
  const auto lc = parse_aac_config(bytes_of({0x11, 0x88, 0x56, 0xe5, 0x00}));  // ffmpeg: 48 kHz mono, "no SBR" behind it
  ASSERT_TRUE(lc);
  EXPECT_EQ(*lc, (AacConfig{2, 48000, 48000, 1, 1024}));
  const auto he = parse_aac_config(bytes_of({0x2b, 0x11, 0x88, 0x00}));  // HE-AAC: 24 kHz core, 48 kHz heard
  ASSERT_TRUE(he);
  EXPECT_EQ(*he, (AacConfig{5, 24000, 48000, 2, 1024}));
  const auto odd = parse_aac_config(bytes_of({0x17, 0x80, 0x5d, 0xc0, 0x10}));  // explicit rate: 0xbb80
  ASSERT_TRUE(odd) << odd.error().detail;
  EXPECT_EQ(odd->sample_rate, 48'000u);
  EXPECT_EQ(odd->channels, 2);
}

TEST(Aac, refuses_what_is_no_aac) {
  EXPECT_FALSE(parse_aac_config({}));
  EXPECT_FALSE(parse_aac_config(bytes_of({0x11})));
  const auto als = parse_aac_config(bytes_of({0xf8, 0x80, 0x90, 0x00}));
  ASSERT_FALSE(als);
  EXPECT_EQ(als.error().code, Errc::unsupported_type);
  EXPECT_FALSE(parse_aac_config(bytes_of({0x17, 0x00, 0x00, 0x00, 0x10})));  // 0 Hz
}

}  // namespace
}  // namespace tribute::flv

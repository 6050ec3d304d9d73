#include <gtest/gtest.h>

#include <tribute/hls/multivariant.hpp>

#include "media/index_fixture.hpp"

namespace tribute::hls {
namespace {

using media::SyntheticBroadcast;

std::string render(const SyntheticBroadcast& b, bool video, bool audio, const MultivariantOptions& options = {}) {
  std::string out;
  const auto done = multivariant_playlist(out, b.writer.view(), video ? &b.video.writer.view() : nullptr,
                                          audio ? &b.audio.writer.view() : nullptr, options);
  EXPECT_TRUE(done) << (done ? "" : done.error().detail);
  return out;
}

TEST(Multivariant, picture_and_sound) {
  SyntheticBroadcast b;
  for (int s = 0; s < 5; ++s) b.segment(false, 60'000, 5'000);  // 6 parts each: 1.44 Mbit/s and 120 kbit/s
  EXPECT_EQ(
      render(b, true, true, {"gr4nt/", "?v=k3"}),
      "#EXTM3U\n"
      "#EXT-X-VERSION:7\n"
      "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"Audio\",DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"2\",URI=\"gr4nt/audio.m3u8?v=k3\"\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=1560000,AVERAGE-BANDWIDTH=1560000,CODECS=\"avc1.64001F,mp4a.40.2\",RESOLUTION=1280x720,FRAME-RATE=30."
      "000,"
      "AUDIO=\"audio\"\n"
      "gr4nt/video.m3u8?v=k3\n");
}

TEST(Multivariant, sound_alone_and_picture_alone) {
  SyntheticBroadcast b;
  for (int s = 0; s < 5; ++s) b.segment();
  EXPECT_EQ(render(b, false, true),
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-STREAM-INF:BANDWIDTH=120000,AVERAGE-BANDWIDTH=120000,CODECS=\"mp4a.40.2\"\naudio.m3u8\n");
  EXPECT_EQ(
      render(b, true, false),
      "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-STREAM-INF:BANDWIDTH=1440000,AVERAGE-BANDWIDTH=1440000,CODECS=\"avc1.64001F\",RESOLUTION=1280x720,"
      "FRAME-RATE=30.000\nvideo.m3u8\n");
  SyntheticBroadcast silent;
  silent.video.segment(6, 30'000, 60'000);
  EXPECT_EQ(render(silent, true, true), render(b, true, false)) << "a track without parts is left out";
}

TEST(Multivariant, waits_for_media_and_target_duration) {
  SyntheticBroadcast b({4, 64, 512}, 0);
  std::string out;
  EXPECT_EQ(multivariant_playlist(out, b.writer.view(), nullptr, nullptr, {}).error().code, Errc::unavailable);
  b.segment();
  EXPECT_FALSE(multivariant_playlist(out, b.writer.view(), &b.video.writer.view(), nullptr, {}));
  EXPECT_TRUE(out.empty());
  b.writer.set_target_duration(4);
  EXPECT_NE(render(b, true, true).find("BANDWIDTH=1560000"), std::string::npos) << "measured on the open segment";
}

// rfc8216bis section 4.4.6.2: the largest rate of any run lasting 0.5 to 1.5 target durations.
TEST(Multivariant, peak_is_that_of_the_worst_run) {
  SyntheticBroadcast b;
  const auto seconds = [&](std::uint32_t s, std::uint32_t bytes) { b.video.part(s * 90'000, bytes, true); };
  seconds(2, 100'000);
  seconds(2, 500'000);
  seconds(1, 900'000);  // alone too short to count: with a neighbour 1.4 MB in 3 s
  seconds(2, 100'000);
  seconds(4, 100'000);
  b.close();
  const auto rates = measure(b.video.writer.snapshot(), 4);
  EXPECT_EQ(rates.peak, 3'733'334u);
  EXPECT_EQ(rates.average, 1'236'364u);
}

TEST(Multivariant, every_codec_that_was_used_is_named_once) {
  SyntheticBroadcast b;
  b.segment();
  auto config = media::video_config();
  config.codec = "avc1.4D401E";
  config.width = 640;
  config.height = 360;
  for (int i = 0; i < 2; ++i) b.video.init = b.video.writer.add_init(media::make_init_entry(config, {1, 0, 1}, 0));
  b.segment(true);
  const auto text = render(b, true, true);
  EXPECT_NE(text.find("CODECS=\"avc1.64001F,avc1.4D401E,mp4a.40.2\""), std::string::npos) << text;
  EXPECT_NE(text.find("RESOLUTION=640x360"), std::string::npos) << "what is being sent now";
}

TEST(Multivariant, frame_rates_of_the_trade_are_recognised_through_millisecond_times) {
  for (const auto& [fps, text] : {std::pair{30000. / 1001, "29.970"},
                                  {24000. / 1001, "23.976"},
                                  {24., "24.000"},
                                  {25., "25.000"},
                                  {50., "50.000"},
                                  {60000. / 1001, "59.940"},
                                  {12.5, "12.500"},
                                  {17., "17.000"}}) {
    SyntheticBroadcast b;
    double at = 0;
    for (int part = 0; part < 60; ++part) {
      const double next = at + 10 / fps * 1000;
      b.video.part(static_cast<std::uint32_t>(std::llround(next) - std::llround(at)) * 90, 1000, part % 6 == 0);
      at = next;
    }
    EXPECT_NE(render(b, true, false).find(std::string("FRAME-RATE=") + text), std::string::npos) << render(b, true, false);
  }
}

}  // namespace
}  // namespace tribute::hls

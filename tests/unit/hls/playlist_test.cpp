#include <gtest/gtest.h>

#include <sstream>
#include <tribute/hls/playlist.hpp>

#include "media/index_fixture.hpp"

namespace tribute::hls {
namespace {

using media::SyntheticBroadcast;

std::string render(const SyntheticBroadcast& b, const media::SyntheticTrack& track, const PlaylistOptions& options) {
  std::string out;
  const auto done = media_playlist(out, b.writer.view(), track.writer.view(), options);
  EXPECT_TRUE(done) << (done ? "" : done.error().detail);
  return out;
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

std::size_t count(const std::string& text, std::string_view what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

std::string value_of(const std::string& text, const std::string& tag) {
  for (const auto& line : lines(text))
    if (line.starts_with(tag + ":")) return line.substr(tag.size() + 1);
  return {};
}

TEST(MediaPlaylist, the_whole_text_of_a_small_recording) {
  SyntheticBroadcast b;
  b.segment();
  b.segment();
  b.video.init = b.video.writer.add_init(media::make_init_entry(media::video_config(), {1, 5000, 700}, 8));
  b.segment(true);
  b.close();
  b.writer.set_ended(true);
  EXPECT_EQ(render(b, b.video, {Window::recording, "video/"}),
            "#EXTM3U\n"
            "#EXT-X-VERSION:7\n"
            "#EXT-X-TARGETDURATION:4\n"
            "#EXT-X-MEDIA-SEQUENCE:0\n"
            "#EXT-X-PLAYLIST-TYPE:VOD\n"
            "#EXT-X-INDEPENDENT-SEGMENTS\n"
            "#EXT-X-MAP:URI=\"video/init-0.mp4\"\n"
            "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:20.000Z\n"
            "#EXTINF:2.000000,\n"
            "video/0.m4s\n"
            "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:22.000Z\n"
            "#EXTINF:2.000000,\n"
            "video/1.m4s\n"
            "#EXT-X-DISCONTINUITY\n"
            "#EXT-X-MAP:URI=\"video/init-1.mp4\"\n"
            "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:24.000Z\n"
            "#EXTINF:2.000000,\n"
            "video/2.m4s\n"
            "#EXT-X-ENDLIST\n");
}

TEST(MediaPlaylist, waits_for_the_first_segment_and_the_target_duration) {
  SyntheticBroadcast b({4, 64, 512}, 0);
  std::string out;
  b.segment();
  b.segment();
  EXPECT_EQ(media_playlist(out, b.writer.view(), b.video.writer.view(), {}).error().code, Errc::unavailable);
  EXPECT_TRUE(out.empty());
  b.writer.set_target_duration(4);
  EXPECT_TRUE(media_playlist(out, b.writer.view(), b.video.writer.view(), {}));
  SyntheticBroadcast fresh;
  fresh.segment();
  EXPECT_FALSE(media_playlist(out, fresh.writer.view(), fresh.video.writer.view(), {})) << "its first segment is still open";
}

TEST(MediaPlaylist, the_live_window_slides_forward_only_and_holds_six_target_durations) {
  SyntheticBroadcast b;
  std::uint64_t begin = 0, discontinuities = 0;
  for (std::uint32_t s = 0; s < 300; ++s) {
    b.video.segment(1 + s % 9, 30'000, 10'000, s % 7 == 3);
    if (s == 0) continue;
    const auto text = render(b, b.video, {Window::live, "video/"});
    const auto first = std::stoull(value_of(text, "#EXT-X-MEDIA-SEQUENCE"));
    EXPECT_GE(first, begin);
    begin = first;
    const auto gone_text = value_of(text, "#EXT-X-DISCONTINUITY-SEQUENCE");
    const auto gone = gone_text.empty() ? 0 : std::stoull(gone_text);
    EXPECT_GE(gone, discontinuities);
    discontinuities = gone;
    EXPECT_EQ(gone + count(text, "#EXT-X-DISCONTINUITY\n"), b.video.writer.snapshot().segment(s - 1)->discontinuities);
    EXPECT_EQ(count(text, "#EXTINF"), s - first);
    EXPECT_EQ(count(text, "ENDLIST") + count(text, "PLAYLIST-TYPE"), 0u);
    double seconds = 0;
    for (auto msn = first; msn < s; ++msn) seconds += static_cast<double>(b.video.writer.snapshot().segment(msn)->duration) / 90000;
    EXPECT_TRUE(first == 0 || (s - first >= 12 && seconds >= 24));
    if (s > 40) {
      EXPECT_LT(s - first, 40u);
    }
  }
}

TEST(MediaPlaylist, dvr_lists_everything_and_ends_where_it_stood) {
  SyntheticBroadcast b;
  for (int s = 0; s < 40; ++s) b.segment();
  auto text = render(b, b.audio, {Window::dvr, ""});
  EXPECT_EQ(count(text, "#EXTINF"), 39u);
  EXPECT_EQ(value_of(text, "#EXT-X-PLAYLIST-TYPE"), "EVENT");
  EXPECT_EQ(count(text, "ENDLIST"), 0u);
  b.close();
  b.writer.set_ended(true);
  const auto after = render(b, b.audio, {Window::dvr, ""});
  EXPECT_TRUE(after.starts_with(text)) << "an EVENT playlist is only ever appended to";
  EXPECT_TRUE(after.ends_with("#EXTINF:2.000000,\n39.m4s\n#EXT-X-ENDLIST\n"));
}

TEST(MediaPlaylist, a_discontinuity_before_the_first_listed_segment_is_not_counted_twice) {
  SyntheticBroadcast b;
  for (int s = 0; s < 20; ++s) b.segment(s == 7);
  const auto text = render(b, b.video, {Window::live, ""});  // 7 … 18
  EXPECT_EQ(value_of(text, "#EXT-X-MEDIA-SEQUENCE"), "7");
  EXPECT_EQ(value_of(text, "#EXT-X-DISCONTINUITY-SEQUENCE"), "");
  EXPECT_EQ(count(text, "#EXT-X-DISCONTINUITY\n"), 1u);
  b.segment();
  const auto next = render(b, b.video, {Window::live, ""});
  EXPECT_EQ(value_of(next, "#EXT-X-DISCONTINUITY-SEQUENCE"), "1");
  EXPECT_EQ(count(next, "#EXT-X-DISCONTINUITY\n"), 0u);
}

TEST(MediaPlaylist, durations_are_exact_and_never_over_the_target_duration) {
  SyntheticBroadcast b;
  b.video.part(3003, 1000, true);        // 1/29.97 s
  b.video.part(5 * 90'000, 1000, true);  // longer than it may be
  b.video.part(1, 1000, true);
  b.video.part(4 * 90'000 + 37'800, 1000, true);  // 4.42 s is four, rounded
  b.close();
  const auto text = render(b, b.video, {Window::dvr, ""});
  EXPECT_NE(text.find("#EXTINF:0.033367,\n0.m4s"), std::string::npos);
  EXPECT_NE(text.find("#EXTINF:4.499000,\n1.m4s"), std::string::npos);
  EXPECT_NE(text.find("#EXTINF:0.000011,\n2.m4s"), std::string::npos);
  EXPECT_NE(text.find("#EXTINF:4.420000,\n3.m4s"), std::string::npos);
}

TEST(MediaPlaylist, segments_without_a_key_frame_take_the_promise_away) {
  SyntheticBroadcast b;
  b.segment();
  EXPECT_EQ(count(render((b.segment(), b), b.video, {}), "INDEPENDENT"), 1u);
  b.video.part(30'000, 1000, true, false, 10, false);
  b.segment();
  EXPECT_EQ(count(render(b, b.video, {}), "INDEPENDENT"), 0u);
}

TEST(MediaPlaylist, wall_times_cross_midnight_and_years) {
  SyntheticBroadcast b;
  b.video.wall_ms = 1'735'689'597'999;  // 2024-12-31T23:59:57.999Z
  for (int s = 0; s < 4; ++s) b.segment();
  const auto text = render(b, b.video, {});
  EXPECT_NE(text.find("TIME:2024-12-31T23:59:57.999Z"), std::string::npos);
  EXPECT_NE(text.find("TIME:2024-12-31T23:59:59.999Z"), std::string::npos);
  EXPECT_NE(text.find("TIME:2025-01-01T00:00:01.999Z"), std::string::npos);
}

TEST(MediaPlaylist, a_damaged_entry_becomes_a_gap_and_the_numbers_go_on) {
  SyntheticBroadcast b;
  for (int s = 0; s < 5; ++s) b.segment();
  const media::TrackCapacity& capacity = b.video.writer.view().capacity();
  const auto entry = b.video.memory.bytes().subspan(media::segment_region(capacity) + 2 * sizeof(media::SegmentEntry));
  std::memset(entry.data(), 0xff, sizeof(media::SegmentEntry));
  const auto text = render(b, b.video, {});
  EXPECT_NE(text.find("#EXT-X-GAP\n#EXTINF:1.000000,\n2.m4s\n"), std::string::npos);
  EXPECT_EQ(count(text, "#EXTINF"), 4u);
}

}  // namespace
}  // namespace tribute::hls

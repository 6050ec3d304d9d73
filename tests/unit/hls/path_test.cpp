#include <gtest/gtest.h>

#include <random>
#include <tribute/hls/path.hpp>

namespace tribute::hls {
namespace {

const std::string id = "3k8x9v2m4q7w1e5r6t0y9a8s7d";
const std::string live = "/hls/" + id + "/";
const std::string recording = "/recordings/" + id;

MediaPath parsed(const std::string& path) {
  static std::string kept;  // the grant points into the text
  kept = path;
  const auto result = parse_media_path(kept);
  EXPECT_TRUE(result) << path;
  return result ? *result : MediaPath{};
}

TEST(MediaPath, knows_every_form) {
  const auto key = *Id::parse(id);
  EXPECT_EQ(parsed(live + "index.m3u8"), (MediaPath{Door::live, Thing::multivariant, key}));
  EXPECT_EQ(parsed(live + "gr-A_nt9/video.m3u8"), (MediaPath{Door::live, Thing::playlist, key, "gr-A_nt9", media::TrackKind::video}));
  EXPECT_EQ(parsed(live + "g/audio.m3u8"), (MediaPath{Door::live, Thing::playlist, key, "g", media::TrackKind::audio}));
  EXPECT_EQ(parsed(live + "g/audio/init-0.mp4"), (MediaPath{Door::live, Thing::init, key, "g", media::TrackKind::audio, 0}));
  EXPECT_EQ(parsed(live + "g/video/init-30.mp4"), (MediaPath{Door::live, Thing::init, key, "g", media::TrackKind::video, 30}));
  EXPECT_EQ(parsed(live + "g/video/0.m4s"), (MediaPath{Door::live, Thing::segment, key, "g", media::TrackKind::video, 0}));
  EXPECT_EQ(parsed(live + "g/video/18446744073709551615.m4s"),
            (MediaPath{Door::live, Thing::segment, key, "g", media::TrackKind::video, UINT64_MAX}));
  EXPECT_EQ(parsed(live + "g/video/123.4.m4s"), (MediaPath{Door::live, Thing::part, key, "g", media::TrackKind::video, 123, 4}));
  EXPECT_EQ(parsed(recording + "/index.m3u8"), (MediaPath{Door::recording, Thing::multivariant, key}));
  EXPECT_EQ(parsed(recording + "/g/audio/7.m4s"), (MediaPath{Door::recording, Thing::segment, key, "g", media::TrackKind::audio, 7}));
  EXPECT_EQ(parsed(recording + ".mp4"), (MediaPath{Door::recording, Thing::download, key}));
}

TEST(MediaPath, a_grant_may_look_like_anything_base64url) {
  EXPECT_EQ(parsed(live + "video/video.m3u8").grant, "video");
  EXPECT_EQ(parsed(live + std::string(128, 'x') + "/video.m3u8").grant.size(), 128u);
}

TEST(MediaPath, refuses_everything_else) {
  for (const std::string& path : {
           std::string{},
           std::string{"/"},
           std::string{"/hls"},
           std::string{"/hls/"},
           live,
           "/hls/" + id,
           recording,
           recording + "/",
           std::string{"/hls/active/index.m3u8"},
           "/HLS/" + id + "/index.m3u8",
           "/hls//" + id + "/index.m3u8",
           "hls/" + id + "/index.m3u8",
           "/hls/" + id + ".mp4",
           recording + ".mp4/",
           recording + ".MP4",
           recording + ".mp4?x",
           recording + "/x.mp4",
           recording + "x.mp4",
           live + "index.m3u8/",
           live + "/index.m3u8",
           live + "index.m3u",
           live + "INDEX.m3u8",
           live + "index.m3u8?token=x",
           live + "video.m3u8",
           live + "g/index.m3u8",
           live + "g/",
           live + "g//video.m3u8",
           live + "/video.m3u8",
           live + "g/video",
           live + "g/Video.m3u8",
           live + "g/subtitles.m3u8",
           live + "g/video.m3u8/",
           live + "g/.m3u8",
           live + "g/video.m3u8.m3u8",
           live + "g g/video.m3u8",
           live + "g%2f/video.m3u8",
           live + "g./video.m3u8",
           live + "../video.m3u8",
           live + "./video.m3u8",
           live + "g/../video.m3u8",
           live + "g/video/../1.m4s",
           live + "g/video/..",
           live + "g/video/",
           live + "g/video//1.m4s",
           live + std::string(129, 'x') + "/video.m3u8",
           live + "g/video/1.m4s/",
           live + "g/video/1.m4s/2.m4s",
           live + "g/video/1.mp4",
           live + "g/video/01.m4s",
           live + "g/video/00.m4s",
           live + "g/video/+1.m4s",
           live + "g/video/-1.m4s",
           live + "g/video/1 .m4s",
           live + "g/video/0x1.m4s",
           live + "g/video/1e3.m4s",
           live + "g/video/.m4s",
           live + "g/video/m4s",
           live + "g/video/1m4s",
           live + "g/video/18446744073709551616.m4s",
           live + "g/video/99999999999999999999999.m4s",
           live + "g/video/1..m4s",
           live + "g/video/.1.m4s",
           live + "g/video/1.2.3.m4s",
           live + "g/video/1.02.m4s",
           live + "g/video/1.4294967296.m4s",
           live + "g/video/1.-2.m4s",
           live + "g/video/init-.mp4",
           live + "g/video/init-01.mp4",
           live + "g/video/init-1.m4s",
           live + "g/video/init.mp4",
           live + "g/video/init-4294967296.mp4",
           live + "g/video/init-1.2.mp4",
           live + "g/video/Init-1.mp4",
           live + "g/video/1.m4s" + std::string(1, '\0'),
           live + std::string("g/vid\0eo/1.m4s", 14),
           live + "g/\xc3\xa9/1.m4s",
           "/hls/" + id.substr(1) + "/index.m3u8",
           "/hls/8" + id.substr(1) + "/index.m3u8",
           "/hls/" + id + "0/index.m3u8",
       })
    EXPECT_EQ(parse_media_path(path).has_value(), false) << path;
  EXPECT_EQ(parse_media_path("/hls/").error().code, Errc::not_found);
}

// One spelling each: whatever is accepted comes out again as it went in, so no two texts mean the same thing.
TEST(MediaPath, what_is_accepted_has_one_spelling) {
  const std::string seeds[] = {live + "index.m3u8",        live + "g/video.m3u8",         live + "g/audio/init-3.mp4",
                               live + "g/video/123.4.m4s", recording + "/g/video/12.m4s", recording + ".mp4"};
  std::mt19937 random(3);
  const std::string alphabet = "0123456789./-_abgimpsv%\0A";
  int accepted = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string path = seeds[random() % std::size(seeds)];
    for (int edits = static_cast<int>(random() % 3); edits >= 0; --edits) {
      const auto at = random() % path.size();
      switch (random() % 3) {
        case 0: path[at] = alphabet[random() % alphabet.size()]; break;
        case 1: path.erase(at, 1); break;
        default: path.insert(at, 1, alphabet[random() % alphabet.size()]); break;
      }
    }
    if (const auto result = parse_media_path(path)) {
      ++accepted;
      EXPECT_EQ(format_media_path(*result), path);
    }
  }
  EXPECT_GT(accepted, 1000);
}

}  // namespace
}  // namespace tribute::hls

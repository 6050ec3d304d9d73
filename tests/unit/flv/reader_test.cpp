#include <gtest/gtest.h>

#include <media/packager_fixture.hpp>

namespace tribute::flv {
namespace {

using media::testing::FlvLog;

std::vector<std::byte> sample() {
  FlvLog log;
  log.tag(18, 0, media::testing::bytes_of({2, 0}));
  log.aac_header(0);
  log.avc_header(0);
  log.video(0xfffffffe, true, 100, -40);
  log.audio(0x01020304);
  return log.bytes();
}

std::vector<Tag> all_tags(const std::vector<std::byte>& bytes) {
  Reader reader;
  reader.set_window(bytes, 0);
  std::vector<Tag> out;
  while (true) {
    auto tag = reader.next();
    EXPECT_TRUE(tag) << tag.error().detail;
    if (!tag || !*tag) return out;
    out.push_back(**tag);
  }
}

TEST(Reader, gives_every_tag_with_its_place_and_time) {
  const auto bytes = sample();
  const auto tags = all_tags(bytes);
  ASSERT_EQ(tags.size(), 5u);
  EXPECT_EQ(tags[0].kind, TagKind::script);
  EXPECT_EQ(tags[0].log_offset, 13u);
  EXPECT_EQ(tags[3].timestamp, 0xfffffffeu);
  EXPECT_EQ(tags[4].timestamp, 0x01020304u);
  for (std::size_t i = 1; i < tags.size(); ++i) EXPECT_EQ(tags[i].log_offset, tags[i - 1].next_offset);
  EXPECT_EQ(tags.back().next_offset, bytes.size());
  const auto video = video_head(tags[3].payload);
  ASSERT_TRUE(video);
  EXPECT_TRUE(video->key);
  EXPECT_EQ(video->codec, codec_avc);
  EXPECT_EQ(video->composition_offset, -40);
  EXPECT_EQ(video->data.size(), 100u);
}

TEST(Reader, a_growing_file_gives_the_same_tags_at_any_step) {
  const auto bytes = sample();
  const auto expected = all_tags(bytes);
  for (std::size_t step = 1; step < 40; ++step) {
    Reader reader;
    std::size_t found = 0;
    for (std::size_t end = 0; end <= bytes.size() + step; end += step) {
      // The window moves on with the reader, as a window over a punched file does.
      const auto from = static_cast<std::size_t>(reader.offset());
      const auto to = std::min(end, bytes.size());
      if (to < from) continue;
      reader.set_window(Bytes{bytes}.subspan(from, to - from), from);
      while (true) {
        const auto tag = reader.next();
        ASSERT_TRUE(tag);
        if (!*tag) break;
        ASSERT_LT(found, expected.size());
        EXPECT_EQ((*tag)->log_offset, expected[found].log_offset);
        EXPECT_EQ((*tag)->payload.size(), expected[found].payload.size());
        ++found;
      }
    }
    EXPECT_EQ(found, expected.size()) << step;
  }
}

TEST(Reader, what_is_no_flv_is_called_corrupt) {
  for (const auto& start :
       {std::string("GIF89a"), std::string("FLV\2\5\0\0\0\11\0\0\0\0", 13), std::string("FLV\1\5\0\0\0\12\0\0\0\0", 13)}) {
    Reader reader;
    const auto bytes = std::as_bytes(std::span{start});
    reader.set_window(bytes, 0);
    const auto tag = reader.next();
    ASSERT_FALSE(tag) << start;
    EXPECT_EQ(tag.error().code, Errc::corrupt);
  }
}

TEST(Reader, goes_on_behind_a_tag_that_a_full_disk_cut_short) {
  auto bytes = sample();
  const auto tags = all_tags(bytes);
  bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(tags[3].log_offset) + 30,
              bytes.begin() + static_cast<std::ptrdiff_t>(tags[3].next_offset));
  FlvLog more(bytes);
  more.video(7, true, 90);
  Reader reader;
  reader.set_window(more.bytes(), 0);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(*reader.next());
  auto broken = reader.next();
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, Errc::corrupt);
  ASSERT_TRUE(reader.resync());
  const auto next = reader.next();
  ASSERT_TRUE(next && *next);
  EXPECT_EQ((*next)->timestamp, 0x01020304u);
  EXPECT_EQ((*reader.next())->timestamp, 7u);
  EXPECT_FALSE(*reader.next());
}

TEST(Reader, resync_waits_when_there_is_nothing_yet) {
  Reader reader{100};
  EXPECT_FALSE(reader.resync());
  EXPECT_EQ(reader.offset(), 100u);
}

TEST(Heads, enhanced_rtmp_is_recognised) {
  const auto hevc = media::testing::bytes_of({0x90, 'h', 'v', 'c', '1', 1, 2});
  const auto video = video_head(hevc);
  ASSERT_TRUE(video);
  EXPECT_EQ(video->fourcc, 0x68766331u);
  EXPECT_EQ(video->data.size(), 2u);
  EXPECT_FALSE(video_head({}));
  EXPECT_FALSE(video_head(media::testing::bytes_of({0x57, 0})));  // a seek command, no picture
  EXPECT_FALSE(video_head(media::testing::bytes_of({0x17, 1, 0})));
  EXPECT_FALSE(audio_head(media::testing::bytes_of({0xaf})));
}

}  // namespace
}  // namespace tribute::flv

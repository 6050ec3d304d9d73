// Wherever the work is interrupted, another packager continues with the same bytes.
#include <media/resume_check.hpp>

namespace tribute::media {
namespace {

using namespace testing;

std::vector<std::byte> log_of(const FlvLog::Feed& feed) {
  FlvLog log;
  if (feed.with_audio) log.aac_header(feed.first_ms, feed.rate == 48000 ? aac_48k : aac_44k);
  if (feed.with_video) log.avc_header(feed.first_ms);
  log.feed(feed);
  return log.bytes();
}

class Samples : public ::testing::TestWithParam<const char*> {};

TEST_P(Samples, go_on_anywhere) {
  const auto log = file_bytes(std::string(TRIBUTE_TEST_DATA) + "/" + GetParam());
  ASSERT_FALSE(log.empty());
  expect_resumable({log});
}
INSTANTIATE_TEST_SUITE_P(Encoder, Samples, ::testing::Values("fps25_48k.flv", "fps2997_44k.flv", "fps60_48k_gop1.flv"),
                         [](const auto& sample) { return std::string(sample.param, std::string_view(sample.param).find('.')); });

TEST(Resume, ordinary_broadcast) { expect_resumable({log_of({.fps = 30, .gop = 60, .seconds = 9})}); }
TEST(Resume, odd_rates) { expect_resumable({log_of({.fps = 30000.0 / 1001, .gop = 47, .seconds = 9, .rate = 44100})}); }
TEST(Resume, audio_only) { expect_resumable({log_of({.seconds = 9, .with_video = false})}); }
TEST(Resume, video_only) { expect_resumable({log_of({.seconds = 9, .with_audio = false})}); }
TEST(Resume, long_key_frame_interval) { expect_resumable({log_of({.fps = 30, .gop = 250, .seconds = 25})}); }
TEST(Resume, no_second_key_frame) { expect_resumable({log_of({.fps = 25, .gop = 100000, .seconds = 25})}); }
TEST(Resume, short_key_frame_interval) { expect_resumable({log_of({.fps = 25, .gop = 10, .seconds = 7})}); }
TEST(Resume, timestamps_pass_32_bits) { expect_resumable({log_of({.seconds = 9, .first_ms = 0xffffffff - 4000})}); }

TEST(Resume, video_joins_late) {
  FlvLog::Feed feed{.seconds = 12};
  feed.video_at = [](double t) { return t > 5; };
  FlvLog log;
  log.aac_header(0);
  auto audio_first = feed;
  audio_first.with_video = false;
  audio_first.seconds = 5;
  log.feed(audio_first);
  log.avc_header(5000);
  auto both = feed;
  both.first_ms = 5000;
  both.video_at = [](double) { return true; };
  both.seconds = 7;
  log.feed(both);
  expect_resumable({log.bytes()});
}

TEST(Resume, audio_joins_late) {
  FlvLog::Feed feed{.seconds = 12};
  feed.audio_at = [](double t) { return t > 4.3; };
  expect_resumable({log_of(feed)});
  feed.audio_at = [](double t) { return t > 33; };  // longer than its header is waited for
  feed.seconds = 36;
  const auto logs = Logs{log_of(feed)};
  EXPECT_FALSE(package(logs).track(TrackKind::audio).empty());
}

TEST(Resume, video_pauses) {
  for (const double pause : {0.7, 1.5, 4.0, 13.0, 31.0}) {
    FlvLog::Feed feed{.seconds = 9 + pause};
    feed.video_at = [=](double t) { return t < 3.3 || t > 3.3 + pause; };
    SCOPED_TRACE(pause);
    expect_resumable({log_of(feed)});
  }
}

TEST(Resume, audio_pauses) {
  for (const double pause : {0.1, 1.5, 13.0, 31.0}) {
    FlvLog::Feed feed{.seconds = 9 + pause};
    feed.audio_at = [=](double t) { return t < 3.3 || t > 3.3 + pause; };
    SCOPED_TRACE(pause);
    expect_resumable({log_of(feed)});
  }
}

TEST(Resume, encoder_clock_jumps) {
  for (const std::int64_t jump : {3'600'000ll, -3'000'000ll, 12'000ll, -2'000ll}) {
    FlvLog::Feed feed{.seconds = 9, .first_ms = 5'000'000};
    feed.video_ms = feed.audio_ms = [=](double t, std::uint32_t ms) { return static_cast<std::uint32_t>(ms + (t > 4.1 ? jump : 0)); };
    SCOPED_TRACE(jump);
    expect_resumable({log_of(feed)});
    feed.audio_ms = [=](double t, std::uint32_t ms) { return static_cast<std::uint32_t>(ms + (t > 4.5 ? jump : 0)); };
    expect_resumable({log_of(feed)});
    feed.audio_ms = [=](double t, std::uint32_t ms) { return static_cast<std::uint32_t>(ms + (t > 3.9 ? jump : 0)); };
    expect_resumable({log_of(feed)});
  }
}

TEST(Resume, jittering_audio) {
  FlvLog::Feed feed{.seconds = 12};
  feed.audio_ms = [](double t, std::uint32_t ms) {
    return ms + (t > 3 ? 45 : 0) + (t > 6 ? 120 : 0) - (t > 8 ? 165 : 0) + static_cast<std::uint32_t>(t * 1000) % 7;
  };
  expect_resumable({log_of(feed)});
}

TEST(Resume, sequence_headers_change) {
  FlvLog log;
  log.aac_header(0);
  log.avc_header(0);
  log.feed({.seconds = 4.2});
  log.avc_header(4200, other_avc_record);
  log.feed({.seconds = 3.5, .first_ms = 4200});
  log.aac_header(7700, aac_44k);
  log.avc_header(7700, other_avc_record);
  log.feed({.gop = 30, .seconds = 4, .first_ms = 7700, .rate = 44100});
  expect_resumable({log.bytes()});
}

TEST(Resume, encoder_reconnects) {
  auto second = log_of({.fps = 30, .gop = 45, .seconds = 5, .first_ms = 123'456, .rate = 44100});
  auto third = log_of({.fps = 24, .seconds = 3, .with_video = false});
  auto fourth = log_of({.fps = 24, .gop = 24, .seconds = 4});
  expect_resumable({log_of({.seconds = 3.7}), second, third, fourth});
}

}  // namespace
}  // namespace tribute::media

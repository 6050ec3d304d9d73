#include <gtest/gtest.h>

#include <tribute/media/timeline.hpp>

namespace tribute::media {
namespace {

/// Two tracks of one encoder, a frame of each every 20 ms.
struct Line {
  FlvClock video, audio;

  MappedTime push(FlvClock& own, const FlvClock& other, std::uint32_t ms) {
    return map_timestamp(own, other, ms, own.set ? own.time_90k + 20 * 90 : 0);
  }
  void play(std::uint32_t from, std::uint32_t until) {
    for (auto ms = from; ms < until; ms += 20) push(video, audio, ms), push(audio, video, ms);
  }
};

// The clock of the encoder goes back; one track tells it first, the other follows.
class GoesBack : public testing::TestWithParam<std::pair<std::uint32_t, bool>> {};

TEST_P(GoesBack, and_the_time_line_goes_on_in_both_tracks) {
  const auto [by, video_first] = GetParam();
  Line line;
  line.play(10'000, 20'000);
  auto& first = video_first ? line.video : line.audio;
  auto& second = video_first ? line.audio : line.video;
  const auto before = first.time_90k;
  const auto one = line.push(first, second, 20'000 - by);
  const auto two = line.push(second, first, 20'000 - by);
  EXPECT_TRUE(one.jumped);
  EXPECT_TRUE(two.jumped);
  EXPECT_EQ(one.time_90k, before + 20 * 90);
  EXPECT_EQ(two.time_90k, one.time_90k) << "and they stay in sync";
}

INSTANTIATE_TEST_SUITE_P(TimeLine, GoesBack,
                         testing::Values(std::pair{1'500u, true}, std::pair{1'500u, false}, std::pair{2'500u, true}, std::pair{2'500u, false},
                                         std::pair{4'900u, true}, std::pair{4'900u, false}, std::pair{9'000u, true}, std::pair{9'000u, false}));

TEST(TimeLine, a_small_step_back_is_no_jump) {
  Line line;
  line.play(10'000, 20'000);
  const auto before = line.video.time_90k;
  const auto mapped = line.push(line.video, line.audio, 19'480);
  EXPECT_FALSE(mapped.jumped);
  EXPECT_EQ(mapped.time_90k, before - 500 * 90);
}

TEST(TimeLine, a_track_that_paused_comes_back_where_the_other_is) {
  Line line;
  line.play(10'000, 20'000);
  for (std::uint32_t ms = 20'000; ms < 40'000; ms += 20) line.push(line.audio, line.video, ms);
  const auto mapped = line.push(line.video, line.audio, 40'000);
  EXPECT_EQ(mapped.time_90k, line.audio.time_90k + 20 * 90);
}

}  // namespace
}  // namespace tribute::media

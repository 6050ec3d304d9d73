// The owner's work on real files: logs that grow, owners that die, encoders that return, rehearsals that go on air.
#include <tribute/adapter/stream_recorder.hpp>

#include "adapter/broadcast_fixture.hpp"
#include "media/packager_fixture.hpp"

namespace tribute::adapter {
namespace {

const Id first_session = *Id::parse("3aaaaaaaaaaaaaaaaaaaaaaaaa");
const Id second_session = *Id::parse("3bbbbbbbbbbbbbbbbbbbbbbbbb");
const Id preview = *Id::parse("4ccccccccccccccccccccccccc");

constexpr std::uint64_t fps = 25;

/// 25 pictures a second, a key frame every 50.
std::vector<std::byte> feed_of(int seconds) {
  media::testing::FlvLog log;
  log.avc_header(0);
  log.aac_header(0);
  media::testing::FlvLog::Feed feed;
  feed.seconds = seconds;
  log.feed(feed);
  return log.bytes();
}

class Recorder : public ::testing::Test {
 protected:
  TemporaryFolder folder;
  StreamRecorder::Folders folders{folder.path() + "/ingest", folder.path() + "/media"};
  std::unique_ptr<StreamRecorder> recorder;

  void SetUp() override {
    std::filesystem::create_directory(folders.ingest);
    std::filesystem::create_directory(folders.media);
    own();
  }

  void own() {
    recorder.reset();
    auto owned = StreamRecorder::try_own(folders, stream_id);
    ASSERT_TRUE(owned) << owned.error().detail;
    recorder = std::move(*owned);
  }

  std::string log_of(const Id& session) const { return StreamRecorder::log_path(folders.ingest, session); }

  void append(const Id& session, std::span<const std::byte> bytes) const {
    auto file = File::open(log_of(session), O_WRONLY | O_CREAT, "log");
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write_at(*file->size(), bytes));
  }

  /// Appends in pieces that end anywhere, and lets the recorder look after each.
  std::uint32_t grow_and_pump(const Assignment& assignment, std::span<const std::byte> log, std::size_t piece) {
    std::uint32_t parts = 0;
    for (std::size_t at = 0; at < log.size(); at += piece) {
      append(assignment.session, log.subspan(at, std::min(piece, log.size() - at)));
      const auto report = recorder->pump(assignment);
      EXPECT_FALSE(report.failure) << report.failure->detail;
      parts += report.parts;
    }
    return parts;
  }

  std::uint64_t frames_in(const Id& broadcast, TrackKind kind) const {
    auto reader = BroadcastReader::open(folders.media, stream_id, broadcast);
    EXPECT_TRUE(reader);
    const auto* view = reader->track(kind);
    std::uint64_t frames = 0;
    for (std::uint32_t i = 0; view != nullptr && i < view->snapshot().parts(); ++i) frames += view->snapshot().part(i)->frames;
    return frames;
  }

  std::uint32_t discontinuities_in(const Id& broadcast) const {
    auto reader = BroadcastReader::open(folders.media, stream_id, broadcast);
    EXPECT_TRUE(reader);
    return reader->track(TrackKind::video)->snapshot().last_segment()->discontinuities;
  }

  static Assignment assignment(const Id& session, std::uint64_t generation, const Id& media = broadcast_id) {
    return {media, session, generation, {1'700'000'000'000}};
  }
};

TEST_F(Recorder, packages_a_log_that_grows_and_keeps_every_frame) {
  const auto log = feed_of(10);
  EXPECT_GT(grow_and_pump(assignment(first_session, 1), log, 1000), 50u);
  const auto done = recorder->finish(broadcast_id, first_session);
  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_NEAR(static_cast<double>(done->duration_ms), 10'000, 50);
  EXPECT_EQ(frames_in(broadcast_id, TrackKind::video), 10 * fps);
  EXPECT_FALSE(std::filesystem::exists(log_of(first_session)));
  auto reader = BroadcastReader::open(folders.media, stream_id, broadcast_id);
  ASSERT_TRUE(reader);
  EXPECT_TRUE(reader->broadcast().ended());
}

TEST_F(Recorder, a_second_owner_is_turned_away_until_the_first_is_gone) {
  EXPECT_EQ(StreamRecorder::try_own(folders, stream_id).error().code, Errc::conflict);
  recorder.reset();
  EXPECT_TRUE(StreamRecorder::try_own(folders, stream_id));
}

TEST_F(Recorder, goes_on_where_a_killed_owner_stopped) {
  const auto log = feed_of(12);
  const std::span all(log);
  const std::size_t cut = log.size() / 2 + 77;
  grow_and_pump(assignment(first_session, 1), all.first(cut), 5000);
  own();
  grow_and_pump(assignment(first_session, 1), all.subspan(cut), 5000);
  ASSERT_TRUE(recorder->finish(broadcast_id, first_session));
  EXPECT_EQ(frames_in(broadcast_id, TrackKind::video), 12 * fps);
  EXPECT_EQ(discontinuities_in(broadcast_id), 0u);
}

TEST_F(Recorder, frees_the_log_behind_it) {
  const auto log = feed_of(20);
  append(first_session, log);
  ASSERT_FALSE(recorder->pump(assignment(first_session, 1)).failure);
  struct stat info {};
  ASSERT_EQ(::stat(log_of(first_session).c_str(), &info), 0);
  EXPECT_EQ(static_cast<std::size_t>(info.st_size), log.size());
  EXPECT_LT(static_cast<std::size_t>(info.st_blocks) * 512, log.size() / 2);
}

TEST_F(Recorder, an_encoder_that_returns_continues_the_broadcast_with_a_discontinuity) {
  const auto log = feed_of(6);
  grow_and_pump(assignment(first_session, 1), log, 4000);
  EXPECT_FALSE(recorder->pause().failure);
  EXPECT_FALSE(std::filesystem::exists(log_of(first_session)));
  grow_and_pump(assignment(second_session, 2), log, 4000);
  const auto done = recorder->finish(broadcast_id, second_session);
  ASSERT_TRUE(done);
  EXPECT_EQ(frames_in(broadcast_id, TrackKind::video), 12 * fps);
  EXPECT_EQ(discontinuities_in(broadcast_id), 1u);
  EXPECT_NEAR(static_cast<double>(done->duration_ms), 12'000, 100);
}

TEST_F(Recorder, what_a_dead_owner_left_of_the_session_before_is_packaged_first) {
  const auto log = feed_of(6);
  const std::span all(log);
  grow_and_pump(assignment(first_session, 1), all.first(log.size() / 2), 4000);
  append(first_session, all.subspan(log.size() / 2));
  own();
  grow_and_pump(assignment(second_session, 2), log, 4000);
  ASSERT_TRUE(recorder->finish(broadcast_id, second_session));
  EXPECT_EQ(frames_in(broadcast_id, TrackKind::video), 12 * fps);
}

TEST_F(Recorder, a_rehearsal_goes_on_air_from_the_next_key_frame_on) {
  const auto log = feed_of(12);
  const std::span all(log);
  const std::size_t cut = log.size() / 2;
  grow_and_pump(assignment(first_session, 1, preview), all.first(cut), 4000);
  grow_and_pump(assignment(first_session, 1, broadcast_id), all.subspan(cut), 4000);
  ASSERT_TRUE(recorder->finish(broadcast_id, first_session));
  const auto rehearsed = frames_in(preview, TrackKind::video), aired = frames_in(broadcast_id, TrackKind::video);
  EXPECT_GE(aired, 4 * fps);
  EXPECT_LE(rehearsed + aired, 12 * fps);
  EXPECT_GE(rehearsed + aired, 10 * fps);  // at most one key frame interval of 2 s lies between
  EXPECT_GT(frames_in(broadcast_id, TrackKind::audio), 100u);
}

TEST_F(Recorder, finishing_twice_gives_the_same_and_finishing_nothing_is_not_found) {
  const auto log = feed_of(5);
  grow_and_pump(assignment(first_session, 1), log, 100'000);
  const auto once = recorder->finish(broadcast_id, first_session);
  own();
  const auto twice = recorder->finish(broadcast_id, first_session);
  ASSERT_TRUE(once && twice);
  EXPECT_EQ(once->duration_ms, twice->duration_ms);
  EXPECT_EQ(once->bytes, twice->bytes);
  EXPECT_EQ(recorder->finish(preview, {}).error().code, Errc::not_found);
}

TEST_F(Recorder, a_broadcast_that_is_reopened_goes_on_and_ends_again) {
  const auto log = feed_of(5);
  grow_and_pump(assignment(first_session, 1), log, 100'000);
  ASSERT_TRUE(recorder->finish(broadcast_id, first_session));
  grow_and_pump(assignment(second_session, 2), log, 100'000);
  auto reader = BroadcastReader::open(folders.media, stream_id, broadcast_id);
  ASSERT_TRUE(reader);
  EXPECT_FALSE(reader->broadcast().ended());
  const auto done = recorder->finish(broadcast_id, second_session);
  ASSERT_TRUE(done);
  EXPECT_TRUE(reader->broadcast().ended());
  EXPECT_NEAR(static_cast<double>(done->duration_ms), 10'000, 100);
}

TEST_F(Recorder, a_log_that_is_not_there_yet_is_waited_for) {
  const auto report = recorder->pump(assignment(first_session, 1));
  EXPECT_FALSE(report.failure);
  EXPECT_EQ(report.parts, 0u);
  const auto log = feed_of(5);
  EXPECT_GT(grow_and_pump(assignment(first_session, 1), log, 100'000), 20u);
}

TEST_F(Recorder, damage_inside_a_log_costs_only_the_damaged_tags) {
  auto log = feed_of(10);
  for (std::size_t i = log.size() / 2; i < log.size() / 2 + 500; ++i) log[i] = std::byte{0xff};
  grow_and_pump(assignment(first_session, 1), log, 4000);
  ASSERT_TRUE(recorder->finish(broadcast_id, first_session));
  EXPECT_GT(frames_in(broadcast_id, TrackKind::video), 10 * fps - 10);
}

}  // namespace
}  // namespace tribute::adapter

#include <sys/resource.h>
#include <sys/wait.h>
#include <fstream>
#include <thread>

#include "adapter/broadcast_fixture.hpp"

namespace tribute::adapter {
namespace {

class Writer : public BroadcastOnDisk {};

std::vector<std::byte> content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::vector<char> chars{std::istreambuf_iterator<char>(in), {}};
  std::vector<std::byte> out(chars.size());
  std::transform(chars.begin(), chars.end(), out.begin(), [](char c) { return static_cast<std::byte>(c); });
  return out;
}

TEST_F(Writer, what_was_appended_can_be_read_by_everybody_at_once) {
  start();
  const auto first = video.part(true), second = video.part(false);
  put(TrackKind::video, first);
  auto reading = reader();
  EXPECT_EQ(reading.track(TrackKind::audio), nullptr);
  put(TrackKind::video, second);
  put(TrackKind::audio, audio.part(true));
  ASSERT_TRUE(reading.refresh());
  ASSERT_NE(reading.track(TrackKind::audio), nullptr);
  const auto now = reading.track(TrackKind::video)->snapshot();
  const auto open = now.open_segment();
  ASSERT_TRUE(open);
  EXPECT_EQ(*reading.read(TrackKind::video, *now.part_range(*open, 0)), first);
  EXPECT_EQ(*reading.read(TrackKind::video, *now.part_range(*open, 1)), second);
  EXPECT_EQ(*reading.read(TrackKind::video, *now.init_range(0)), media::avc_1080p().init);
  EXPECT_EQ(media::codec_of(*now.init(0)), "avc1.640028");
  EXPECT_EQ(reading.broadcast().stream(), stream_id);
  EXPECT_EQ(reading.broadcast().target_duration(), 4u);
  EXPECT_EQ(reading.broadcast().sessions(), 1u);
  EXPECT_EQ(reading.broadcast().session(0)->wall_start_ms, video.wall_start_ms);
  const auto part = now.part(1);
  EXPECT_EQ(part->decode_time, 30'000u);
  EXPECT_EQ(part->duration, 30'000u);
  EXPECT_EQ(part->frames, 10u);
  EXPECT_EQ(part->log_end, 2013u);
  EXPECT_EQ(part->wall_ms, video.wall_start_ms + 333);
  EXPECT_EQ(part->crc, crc_of(second));
}

TEST_F(Writer, has_one_owner) {
  start();
  const auto other = BroadcastWriter::open(folder.path(), stream_id, broadcast_id, options);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::conflict);
  EXPECT_EQ(remove_broadcast(folder.path(), stream_id, broadcast_id).error().code, Errc::conflict);
  writer.reset();
  EXPECT_TRUE(BroadcastWriter::open(folder.path(), stream_id, broadcast_id, options));
}

TEST_F(Writer, files_roll_at_a_segment_and_every_one_plays_by_itself) {
  options.roll_seconds = 4;
  start();
  for (int s = 0; s < 7; ++s) segment();
  const auto now = writer->view(TrackKind::video)->snapshot();
  EXPECT_EQ(now.segment(0)->range.file, 1u);
  EXPECT_EQ(now.segment(1)->range.file, 1u);
  EXPECT_EQ(now.segment(2)->range.file, 2u);
  EXPECT_EQ(now.segment(6)->range.file, 4u);
  EXPECT_EQ(now.inits(), 1u) << "the same init again is no new one";
  for (const char* name : {"video-0001.mp4", "video-0002.mp4", "audio-0003.mp4"}) {
    const auto bytes = content(file(name));
    const auto init = cmaf::read_init(bytes);
    ASSERT_TRUE(init) << name;
    EXPECT_TRUE(cmaf::read_chunk(std::span(bytes).subspan(init->size))) << name;
  }
  options.roll_seconds = 600;
  options.roll_bytes = 1000;
  open();
  segment();
  segment();
  EXPECT_EQ(writer->view(TrackKind::video)->snapshot().open_segment()->range.file, 6u) << "by size too";
}

TEST_F(Writer, a_changed_config_is_a_new_init_with_the_next_segment) {
  start();
  segment();
  writer->configure(TrackKind::video, media::avc_1080p());
  segment();
  EXPECT_EQ(writer->view(TrackKind::video)->snapshot().inits(), 1u);
  writer->configure(TrackKind::video, media::avc_1080p_changed());
  put(TrackKind::video, video.part(false));
  EXPECT_EQ(writer->view(TrackKind::video)->snapshot().inits(), 1u);
  segment(true);
  auto reading = reader();
  const auto now = reading.track(TrackKind::video)->snapshot();
  EXPECT_EQ(now.inits(), 2u);
  EXPECT_EQ(now.open_segment()->init, 1u);
  EXPECT_EQ(now.segment(1)->init, 0u);
  EXPECT_EQ(*reading.read(TrackKind::video, *now.init_range(1)), media::avc_1080p_changed().init);
  EXPECT_EQ(reading.track(TrackKind::audio)->snapshot().inits(), 1u);
}

TEST_F(Writer, ends_and_goes_on_after_all) {
  start();
  segment();
  const auto version = writer->view(TrackKind::video)->version();
  writer->end();
  auto reading = reader();
  EXPECT_TRUE(reading.broadcast().ended());
  EXPECT_EQ(reading.track(TrackKind::video)->snapshot().complete_segments(), 1u);
  EXPECT_FALSE(reading.track(TrackKind::video)->snapshot().open_segment());
  EXPECT_GT(reading.track(TrackKind::video)->version(), version);
  ASSERT_TRUE(writer->sync());
  open();
  EXPECT_TRUE(writer->broadcast().ended());
  writer->reopen();
  EXPECT_FALSE(reading.broadcast().ended());
  new_session("3zzzzzzzzzzzzzzzzzzzzzzzza");
  segment(true);
  const auto open = reading.track(TrackKind::video)->snapshot().open_segment();
  EXPECT_EQ(open->msn, 1u);
  EXPECT_TRUE(open->discontinuity);
  EXPECT_EQ(open->session, 1u);
  EXPECT_EQ(reading.broadcast().session(1)->generation, 2u);
}

TEST_F(Writer, refuses_what_does_not_continue_the_track) {
  start();
  EXPECT_EQ(writer->write(TrackKind::video, video.part(false)).error().code, Errc::conflict) << "no segment yet";
  segment();
  const auto before = IndexImage(writer->view(TrackKind::video)->snapshot());
  EXPECT_EQ(writer->write(TrackKind::video, audio.part(true)).error().code, Errc::corrupt);
  EXPECT_EQ(writer->write(TrackKind::video, {}).error().code, Errc::truncated);
  auto torn = video.part(false);
  torn.pop_back();
  EXPECT_EQ(writer->write(TrackKind::video, torn).error().code, Errc::truncated);
  media::PartMaker again{TrackKind::video, 90'000};
  EXPECT_EQ(writer->write(TrackKind::video, again.part(true)).error().code, Errc::conflict) << "segment 0 once more";
  EXPECT_EQ(writer->write(TrackKind::video, again.part(false)).error().code, Errc::conflict) << "back in time";
  EXPECT_EQ(IndexImage(writer->view(TrackKind::video)->snapshot()), before);
}

TEST_F(Writer, the_first_failure_is_kept_and_nothing_follows_it) {
  start();
  segment();
  media::Part bad;
  bad.bytes = {std::byte{1}};
  writer->append(TrackKind::video, std::move(bad));
  ASSERT_TRUE(writer->failure());
  media::Part good;
  good.bytes = video.part(true);
  const auto parts = writer->view(TrackKind::video)->snapshot().parts();
  writer->append(TrackKind::video, std::move(good));
  EXPECT_EQ(writer->view(TrackKind::video)->snapshot().parts(), parts);
}

TEST_F(Writer, a_track_that_comes_late_or_falls_silent_keeps_the_numbers) {
  start();
  for (int s = 0; s < 3; ++s)
    for (int i = 0; i < 6; ++i) put(TrackKind::video, video.part(i == 0));
  audio.msn = 3;
  audio.time = 6 * 48'000;
  segment();
  EXPECT_EQ(writer->view(TrackKind::audio)->snapshot().first_msn(), 3u);
  for (int s = 0; s < 4; ++s)
    for (int i = 0; i < 6; ++i) put(TrackKind::video, video.part(i == 0, s == 1 && i == 0));
  audio.msn = 8;
  audio.time = 16 * 48'000;
  audio.discontinuities = 1;
  segment();
  const auto sound = writer->view(TrackKind::audio)->snapshot();
  for (std::uint64_t msn = 4; msn < 8; ++msn) {
    ASSERT_TRUE(sound.segment(msn)) << msn;
    EXPECT_TRUE(sound.segment(msn)->gap);
    EXPECT_NEAR(static_cast<double>(sound.segment(msn)->duration) / 48'000, 2.0, 0.05);
  }
  EXPECT_EQ(sound.open_segment()->msn, 8u);
  EXPECT_EQ(sound.open_segment()->discontinuities, 1u);
  EXPECT_EQ(sound.segment(4)->discontinuities, 1u);
  EXPECT_TRUE(sound.segment(4)->discontinuity) << "it happened in the gap";
}

TEST_F(Writer, resumes_where_the_last_parts_end) {
  start();
  EXPECT_FALSE(writer->resume_point()->video);
  for (int s = 0; s < 3; ++s) segment();
  put(TrackKind::video, video.part(true));  // video is one segment ahead
  open();
  EXPECT_EQ(writer->recovery().cut_parts, 0u);
  EXPECT_EQ(writer->recovery().rebuilt_because, "");
  const auto point = writer->resume_point();
  ASSERT_TRUE(point) << point.error().detail;
  ASSERT_TRUE(point->video && point->audio);
  EXPECT_EQ(point->video->end, video.time);
  EXPECT_EQ(point->video->sequence, video.sequence);
  EXPECT_EQ(point->video->last.msn, 3u);
  EXPECT_EQ(point->video->config, media::avc_1080p());
  EXPECT_EQ(point->audio->end, audio.time);
  EXPECT_EQ(point->audio->last.msn, 2u);
  EXPECT_EQ(point->target_duration(), 4u);
  put(TrackKind::audio, audio.part(true));
  put(TrackKind::video, video.part(false));
  EXPECT_EQ(writer->view(TrackKind::video)->snapshot().open_segment()->part_count, 2u);
}

TEST_F(Writer, syncs_beside_appending) {
  options.roll_seconds = 2;
  start();
  std::atomic<bool> done{false};
  std::thread syncing([&] {
    while (!done) EXPECT_TRUE(writer->sync());
  });
  for (int s = 0; s < 30; ++s) segment();
  done = true;
  syncing.join();
  ASSERT_TRUE(writer->sync());
  EXPECT_EQ(writer->view(TrackKind::video)->synced_parts(), 180u);
  EXPECT_EQ(writer->view(TrackKind::audio)->synced_parts(), 180u);
}

// A limit on the size of files stands for a full disk: write() answers with an error, half-way through a part.
TEST_F(Writer, a_full_disk_is_an_answer_and_spoils_nothing) {
  start();
  segment();
  ASSERT_TRUE(writer->sync());
  const auto before = IndexImage(writer->view(TrackKind::video)->snapshot());
  const auto size = std::filesystem::file_size(file("video-0001.mp4"));
  const auto child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{size + 100, size + 100};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto done = writer->write(TrackKind::video, video.part(true));
    const bool told = !done && done.error().code == Errc::unavailable && done.error().detail.find("File too large") != std::string::npos;
    std::_Exit(told && IndexImage(writer->view(TrackKind::video)->snapshot()) == before ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(std::filesystem::file_size(file("video-0001.mp4")), size) << "the half part was taken away";
  segment();
  EXPECT_EQ(writer->view(TrackKind::video)->snapshot().parts(), 12u) << "with room again it goes on";
}

TEST_F(Writer, a_deleted_broadcast_is_gone) {
  start();
  segment();
  writer.reset();
  EXPECT_TRUE(remove_broadcast(folder.path(), stream_id, broadcast_id));
  EXPECT_FALSE(std::filesystem::exists(file("")));
  EXPECT_TRUE(remove_broadcast(folder.path(), stream_id, broadcast_id));
  EXPECT_EQ(BroadcastReader::open(folder.path(), stream_id, broadcast_id).error().code, Errc::not_found);
}

}  // namespace
}  // namespace tribute::adapter

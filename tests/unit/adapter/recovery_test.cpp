// Crashes and power cuts: what is found afterwards, and the index rebuilt from the files alone.
#include <sys/wait.h>

#include <csignal>
#include <random>

#include "adapter/broadcast_fixture.hpp"

namespace tribute::adapter {
namespace {

class Recovery : public BroadcastOnDisk {
 protected:
  IndexImage image(TrackKind kind) { return IndexImage(writer->view(kind)->snapshot()); }

  // Everything a broadcast can have: rolled files, three sessions, a changed config, a late and silent sound track.
  void rich_broadcast() {
    options.roll_seconds = 6;
    start();
    for (int i = 0; i < 6; ++i) put(TrackKind::video, video.part(i == 0));
    audio.msn = 1;
    audio.time = 2 * 48'000;
    for (int s = 0; s < 4; ++s) segment();
    writer->configure(TrackKind::video, media::avc_1080p_changed());
    new_session("3zzzzzzzzzzzzzzzzzzzzzzzza");
    for (int s = 0; s < 3; ++s) segment(s == 0);
    new_session("0zzzzzzzzzzzzzzzzzzzzzzzzb");
    writer->configure(TrackKind::video, media::avc_1080p());
    for (int s = 0; s < 2; ++s)
      for (int i = 0; i < 6; ++i) put(TrackKind::video, video.part(i == 0, s == 0 && i == 0, 10, i != 3, 3000));
    audio.msn = video.msn;
    audio.time = video.time / 90'000 * 48'000 + 500;
    audio.discontinuities = video.discontinuities;
    for (int s = 0; s < 3; ++s) segment();
    put(TrackKind::video, video.part(true));
  }

  void damage(const std::string& name, std::uint64_t offset, std::byte value) {
    const auto opened = File::open(file(name), O_RDWR, name);
    ASSERT_TRUE(opened);
    ASSERT_TRUE(opened->write_at(offset, std::span(&value, 1)));
  }
};

TEST_F(Recovery, an_index_rebuilt_from_the_files_is_the_same_entry_by_entry) {
  rich_broadcast();
  const auto video_before = image(TrackKind::video), audio_before = image(TrackKind::audio);
  std::vector<media::SessionEntry> sessions;
  for (std::uint32_t i = 0; i < writer->broadcast().sessions(); ++i) sessions.push_back(*writer->broadcast().session(i));
  ASSERT_EQ(sessions.size(), 3u);
  ASSERT_EQ(video_before.inits.size(), 3u);
  ASSERT_GT(video_before.parts.size(), 60u);
  ASSERT_GT(video_before.segments.back().file, 3u);
  writer.reset();
  for (const char* index : {"broadcast.index", "video.index", "audio.index"}) std::filesystem::remove(file(index));
  open();
  EXPECT_EQ(writer->recovery().rebuilt_because, "the broadcast's index is missing");
  EXPECT_EQ(image(TrackKind::video), video_before);
  EXPECT_EQ(image(TrackKind::audio), audio_before);
  ASSERT_EQ(writer->broadcast().sessions(), 3u);
  for (std::uint32_t i = 0; i < 3; ++i) EXPECT_EQ(*writer->broadcast().session(i), sessions[i]);
  EXPECT_EQ(writer->broadcast().target_duration(), 4u);
  segment();
}

TEST_F(Recovery, one_missing_or_damaged_index_is_rebuilt_too) {
  rich_broadcast();
  ASSERT_TRUE(writer->sync());
  writer->end();
  auto before = image(TrackKind::audio);
  writer.reset();
  std::filesystem::remove(file("audio.index"));
  open();
  EXPECT_EQ(image(TrackKind::audio), before);
  EXPECT_TRUE(writer->broadcast().ended()) << "the other index still knew";
  ASSERT_TRUE(writer->sync());
  writer.reset();
  damage("video.index", media::part_region(options.capacity) + 200, std::byte{0xee});
  open();
  EXPECT_NE(writer->recovery().rebuilt_because, "");
  EXPECT_EQ(writer->view(TrackKind::video)->snapshot().parts(), 79u);
  writer.reset();
  damage("broadcast.index", 0, std::byte{0});
  open();
  EXPECT_FALSE(writer->broadcast().ended()) << "nobody is left who knew: the store has to say so again";
  writer->end();
  EXPECT_EQ(image(TrackKind::audio), before);
  writer.reset();
  std::filesystem::resize_file(file("video.index"), 5000);
  open();
  EXPECT_EQ(image(TrackKind::audio), before);
}

// However many bytes of the last part reached the disk, the index ends with the part before it.
TEST_F(Recovery, a_torn_tail_is_cut_by_index_and_by_scan_alike) {
  start();
  segment();
  segment();
  ASSERT_TRUE(writer->sync());
  const auto last = video.part(false);
  put(TrackKind::video, last);
  const auto full = std::filesystem::file_size(file("video-0001.mp4"));
  writer.reset();
  std::mt19937 random(5);
  for (std::uint64_t missing = 1; missing <= last.size(); missing += 1 + random() % 300) {
    for (const bool by_scan : {false, true}) {
      // The tail as it was, cut at another place.
      auto bytes = last;
      const auto opened = File::open(file("video-0001.mp4"), O_RDWR, "video-0001.mp4");
      ASSERT_TRUE(opened->write_at(full - last.size(), bytes));
      ASSERT_TRUE(opened->truncate(full - missing));
      if (by_scan) std::filesystem::remove(file("broadcast.index"));
      open();
      const auto now = writer->view(TrackKind::video)->snapshot();
      EXPECT_EQ(now.parts(), 12u) << missing;
      EXPECT_EQ(now.open_segment()->part_count, 6u);
      EXPECT_EQ(std::filesystem::file_size(file("video-0001.mp4")), full - last.size());
      writer.reset();
    }
  }
}

TEST_F(Recovery, unsynced_parts_with_wrong_bytes_are_cut_and_later_files_removed) {
  options.roll_seconds = 2;
  start();
  segment();
  ASSERT_TRUE(writer->sync());
  for (int s = 0; s < 3; ++s) segment();
  const auto now = writer->view(TrackKind::video)->snapshot();
  const auto victim = *now.part_range(*now.segment(1), 2);
  const auto offset = victim.offset + victim.length - 1;
  writer.reset();
  ASSERT_EQ(victim.file, 2u);
  const auto opened = File::open(file("video-0002.mp4"), O_RDWR, "video-0002.mp4");
  std::byte old{};
  ASSERT_TRUE(opened->read_at(offset, std::span(&old, 1)));
  damage("video-0002.mp4", offset, old ^ std::byte{1});
  open();
  EXPECT_EQ(writer->recovery().cut_parts, 24u - 8u);
  EXPECT_EQ(writer->view(TrackKind::video)->snapshot().parts(), 8u);
  EXPECT_FALSE(std::filesystem::exists(file("video-0003.mp4")));
  EXPECT_EQ(std::filesystem::file_size(file("video-0002.mp4")), victim.offset);
  EXPECT_EQ(writer->view(TrackKind::audio)->snapshot().parts(), 24u);
  // The packager starts again behind the eighth part.
  media::PartMaker again{TrackKind::video, 90'000, 9};
  again.time = 8 * 30'000;
  again.msn = 2;
  put(TrackKind::video, again.part(false));
  put(TrackKind::video, again.part(true));
  EXPECT_EQ(writer->view(TrackKind::video)->snapshot().segment(1)->part_count, 3u);
}

TEST_F(Recovery, damage_inside_a_finished_file_costs_the_rest_of_that_file_only) {
  options.roll_seconds = 4;
  start();
  for (int s = 0; s < 8; ++s) segment();
  const auto now = writer->view(TrackKind::video)->snapshot();
  const auto victim = *now.part_range(*now.segment(3), 1);
  ASSERT_EQ(victim.file, 2u);
  writer.reset();
  damage("video-0002.mp4", victim.offset + 4, std::byte{'X'});
  std::filesystem::remove(file("broadcast.index"));
  open();
  const auto after = writer->view(TrackKind::video)->snapshot();
  EXPECT_EQ(after.parts(), 48u - 5u);
  EXPECT_EQ(after.segment(3)->part_count, 1u);
  EXPECT_EQ(after.segment(4)->part_count, 6u);
  EXPECT_EQ(after.open_segment()->msn, 7u);
}

TEST_F(Recovery, zeroed_pages_of_an_index_after_a_power_cut_lose_only_what_was_not_synced) {
  start();
  segment();
  segment();
  ASSERT_TRUE(writer->sync());
  segment();
  writer.reset();
  for (std::uint64_t i = 15; i < 18; ++i)
    for (std::size_t b = 0; b < sizeof(media::PartEntry); ++b)
      damage("video.index", media::part_region(options.capacity) + i * sizeof(media::PartEntry) + b, std::byte{0});
  open();
  EXPECT_EQ(writer->recovery().rebuilt_because, "");
  EXPECT_EQ(writer->view(TrackKind::video)->snapshot().parts(), 15u);
  EXPECT_EQ(writer->view(TrackKind::video)->snapshot().open_segment()->part_count, 3u);
}

// kill -9 at any moment: everything published is there, whole, and the next owner goes on.
TEST_F(Recovery, a_killed_writer_leaves_a_whole_broadcast) {
  std::uint32_t seen = 0;
  for (int round = 0; round < 5; ++round) {
    open();  // makes the index, so that the parent can read along
    writer.reset();
    const auto child = ::fork();
    if (child == 0) {
      open();
      writer->configure(TrackKind::video, media::avc_1080p());
      const auto point = writer->resume_point();
      if (point && point->video) {
        video.time = point->video->end;
        video.msn = point->video->last.msn + 1;
      }
      while (writer->write(TrackKind::video, video.part(video.sequence % 6 == 0))) {
      }
      std::_Exit(1);
    }
    auto reading = reader();
    std::uint32_t parts = 0;
    while (parts < seen + 40) {
      ASSERT_EQ(::waitpid(child, nullptr, WNOHANG), 0) << "the writer stopped by itself";
      ASSERT_TRUE(reading.refresh());
      if (const auto* view = reading.track(TrackKind::video)) parts = view->snapshot().parts();
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    parts = reading.track(TrackKind::video)->snapshot().parts();
    open();
    EXPECT_EQ(writer->recovery().cut_parts, 0u) << "what was published was whole";
    EXPECT_EQ(writer->recovery().rebuilt_because, "");
    EXPECT_EQ(writer->view(TrackKind::video)->snapshot().parts(), parts);
    const auto before = image(TrackKind::video);
    writer.reset();
    std::filesystem::remove(file("video.index"));
    open();
    EXPECT_EQ(image(TrackKind::video), before);
    seen = parts;
  }
}

TEST_F(Recovery, an_empty_broadcast_opens_again) {
  open();
  open();
  EXPECT_EQ(writer->view(TrackKind::video), nullptr);
  start();
  put(TrackKind::video, video.part(true));
  writer.reset();
  std::filesystem::resize_file(file("video-0001.mp4"), 100);
  open();
  EXPECT_EQ(writer->view(TrackKind::video)->snapshot().parts(), 0u);
  EXPECT_FALSE(std::filesystem::exists(file("video-0001.mp4")));
  video.msn = 0;
  video.time = 0;
  writer->configure(TrackKind::video, media::avc_1080p());
  put(TrackKind::video, video.part(true));
}

}  // namespace
}  // namespace tribute::adapter

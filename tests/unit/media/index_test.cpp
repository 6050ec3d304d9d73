#include "media/index_fixture.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>
#include <tribute/media/index_check.hpp>
#include <vector>

namespace tribute::media {
namespace {

constexpr TrackCapacity small{4, 8, 32};

TEST(TrackIndex, a_part_is_there_at_once_and_its_segment_is_open_until_the_next_begins) {
  SyntheticTrack track(video_config(), small);
  EXPECT_FALSE(track.writer.snapshot().open_segment());
  EXPECT_FALSE(track.writer.snapshot().last_segment());
  track.part(30'000, 5'000, true);
  track.part(30'030, 4'000, false);
  auto now = track.writer.snapshot();
  EXPECT_EQ(now.parts(), 2u);
  EXPECT_EQ(now.complete_segments(), 0u);
  auto open = now.segment(0);
  ASSERT_TRUE(open);
  EXPECT_FALSE(open->complete);
  EXPECT_EQ(open->part_count, 2u);
  EXPECT_EQ(open->duration, 60'030u);
  EXPECT_EQ(open->range, (FileRange{1, 1000, 9'000}));
  EXPECT_EQ(now.part_range(*open, 1), (FileRange{1, 6000, 4'000}));
  EXPECT_FALSE(now.part_range(*open, 2));

  track.part(30'000, 3'000, true);
  now = track.writer.snapshot();
  const auto first = now.segment(0);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->complete);
  EXPECT_EQ(first->part_count, 2u);
  EXPECT_EQ(first->duration, 60'030u);
  EXPECT_EQ(now.open_msn(), 1u);
  EXPECT_EQ(now.open_segment()->decode_time, 60'030u);
  EXPECT_EQ(now.last_segment()->msn, 1u);
  EXPECT_FALSE(now.segment(2));

  track.writer.close_segment();
  now = track.writer.snapshot();
  EXPECT_FALSE(now.open_segment());
  EXPECT_EQ(now.complete_segments(), 2u);
  EXPECT_EQ(now.last_segment()->duration, 30'000u);
  EXPECT_FALSE(track.writer.room(false, false)) << "no segment is open";
}

TEST(TrackIndex, a_snapshot_of_nothing_is_empty) {
  const TrackSnapshot nothing;
  EXPECT_EQ(nothing.parts() + nothing.complete_segments() + nothing.inits(), 0u);
  EXPECT_FALSE(nothing.segment(0) || nothing.open_segment() || nothing.last_segment() || nothing.part(0) || nothing.init(0));
}

TEST(TrackIndex, an_older_snapshot_stays_as_it_was) {
  SyntheticTrack track(video_config(), small);
  track.part(30'000, 5'000, true);
  track.part(30'000, 5'000, true);
  const auto old = track.writer.snapshot();
  track.part(30'000, 5'000, false);
  track.part(30'000, 5'000, true);
  EXPECT_EQ(old.parts(), 2u);
  EXPECT_EQ(old.segment(1)->part_count, 1u);
  EXPECT_FALSE(old.segment(1)->complete);
  EXPECT_FALSE(old.segment(2));
  EXPECT_LT(old.version(), track.writer.snapshot().version());
}

TEST(TrackIndex, discontinuities_are_counted_and_a_late_track_takes_up_the_others_numbers) {
  SyntheticTrack track(audio_config(), small);
  track.first_msn = 100;
  track.discontinuities = 2;
  track.part(16'000, 500, true);
  track.part(16'000, 500, true, true);
  track.part(16'000, 500, true);
  const auto now = track.writer.snapshot();
  EXPECT_EQ(now.first_msn(), 100u);
  EXPECT_EQ(now.open_msn(), 102u);
  EXPECT_FALSE(now.segment(99));
  EXPECT_EQ(now.segment(100)->discontinuities, 2u);
  EXPECT_EQ(now.segment(101)->discontinuities, 3u);
  EXPECT_TRUE(now.segment(101)->discontinuity);
  EXPECT_EQ(now.segment(102)->discontinuities, 3u);
  EXPECT_FALSE(now.segment(102)->discontinuity);
}

TEST(TrackIndex, a_track_that_was_silent_has_gaps_and_keeps_the_others_numbers) {
  SyntheticTrack track(audio_config(), small);
  track.segment(3, 16'000, 500);
  GapSegment gap;
  gap.decode_time = 48'000;
  gap.duration = 96'000;
  gap.discontinuities = 1;
  gap.discontinuity = true;
  track.writer.add_gap(gap);
  auto now = track.writer.snapshot();
  EXPECT_EQ(now.complete_segments(), 2u);
  EXPECT_TRUE(now.last_segment()->gap);
  EXPECT_FALSE(now.open_segment());
  EXPECT_EQ(now.segment(1)->duration, 96'000u);
  EXPECT_TRUE(now.segment(1)->discontinuity);
  track.time = 144'000;
  track.segment(3, 16'000, 500);
  now = track.writer.snapshot();
  EXPECT_EQ(now.segment(0)->part_count, 3u);
  EXPECT_FALSE(now.segment(0)->gap);
  EXPECT_EQ(now.open_segment()->msn, 2u);
  EXPECT_EQ(now.open_segment()->first_part, 3u);
  EXPECT_EQ(sound_parts(now, 1), 6u);
  track.writer.settle(6);
  EXPECT_EQ(track.writer.snapshot().segment(1)->duration, 96'000u);
  EXPECT_EQ(track.writer.snapshot().segment(0)->part_count, 3u);
  EXPECT_TRUE(track.writer.room(true, false, 4));
  EXPECT_FALSE(track.writer.room(true, false, 5)) << "8 segments, 3 used";
  EXPECT_FALSE(track.writer.room(true, false, UINT64_MAX));
  track.writer.settle(3);
  EXPECT_EQ(track.writer.snapshot().complete_segments(), 0u) << "what followed the cut part is gone, the gap too";
}

TEST(TrackIndex, refuses_what_it_has_no_room_for) {
  SyntheticTrack track(video_config(), {1, 2, 3});
  EXPECT_EQ(track.writer.room(true, true).error().code, Errc::too_large);
  EXPECT_TRUE(track.writer.room(true, false));
  track.part(1, 1, true);
  track.part(1, 1, true);
  EXPECT_FALSE(track.writer.room(true, false));
  EXPECT_TRUE(track.writer.room(false, false));
  track.part(1, 1, false);
  EXPECT_FALSE(track.writer.room(false, false));
}

TEST(TrackIndex, the_segment_that_fills_the_table_can_still_be_closed) {
  SyntheticTrack track(video_config(), {1, 2, 8});
  track.part(1, 1, true);
  track.part(1, 1, true);
  track.writer.close_segment();
  EXPECT_EQ(track.writer.snapshot().complete_segments(), 2u);
  EXPECT_EQ(track.writer.snapshot().last_segment()->msn, 1u);
  EXPECT_FALSE(track.writer.snapshot().open_segment());
}

TEST(TrackIndex, settle_cuts_the_tail_and_restores_closing_fields) {
  SyntheticTrack track(video_config(), small);
  for (int s = 0; s < 3; ++s) track.segment(3, 30'000, 1'000);
  track.writer.settle(7);  // the third segment keeps one part
  auto now = track.writer.snapshot();
  EXPECT_EQ(now.parts(), 7u);
  EXPECT_EQ(now.complete_segments(), 2u);
  EXPECT_EQ(now.open_segment()->part_count, 1u);
  track.writer.settle(5);  // the second loses its last part and is open again
  now = track.writer.snapshot();
  EXPECT_EQ(now.complete_segments(), 1u);
  EXPECT_EQ(now.open_segment()->part_count, 2u);
  track.part(30'000, 1'000, false);
  track.part(30'000, 1'000, true);
  EXPECT_EQ(track.writer.snapshot().segment(1)->part_count, 3u);
  track.writer.settle(0);
  EXPECT_EQ(track.writer.snapshot().inits(), 0u);
  EXPECT_FALSE(track.writer.snapshot().last_segment());
}

TEST(TrackIndex, settle_without_a_cut_keeps_a_closed_segment_closed) {
  SyntheticTrack track(video_config(), small);
  track.segment(3, 30'000, 1'000);
  track.writer.close_segment();
  track.writer.settle(3);
  EXPECT_EQ(track.writer.snapshot().complete_segments(), 1u);
  EXPECT_FALSE(track.writer.snapshot().open_segment());
}

TEST(IndexCheck, every_damaged_byte_of_an_entry_is_noticed) {
  SyntheticTrack track(video_config(), small);
  for (int s = 0; s < 3; ++s) track.segment(3, 30'000, 1'000);
  EXPECT_EQ(sound_parts(track.writer.snapshot(), 1), 9u);
  EXPECT_EQ(sound_parts(track.writer.snapshot(), 0), 0u) << "a session that is not there";
  const auto bytes = track.memory.bytes();
  for (std::size_t i = 0; i < sizeof(PartEntry); ++i) {
    auto& byte = bytes[part_region(small) + 4 * sizeof(PartEntry) + i];
    byte ^= std::byte{1};
    EXPECT_EQ(sound_parts(track.writer.snapshot(), 1), 4u) << i;
    byte ^= std::byte{1};
  }
  for (std::size_t i = 0; i < offsetof(SegmentEntry, part_count); ++i) {
    auto& byte = bytes[segment_region(small) + sizeof(SegmentEntry) + i];
    byte ^= std::byte{1};
    EXPECT_EQ(sound_parts(track.writer.snapshot(), 1), 3u) << i;
    byte ^= std::byte{1};
  }
}

TEST(TrackView, refuses_a_foreign_or_short_index) {
  SyntheticTrack track(video_config(), small);
  const auto bytes = track.memory.bytes();
  EXPECT_TRUE(TrackView::over(bytes));
  EXPECT_FALSE(TrackView::over(bytes.first(index_header_size - 1)));
  EXPECT_FALSE(TrackView::over(bytes.first(track_index_size(small) - 1)));
  EXPECT_FALSE(TrackView::over(bytes.subspan(1)));
  EXPECT_FALSE(BroadcastView::over(bytes));
  EXPECT_FALSE(TrackView::over(Memory(8192).bytes()));
}

// Whatever stands in the bytes, nothing outside them is read (run under AddressSanitizer) and every answer holds its bounds.
TEST(TrackView, random_damage_never_reads_outside) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    SyntheticTrack track(video_config(), small);
    for (int s = 0; s < 3; ++s) track.segment(3, 30'000, 1'000);
    const auto bytes = track.memory.bytes();
    const std::size_t used = part_region(small) + 12 * sizeof(PartEntry);
    for (int i = 0; i < 20; ++i) bytes[24 + random() % (used - 24)] = static_cast<std::byte>(random());
    const auto view = TrackView::over(bytes);
    if (!view) continue;
    const auto now = view->snapshot();
    (void)sound_parts(now, 1);
    for (std::uint64_t msn = now.first_msn(); msn < now.first_msn() + 20; ++msn) {
      if (const auto segment = now.segment(msn)) {
        EXPECT_NE(segment->timescale, 0u);
        EXPECT_LE(std::uint64_t{segment->first_part} + segment->part_count, now.parts());
        for (std::uint32_t i = 0; i < segment->part_count; ++i) EXPECT_TRUE(now.part_range(*segment, i));
      }
    }
  }
}

TEST(TrackIndex, readers_in_other_threads_always_see_a_whole_picture) {
  SyntheticTrack track(video_config(), {4, 4096, 16384});
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  readers.reserve(2);
  std::atomic<std::uint64_t> looks{0};
  for (int r = 0; r < 2; ++r) {
    readers.emplace_back([&] {
      std::uint64_t version = 0;
      while (!done.load()) {
        const auto now = track.writer.snapshot();
        ASSERT_GE(now.version(), version);
        version = now.version();
        if (now.parts() == 0) continue;
        const auto last = now.last_segment();
        ASSERT_TRUE(last);
        ASSERT_EQ(last->duration, std::uint64_t{last->part_count} * 30'000);
        ASSERT_EQ(last->first_part + last->part_count, now.parts());
        if (now.complete_segments() > 0 && now.open_segment()) {
          const auto before = now.segment(now.open_msn() - 1);
          ASSERT_TRUE(before);
          ASSERT_EQ(before->part_count, 3u);
          ASSERT_EQ(before->range.offset + before->range.length, last->range.offset);
        }
        looks.fetch_add(1);
      }
    });
  }
  for (int s = 0; s < 4000; ++s) track.segment(3, 30'000, 1'000);
  while (looks.load() == 0) std::this_thread::yield();
  done = true;
  for (auto& reader : readers) reader.join();
}

TEST(BroadcastIndex, keeps_sessions_target_duration_and_the_end) {
  Memory memory(broadcast_index_size(2));
  Id::Bytes a{1}, b{2};
  auto writer = *BroadcastIndexWriter::create(memory.bytes(), Id{a}, Id{b}, 334, 2);
  const auto view = *BroadcastView::over(memory.bytes());
  EXPECT_EQ(view.stream(), Id{a});
  EXPECT_EQ(view.broadcast(), Id{b});
  EXPECT_EQ(view.part_target_ms(), 334u);
  EXPECT_EQ(view.target_duration(), 0u);
  writer.set_target_duration(4);
  writer.set_target_duration(10);
  EXPECT_EQ(view.target_duration(), 4u) << "it never changes";
  SessionEntry session{};
  session.generation = 9;
  EXPECT_EQ(*writer.add_session(session), 0u);
  EXPECT_EQ(*writer.add_session(session), 1u);
  EXPECT_EQ(writer.add_session(session).error().code, Errc::too_large);
  EXPECT_EQ(view.session(1)->generation, 9u);
  EXPECT_FALSE(view.session(2));
  const auto version = view.version();
  writer.set_ended(true);
  EXPECT_TRUE(view.ended());
  EXPECT_GT(view.version(), version);
  writer.set_ended(false);
  EXPECT_FALSE(view.ended());
}

}  // namespace
}  // namespace tribute::media

#include <gtest/gtest.h>

#include <tribute/media/scan.hpp>

#include "media/index_fixture.hpp"
#include "media/part_fixture.hpp"

namespace tribute::media {
namespace {

std::uint32_t sum(std::span<const std::byte> bytes) {
  std::uint32_t out = 1;
  for (const auto b : bytes) out = out * 31 + std::to_integer<std::uint32_t>(b);
  return out;
}

struct Files {
  std::vector<std::vector<std::byte>> files;

  void add(const std::vector<std::byte>& bytes, bool new_file = false) {
    if (new_file || files.empty()) files.emplace_back();
    files.back().insert(files.back().end(), bytes.begin(), bytes.end());
  }
  ScannedTrack scan(TrackKind kind) const {
    std::vector<std::uint64_t> sizes;
    for (const auto& file : files) sizes.push_back(file.size());
    return scan_track(kind, sizes, &sum, [this](std::uint32_t number, std::uint64_t offset, std::span<std::byte> into) {
      const auto& file = files.at(number - 1);
      EXPECT_LE(offset + into.size(), file.size());
      std::copy_n(file.begin() + static_cast<std::ptrdiff_t>(offset), into.size(), into.begin());
      return true;
    });
  }
};

// A file of two segments, another of one, and where each part ends.
struct Sample {
  Files on_disk;
  std::vector<std::uint64_t> ends;

  explicit Sample(TrackKind kind = TrackKind::video) {
    PartMaker maker{kind, kind == TrackKind::video ? 90'000u : 48'000u};
    const auto config = kind == TrackKind::video ? avc_1080p() : aac();
    for (int segment = 0; segment < 3; ++segment) {
      if (segment != 1) on_disk.add(config.init, true);
      for (int part = 0; part < 3; ++part) {
        on_disk.add(maker.part(part == 0));
        ends.push_back(on_disk.files.back().size());
      }
    }
  }
};

TEST(Scan, finds_every_part_and_each_init_once) {
  for (const auto kind : {TrackKind::video, TrackKind::audio}) {
    const Sample sample(kind);
    const auto found = sample.on_disk.scan(kind);
    EXPECT_EQ(found.inits.size(), 1u);
    ASSERT_EQ(found.parts.size(), 9u);
    for (std::size_t i = 0; i < 9; ++i) {
      const auto& [part, init] = found.parts[i];
      EXPECT_EQ(part.range.file, i < 6 ? 1u : 2u);
      EXPECT_EQ(part.range.offset + part.range.length, sample.ends[i]);
      EXPECT_EQ(part.frames, 10u);
      EXPECT_EQ(init, 0u);
    }
    EXPECT_EQ(found.damaged_files, 0u);
    EXPECT_EQ(found.last_file, 2u);
    EXPECT_EQ(found.sound_end, sample.ends.back());
    EXPECT_TRUE(sample.on_disk.scan(kind == TrackKind::video ? TrackKind::audio : TrackKind::video).parts.empty());
  }
}

TEST(Scan, wherever_the_last_file_is_torn_it_ends_with_a_whole_part) {
  const Sample sample;
  const auto init = avc_1080p().init.size();
  for (std::size_t size = 0; size < sample.on_disk.files[1].size(); ++size) {
    auto torn = sample.on_disk;
    torn.files[1].resize(size);
    const auto found = torn.scan(TrackKind::video);
    std::size_t whole = 6;
    while (whole < 9 && sample.ends[whole] <= size) ++whole;
    ASSERT_EQ(found.parts.size(), whole) << size;
    EXPECT_EQ(found.sound_end, sample.ends[whole - 1]);
    const bool clean = size == 0 || size == init || (whole > 6 && size == sample.ends[whole - 1]);
    EXPECT_EQ(found.damaged_files, clean ? 0u : 1u) << size;
  }
}

TEST(Scan, one_flipped_bit_never_brings_it_down_and_never_makes_up_parts) {
  const Sample sample;
  const auto whole = sample.on_disk.scan(TrackKind::video);
  const auto boxes = avc_1080p().init.size() + whole.parts[0].first.chunk.mdat_offset;
  for (std::size_t at = 0; at < boxes; ++at) {
    for (const auto flip : {std::byte{1}, std::byte{0x80}}) {
      auto damaged = sample.on_disk;
      damaged.files[0][at] ^= flip;
      const auto found = damaged.scan(TrackKind::video);
      EXPECT_LE(found.parts.size(), 9u);
      for (const auto& [part, init] : found.parts) EXPECT_LT(init, found.inits.size());
    }
  }
}

TEST(Scan, an_init_that_no_part_used_does_not_count) {
  Sample sample;
  sample.on_disk.add(avc_1080p_changed().init);
  const auto found = sample.on_disk.scan(TrackKind::video);
  EXPECT_EQ(found.inits.size(), 1u);
  EXPECT_EQ(found.sound_end, sample.ends.back());
}

TEST(Scan, a_lost_file_leaves_gaps_in_the_index) {
  Sample sample;
  PartMaker later{TrackKind::video, 90'000};
  later.time = 40 * 30'000;
  later.msn = 7;
  sample.on_disk.add(avc_1080p().init, true);
  sample.on_disk.add(later.part(true));
  const auto found = sample.on_disk.scan(TrackKind::video);
  const TrackCapacity capacity{4, 32, 64};
  const Memory track_memory(track_index_size(capacity)), broadcast_memory(broadcast_index_size(4));
  auto broadcast = *BroadcastIndexWriter::create(broadcast_memory.bytes(), {}, {}, 334, 4);
  auto track = *TrackIndexWriter::create(track_memory.bytes(), TrackKind::video, capacity);
  const std::array<const ScannedTrack*, 1> all{&found};
  ASSERT_TRUE(rebuild_sessions(broadcast, all));
  ASSERT_TRUE(rebuild_track(broadcast, track, found));
  const auto now = track.snapshot();
  EXPECT_EQ(now.open_segment()->msn, 7u);
  std::uint64_t time = now.segment(2)->decode_time + now.segment(2)->duration;
  for (std::uint64_t msn = 3; msn < 7; ++msn) {
    ASSERT_TRUE(now.segment(msn));
    EXPECT_TRUE(now.segment(msn)->gap);
    EXPECT_EQ(now.segment(msn)->decode_time, time);
    time += now.segment(msn)->duration;
  }
  EXPECT_EQ(time, now.open_segment()->decode_time);
}

}  // namespace
}  // namespace tribute::media

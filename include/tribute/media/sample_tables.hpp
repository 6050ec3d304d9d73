// The sample tables of an ordinary MP4 track (ISO/IEC 14496-12 section 8.6 and 8.7), gathered from parts in their order.
// Times are converted to one timescale for the track; a hole in them becomes a longer last sample, so that tracks
// stay together. Keeps runs, not samples: about 8 bytes per frame.
#pragma once

#include <algorithm>
#include <tribute/cmaf/read.hpp>
#include <vector>

namespace tribute::media {

class SampleTables {
 public:
  /// `timescale`: of the track in the file that is made; never 0.
  explicit SampleTables(std::uint32_t timescale) : timescale_(timescale) {}

  /// A part whose frames begin at `position`, counted from wherever all of this track's positions are. `description`: the
  /// entry of stsd it needs, from 1. `part_timescale`: of chunk; never 0.
  void add(const cmaf::ChunkInfo& chunk, std::uint64_t position, std::uint32_t description, std::uint32_t part_timescale) {
    if (chunk.samples.empty()) return;
    std::uint64_t time = chunk.decode_time;
    for (const auto& sample : chunk.samples) {
      place(scaled(time, part_timescale));
      time += sample.duration;
      sizes_.push_back(sample.size);
      if (sample.key) keys_.push_back(static_cast<std::uint32_t>(sizes_.size()));
      const auto offset = static_cast<std::int64_t>(sample.composition_offset) * timescale_ / part_timescale;
      run(offsets_, static_cast<std::uint32_t>(static_cast<std::int32_t>(offset)));
      negative_offset_ = negative_offset_ || offset < 0;
    }
    end_ = scaled(time, part_timescale);
    positions_.push_back(position);
    const auto count = static_cast<std::uint32_t>(chunk.samples.size());
    if (chunks_.empty() || chunks_.back().samples != count || chunks_.back().description != description)
      chunks_.push_back({static_cast<std::uint32_t>(positions_.size()), count, description});
  }

  bool empty() const noexcept { return sizes_.empty(); }
  std::uint32_t timescale() const noexcept { return timescale_; }
  std::uint64_t begin() const noexcept { return begin_; }
  std::uint64_t duration() const noexcept { return end_ - begin_; }

  /// stts, ctts, stss, stsc, stsz, co64: what stbl has behind stsd. `base` is added to every position.
  void write(cmaf::BoxWriter& out, std::uint64_t base) const {
    write_runs(out, "stts", 0, durations_, closing_duration());
    if (offsets_.size() > 1 || (offsets_.size() == 1 && offsets_[0].value != 0))
      write_runs(out, "ctts", negative_offset_ ? 1 : 0, offsets_, {});
    if (keys_.size() != sizes_.size()) write_list(out, "stss", keys_);
    out.full_box("stsc", 0, 0, [&] {
      out.u32(chunks_.size());
      for (const auto& entry : chunks_) {
        out.u32(entry.first);
        out.u32(entry.samples);
        out.u32(entry.description);
      }
    });
    out.full_box("stsz", 0, 0, [&] {
      out.u32(0);
      out.u32(sizes_.size());
      for (const auto size : sizes_) out.u32(size);
    });
    out.full_box("co64", 0, 0, [&] {
      out.u32(positions_.size());
      for (const auto position : positions_) out.u64(base + position);
    });
  }

 private:
  struct Run {
    std::uint32_t count = 0, value = 0;
  };
  struct ChunkRun {
    std::uint32_t first = 0, samples = 0, description = 0;
  };

  static void run(std::vector<Run>& runs, std::uint32_t value) {
    if (runs.empty() || runs.back().value != value) runs.push_back({0, value});
    ++runs.back().count;
  }

  static void write_runs(cmaf::BoxWriter& out, std::string_view type, std::uint8_t version, const std::vector<Run>& runs,
                         const std::vector<Run>& more) {
    out.full_box(type, version, 0, [&] {
      out.u32(runs.size() + more.size());
      for (const auto* part : {&runs, &more})
        for (const auto& entry : *part) {
          out.u32(entry.count);
          out.u32(entry.value);
        }
    });
  }

  static void write_list(cmaf::BoxWriter& out, std::string_view type, const std::vector<std::uint32_t>& list) {
    out.full_box(type, 0, 0, [&] {
      out.u32(list.size());
      for (const auto value : list) out.u32(value);
    });
  }

  std::uint64_t scaled(std::uint64_t time, std::uint32_t from) const noexcept {
    return from == timescale_ ? time : time / from * timescale_ + (time % from * timescale_ + from / 2) / from;
  }

  // A sample's duration in stts is the distance to the next one.
  void place(std::uint64_t time) {
    if (sizes_.empty()) {
      begin_ = time;
    } else {
      time = std::max(time, last_);
      run(durations_, static_cast<std::uint32_t>(std::min<std::uint64_t>(time - last_, UINT32_MAX)));
    }
    last_ = time;
  }

  std::vector<Run> closing_duration() const {
    if (sizes_.empty()) return {};
    return {{1, static_cast<std::uint32_t>(std::min<std::uint64_t>(end_ - std::min(end_, last_), UINT32_MAX))}};
  }

  std::uint32_t timescale_;
  std::vector<Run> durations_, offsets_;
  std::vector<std::uint32_t> sizes_, keys_;
  std::vector<std::uint64_t> positions_;
  std::vector<ChunkRun> chunks_;
  std::uint64_t begin_ = 0, last_ = 0, end_ = 0;
  bool negative_offset_ = false;
};

}  // namespace tribute::media

// Real parts of two tracks, made without an encoder: valid boxes, frames of arbitrary bytes.
#pragma once

#include <random>
#include <stdexcept>
#include <tribute/cmaf/read.hpp>

namespace tribute::media {

inline std::vector<std::byte> bytes_of(std::initializer_list<unsigned> values) {
  std::vector<std::byte> out;
  for (const auto v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}

/// x264, 1920x1080, High profile, level 4.0.
inline TrackConfig avc_1080p() {
  return *cmaf::make_avc_track(
      bytes_of({1, 0x64, 0, 0x28, 0xff, 0xe1, 0, 0x19, 0x67, 0x64, 0,    0x28, 0xac, 0xd9, 0x40, 0x78, 2,    0x27, 0xe5, 0xc0, 0x44,
                0, 0,    3, 0,    4,    0,    0, 3,    0,    0xc8, 0x3c, 0x60, 1,    0,    6,    0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0}));
}

/// The same picture, another picture parameter set: an encoder that changed its settings.
inline TrackConfig avc_1080p_changed() {
  return *cmaf::make_avc_track(
      bytes_of({1, 0x64, 0, 0x28, 0xff, 0xe1, 0, 0x19, 0x67, 0x64, 0,    0x28, 0xac, 0xd9, 0x40, 0x78, 2,    0x27, 0xe5, 0xc0, 0x44,
                0, 0,    3, 0,    4,    0,    0, 3,    0,    0xc8, 0x3c, 0x60, 1,    0,    6,    0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xd0}));
}

/// AAC-LC, two channels; index 3 = 48000 Hz, 4 = 44100 Hz (ISO/IEC 14496-3 section 1.6.3.4).
inline TrackConfig aac(unsigned rate_index = 3) {
  return *cmaf::make_aac_track(bytes_of({0x10 | rate_index >> 1, (rate_index & 1) << 7 | 0x10}));
}

/// Parts of one track, one after the other on one time line.
class PartMaker {
 public:
  PartMaker(TrackKind kind, std::uint32_t timescale, unsigned seed = 1) : kind_(kind), timescale_(timescale), random_(seed) {}

  Id session = *Id::parse("3zzzzzzzzzzzzzzzzzzzzzzzz9");
  std::uint64_t generation = 1;
  std::int64_t wall_start_ms = 1'700'000'000'000;
  std::uint64_t base_90k = 0;
  std::uint16_t target_duration = 4;
  std::uint64_t time = 0;  ///< decode time of the next part
  std::uint64_t msn = 0;   ///< of the next segment
  std::uint32_t discontinuities = 0;
  std::uint32_t sequence = 0;
  std::uint64_t log = 13;

  std::vector<std::byte> part(bool begins, bool discontinuity = false, std::uint32_t frames = 10, bool key = true, int composition = 0) {
    std::vector<cmaf::SampleInfo> samples;
    for (std::uint32_t i = 0; i < frames; ++i) {
      cmaf::SampleInfo sample;
      sample.size = 20 + static_cast<std::uint32_t>(random_() % 200);
      sample.duration = kind_ == TrackKind::video ? timescale_ / 30 : 1024;
      sample.key = kind_ == TrackKind::audio || (key && i == 0);
      sample.composition_offset = kind_ == TrackKind::video ? composition * static_cast<std::int32_t>(i % 3) : 0;
      samples.push_back(sample);
    }
    msn += begins ? 1 : 0;
    discontinuities += discontinuity ? 1 : 0;
    cmaf::ChunkHead head;
    head.kind = kind_;
    head.sequence = ++sequence;
    head.decode_time = time;
    head.samples = samples;
    head.session.session = session;
    head.session.generation = generation;
    head.session.session_wall_ms = wall_start_ms;
    head.session.session_base_90k = base_90k;
    head.session.log_end = log += 1000;
    head.session.resume_offset = log - 500;
    const auto since_90k = static_cast<std::int64_t>(time * 90'000 / timescale_) - static_cast<std::int64_t>(base_90k);
    head.session.wall_ms = wall_start_ms + since_90k / 90;
    head.session.msn = msn - 1;
    if (begins) segment_90k_ = time * 90'000 / timescale_;
    head.session.segment_90k = segment_90k_;
    head.session.discontinuities = discontinuities;
    head.session.timescale = timescale_;
    head.session.independent = samples.front().key;
    head.session.begins_segment = begins;
    head.session.discontinuity = discontinuity;
    head.session.carry.target_duration = target_duration;
    std::vector<std::byte> out;
    cmaf::write_chunk_head(out, head);
    for (const auto& sample : samples) {
      time += sample.duration;
      for (std::uint32_t i = 0; i < sample.size; ++i) out.push_back(static_cast<std::byte>(random_()));
    }
    return out;
  }

 private:
  TrackKind kind_;
  std::uint32_t timescale_;
  std::mt19937 random_;
  std::uint64_t segment_90k_ = 0;
};

}  // namespace tribute::media

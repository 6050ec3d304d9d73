// A synthetic broadcast in plain memory, for tests and benchmarks of what reads an index.
#pragma once

#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <tribute/media/broadcast_index_writer.hpp>
#include <tribute/media/index_writer.hpp>

namespace tribute::media {

/// Zeroed page-aligned memory, as a fresh sparse mapping is.
class Memory {
 public:
  explicit Memory(std::size_t size) : size_((size + 4095) / 4096 * 4096), bytes_(std::aligned_alloc(4096, size_), &std::free) {
    if (!bytes_) throw std::bad_alloc();
    std::memset(bytes_.get(), 0, size_);
  }
  std::span<std::byte> bytes() const { return {static_cast<std::byte*>(bytes_.get()), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<void, decltype(&std::free)> bytes_;
};

inline TrackConfig video_config() {
  TrackConfig config;
  config.kind = TrackKind::video;
  config.timescale = 90000;
  config.codec = "avc1.64001F";
  config.width = 1280;
  config.height = 720;
  return config;
}

inline TrackConfig audio_config() {
  TrackConfig config;
  config.kind = TrackKind::audio;
  config.timescale = 48000;
  config.codec = "mp4a.40.2";
  config.sample_rate = 48000;
  config.channels = 2;
  return config;
}

/// One track written part by part; times in timescale units.
struct SyntheticTrack {
  Memory memory;
  TrackIndexWriter writer;
  std::uint32_t timescale;
  std::uint64_t time = 0;
  std::uint64_t offset = 1000;
  std::uint32_t init = 0;
  std::uint32_t session = 0;
  std::uint64_t first_msn = 0;
  std::uint32_t discontinuities = 0;
  std::int64_t wall_ms = 1'700'000'000'000;

  SyntheticTrack(const TrackConfig& config, const TrackCapacity& capacity)
      : memory(track_index_size(capacity)),
        writer(*TrackIndexWriter::create(memory.bytes(), config.kind, capacity)),
        timescale(config.timescale) {
    init = writer.add_init(make_init_entry(config, {1, 0, 700}, 7));
  }

  void part(std::uint32_t duration, std::uint32_t bytes, bool begins, bool discontinuity = false, std::uint32_t frames = 10,
            bool independent = true) {
    NewPart p;
    p.range = {1, offset, bytes};
    p.head_length = std::min(bytes, 200u);
    p.decode_time = time;
    p.duration = duration;
    p.frames = frames;
    p.independent = independent;
    p.begins_segment = begins;
    p.discontinuity = discontinuity;
    p.log_end = offset;
    p.wall_ms = wall_ms + static_cast<std::int64_t>(time * 1000 / timescale);
    const auto now = writer.snapshot();
    p.msn = now.parts() == 0 ? first_msn : now.open_msn() + (now.open_segment() ? 1 : 0);
    discontinuities += begins && discontinuity ? 1 : 0;
    p.discontinuities = discontinuities;
    p.init = init;
    p.session = session;
    writer.append(p);
    time += duration;
    offset += bytes;
  }

  /// A segment of `parts` equal parts, left open.
  void segment(std::uint32_t parts, std::uint32_t part_duration, std::uint32_t part_bytes, bool discontinuity = false) {
    for (std::uint32_t i = 0; i < parts; ++i) part(part_duration, part_bytes, i == 0, discontinuity && i == 0);
  }
};

struct SyntheticBroadcast {
  Memory memory;
  BroadcastIndexWriter writer;
  SyntheticTrack video;
  SyntheticTrack audio;

  explicit SyntheticBroadcast(const TrackCapacity& capacity = {16, 4096, 32768}, std::uint32_t target_duration = 4)
      : memory(broadcast_index_size(16)),
        writer(*BroadcastIndexWriter::create(memory.bytes(), Id{}, Id{}, 334, 16)),
        video(video_config(), capacity),
        audio(audio_config(), capacity) {
    SessionEntry session{};
    session.wall_start_ms = video.wall_ms;
    (void)*writer.add_session(session);
    if (target_duration != 0) writer.set_target_duration(target_duration);
  }

  /// Two seconds in six parts on both tracks, left open.
  void segment(bool discontinuity = false, std::uint32_t video_bytes = 60'000, std::uint32_t audio_bytes = 5'000) {
    video.segment(6, 30'000, video_bytes, discontinuity);
    audio.segment(6, 16'000, audio_bytes, discontinuity);
  }

  void close() {
    video.writer.close_segment();
    audio.writer.close_segment();
  }
};

}  // namespace tribute::media

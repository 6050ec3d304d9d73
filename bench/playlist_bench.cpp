// Playlists over an index in memory: the live window, a four hour DVR and recording, the multivariant playlist, and a part
// entered into the index.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <tribute/hls/multivariant.hpp>
#include <tribute/hls/path.hpp>
#include <tribute/media/broadcast_index_writer.hpp>
#include <tribute/media/index_writer.hpp>

namespace {

using namespace tribute;

constexpr media::TrackCapacity capacity{16, 8192, 65536};

struct Memory {
  explicit Memory(std::size_t size) : bytes(static_cast<std::byte*>(std::calloc(1, size)), &std::free), span(bytes.get(), size) {}
  std::unique_ptr<std::byte, decltype(&std::free)> bytes;
  std::span<std::byte> span;
};

struct Track {
  Memory memory{media::track_index_size(capacity)};
  media::TrackIndexWriter writer;

  explicit Track(media::TrackKind kind) : writer(*media::TrackIndexWriter::create(memory.span, kind, capacity)) {
    media::TrackConfig config;
    config.kind = kind;
    config.timescale = 90'000;
    config.codec = kind == media::TrackKind::video ? "avc1.64001F" : "mp4a.40.2";
    config.width = 1280;
    config.height = 720;
    writer.add_init(media::make_init_entry(config, {1, 0, 700}, 0));
  }

  void append(std::uint64_t number) {
    media::NewPart part;
    part.range = {1, 700 + number * 60'000, 60'000};
    part.decode_time = number * 30'000;
    part.duration = 30'000;
    part.frames = 10;
    part.independent = true;
    part.begins_segment = number % 6 == 0;
    part.wall_ms = 1'700'000'000'000 + static_cast<std::int64_t>(number * 1000 / 3);
    part.msn = number / 6;
    writer.append(part);
  }
};

/// Two tracks of so many two-second segments of six parts.
struct Recording {
  Memory memory{media::broadcast_index_size(16)};
  media::BroadcastIndexWriter broadcast = *media::BroadcastIndexWriter::create(memory.span, {}, {}, 334, 16);
  Track video{media::TrackKind::video}, audio{media::TrackKind::audio};

  explicit Recording(std::uint64_t segments) {
    broadcast.set_target_duration(4);
    for (std::uint64_t i = 0; i < segments * 6; ++i) {
      video.append(i);
      audio.append(i);
    }
  }
};

void render(benchmark::State& state, hls::Window window) {
  const Recording recording(static_cast<std::uint64_t>(state.range(0)));
  std::size_t bytes = 0;
  for (auto _ : state) {
    std::string out;
    if (!hls::media_playlist(out, recording.broadcast.view(), recording.video.writer.view(), {window, "video/"}))
      state.SkipWithError("no playlist");
    benchmark::DoNotOptimize(out.data());
    bytes += out.size();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

void media_playlist_live(benchmark::State& state) { render(state, hls::Window::live); }
void media_playlist_dvr(benchmark::State& state) { render(state, hls::Window::dvr); }
BENCHMARK(media_playlist_live)->Arg(60)->Arg(7200);
BENCHMARK(media_playlist_dvr)->Arg(7200);

void multivariant_playlist(benchmark::State& state) {
  const Recording recording(static_cast<std::uint64_t>(state.range(0)));
  for (auto _ : state) {
    std::string out;
    if (!hls::multivariant_playlist(out, recording.broadcast.view(), &recording.video.writer.view(), &recording.audio.writer.view(),
                                    {"grant/", {}}))
      state.SkipWithError("no playlist");
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(multivariant_playlist)->Arg(60)->Arg(7200);

void index_append(benchmark::State& state) {
  constexpr std::uint64_t room = capacity.segments * 6;
  auto track = std::make_unique<Track>(media::TrackKind::video);
  std::uint64_t number = 0;
  for (auto _ : state) {
    if (number == room) {
      state.PauseTiming();
      track = std::make_unique<Track>(media::TrackKind::video);
      number = 0;
      state.ResumeTiming();
    }
    track->append(number++);
  }
}
BENCHMARK(index_append);

void media_path(benchmark::State& state) {
  const std::string path = "/hls/3k8x9v2m4q7w1e5r6t0y9a8s7d/Gr4nt-0123456789abcdef/video/123456.4.m4s";
  for (auto _ : state) benchmark::DoNotOptimize(hls::parse_media_path(path));
}
BENCHMARK(media_path);

}  // namespace

BENCHMARK_MAIN();

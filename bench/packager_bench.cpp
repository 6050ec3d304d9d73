// What ingest costs: one frame through the FLV reader and the packager into parts, as bytes and as time.
// Ten seconds of 1080p30 at 6 Mbit/s with AAC at 128 kbit/s, as an encoder's log would hold them.
#include <benchmark/benchmark.h>

#include <tribute/flv/reader.hpp>
#include <tribute/media/facts.hpp>
#include <tribute/media/packager.hpp>

namespace {

using namespace tribute;

constexpr std::uint8_t avc_record[] = {0x01, 0x64, 0x00, 0x0a, 0xff, 0xe1, 0x00, 0x19, 0x67, 0x64, 0x00, 0x0a, 0xac, 0xd9, 0x42,
                                       0x0b, 0xf9, 0x70, 0x11, 0x00, 0x00, 0x03, 0x00, 0x01, 0x00, 0x00, 0x03, 0x00, 0x32, 0x0f,
                                       0x12, 0x25, 0x96, 0x01, 0x00, 0x04, 0x68, 0xef, 0xbc, 0xb0, 0xfd, 0xf8, 0xf8, 0x00};

void put(std::vector<std::byte>& out, std::uint64_t value, unsigned bytes) {
  while (bytes-- > 0) out.push_back(static_cast<std::byte>(value >> (8 * bytes) & 255));
}

void tag(std::vector<std::byte>& out, unsigned type, std::uint32_t ms, std::span<const std::uint8_t> head,
         std::span<const std::uint8_t> body, std::size_t filler) {
  const auto size = head.size() + body.size() + filler;
  put(out, type, 1);
  put(out, size, 3);
  put(out, ms & 0xffffff, 3);
  put(out, ms >> 24, 1);
  put(out, 0, 3);
  for (const auto part : {head, body})
    for (const auto b : part) put(out, b, 1);
  out.insert(out.end(), filler, std::byte{0x5a});
  put(out, size + 11, 4);
}

struct Log {
  std::vector<std::byte> bytes;
  std::int64_t frames = 0;
};

Log make_log(double fps, double video_bits, double audio_bits) {
  Log log;
  constexpr std::uint8_t aac[] = {0xaf, 0, 0x11, 0x90}, aac_frame[] = {0xaf, 1}, avc[] = {0x17, 0, 0, 0, 0};
  for (const char c : {'F', 'L', 'V', '\1', '\5', '\0', '\0', '\0', '\11', '\0', '\0', '\0', '\0'})
    log.bytes.push_back(static_cast<std::byte>(c));
  tag(log.bytes, 8, 0, aac, {}, 0);
  tag(log.bytes, 9, 0, avc, avc_record, 0);
  const auto group = static_cast<int>(fps * 2);
  const double unit = video_bits / 8 / fps * group / (group + 9);  // a key frame is ten times as large as the others
  int v = 0, a = 0;
  while (v / fps < 10) {
    const bool video = v / fps <= a * 1024 / 48000.0;
    if (video) {
      const bool key = v % group == 0;
      const std::uint8_t head[] = {static_cast<std::uint8_t>(key ? 0x17 : 0x27), 1, 0, 0, 0};
      tag(log.bytes, 9, static_cast<std::uint32_t>(v * 1000 / fps), head, {}, static_cast<std::size_t>(key ? unit * 10 : unit));
      ++v;
    } else {
      tag(log.bytes, 8, static_cast<std::uint32_t>(a * 1024 / 48.0), aac_frame, {},
          static_cast<std::size_t>(audio_bits / 8 * 1024 / 48000));
      ++a;
    }
    ++log.frames;
  }
  return log;
}

// Leaves the bytes to the packager, as a sink does that has written them to a file.
struct WritingSink {
  std::size_t bytes = 0;
  void configure(media::TrackKind, const media::TrackConfig& config) { bytes += config.init.size(); }
  void append(media::TrackKind, media::Part&& part) {
    bytes += part.bytes.size();
    benchmark::DoNotOptimize(part.bytes.data());
  }
};

void report(benchmark::State& state, const Log& log) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(log.bytes.size()));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * log.frames);
  state.counters["per_frame"] = benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(log.frames),
                                                   benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void package(benchmark::State& state) {
  const auto log = make_log(static_cast<double>(state.range(0)), static_cast<double>(state.range(1)) * 1000, 128'000);
  WritingSink sink;
  for (auto _ : state) {
    media::Packager packager;
    packager.begin_session({Id{}, 1, 1'700'000'000'000});
    flv::Reader reader;
    reader.set_window(log.bytes, 0);
    for (auto next = reader.next(); next && *next; next = reader.next()) packager.push(**next, sink);
    packager.finish_session(sink);
  }
  benchmark::DoNotOptimize(sink.bytes);
  report(state, log);
}
BENCHMARK(package)->ArgNames({"fps", "kbps"})->Args({30, 6000})->Args({60, 12000})->Args({30, 500});

void read_tags(benchmark::State& state) {
  const auto log = make_log(30, 6'000'000, 128'000);
  for (auto _ : state) {
    flv::Reader reader;
    reader.set_window(log.bytes, 0);
    std::uint64_t last = 0;
    for (auto next = reader.next(); next && *next; next = reader.next()) last += (*next)->payload.size();
    benchmark::DoNotOptimize(last);
  }
  report(state, log);
}
BENCHMARK(read_tags);

// The least that can be done: the frames' bytes into one buffer.
void only_copy(benchmark::State& state) {
  const auto log = make_log(30, 6'000'000, 128'000);
  std::vector<std::byte> out;
  for (auto _ : state) {
    flv::Reader reader;
    reader.set_window(log.bytes, 0);
    for (auto next = reader.next(); next && *next; next = reader.next()) {
      if (out.size() > 250'000) out.clear();
      out.insert(out.end(), (*next)->payload.begin(), (*next)->payload.end());
    }
    benchmark::DoNotOptimize(out.data());
  }
  report(state, log);
}
BENCHMARK(only_copy);

void read_part_head(benchmark::State& state) {
  struct Keep {
    std::vector<std::byte> part;
    void configure(media::TrackKind, const media::TrackConfig&) {}
    void append(media::TrackKind kind, media::Part&& made) {
      if (kind == media::TrackKind::video) part = std::move(made.bytes);
    }
  } sink;
  const auto log = make_log(30, 6'000'000, 128'000);
  media::Packager packager;
  packager.begin_session({Id{}, 1, 0});
  flv::Reader reader;
  reader.set_window(log.bytes, 0);
  for (auto next = reader.next(); next && *next; next = reader.next()) packager.push(**next, sink);
  for (auto _ : state) {
    auto chunk = cmaf::read_chunk_head(sink.part);
    benchmark::DoNotOptimize(chunk);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(read_part_head);

}  // namespace

BENCHMARK_MAIN();

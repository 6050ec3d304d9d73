// Builds FLV logs and gathers what the packager makes of them. For tests only.
#pragma once

#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <tribute/flv/reader.hpp>
#include <tribute/media/packager.hpp>

namespace tribute::media::testing {

inline std::vector<std::byte> bytes_of(std::initializer_list<unsigned> values) {
  std::vector<std::byte> out;
  for (const auto v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}

/// 128x72, High, from x264.
inline const std::vector<std::byte> avc_record = bytes_of(
    {0x01, 0x64, 0x00, 0x0a, 0xff, 0xe1, 0x00, 0x19, 0x67, 0x64, 0x00, 0x0a, 0xac, 0xd9, 0x42, 0x0b, 0xf9, 0x70, 0x11, 0x00, 0x00, 0x03,
     0x00, 0x01, 0x00, 0x00, 0x03, 0x00, 0x32, 0x0f, 0x12, 0x25, 0x96, 0x01, 0x00, 0x04, 0x68, 0xef, 0xbc, 0xb0, 0xfd, 0xf8, 0xf8, 0x00});
/// 1920x1080, Baseline, from x264.
inline const std::vector<std::byte> other_avc_record =
    bytes_of({0x01, 0x42, 0xc0, 0x28, 0xff, 0xe1, 0x00, 0x19, 0x67, 0x42, 0xc0, 0x28, 0xda, 0x01, 0xe0, 0x08, 0x9f, 0x97, 0x01, 0x10,
              0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0x20, 0xf1, 0x83, 0x2a, 0x01, 0x00, 0x04, 0x68, 0xce, 0x0f, 0xc8});
inline const std::vector<std::byte> aac_48k = bytes_of({0x11, 0x90});
inline const std::vector<std::byte> aac_44k = bytes_of({0x12, 0x10});

/// An FLV log, written tag by tag.
class FlvLog {
 public:
  FlvLog() {
    for (const char c : {'F', 'L', 'V', '\1', '\5'}) u8(static_cast<unsigned char>(c));
    number(9, 4);
    number(0, 4);
  }
  explicit FlvLog(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}

  const std::vector<std::byte>& bytes() const { return bytes_; }

  void tag(unsigned type, std::uint32_t ms, const std::vector<std::byte>& payload) {
    u8(type);
    number(payload.size(), 3);
    number(ms & 0xffffff, 3);
    u8(ms >> 24);
    number(0, 3);
    bytes_.insert(bytes_.end(), payload.begin(), payload.end());
    number(payload.size() + 11, 4);
  }
  void avc_header(std::uint32_t ms, const std::vector<std::byte>& record = avc_record) { tag(9, ms, joined({0x17, 0, 0, 0, 0}, record)); }
  void aac_header(std::uint32_t ms, const std::vector<std::byte>& config = aac_48k) { tag(8, ms, joined({0xaf, 0}, config)); }
  void video(std::uint32_t ms, bool key, std::size_t size = 40, int cts = 0) {
    const auto c = static_cast<unsigned>(cts);
    tag(9, ms, joined({key ? 0x17u : 0x27u, 1, c >> 16 & 255, c >> 8 & 255, c & 255}, noise(size)));
  }
  void audio(std::uint32_t ms, std::size_t size = 12) { tag(8, ms, joined({0xaf, 1}, noise(size))); }

  /// Interleaved, as an encoder sends it: `seconds` of media from `first_ms` on.
  struct Feed {
    double fps = 25;
    int gop = 50;
    double seconds = 7;
    std::uint32_t first_ms = 0;
    bool with_video = true, with_audio = true;
    std::uint32_t rate = 48000;
    std::function<bool(double)> video_at = [](double) { return true; };
    std::function<bool(double)> audio_at = [](double) { return true; };
    std::function<std::uint32_t(double, std::uint32_t)> video_ms = [](double, std::uint32_t ms) { return ms; };
    std::function<std::uint32_t(double, std::uint32_t)> audio_ms = [](double, std::uint32_t ms) { return ms; };
  };
  void feed(const Feed& f) {
    int v = 0, a = 0;
    while (true) {
      const double vt = f.with_video ? v / f.fps : 1e9, at = f.with_audio ? a * 1024.0 / f.rate : 1e9;
      const double t = std::min(vt, at);
      if (t >= f.seconds) return;
      const auto ms = f.first_ms + static_cast<std::uint32_t>(t * 1000 + 0.5);
      if (vt <= at) {
        if (f.video_at(t)) video(f.video_ms(t, ms), v % f.gop == 0, v % f.gop == 0 ? 200 : 40, v % f.gop == 0 ? 80 : 40);
        ++v;
      } else {
        if (f.audio_at(t)) audio(f.audio_ms(t, ms));
        ++a;
      }
    }
  }

 private:
  void u8(std::uint64_t v) { bytes_.push_back(static_cast<std::byte>(v)); }
  void number(std::uint64_t v, unsigned bytes) {
    while (bytes-- > 0) u8(v >> (8 * bytes) & 255);
  }
  static std::vector<std::byte> joined(std::initializer_list<unsigned> head, const std::vector<std::byte>& rest) {
    auto out = bytes_of(head);
    out.insert(out.end(), rest.begin(), rest.end());
    return out;
  }
  std::vector<std::byte> noise(std::size_t size) {
    std::vector<std::byte> out(size);
    for (auto& b : out) b = static_cast<std::byte>((seed_ = seed_ * 1664525 + 1013904223) >> 24);
    return out;
  }

  std::vector<std::byte> bytes_;
  std::uint32_t seed_ = 1;
};

inline std::vector<std::byte> file_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::vector<std::byte> out;
  for (std::istreambuf_iterator<char> at(in), end; at != end; ++at) out.push_back(static_cast<std::byte>(*at));
  return out;
}

struct Made {
  TrackKind kind;
  Part part;
  TrackConfig config;  ///< in force
  bool new_config;
};

struct GatheringSink {
  std::vector<Made> made;
  TrackConfig configs[2];
  bool fresh[2] = {false, false};

  void configure(TrackKind kind, const TrackConfig& config) {
    configs[static_cast<int>(kind)] = config;
    fresh[static_cast<int>(kind)] = true;
  }
  void append(TrackKind kind, Part&& part) {
    made.push_back({kind, std::move(part), configs[static_cast<int>(kind)], std::exchange(fresh[static_cast<int>(kind)], false)});
  }
  std::vector<const Made*> track(TrackKind kind) const {
    std::vector<const Made*> out;
    for (const auto& m : made)
      if (m.kind == kind) out.push_back(&m);
    return out;
  }
};

inline Id session_id(unsigned n) {
  Id::Bytes bytes{};
  bytes[15] = static_cast<std::uint8_t>(n);
  return Id{bytes};
}

/// All tags of a log from `offset` on into a packager.
template <class Sink>
void push_log(Packager& packager, const std::vector<std::byte>& log, Sink& sink, std::uint64_t offset = 0, std::uint64_t end = ~0ull) {
  flv::Reader reader{offset};
  reader.set_window(log, 0);
  while (reader.offset() < end) {
    const auto tag = reader.next();
    if (!tag || !*tag) return;
    packager.push(**tag, sink);
  }
}

/// One session after the other on one time line.
inline GatheringSink package(const std::vector<std::vector<std::byte>>& logs, const PackagerOptions& options = {}) {
  GatheringSink sink;
  Packager packager{options};
  for (std::size_t i = 0; i < logs.size(); ++i) {
    packager.begin_session({session_id(static_cast<unsigned>(i + 1)), i + 1, 1'700'000'000'000 + static_cast<std::int64_t>(i) * 60'000});
    push_log(packager, logs[i], sink);
    packager.finish_session(sink);
  }
  return sink;
}

}  // namespace tribute::media::testing

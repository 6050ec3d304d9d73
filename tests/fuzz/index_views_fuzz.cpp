// Any bytes as a mapped index, read by everything that reads one: no read outside, no endless loop, no nonsense number.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <tribute/hls/multivariant.hpp>
#include <tribute/media/index_check.hpp>

using namespace tribute;

namespace {

void read_track(const media::TrackView& view, const media::BroadcastView* broadcast) {
  const auto now = view.snapshot();
  static_cast<void>(media::sound_parts(now, 3));
  for (std::uint64_t i = 0; i <= now.complete_segments(); ++i) {
    const auto segment = now.segment(now.first_msn() + i);
    if (!segment) continue;
    if (segment->timescale == 0 || (segment->part_count != 0 && segment->first_part + std::uint64_t{segment->part_count} > now.parts()))
      std::abort();
    for (std::uint32_t part = 0; part < std::min(segment->part_count, 64u); ++part) static_cast<void>(now.part_range(*segment, part));
  }
  static_cast<void>(now.last_segment());
  static_cast<void>(hls::measure(now, 4));
  if (broadcast == nullptr) return;
  for (const auto window : {hls::Window::live, hls::Window::dvr, hls::Window::recording}) {
    std::string text;
    static_cast<void>(hls::media_playlist(text, *broadcast, view, {window, "p/"}));
  }
  std::string text;
  static_cast<void>(hls::multivariant_playlist(text, *broadcast, &view, &view, {}));
}

}  // namespace

// The first two bytes say where the input is divided: a broadcast index, then a track index.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t split = std::min<std::size_t>(data[0] * 256u + data[1] + 2u, size);
  // Each in memory of its own size, aligned as a mapping is, so that a sanitizer sees every step outside.
  const auto place = [](const std::uint8_t* from, std::size_t count) {
    std::unique_ptr<std::byte, decltype(&std::free)> out(static_cast<std::byte*>(std::aligned_alloc(8, (count + 8) / 8 * 8)), &std::free);
    std::memcpy(out.get(), from, count);
    return out;
  };
  const auto broadcast_bytes = place(data + 2, split - 2), track_bytes = place(data + split, size - split);
  const auto broadcast = media::BroadcastView::over({broadcast_bytes.get(), split - 2});
  if (broadcast) {
    for (std::uint32_t i = 0; i < broadcast->sessions(); ++i) static_cast<void>(broadcast->session(i));
  }
  const auto track = media::TrackView::over({track_bytes.get(), size - split});
  if (track) read_track(*track, broadcast ? &*broadcast : nullptr);
  return 0;
}

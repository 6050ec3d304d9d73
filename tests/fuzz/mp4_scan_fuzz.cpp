// Any bytes as a track file: the scan ends, finds only parts that lie inside, and the index made of them is sound.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <tribute/media/index_check.hpp>
#include <tribute/media/scan.hpp>

namespace {

using namespace tribute::media;

constexpr TrackCapacity capacity{8, 64, 256};

std::uint32_t sum(std::span<const std::byte> bytes) {
  std::uint32_t out = 1;
  for (const auto b : bytes) out = out * 31 + std::to_integer<std::uint32_t>(b);
  return out;
}

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  for (const auto kind : {TrackKind::video, TrackKind::audio}) {
    // Twice the same file: what ends one stands at the beginning of the next.
    const std::array<std::uint64_t, 2> sizes{size, size};
    const auto found = scan_track(kind, sizes, &sum, [&](std::uint32_t, std::uint64_t offset, std::span<std::byte> into) {
      require(offset <= size && into.size() <= size - offset);
      std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), into.size(), into.begin());
      return true;
    });
    for (const auto& [part, init] : found.parts) {
      require(part.range.offset + part.range.length <= size && part.chunk.mdat_offset <= part.range.length);
      require(init < found.inits.size());
    }
    alignas(64) static std::array<std::byte, track_index_size(capacity)> track_memory;
    alignas(64) static std::array<std::byte, broadcast_index_size(16)> broadcast_memory;
    track_memory.fill(std::byte{0});
    broadcast_memory.fill(std::byte{0});
    auto broadcast = *BroadcastIndexWriter::create(broadcast_memory, {}, {}, 334, 16);
    auto track = *TrackIndexWriter::create(track_memory, kind, capacity);
    const std::array<const ScannedTrack*, 1> all{&found};
    if (!rebuild_sessions(broadcast, all) || !rebuild_track(broadcast, track, found)) continue;
    require(track.snapshot().parts() == found.parts.size());
    require(sound_parts(track.snapshot(), broadcast.view().sessions()) == found.parts.size());
  }
  return 0;
}

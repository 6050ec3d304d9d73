// Rebuilds an index from the track files alone. A torn tail is cut; damage in the middle of a file costs what follows
// in that file only, and the lost segments become gaps. Pure: reads through a callable, writes to given memory.
#pragma once

#include <tribute/media/indexer.hpp>

namespace tribute::media {

using Checksum = std::uint32_t (*)(std::span<const std::byte>);

inline constexpr std::uint64_t max_part_bytes = 256u << 20;

/// What one track's files say.
struct ScannedTrack {
  std::vector<InitEntry> inits;
  std::vector<std::pair<PlacedPart, std::uint32_t>> parts;  ///< and the init each needs
  std::uint32_t last_file = 0;                              ///< where the last sound part lies …
  std::uint64_t sound_end = 0;                              ///< … and where it ends; what follows is torn
  std::uint32_t damaged_files = 0;                          ///< files whose end could not be read (the torn tail is one)
};

namespace detail {

// A window over one file, so that a scan reads it once, in order.
template <class Read>
class ScanWindow {
 public:
  ScanWindow(Read& read, std::uint32_t file, std::uint64_t size) : read_(read), file_(file), size_(size) {}

  std::uint64_t size() const noexcept { return size_; }

  /// At least `want` bytes from `offset` on, or what the file has; empty when it cannot be read.
  Bytes at(std::uint64_t offset, std::uint64_t want) {
    want = std::min(want, size_ - std::min(offset, size_));
    if (offset < begin_ || offset + want > begin_ + bytes_.size()) {
      const auto count = std::min(std::max(want, std::uint64_t{1} << 20), size_ - offset);
      bytes_.resize(static_cast<std::size_t>(count));
      begin_ = offset;
      if (!read_(file_, offset, std::span<std::byte>{bytes_})) bytes_.clear();
    }
    return Bytes{bytes_}.subspan(std::min(static_cast<std::size_t>(offset - begin_), bytes_.size()));
  }

 private:
  Read& read_;
  std::uint32_t file_;
  std::uint64_t size_;
  std::uint64_t begin_ = 0;
  std::vector<std::byte> bytes_;
};

class TrackScanner {
 public:
  TrackScanner(TrackKind kind, Checksum checksum) : kind_(kind), checksum_(checksum) {}

  /// False when the file's end is damaged.
  template <class Window>
  bool scan_file(std::uint32_t file, Window& window) {
    std::uint64_t at = 0;
    while (at < window.size()) {
      auto bytes = window.at(at, 1 << 16);
      const bool sound = cmaf::starts_with_init(bytes) ? take_init(file, at, window) : at != 0 && take_part(file, at, window);
      if (!sound) return false;
    }
    return true;
  }

  ScannedTrack out;

 private:
  template <class Window>
  bool take_init(std::uint32_t file, std::uint64_t& at, Window& window) {
    auto info = cmaf::read_init(window.at(at, 1 << 21));
    if (!info || info->config.kind != kind_) return false;
    // The same init again only lets a file play by itself (or repeats a change whose segment never came).
    if (info->config.init != init_) {
      const auto entry = make_init_entry(info->config, {file, at, info->size}, checksum_(info->config.init));
      if (pending_) {
        out.inits.back() = entry;
      } else {
        out.inits.push_back(entry);
      }
      pending_ = true;
      init_ = std::move(info->config.init);
    }
    at += info->size;
    return true;
  }

  template <class Window>
  bool take_part(std::uint32_t file, std::uint64_t& at, Window& window) {
    auto head = cmaf::read_chunk_head(window.at(at, 1 << 16));
    if (!head && head.error().code == Errc::truncated) head = cmaf::read_chunk_head(window.at(at, 1 << 24));
    if (!head || head->kind != kind_ || head->size > max_part_bytes || head->size > window.size() - at) return false;
    if (!continues(*head)) return false;
    const auto bytes = window.at(at, head->size);
    if (bytes.size() < head->size) return false;
    PlacedPart part;
    part.range = {file, at, head->size};
    part.crc = checksum_(bytes.first(static_cast<std::size_t>(head->size)));
    part.frames = static_cast<std::uint32_t>(head->samples.size());
    part.chunk = std::move(*head);
    part.chunk.samples = {};
    at += part.range.length;
    pending_ = false;
    msn_ = part.chunk.session.msn;
    time_ = part.chunk.decode_time + part.chunk.duration;
    timescale_ = part.chunk.session.timescale;
    out.last_file = file;
    out.sound_end = at;
    out.parts.emplace_back(std::move(part), static_cast<std::uint32_t>(out.inits.size() - 1));
    return true;
  }

  // The same rules that place_of() has for the live writer.
  bool continues(const cmaf::ChunkInfo& chunk) const {
    const auto& box = chunk.session;
    if (out.inits.empty() || chunk.duration > UINT32_MAX) return false;
    if (out.parts.empty()) return box.begins_segment;
    if (box.begins_segment) return box.msn > msn_;
    return box.msn == msn_ && !pending_ && box.timescale == timescale_ && chunk.decode_time >= time_;
  }

  TrackKind kind_;
  Checksum checksum_;
  std::vector<std::byte> init_;
  bool pending_ = false;  ///< the newest init has no part yet
  std::uint64_t msn_ = 0;
  std::uint64_t time_ = 0;
  std::uint32_t timescale_ = 0;
};

}  // namespace detail

/// Reads the files 1, 2, … of a track, `sizes` bytes long. `read(file, offset, span)` fills the span and answers whether
/// it could. Memory: about 300 bytes per part.
template <class Read>
ScannedTrack scan_track(TrackKind kind, std::span<const std::uint64_t> sizes, Checksum checksum, Read&& read) {
  detail::TrackScanner scanner{kind, checksum};
  for (std::uint32_t file = 1; file <= sizes.size(); ++file) {
    detail::ScanWindow<Read> window{read, file, sizes[file - 1]};
    if (!scanner.scan_file(file, window)) ++scanner.out.damaged_files;
  }
  auto& out = scanner.out;
  const std::size_t needed = out.parts.empty() ? 0 : out.parts.back().second + std::size_t{1};
  out.inits.resize(std::min(out.inits.size(), needed));
  return std::move(scanner.out);
}

/// Enters the sessions of both tracks, in the order of the time line, before their parts.
inline Result<Done> rebuild_sessions(BroadcastIndexWriter& broadcast, std::span<const ScannedTrack* const> tracks) {
  std::vector<SessionEntry> found;
  for (const auto* track : tracks)
    for (const auto& [part, init] : track->parts) {
      const auto entry = make_session_entry(part.chunk.session);
      if (std::find_if(found.rbegin(), found.rend(), [&](const auto& e) { return e.id == entry.id; }) == found.rend())
        found.push_back(entry);
    }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.base_time_90k < b.base_time_90k; });
  for (const auto& entry : found)
    if (auto added = broadcast.add_session(entry); !added) return added.error();
  return Done{};
}

/// Fills a freshly created track index. Precondition: rebuild_sessions() ran.
inline Result<Done> rebuild_track(BroadcastIndexWriter& broadcast, TrackIndexWriter& track, const ScannedTrack& scanned) {
  for (const auto& [part, init] : scanned.parts) {
    const auto& box = part.chunk.session;
    const auto place = place_of(track.snapshot(), box, part.chunk.decode_time);
    if (!place) return place.error();
    const bool new_init = init >= track.snapshot().inits();
    if (auto room = track.room(box.begins_segment, new_init, place->gaps); !room) return room.error();
    if (new_init) track.add_init(scanned.inits[init]);
    const auto session = find_session(broadcast.view(), box.session);
    if (!session) return make_error(Errc::corrupt, "a part of an unknown session");
    index_part(broadcast, track, part, *session, init);
  }
  return Done{};
}

}  // namespace tribute::media

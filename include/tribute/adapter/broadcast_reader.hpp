// What any worker needs to serve a broadcast that another one writes: its indexes mapped read-only, its track files
// open. The mappings have their full size from the first day, so nothing is ever mapped again while it grows.
#pragma once

#include <memory>
#include <tribute/adapter/media_files.hpp>
#include <utility>

namespace tribute::adapter {

/// For one thread. Files come out shared: a response that still sends one outlives the reader.
class BroadcastReader {
 public:
  /// not_found while the broadcast has no index; corrupt when it is damaged.
  static Result<BroadcastReader> open(const std::string& media_dir, const Id& stream, const Id& broadcast) {
    BroadcastReader out{BroadcastFolder(media_dir, stream, broadcast)};
    auto mapped = MappedIndex::open(out.folder_, BroadcastFolder::broadcast_index(), false);
    if (!mapped) return mapped.error();
    auto view = media::BroadcastView::over(mapped->mapping.bytes());
    if (!view) return view.error();
    out.mapped_ = std::move(*mapped);
    out.broadcast_ = *view;
    if (auto done = out.refresh(); !done) return done.error();
    return out;
  }

  const media::BroadcastView& broadcast() const noexcept { return broadcast_; }

  /// Null while the track has no index; refresh() looks again.
  const media::TrackView* track(TrackKind kind) const noexcept {
    const auto& one = tracks_[static_cast<std::size_t>(kind)];
    return one.view ? &*one.view : nullptr;
  }

  /// Maps tracks that have come since. Cheap when both are there.
  Result<Done> refresh() {
    for (const auto kind : both_tracks) {
      auto& one = tracks_[static_cast<std::size_t>(kind)];
      if (one.view) continue;
      auto mapped = MappedIndex::open(folder_, BroadcastFolder::track_index(kind), false);
      if (!mapped) {
        if (mapped.error().code == Errc::not_found) continue;
        return mapped.error();
      }
      auto view = media::TrackView::over(mapped->mapping.bytes());
      if (!view) return view.error();
      if (view->kind() != kind) return make_error(Errc::corrupt, "the index is that of another track");
      one.mapped = std::move(*mapped);
      one.view = *view;
    }
    return Done{};
  }

  /// Whether the index was replaced by a rebuilt one (or deleted) since it was opened: then open it anew.
  bool stale() const {
    struct stat mine {
    }, now{};
    if (::fstat(mapped_.file->fd(), &mine) != 0) return true;
    if (::stat((folder_.path() + "/" + BroadcastFolder::broadcast_index()).c_str(), &now) != 0) return true;
    return mine.st_ino != now.st_ino || mine.st_dev != now.st_dev;
  }

  /// The track file with that number, opened once and kept while it is among the last used.
  Result<std::shared_ptr<const File>> file(TrackKind kind, std::uint32_t number) {
    for (std::size_t i = 0; i < recent_.size(); ++i)
      if (recent_[i].file && recent_[i].kind == kind && recent_[i].number == number) {
        std::rotate(recent_.begin(), recent_.begin() + static_cast<std::ptrdiff_t>(i),
                    recent_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
        return recent_.front().file;
      }
    auto opened = folder_.open(BroadcastFolder::track_file(kind, number), O_RDONLY);
    if (!opened) return opened.error();
    std::rotate(recent_.begin(), recent_.end() - 1, recent_.end());
    recent_.front() = {kind, number, std::make_shared<const File>(std::move(*opened))};
    return recent_.front().file;
  }

  /// The bytes of a range (an init section, a part's boxes).
  Result<std::vector<std::byte>> read(TrackKind kind, const media::FileRange& range) {
    constexpr std::uint64_t most = 64u << 20;
    if (range.length > most) return make_error(Errc::corrupt, "a range in the index is impossibly long");
    const auto from = file(kind, range.file);
    if (!from) return from.error();
    std::vector<std::byte> out(static_cast<std::size_t>(range.length));
    if (auto done = (*from)->read_at(range.offset, out); !done) return done.error();
    return out;
  }

  const BroadcastFolder& folder() const noexcept { return folder_; }

 private:
  explicit BroadcastReader(BroadcastFolder folder) : folder_(std::move(folder)) {}

  struct Track {
    MappedIndex mapped;
    std::optional<media::TrackView> view;
  };
  struct Open {
    TrackKind kind = TrackKind::video;
    std::uint32_t number = 0;
    std::shared_ptr<const File> file;
  };

  BroadcastFolder folder_;
  MappedIndex mapped_;
  media::BroadcastView broadcast_;
  std::array<Track, 2> tracks_;
  std::array<Open, 8> recent_;
};

}  // namespace tribute::adapter

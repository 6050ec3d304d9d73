// The folder of one broadcast: MEDIA_DIR/<stream id>/<broadcast id>/ with video-0001.mp4, video.index, broadcast.index …
// Names are made from ids and numbers only; nothing that came from outside is ever part of one.
#pragma once

#include <zlib.h>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <tribute/adapter/posix_file.hpp>
#include <tribute/id.hpp>
#include <tribute/media/index.hpp>
#include <vector>

namespace tribute::adapter {

using media::TrackKind;

inline constexpr std::array both_tracks{TrackKind::video, TrackKind::audio};

/// zlib's CRC-32 (ISO 3309), as kept in the index.
inline std::uint32_t crc_of(std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

class BroadcastFolder {
 public:
  BroadcastFolder(const std::string& media_dir, const Id& stream, const Id& broadcast)
      : path_(media_dir + "/" + stream.text() + "/" + broadcast.text()) {}

  const std::string& path() const noexcept { return path_; }
  std::string lock() const { return path_ + "/lock"; }
  static std::string broadcast_index() { return "broadcast.index"; }
  static std::string track_index(TrackKind kind) { return std::string(media::track_name(kind)) + ".index"; }
  static std::string track_file(TrackKind kind, std::uint32_t number) {
    char digits[16];
    std::snprintf(digits, sizeof digits, "-%04u.mp4", number);
    return std::string(media::track_name(kind)) + digits;
  }

  Result<Done> create() const {
    // Closed to others by itself: nginx sets the umask to 0.
    for (const auto& folder : {std::filesystem::path(path_).parent_path().string(), path_})
      if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return system_error("make " + folder, errno);
    return Done{};
  }

  bool has(const std::string& name) const { return ::access((path_ + "/" + name).c_str(), F_OK) == 0; }

  Result<File> open(const std::string& name, int flags) const { return File::open(path_ + "/" + name, flags, name); }

  Result<Done> remove(const std::string& name) const {
    if (::unlink((path_ + "/" + name).c_str()) != 0 && errno != ENOENT) return system_error("remove " + name, errno);
    return Done{};
  }

  /// Sizes of the files 1, 2, … of a track, up to the first that is not there.
  Result<std::vector<std::uint64_t>> track_sizes(TrackKind kind) const {
    std::vector<std::uint64_t> out;
    while (true) {
      const auto file = open(track_file(kind, static_cast<std::uint32_t>(out.size() + 1)), O_RDONLY);
      if (!file) {
        if (file.error().code == Errc::not_found) return out;
        return file.error();
      }
      const auto size = file->size();
      if (!size) return size.error();
      out.push_back(*size);
    }
  }

  /// Names themselves are on the disk only after this (fsync(2) says so of new files).
  Result<Done> sync_names() const {
    const auto folder = File::open(path_, O_RDONLY | O_DIRECTORY, path_);
    if (!folder) return folder.error();
    if (::fsync(folder->fd()) != 0) return system_error("sync " + path_, errno);
    return Done{};
  }

 private:
  std::string path_;
};

/// Deletes a broadcast with all its media. conflict while somebody writes it; deleting twice is no error.
inline Result<Done> remove_broadcast(const std::string& media_dir, const Id& stream, const Id& broadcast) {
  const BroadcastFolder folder(media_dir, stream, broadcast);
  if (::access(folder.path().c_str(), F_OK) != 0) return Done{};
  const auto lock = OwnerLock::try_acquire(folder.lock());
  if (!lock) return lock.error();
  std::error_code error;
  std::filesystem::remove_all(folder.path(), error);
  if (error) return system_error("remove " + folder.path(), error.value());
  return Done{};
}

/// An index file in memory, opened, or made so that nobody ever sees it half-formatted.
struct MappedIndex {
  std::shared_ptr<const File> file;
  Mapping mapping;

  static Result<MappedIndex> open(const BroadcastFolder& folder, const std::string& name, bool writable) {
    auto file = folder.open(name, writable ? O_RDWR : O_RDONLY);
    if (!file) return file.error();
    auto mapping = Mapping::of(*file, writable);
    if (!mapping) return mapping.error();
    return MappedIndex{std::make_shared<const File>(std::move(*file)), std::move(*mapping)};
  }

  /// `format` fills the zeroed memory (its header page has room on the disk); then the file gets its name.
  static Result<MappedIndex> create(const BroadcastFolder& folder, const std::string& name, std::uint64_t size,
                                    const std::function<Result<Done>(std::span<std::byte>)>& format) {
    auto file = File::open(folder.path() + "/" + name + ".new", O_RDWR | O_CREAT | O_TRUNC, name);
    if (!file) return file.error();
    if (auto done = file->truncate(size); !done) return done.error();
    if (auto done = file->reserve(0, media::index_header_size); !done) return done.error();
    auto mapping = Mapping::of(*file, true);
    if (!mapping) return mapping.error();
    if (auto done = format(mapping->writable()); !done) return done.error();
    const auto path = folder.path() + "/" + name;
    if (::rename((path + ".new").c_str(), path.c_str()) != 0) return system_error("name " + name, errno);
    return MappedIndex{std::make_shared<const File>(std::move(*file)), std::move(*mapping)};
  }
};

/// Gives an index's entries blocks on the disk ahead of their use, a step at a time.
class Reserved {
 public:
  /// Makes sure of [offset, offset+length) in the file.
  Result<Done> ensure(const File& file, std::uint64_t offset, std::uint64_t length) {
    constexpr std::uint64_t step = 64 << 10;
    if (begin_ <= offset && offset + length <= end_) return Done{};
    const auto from = offset / media::index_header_size * media::index_header_size;
    const auto size = file.size();
    if (!size) return size.error();
    const auto to = std::min(std::max(offset + length, from + step), *size);
    if (auto done = file.reserve(from, to - from); !done) return done.error();
    begin_ = from;
    end_ = to;
    return Done{};
  }

 private:
  std::uint64_t begin_ = 0, end_ = 0;
};

}  // namespace tribute::adapter

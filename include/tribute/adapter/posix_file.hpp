// POSIX files as values: descriptors that close themselves, whole writes or an error with the system's own words,
// mappings, and ownership by flock. Never throws for what a disk may do; never reports half a write as done.
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <system_error>
#include <tribute/result.hpp>
#include <utility>

namespace tribute::adapter {

/// "cannot write video-0001.mp4: No space left on device". ENOENT is not_found, all else unavailable.
inline Error system_error(const std::string& doing, int code) {
  return make_error(code == ENOENT ? Errc::not_found : Errc::unavailable, "cannot " + doing + ": " + std::generic_category().message(code));
}

class File {
 public:
  File() = default;
  File(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)), name_(std::move(other.name_)) {}
  File& operator=(File&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(name_, other.name_);
    return *this;
  }
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }

  /// `flags` as open(2) has them; the descriptor is never inherited. `name` is what errors call it.
  static Result<File> open(const std::string& path, int flags, std::string name, mode_t mode = 0600) {
    int fd = -1;
    do fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    if (fd < 0) return system_error("open " + name, errno);
    return File{fd, std::move(name)};
  }

  int fd() const noexcept { return fd_; }
  const std::string& name() const noexcept { return name_; }

  Result<std::uint64_t> size() const {
    struct stat info {};
    if (::fstat(fd_, &info) != 0) return system_error("look at " + name_, errno);
    return static_cast<std::uint64_t>(info.st_size);
  }

  /// Writes both spans, one behind the other, at `offset`; all or an error (then some bytes may stand there).
  Result<Done> write_at(std::uint64_t offset, std::span<const std::byte> first, std::span<const std::byte> second = {}) const {
    while (!first.empty() || !second.empty()) {
      // iovec has no const, pwritev does not write to it.
      std::array<iovec, 2> pieces{
          {{const_cast<std::byte*>(first.data()), first.size()}, {const_cast<std::byte*>(second.data()), second.size()}}};
      const auto wrote = ::pwritev(fd_, pieces.data(), 2, static_cast<off_t>(offset));
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote <= 0) return system_error("write " + name_, wrote < 0 ? errno : ENOSPC);
      auto rest = static_cast<std::size_t>(wrote);
      offset += rest;
      const auto of_first = std::min(rest, first.size());
      first = first.subspan(of_first);
      second = second.subspan(rest - of_first);
    }
    return Done{};
  }

  /// Fills the span; corrupt when the file ends before.
  Result<Done> read_at(std::uint64_t offset, std::span<std::byte> into) const {
    while (!into.empty()) {
      const auto got = ::pread(fd_, into.data(), into.size(), static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return system_error("read " + name_, errno);
      if (got == 0) return make_error(Errc::corrupt, name_ + " is shorter than it should be");
      offset += static_cast<std::uint64_t>(got);
      into = into.subspan(static_cast<std::size_t>(got));
    }
    return Done{};
  }

  Result<Done> truncate(std::uint64_t size) const {
    if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) return system_error("resize " + name_, errno);
    return Done{};
  }

  /// The data and what is needed to find it are on the disk when this returns.
  Result<Done> sync() const {
    if (::fdatasync(fd_) != 0) return system_error("sync " + name_, errno);
    return Done{};
  }

  /// Gives [offset, offset+length) blocks of its own: afterwards a write there through a mapping cannot fail for lack
  /// of room (it would be SIGBUS). What stands there stays.
  Result<Done> reserve(std::uint64_t offset, std::uint64_t length) const {
    int failed = 0;
    do failed = ::fallocate(fd_, 0, static_cast<off_t>(offset), static_cast<off_t>(length)) != 0 ? errno : 0;
    while (failed == EINTR);
    if (failed == EOPNOTSUPP) failed = ::posix_fallocate(fd_, static_cast<off_t>(offset), static_cast<off_t>(length));
    if (failed != 0) return system_error("grow " + name_, failed);
    return Done{};
  }

 private:
  int fd_ = -1;
  std::string name_;
};

/// A whole file in memory. Shared with all other processes that map it.
class Mapping {
 public:
  Mapping() = default;
  Mapping(Mapping&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Mapping() {
    if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
  }

  static Result<Mapping> of(const File& file, bool writable) {
    const auto size = file.size();
    if (!size) return size.error();
    if (*size == 0) return make_error(Errc::corrupt, file.name() + " is empty");
    void* at = ::mmap(nullptr, static_cast<std::size_t>(*size), PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED, file.fd(), 0);
    if (at == MAP_FAILED) return system_error("map " + file.name(), errno);
    Mapping out;
    out.bytes_ = {static_cast<std::byte*>(at), static_cast<std::size_t>(*size)};
    return out;
  }

  std::span<std::byte> writable() const noexcept { return bytes_; }
  std::span<const std::byte> bytes() const noexcept { return bytes_; }

 private:
  std::span<std::byte> bytes_;
};

/// Ownership of something by a lock on its lock file: free again when this is destroyed or the process dies, however.
class OwnerLock {
 public:
  /// Makes the file if need be. conflict: somebody else holds it.
  static Result<OwnerLock> try_acquire(const std::string& path) {
    auto file = File::open(path, O_RDWR | O_CREAT, path);
    if (!file) return file.error();
    int failed = 0;
    do failed = ::flock(file->fd(), LOCK_EX | LOCK_NB) != 0 ? errno : 0;
    while (failed == EINTR);
    if (failed == EWOULDBLOCK) return make_error(Errc::conflict, path + " is held by another process");
    if (failed != 0) return system_error("lock " + path, failed);
    return OwnerLock{std::move(*file)};
  }

 private:
  explicit OwnerLock(File file) : file_(std::move(file)) {}
  File file_;
};

}  // namespace tribute::adapter

// The ingest log: the FLV file that nginx-rtmp appends to, tag by tag, in a tmpfs folder. Reads what is new into
// one window and frees the file behind the reader. Never writes to the log, never keeps more than the window.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <system_error>
#include <tribute/result.hpp>
#include <utility>
#include <vector>

namespace tribute::adapter {

class IngestLog {
 public:
  IngestLog() = default;
  IngestLog(IngestLog&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)),
        window_(std::move(other.window_)),
        begin_(std::exchange(other.begin_, 0)),
        end_(std::exchange(other.end_, 0)),
        offset_(std::exchange(other.offset_, 0)),
        freed_(std::exchange(other.freed_, 0)) {}
  IngestLog& operator=(IngestLog&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(window_, other.window_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
    std::swap(offset_, other.offset_);
    std::swap(freed_, other.freed_);
    return *this;
  }
  ~IngestLog() {
    if (fd_ >= 0) ::close(fd_);
  }

  /// Positions the reader at `offset`, where a tag begins (0: the file's header). Errors: not_found while the log
  /// is not there yet, unavailable with the system's words otherwise.
  static Result<IngestLog> open(const std::string& path, std::uint64_t offset) {
    IngestLog log;
    log.fd_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (log.fd_ < 0) {
      if (errno == ENOENT) return make_error(Errc::not_found, "The ingest log is not there yet.");
      return failed("open");
    }
    log.offset_ = offset;
    return log;
  }

  bool is_open() const noexcept { return fd_ >= 0; }

  /// Appends up to `most` new bytes to the window; 0 at the end of what has been written so far.
  Result<std::size_t> read_more(std::size_t most = std::size_t{256} * 1024) {
    make_room(most);
    const auto got = ::pread(fd_, window_.data() + end_, most, static_cast<off_t>(offset_ + (end_ - begin_)));
    if (got < 0) return errno == EINTR ? Result<std::size_t>{std::size_t{0}} : failed("read");
    end_ += static_cast<std::size_t>(got);
    return static_cast<std::size_t>(got);
  }

  /// The bytes read and not consumed; the first stands at offset() of the file. Valid until the next read_more().
  std::span<const std::byte> window() const noexcept { return {window_.data() + begin_, end_ - begin_}; }
  std::uint64_t offset() const noexcept { return offset_; }

  void consume(std::size_t bytes) noexcept {
    begin_ += bytes;
    offset_ += bytes;
  }

  /// Gives the pages between two offsets back to the system; later calls go on from there. Without effect where the
  /// file system cannot.
  void free_between(std::uint64_t begin, std::uint64_t end) noexcept {
    constexpr std::uint64_t page = 4096;
    const std::uint64_t from = std::max(freed_, (begin + page - 1) / page * page);
    const std::uint64_t until = end / page * page;
    if (until <= from) return;
    if (::fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(from), static_cast<off_t>(until - from)) == 0) freed_ = until;
  }

 private:
  static Error failed(const char* what) {
    return make_error(Errc::unavailable, std::string{"Cannot "} + what + " the ingest log: " + std::generic_category().message(errno));
  }

  // Moves the unread rest to the front instead of growing, so that the window stays at about one large tag.
  void make_room(std::size_t bytes) {
    if (begin_ > 0) {
      std::memmove(window_.data(), window_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (window_.size() < end_ + bytes) window_.resize(end_ + bytes);
  }

  int fd_ = -1;
  std::vector<std::byte> window_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t freed_ = 0;
};

}  // namespace tribute::adapter

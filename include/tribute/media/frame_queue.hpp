// Frames that wait for a decision, with copies of their bytes, since the window they came from moves on. First in, first
// out; grows to what is needed once and is then reused.
#pragma once

#include <tribute/media/broadcast.hpp>

namespace tribute::media {

class FrameQueue {
 public:
  static constexpr std::size_t max_frames = 4096;
  static constexpr std::size_t max_bytes = 8u << 20;

  struct Entry {
    Frame frame;               ///< its data is set by front()
    std::uint32_t config = 0;  ///< number of the sequence header in force
    std::size_t size = 0;
  };

  bool empty() const noexcept { return first_ == entries_.size(); }
  bool full() const noexcept { return entries_.size() - first_ >= max_frames || bytes_.size() - used_ >= max_bytes; }
  const Entry& newest() const noexcept { return entries_.back(); }
  const Entry& oldest() const noexcept { return entries_[first_]; }

  void push(const Frame& frame, std::uint32_t config) {
    entries_.push_back({frame, config, frame.data.size()});
    bytes_.insert(bytes_.end(), frame.data.begin(), frame.data.end());
  }

  /// Its data is valid until the next push() or pop().
  Entry front() const noexcept {
    Entry out = entries_[first_];
    out.frame.data = Bytes{bytes_}.subspan(used_, out.size);
    return out;
  }

  void pop() {
    used_ += entries_[first_++].size;
    if (empty()) {
      clear();
    } else if (first_ >= 64 && first_ >= entries_.size() / 2) {
      entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(first_));
      bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(used_));
      first_ = used_ = 0;
    }
  }

  void clear() noexcept {
    entries_.clear();
    bytes_.clear();
    first_ = used_ = 0;
  }

  template <class F>
  void for_each(F&& change) {
    for (auto i = first_; i < entries_.size(); ++i) change(entries_[i].frame);
  }

 private:
  std::vector<Entry> entries_;
  std::vector<std::byte> bytes_;
  std::size_t first_ = 0;  // entries before are gone …
  std::size_t used_ = 0;   // … and so are these bytes
};

}  // namespace tribute::media

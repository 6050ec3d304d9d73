// Gathers the frames of one part in the very buffer that leaves as Part::bytes: a frame is copied once, the
// head is written into room kept in front. The same frames always give the same bytes.
#pragma once

#include <cstring>
#include <tribute/cmaf/chunk.hpp>
#include <utility>

namespace tribute::media {

class PartAssembler {
 public:
  /// Over these a part is closed whatever its duration: hostile input must not grow it for ever.
  static constexpr std::size_t max_frames = 512;
  static constexpr std::size_t max_bytes = 16u << 20;

  explicit PartAssembler(TrackKind kind) noexcept : kind_(kind) {}

  bool empty() const noexcept { return samples_.empty(); }
  std::size_t frames() const noexcept { return samples_.size(); }
  std::size_t bytes() const noexcept { return bytes_; }
  std::uint64_t duration() const noexcept { return duration_; }
  bool has_room(std::size_t size) const noexcept { return samples_.size() < max_frames && bytes_ + size <= max_bytes; }

  /// A frame whose duration may still be 0: set_last_duration().
  void add(Bytes data, const cmaf::SampleInfo& sample) {
    if (empty()) open();
    buffer_.insert(buffer_.end(), data.begin(), data.end());
    samples_.push_back(sample);
    duration_ += sample.duration;
    bytes_ += data.size();
  }

  /// Precondition: !empty(), and it was 0 before.
  void set_last_duration(std::uint32_t duration) noexcept {
    samples_.back().duration = duration;
    duration_ += duration;
  }

  /// Takes the last frame out again, for a part of its own: its sample, and its bytes until the next add().
  std::pair<cmaf::SampleInfo, std::vector<std::byte>> take_last() {
    const auto sample = samples_.back();
    const auto size = static_cast<std::ptrdiff_t>(sample.size);
    std::vector<std::byte> data(buffer_.end() - size, buffer_.end());
    buffer_.erase(buffer_.end() - size, buffer_.end());
    samples_.pop_back();
    duration_ -= sample.duration;
    bytes_ -= sample.size;
    return {sample, std::move(data)};
  }

  /// The finished chunk; the assembler is empty afterwards. `head`: without kind and samples.
  std::vector<std::byte> close(cmaf::ChunkHead head) {
    head.kind = kind_;
    head.samples = samples_;
    const auto size = cmaf::chunk_head_size(kind_, samples_.size());
    if (size > kept_) buffer_.insert(buffer_.begin(), size - kept_, std::byte{0});
    if (size < kept_) buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(kept_ - size));
    head_.clear();
    cmaf::write_chunk_head(head_, head);
    std::memcpy(buffer_.data(), head_.data(), head_.size());
    expected_frames_ = samples_.size();
    expected_bytes_ = buffer_.size();
    samples_.clear();
    duration_ = 0;
    bytes_ = 0;
    return std::exchange(buffer_, {});
  }

  /// A buffer that its receiver did not keep; saves the next allocation.
  void recycle(std::vector<std::byte>&& buffer) noexcept {
    if (buffer_.capacity() == 0) buffer_ = std::move(buffer);
  }

 private:
  // Frame rates are constant: room for as many as last time is nearly always right, and then nothing moves.
  void open() {
    kept_ = cmaf::chunk_head_size(kind_, expected_frames_);
    buffer_.clear();
    buffer_.reserve(expected_bytes_ + expected_bytes_ / 4);
    buffer_.resize(kept_);
  }

  TrackKind kind_;
  std::vector<std::byte> buffer_;  // head (kept_ bytes), then the frames
  std::vector<std::byte> head_;
  std::vector<cmaf::SampleInfo> samples_;
  std::uint64_t duration_ = 0;
  std::size_t bytes_ = 0;
  std::size_t kept_ = 0;
  std::size_t expected_frames_ = 8;
  std::size_t expected_bytes_ = 4096;
};

}  // namespace tribute::media

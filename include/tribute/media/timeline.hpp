// The broadcast's one time line: FLV's 32-bit milliseconds become 90 kHz time that never stops or goes back,
// audio is snapped to its sample clock, and all tracks share the same segment boundaries. Pure arithmetic.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <tribute/media/flv_clock.hpp>
#include <vector>

namespace tribute::media {

inline constexpr std::int64_t second_90k = 90'000;

struct MappedTime {
  std::int64_t time_90k = 0;
  bool jumped = false;  ///< the encoder's clock went elsewhere; the time line goes on without a hole
};

/// Times one frame of a track whose clock is `own` (updated). A step of more than 10 s forward or 1 s back is a
/// jump of the encoder's clock, unless the other track's clock says that only this track paused. After a jump
/// a track first tries the clock of the other one, which may have jumped before it: so they stay in sync.
/// `contiguous`: where this track's next frame would be without a hole.
inline MappedTime map_timestamp(FlvClock& own, const FlvClock& other, std::uint32_t ms, std::int64_t contiguous) noexcept {
  MappedTime out;
  const auto distance = own.set ? own.distance(ms) : 0;
  if (own.set && distance >= -1000 && distance <= 10'000) {
    out.time_90k = own.at(ms);
  } else {
    const auto elsewhere = other.set ? other.at(ms) - other.time_90k : 0;
    const auto earliest = (own.set ? -5 : -60) * second_90k;
    // A track never pauses backwards: if the other clock puts it back too, that one has not jumped yet, and this track is first.
    const bool first_back = own.set && other.set && other.at(ms) < own.time_90k - second_90k;
    const bool fits = other.set && !first_back && elsewhere >= earliest && elsewhere <= 10 * second_90k;
    out.time_90k = fits ? other.at(ms) : own.set ? contiguous : std::max(other.time_90k, contiguous);
    out.jumped = own.set && std::abs(own.at(ms) - out.time_90k) > second_90k;
  }
  own = {true, ms, out.time_90k};
  return out;
}

/// Where the audio encoder's samples lie. FLV rounds to milliseconds and encoders jitter; the samples do not.
/// Follows the timestamps only when they stay more than 30 ms off for ten frames, or are 200 ms off at once.
class SampleClock {
 public:
  struct Placed {
    std::uint64_t time = 0;  ///< samples
    bool drop = false;       ///< late by more than a frame, for good: leave it out
  };

  std::uint32_t off_frames = 0;  ///< frames in a row that were off …
  std::int32_t off_by = 0;       ///< … and by how much at least, samples

  /// `wanted`: what the timestamp says; `next`: the end of the frame before.
  constexpr Placed place(std::int64_t wanted, std::uint64_t next, std::uint32_t rate) noexcept {
    const std::int64_t off = wanted - static_cast<std::int64_t>(next);
    const std::int64_t tolerated = rate * 30ll / 1000, at_once = rate / 5;
    if (off >= -tolerated && off <= tolerated) return settle(next);
    if (off > at_once) return settle(static_cast<std::uint64_t>(wanted));
    if (off < -at_once) return {next, true};
    const auto here = static_cast<std::int32_t>(off);
    const bool same_side = off_frames != 0 && (off_by < 0) == (here < 0);
    off_by = same_side && std::abs(off_by) < std::abs(here) ? off_by : here;
    off_frames = same_side ? off_frames + 1 : 1;
    if (off_frames < 10) return {next, false};
    const auto correction = off_by;
    settle(next);
    return correction > 0 ? Placed{next + static_cast<std::uint64_t>(correction), false} : Placed{next, true};
  }

 private:
  constexpr Placed settle(std::uint64_t time) noexcept {
    off_frames = 0;
    off_by = 0;
    return {time, false};
  }
};

/// Where a segment begins, in all tracks.
struct Boundary {
  std::uint64_t msn = 0;
  std::uint64_t start_90k = 0;
  std::uint32_t discontinuities = 0;  ///< up to and with this one

  friend bool operator==(const Boundary&, const Boundary&) = default;
};

/// The newest boundaries, ascending. Bounded: a track that is further behind than this skips numbers.
class Boundaries {
 public:
  static constexpr std::size_t kept = 64;

  bool empty() const noexcept { return list_.empty(); }
  const Boundary& newest() const noexcept { return list_.back(); }

  /// The latest one after `msn` (or of all) that begins at `time` or before.
  std::optional<Boundary> latest(std::uint64_t time_90k, std::optional<std::uint64_t> after_msn) const noexcept {
    for (std::size_t i = list_.size(); i-- > 0 && (!after_msn || list_[i].msn > *after_msn);)
      if (list_[i].start_90k <= time_90k) return list_[i];
    return std::nullopt;
  }
  bool has_after(std::uint64_t msn) const noexcept { return !list_.empty() && list_.back().msn > msn; }
  std::optional<Boundary> find(std::uint64_t msn) const noexcept {
    for (const auto& boundary : list_)
      if (boundary.msn == msn) return boundary;
    return std::nullopt;
  }
  /// The first one after `msn`.
  std::optional<Boundary> next(std::uint64_t msn) const noexcept {
    for (const auto& boundary : list_)
      if (boundary.msn > msn) return boundary;
    return std::nullopt;
  }

  /// The first one after that segment which begins with a discontinuity.
  std::optional<Boundary> next_break(const Boundary& segment) const noexcept {
    for (const auto& boundary : list_)
      if (boundary.msn > segment.msn && boundary.discontinuities != segment.discontinuities) return boundary;
    return std::nullopt;
  }

  Boundary add(std::uint64_t start_90k, bool discontinuity) {
    Boundary next{0, start_90k, 0};
    if (!list_.empty()) {
      next.msn = newest().msn + 1;
      next.start_90k = std::max(start_90k, newest().start_90k);
      next.discontinuities = newest().discontinuities + (discontinuity ? 1 : 0);
    }
    insert(next);
    return next;
  }

  /// From a part that was published. Any order; what is known already changes nothing.
  void insert(const Boundary& boundary) {
    auto at = std::lower_bound(list_.begin(), list_.end(), boundary.msn, [](const Boundary& b, std::uint64_t msn) { return b.msn < msn; });
    if (at != list_.end() && at->msn == boundary.msn) return;
    list_.insert(at, boundary);
    if (list_.size() > kept) list_.erase(list_.begin());
  }

 private:
  std::vector<Boundary> list_;
};

}  // namespace tribute::media

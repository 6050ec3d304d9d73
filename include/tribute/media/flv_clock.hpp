// FLV's 32-bit milliseconds on a time line that does not wrap. A value; asks no clock.
#pragma once

#include <cstdint>

namespace tribute::media {

/// One FLV timestamp and the time it stands for; others follow by their distance, so 2^32 ms may pass.
struct FlvClock {
  bool set = false;
  std::uint32_t flv_ms = 0;
  std::int64_t time_90k = 0;

  constexpr std::int32_t distance(std::uint32_t ms) const noexcept { return static_cast<std::int32_t>(ms - flv_ms); }
  constexpr std::int64_t at(std::uint32_t ms) const noexcept { return time_90k + std::int64_t{distance(ms)} * 90; }

  friend bool operator==(const FlvClock&, const FlvClock&) = default;
};

}  // namespace tribute::media

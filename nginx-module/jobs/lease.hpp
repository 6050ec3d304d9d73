// Periodic work that one worker of all does: a lease in shared memory. Whoever holds it keeps it by coming back; when
// its holder leaves or dies it runs out, and the next to ask has it. Two holders at once are possible for an instant
// and must be harmless: what is done under a lease can be done twice.
#pragma once

#include <atomic>
#include <cstdint>

namespace tribute::module {

class Lease {
 public:
  /// True: the work is ours until `now_ms + for_ms`. `holder` is not 0 and differs between living workers.
  bool try_hold(std::uint32_t holder, std::int64_t now_ms, std::int64_t for_ms) noexcept {
    auto state = state_.load(std::memory_order_acquire);
    const auto until = static_cast<std::int64_t>(state >> holder_bits);
    const auto owner = static_cast<std::uint32_t>(state & holder_mask);
    // A clock that was set back must not keep a dead holder in office for ever.
    const bool free = owner == 0 || until < now_ms || until > now_ms + for_ms;
    if (owner != holder && !free) return false;
    return state_.compare_exchange_strong(state, pack(holder, now_ms + for_ms), std::memory_order_acq_rel);
  }

  void release(std::uint32_t holder) noexcept {
    auto state = state_.load(std::memory_order_acquire);
    if ((state & holder_mask) == holder) state_.compare_exchange_strong(state, 0, std::memory_order_acq_rel);
  }

 private:
  static constexpr unsigned holder_bits = 16;
  static constexpr std::uint64_t holder_mask = (1u << holder_bits) - 1;

  static std::uint64_t pack(std::uint32_t holder, std::int64_t until_ms) noexcept {
    return static_cast<std::uint64_t>(until_ms) << holder_bits | (holder & holder_mask);
  }

  std::atomic<std::uint64_t> state_{0};
};

}  // namespace tribute::module

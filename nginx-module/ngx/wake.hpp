// Wakes other workers: one eventfd per nginx process slot, made once in the master before it forks. Slots, never
// ngx_worker: during a reload two generations of workers share those numbers, and slots are unique among the living.
// Says only "look again": what changed stands in shared memory, and a waiter looks once more after it has registered.
#pragma once

#include <array>

#include "ngx/fd_event.hpp"
#include "ngx/timer.hpp"

namespace tribute::ngx {

constexpr unsigned wake_slots = 128;

/// This process's slot. At or above wake_slots a worker is not woken but looks by itself every few milliseconds.
inline unsigned this_slot() noexcept { return static_cast<unsigned>(ngx_process_slot); }

/// Which workers wait for one thing. Lives in shared memory, all zero at first; needs no lock.
class Waiters {
 public:
  /// Then look again at what is waited for: it may have happened in between.
  void add(unsigned slot = this_slot()) noexcept {
    if (slot < wake_slots) bits_[slot / 64].fetch_or(bit(slot), std::memory_order_seq_cst);
  }
  /// Also for a new worker, which may have the slot of one that was killed.
  void remove(unsigned slot = this_slot()) noexcept {
    if (slot < wake_slots) bits_[slot / 64].fetch_and(~bit(slot), std::memory_order_seq_cst);
  }

  /// F(unsigned slot) for each.
  template <class F>
  void each(F f) const noexcept {
    for (unsigned word = 0; word < bits_.size(); ++word)
      for (std::uint64_t m = bits_[word].load(std::memory_order_seq_cst); m != 0; m &= m - 1)
        f(word * 64 + static_cast<unsigned>(__builtin_ctzll(m)));
  }

 private:
  static constexpr std::uint64_t bit(unsigned slot) noexcept { return std::uint64_t{1} << (slot % 64); }
  std::array<std::atomic<std::uint64_t>, wake_slots / 64> bits_{};
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

/// In the master, before it forks; again at every reload without effect. False: errno says why.
bool make_wake_descriptors() noexcept;

/// From any worker and any thread; never blocks, never fails.
void notify(unsigned slot) noexcept;
inline void notify(const Waiters& waiters) noexcept {
  waiters.each([](unsigned slot) { notify(slot); });
}

/// The receiving end, one in each worker.
class Wake {
 public:
  explicit Wake(Callback<> woken);

 private:
  void on_readable();
  void on_poll();

  Callback<> woken_;
  std::optional<FdEvent> event_;
  Timer poll_;
};

}  // namespace tribute::ngx

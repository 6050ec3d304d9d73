#include "ngx/wake.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace tribute::ngx {
namespace {

constexpr ngx_msec_t poll_ms = 20;

// Of the process, not of a cycle: reloads must not change them under the workers that live on.
std::array<int, wake_slots>& descriptors() noexcept {
  static std::array<int, wake_slots> fds = [] {
    std::array<int, wake_slots> none{};
    none.fill(-1);
    return none;
  }();
  return fds;
}

}  // namespace

bool make_wake_descriptors() noexcept {
  for (int& fd : descriptors()) {
    if (fd < 0) fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0) return false;
  }
  return true;
}

void notify(unsigned slot) noexcept {
  if (slot >= wake_slots) return;
  const std::uint64_t one = 1;
  // EAGAIN means 2^64 - 2 unread wake-ups: it will wake without this one.
  [[maybe_unused]] const ssize_t n = ::write(descriptors()[slot], &one, sizeof one);
}

Wake::Wake(Callback<> woken) : woken_(woken), poll_(Callback<>::of<&Wake::on_poll>(this)) {
  if (this_slot() < wake_slots) {
    // A duplicate: the original stays open for notify() for as long as the process lives.
    event_.emplace(fcntl(descriptors()[this_slot()], F_DUPFD_CLOEXEC, 0), Callback<>::of<&Wake::on_readable>(this));
  } else {
    log_notice(cycle_log(), "this worker has a high process slot and looks for changes every 20 ms");
    poll_.start(poll_ms);
  }
}

void Wake::on_readable() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(event_->fd(), &count, sizeof count);  // one read empties an eventfd
  woken_();
}

void Wake::on_poll() {
  poll_.start(poll_ms);  // also while leaving: held requests of an old worker are served to their end
  woken_();
}

}  // namespace tribute::ngx

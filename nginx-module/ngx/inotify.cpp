#include "ngx/inotify.hpp"

#include <unistd.h>

#include <array>
#include <unordered_map>

#include "ngx/fd_event.hpp"

namespace tribute::ngx {

class Inotify::State {
 public:
  State() : event_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC), Callback<>::of<&State::on_readable>(this)) {}

  std::uint64_t add(const std::string& path, std::uint32_t mask, Handler handler) {
    // IN_MASK_ADD: a second watch of the same file must not take away what the first one asked for.
    const int wd = inotify_add_watch(event_.fd(), path.c_str(), mask | IN_MASK_ADD);
    if (wd < 0) return 0;
    const std::uint64_t id = ++last_id_;
    entries_.emplace(id, Entry{wd, mask, handler});
    by_wd_[wd].push_back(id);
    return id;
  }

  void remove(std::uint64_t id) noexcept {
    const auto at = entries_.find(id);
    if (at == entries_.end()) return;
    const int wd = at->second.wd;
    entries_.erase(at);
    const auto ids = by_wd_.find(wd);
    if (ids == by_wd_.end()) return;
    std::erase(ids->second, id);
    if (!ids->second.empty()) return;
    by_wd_.erase(ids);
    inotify_rm_watch(event_.fd(), wd);
  }

 private:
  struct Entry {
    int wd;
    std::uint32_t mask;
    Handler handler;
  };

  void on_readable() {
    alignas(inotify_event) std::array<char, 4096> buffer;
    const ssize_t size = ::read(event_.fd(), buffer.data(), buffer.size());  // what does not fit comes with the next turn
    for (ssize_t at = 0; at < size;) {
      const auto* e = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      at += static_cast<ssize_t>(sizeof(inotify_event) + e->len);
      const std::string_view name = e->len == 0 ? std::string_view{} : std::string_view{static_cast<const char*>(e->name)};
      if ((e->mask & IN_Q_OVERFLOW) != 0) {
        std::vector<std::uint64_t> all;
        for (const auto& [id, entry] : entries_) all.push_back(id);
        deliver(all, IN_Q_OVERFLOW, {});
      } else if (const auto ids = by_wd_.find(e->wd); ids != by_wd_.end()) {
        deliver(std::vector<std::uint64_t>(ids->second), e->mask, name);
        if ((e->mask & IN_IGNORED) != 0) by_wd_.erase(e->wd);  // the file is gone, and the kernel's watch with it
      }
    }
  }

  /// By value and by id: a handler may end its own watch and others.
  void deliver(std::vector<std::uint64_t> ids, std::uint32_t mask, std::string_view name) {
    for (const std::uint64_t id : ids) {
      const auto at = entries_.find(id);
      if (at == entries_.end()) continue;
      constexpr std::uint32_t always = IN_IGNORED | IN_UNMOUNT | IN_Q_OVERFLOW;
      if ((mask & (at->second.mask | always)) == 0) continue;
      const Handler handler = at->second.handler;
      try {
        handler(mask, name);
      } catch (...) {
        log_exception(cycle_log());  // one watcher's trouble is not the others'
      }
    }
  }

  std::unordered_map<std::uint64_t, Entry> entries_;
  std::unordered_map<int, std::vector<std::uint64_t>> by_wd_;
  std::uint64_t last_id_ = 0;
  FdEvent event_;
};

Inotify::Inotify() : state_(std::make_shared<State>()) {}
Inotify::~Inotify() = default;

Inotify::Watch Inotify::watch(const std::string& path, std::uint32_t mask, Handler handler) {
  const std::uint64_t id = state_->add(path, mask, handler);
  return id == 0 ? Watch{} : Watch{state_, id};
}

void Inotify::Watch::stop() noexcept {
  if (const auto state = state_.lock()) state->remove(std::exchange(id_, 0));
  id_ = 0;
}

}  // namespace tribute::ngx

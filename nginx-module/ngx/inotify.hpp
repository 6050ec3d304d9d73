// Files and folders watched by the event loop: one inotify descriptor in each worker. A Watch ends with its object and
// may outlive the Inotify. Several watches of one file share the kernel's one. After an overflow of the kernel's queue
// every handler is called with IN_Q_OVERFLOW: look for yourself.
#pragma once

#include <sys/inotify.h>

#include "ngx/callback.hpp"
#include "ngx/ngx.hpp"

namespace tribute::ngx {

class Inotify {
  class State;

 public:
  /// mask: what happened, IN_* of inotify(7). name: the file in a watched folder, else empty; for this call only.
  using Handler = Callback<std::uint32_t, std::string_view>;

  class Watch {
   public:
    Watch() = default;
    Watch(Watch&& other) noexcept : state_(std::move(other.state_)), id_(std::exchange(other.id_, 0)) {}
    Watch& operator=(Watch&& other) noexcept {
      std::swap(state_, other.state_);
      std::swap(id_, other.id_);
      return *this;
    }
    ~Watch() { stop(); }

    void stop() noexcept;
    explicit operator bool() const noexcept { return id_ != 0; }

   private:
    friend class Inotify;
    Watch(std::weak_ptr<State> state, std::uint64_t id) : state_(std::move(state)), id_(id) {}

    std::weak_ptr<State> state_;
    std::uint64_t id_ = 0;
  };

  /// Only in init_process or later. Throws std::runtime_error.
  Inotify();
  ~Inotify();

  /// An empty Watch, with errno set, when the path cannot be watched. Handlers may start and stop watches.
  Watch watch(const std::string& path, std::uint32_t mask, Handler handler);

 private:
  std::shared_ptr<State> state_;
};

}  // namespace tribute::ngx

// A descriptor of ours in nginx's event loop: epoll tells when it is readable. Owns the descriptor and the nginx
// connection, takes both away when destroyed, and is not counted as an "open socket left" when the worker exits.
#pragma once

#include "ngx/callback.hpp"
#include "ngx/guard.hpp"
#include "ngx/ngx.hpp"

namespace tribute::ngx {

class FdEvent {
 public:
  /// Takes `fd` over (non-blocking, close-on-exec) also when it throws. `readable` is called again as long as there is
  /// something to read; it may not destroy this object. Only in init_process or later. Throws std::runtime_error.
  FdEvent(int fd, Callback<> readable) : readable_(readable) {
    connection_ = fd < 0 ? nullptr : ngx_get_connection(fd, cycle_log());
    if (connection_ == nullptr) {
      if (fd >= 0) ::close(fd);
      throw std::runtime_error("no descriptor, or no nginx connection for it (worker_connections too low?)");
    }
    connection_->data = this;
    connection_->read->handler = event<&FdEvent::on_event>;
    connection_->read->log = connection_->write->log = cycle_log();
    connection_->read->channel = 1;  // nginx's own mark for descriptors that may be open at exit
    if (ngx_add_event(connection_->read, NGX_READ_EVENT, NGX_LEVEL_EVENT) != NGX_OK) {
      ngx_close_connection(connection_);
      throw std::runtime_error("cannot watch a descriptor");
    }
  }
  FdEvent(const FdEvent&) = delete;
  FdEvent& operator=(const FdEvent&) = delete;

  ~FdEvent() {
    // Explicitly, not by close(): a duplicate of the descriptor elsewhere would keep it in epoll.
    ngx_del_event(connection_->read, NGX_READ_EVENT, 0);
    ngx_close_connection(connection_);
  }

  int fd() const noexcept { return connection_->fd; }
  ngx_connection_t* connection() const noexcept { return connection_; }

 private:
  static void on_event(ngx_event_t* e) { static_cast<FdEvent*>(static_cast<ngx_connection_t*>(e->data)->data)->readable_(); }

  ngx_connection_t* connection_;
  Callback<> readable_;
};

}  // namespace tribute::ngx

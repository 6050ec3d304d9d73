// Tells when this worker begins to leave gracefully (reload, QUIT): the moment to hand work over, to end held requests
// and to stop everything that would keep the old worker alive. Called once; not called on TERM or a crash.
#pragma once

#include <sys/eventfd.h>

#include "ngx/fd_event.hpp"

namespace tribute::ngx {

class ExitHook {
 public:
  explicit ExitHook(Callback<> leaving)
      : leaving_(leaving), marker_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), Callback<>::of<&ExitHook::on_marker>(this)) {
    // ngx_close_idle_connections() calls the read handler of every connection marked idle, with `close` set.
    marker_.connection()->idle = 1;
  }

 private:
  void on_marker() {
    ngx_connection_t* c = marker_.connection();
    if (!c->close) return;
    c->close = 0;
    c->idle = 0;
    leaving_();
  }

  Callback<> leaving_;
  FdEvent marker_;
};

}  // namespace tribute::ngx

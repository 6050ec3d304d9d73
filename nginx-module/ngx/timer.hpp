// A timer of the event loop that stops when it is destroyed. `may_be_dropped` timers let a worker leave at once on
// reload; `hold_worker` timers make its graceful exit wait (nginx waits for timers and for nothing else).
// Fires once per start(); periodic work starts it again, and never while the worker leaves.
#pragma once

#include "ngx/callback.hpp"
#include "ngx/guard.hpp"
#include "ngx/ngx.hpp"

namespace tribute::ngx {

/// Wall clock of this turn of the event loop, milliseconds since the Unix epoch. Asks no kernel.
inline std::int64_t wall_ms() noexcept {
  const auto* t = ngx_timeofday();
  return static_cast<std::int64_t>(t->sec) * 1000 + static_cast<std::int64_t>(t->msec);
}

/// True from the moment the worker was told to go: periodic work must not start again.
inline bool worker_leaving() noexcept { return ngx_exiting != 0 || ngx_quit != 0 || ngx_terminate != 0; }

class Timer : private ngx_event_t {
 public:
  enum class OnExit : std::uint8_t { may_be_dropped, hold_worker };

  explicit Timer(Callback<> fire, OnExit on_exit = OnExit::may_be_dropped) noexcept : ngx_event_t{}, fire_(fire) {
    ngx_event_t::handler = event<&Timer::on_event>;
    ngx_event_t::data = no_connection();
    ngx_event_t::cancelable = on_exit == OnExit::may_be_dropped;
  }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { stop(); }

  /// (Re)starts it. nginx itself would ignore a change of less than 300 ms (NGX_TIMER_LAZY_DELAY); this does not.
  void start(ngx_msec_t milliseconds) noexcept {
    stop();
    ngx_event_t::log = cycle_log();
    ngx_add_timer(static_cast<ngx_event_t*>(this), milliseconds);
  }
  void stop() noexcept {
    if (timer_set) ngx_del_timer(static_cast<ngx_event_t*>(this));
  }
  bool running() const noexcept { return timer_set != 0; }

 private:
  static void on_event(ngx_event_t* e) {
    const Callback<> fire = static_cast<Timer*>(e)->fire_;
    fire();  // may destroy the timer: nothing after this line
  }

  // nginx's debug log reads a connection behind every event.
  static ngx_connection_t* no_connection() noexcept {
    static ngx_connection_t none = [] {
      ngx_connection_t c{};
      c.fd = static_cast<ngx_socket_t>(-1);
      return c;
    }();
    return &none;
  }

  Callback<> fire_;
};

}  // namespace tribute::ngx

// The server's periodic work, done by the one worker that holds the lease: deadlines that have come, reader slots of
// killed workers, ingest logs that nobody needs. Each piece is small, and doing it twice is harmless.
#pragma once

#include "ngx/timer.hpp"
#include "tribute/store/command.hpp"

namespace tribute::module {

class Runtime;

class Jobs {
 public:
  explicit Jobs(Runtime& runtime);
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  /// Another worker may take over at once.
  void leave();

 private:
  void on_tick();
  void fire_deadlines();
  void sweep();

  Runtime& runtime_;
  ngx::Timer tick_;
  std::int64_t swept_ms_ = 0;
};

}  // namespace tribute::module

// The way into the store from the event loop: commands wait in a queue, one batch at a time is with the store's
// thread, and what arrives meanwhile is the next batch: one synced commit for all of it. Answers come back on the
// event loop, after the commit. Never blocks; a worker that leaves gracefully finishes its batches first.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "ngx/thread_task.hpp"
#include "ngx/timer.hpp"
#include "tribute/adapter/lmdb_store.hpp"
#include "tribute/store/command.hpp"

namespace tribute::module {

class Commands {
 public:
  /// Called once, on the event loop, when the command is durable or was refused.
  using Done = std::function<void(store::Job&&)>;
  /// Called after every batch that gave others something to do.
  using Committed = ngx::Callback<const store::Touched&>;

  Commands(std::shared_ptr<store::LmdbStore> store, ngx_thread_pool_t* threads, Committed committed);
  ~Commands();
  Commands(const Commands&) = delete;
  Commands& operator=(const Commands&) = delete;

  void submit(store::Command command, Done done);

  std::size_t waiting() const noexcept { return next_.size(); }

 private:
  struct Batch {
    std::vector<store::Job> jobs;
    std::vector<Done> done;
    std::size_t size() const noexcept { return jobs.size(); }
  };

  void kick();
  void finish(const std::shared_ptr<Batch>& batch);
  void answer(Batch& batch);

  static constexpr std::size_t largest_batch = 256;

  std::shared_ptr<store::LmdbStore> store_;
  ngx_thread_pool_t* threads_;
  Committed committed_;
  Batch next_;
  bool busy_ = false;
  ngx::Timer retry_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace tribute::module

#include "store/commands.hpp"

#include "ngx/log.hpp"

namespace tribute::module {
namespace {

constexpr ngx_msec_t retry_ms = 10;

store::Job refused(store::Job job, const char* why) {
  job.result = Rejection{.code = Errc::unavailable, .refusal = Refusal::none, .reason = why};
  job.touched = {};
  return job;
}

}  // namespace

Commands::Commands(std::shared_ptr<store::LmdbStore> store, ngx_thread_pool_t* threads, Committed committed)
    : store_(std::move(store)), threads_(threads), committed_(committed), retry_(ngx::Callback<>::of<&Commands::kick>(this)) {}

Commands::~Commands() { *alive_ = false; }

void Commands::submit(store::Command command, Done done) {
  next_.jobs.push_back({.command = std::move(command)});
  next_.done.push_back(std::move(done));
  kick();
}

void Commands::kick() {
  if (busy_ || next_.size() == 0) return;
  auto batch = std::make_shared<Batch>();
  if (next_.size() <= largest_batch) {
    std::swap(*batch, next_);
  } else {
    const auto cut = static_cast<std::ptrdiff_t>(largest_batch);
    batch->jobs.assign(std::make_move_iterator(next_.jobs.begin()), std::make_move_iterator(next_.jobs.begin() + cut));
    batch->done.assign(std::make_move_iterator(next_.done.begin()), std::make_move_iterator(next_.done.begin() + cut));
    next_.jobs.erase(next_.jobs.begin(), next_.jobs.begin() + cut);
    next_.done.erase(next_.done.begin(), next_.done.begin() + cut);
  }
  busy_ = ngx::run_on_thread(
      threads_,
      [store = store_, batch] {
        store->run(batch->jobs);
        return batch;
      },
      [this, alive = alive_, batch](std::optional<std::shared_ptr<Batch>>&& done) {
        if (!*alive) return;
        if (!done)
          for (auto& job : batch->jobs) job = refused(std::move(job), "The store failed unexpectedly; see the server's error log.");
        finish(batch);
      });
  if (!busy_) {
    // The queue is full: what waits goes on waiting, in front of what came since.
    batch->jobs.insert(batch->jobs.end(), std::make_move_iterator(next_.jobs.begin()), std::make_move_iterator(next_.jobs.end()));
    batch->done.insert(batch->done.end(), std::make_move_iterator(next_.done.begin()), std::make_move_iterator(next_.done.end()));
    next_ = std::move(*batch);
    retry_.start(retry_ms);
  }
}

void Commands::finish(const std::shared_ptr<Batch>& batch) {
  busy_ = false;
  kick();  // the next batch goes to the disk while this one is answered
  answer(*batch);
}

void Commands::answer(Batch& batch) {
  store::Touched touched;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    auto& job = batch.jobs[i];
    touched.effects = touched.effects || job.touched.effects;
    touched.deadlines = touched.deadlines || job.touched.deadlines;
    // Who packages what changes with encoders and broadcasts only, not with every title.
    const auto& what = job.command.what;
    const bool of_media = std::holds_alternative<store::PublishByKey>(what) || std::holds_alternative<store::EndPublish>(what) ||
                          std::holds_alternative<store::SignalStream>(what) || std::holds_alternative<store::FireDeadline>(what) ||
                          std::holds_alternative<store::CompleteEffect>(what);
    if (of_media) touched.streams.insert(touched.streams.end(), job.touched.streams.begin(), job.touched.streams.end());
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    try {
      if (batch.done[i]) batch.done[i](std::move(batch.jobs[i]));
    } catch (...) {
      ngx::log_exception(ngx::cycle_log());
    }
  }
  if (touched.effects || touched.deadlines || !touched.streams.empty()) committed_(touched);
}

}  // namespace tribute::module

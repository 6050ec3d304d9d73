// Work on nginx's thread pools. What runs there owns copies of all it touches and never sees a request; its result
// comes back on the event loop. A request that waits is parked: it cannot be freed, and the worker cannot finish a
// graceful exit, before it is answered. Neither is promised when the worker is terminated: then nothing comes back.
#pragma once

#include "ngx/guard.hpp"
#include "ngx/ngx.hpp"
#include "ngx/timer.hpp"

namespace tribute::ngx {

/// For init_main_conf: the pool of that name, made with these figures when nginx.conf has no `thread_pool` line for it
/// before the http block. False: refused, and nginx has logged why.
bool ensure_thread_pool(ngx_conf_t* cf, std::string_view name, unsigned threads, unsigned max_queue);

/// For init_process; null when there is no such pool.
ngx_thread_pool_t* thread_pool(ngx_cycle_t* cycle, std::string_view name);

/// For exit_process, first of all: forgets what is with the pools (nginx has joined their threads by then) and makes
/// parked requests end without an answer, because connections are being taken down now.
void abandon_threads() noexcept;

/// One piece of work. The base keeps the worker alive (a timer that graceful exit waits for) from post() to finish().
class ThreadTask {
 public:
  ThreadTask();
  ThreadTask(const ThreadTask&) = delete;
  ThreadTask& operator=(const ThreadTask&) = delete;
  virtual ~ThreadTask() = default;

  /// False when the pool's queue is full; the task is then destroyed without finish().
  static bool post(ngx_thread_pool_t* pool, std::unique_ptr<ThreadTask> task);

 private:
  virtual void work() = 0;             ///< on a pool thread
  virtual void finish(bool done) = 0;  ///< on the event loop; done = work() returned instead of throwing

  static void on_thread(void* self);
  static void on_done(ngx_event_t* e);
  void keep_waiting() { guard_.start(guard_ms); }

  static constexpr ngx_msec_t guard_ms = 60'000;

  ngx_thread_task_t task_{};
  Timer guard_;
  bool done_ = false;
};

/// Work: R(); Done: void(std::optional<R>&&), empty when Work threw (which is logged). R is not void.
template <class Work, class Done>
bool run_on_thread(ngx_thread_pool_t* pool, Work work, Done done) {
  using R = std::invoke_result_t<Work&>;
  class Task final : public ThreadTask {
   public:
    Task(Work w, Done d) : work_(std::move(w)), done_(std::move(d)) {}

   private:
    void work() override { result_.emplace(work_()); }
    void finish(bool) override { done_(std::move(result_)); }

    Work work_;
    Done done_;
    std::optional<R> result_;
  };
  return ThreadTask::post(pool, std::make_unique<Task>(std::move(work), std::move(done)));
}

/// A request put aside until something outside the event loop has happened. Park it in a content or body handler,
/// return NGX_DONE from there, and call answer() later from another event. Destroyed unanswered, it answers 500.
class ParkedRequest {
 public:
  explicit ParkedRequest(ngx_http_request_t* r);
  ParkedRequest(ParkedRequest&&) noexcept = default;
  ParkedRequest& operator=(ParkedRequest&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~ParkedRequest();

  /// The request, for looking at only. Null after answer().
  ngx_http_request_t* request() const noexcept { return state_ ? state_->request : nullptr; }

  /// Make: ngx_int_t(ngx_http_request_t*), what a content handler does. Exceptions become 500.
  template <class Make>
  void answer(Make&& make) {
    if (!state_) return;
    ngx_http_request_t* r = unpark();
    ngx_int_t rc = NGX_ERROR;
    try {
      rc = std::forward<Make>(make)(r);
    } catch (...) {
      log_exception(r->connection->log);
      rc = r->header_sent ? NGX_ERROR : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    finalize(r, rc);
  }

 private:
  struct State {
    explicit State(ngx_http_request_t* r);
    void keep_waiting() { guard.start(guard_ms); }
    ngx_http_request_t* request;
    Timer guard;
  };
  static constexpr ngx_msec_t guard_ms = 60'000;

  ngx_http_request_t* unpark() noexcept;
  static void finalize(ngx_http_request_t* r, ngx_int_t rc) noexcept;

  std::unique_ptr<State> state_;
};

/// The request waits while `work` runs on the pool, then `answer(r, std::optional<R>&&)` answers it. Returns what the
/// handler has to return: NGX_DONE, or 503 when the pool's queue is full.
template <class Work, class Answer>
ngx_int_t answer_from_thread(ngx_http_request_t* r, ngx_thread_pool_t* pool, Work work, Answer answer) {
  // Parked only once the work is posted; its result cannot come before this handler has returned.
  auto parked = std::make_shared<std::optional<ParkedRequest>>();
  auto done = [parked, answer = std::move(answer)](auto&& result) mutable {
    if (*parked) (*parked)->answer([&](ngx_http_request_t* request) { return answer(request, std::move(result)); });
  };
  if (!run_on_thread(pool, std::move(work), std::move(done))) return NGX_HTTP_SERVICE_UNAVAILABLE;
  parked->emplace(r);
  return NGX_DONE;
}

}  // namespace tribute::ngx

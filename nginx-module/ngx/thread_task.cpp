#include "ngx/thread_task.hpp"

#include <unordered_map>

#include "ngx/pool.hpp"
#include "ngx/str.hpp"

extern "C" ngx_module_t ngx_thread_pool_module;

namespace tribute::ngx {
namespace {

// Everything that is with the pools now; empty again after exit_process.
std::unordered_map<ThreadTask*, std::unique_ptr<ThreadTask>>& in_flight() {
  static std::unordered_map<ThreadTask*, std::unique_ptr<ThreadTask>> tasks;
  return tasks;
}

bool abandoned = false;

}  // namespace

bool ensure_thread_pool(ngx_conf_t* cf, std::string_view name, unsigned threads, unsigned max_queue) {
  ngx_str_t wanted = pool_copy(cf->pool, name);
  if (ngx_thread_pool_get(cf->cycle, &wanted) != nullptr) return true;
  // ngx_thread_pool_add() alone makes a pool without threads, which nginx then refuses as unknown, and the structure is
  // private. So we say the directive that the configuration left out, through nginx's own parser of it.
  ngx_array_t* args = ngx_array_create(cf->pool, 4, sizeof(ngx_str_t));
  if (args == nullptr) throw std::bad_alloc();
  for (const std::string& word :
       {std::string("thread_pool"), std::string(name), "threads=" + std::to_string(threads), "max_queue=" + std::to_string(max_queue)}) {
    const ngx_str_t copy = pool_copy(cf->pool, word + '\0');
    *static_cast<ngx_str_t*>(ngx_array_push(args)) = {copy.len - 1, copy.data};
  }
  ngx_conf_t line = *cf;
  line.args = args;
  ngx_command_t* command = ngx_thread_pool_module.commands;
  return command->set(&line, command, nullptr) == NGX_CONF_OK;
}

ngx_thread_pool_t* thread_pool(ngx_cycle_t* cycle, std::string_view name) {
  ngx_str_t wanted = borrow(name);
  return ngx_thread_pool_get(cycle, &wanted);
}

void abandon_threads() noexcept {
  abandoned = true;
  in_flight().clear();
}

ThreadTask::ThreadTask() : guard_(Callback<>::of<&ThreadTask::keep_waiting>(this), Timer::OnExit::hold_worker) {
  task_.ctx = this;
  task_.handler = thread<&ThreadTask::on_thread>;
  task_.event.handler = event<&ThreadTask::on_done>;
  task_.event.data = this;
}

bool ThreadTask::post(ngx_thread_pool_t* pool, std::unique_ptr<ThreadTask> task) {
  ThreadTask* self = task.get();
  const auto [at, _] = in_flight().emplace(self, std::move(task));
  if (pool == nullptr || ngx_thread_task_post(pool, &self->task_) != NGX_OK) {
    in_flight().erase(at);
    return false;
  }
  self->keep_waiting();
  return true;
}

void ThreadTask::on_thread(void* self) {
  auto* task = static_cast<ThreadTask*>(self);
  task->work();
  task->done_ = true;
}

void ThreadTask::on_done(ngx_event_t* e) {
  auto owned = in_flight().extract(static_cast<ThreadTask*>(e->data));
  ThreadTask& task = *owned.mapped();
  task.guard_.stop();
  task.finish(task.done_);
}

ParkedRequest::State::State(ngx_http_request_t* r)
    : request(r), guard(Callback<>::of<&State::keep_waiting>(this), Timer::OnExit::hold_worker) {}

ParkedRequest::ParkedRequest(ngx_http_request_t* r) : state_(std::make_unique<State>(r)) {
  r->main->count++;    // the handler's NGX_DONE takes one off
  r->main->blocked++;  // a client that goes away cannot free the request under us
  r->aio = 1;
  state_->keep_waiting();
}

ParkedRequest::~ParkedRequest() {
  if (state_ && !abandoned) finalize(unpark(), NGX_HTTP_INTERNAL_SERVER_ERROR);
}

ngx_http_request_t* ParkedRequest::unpark() noexcept {
  ngx_http_request_t* r = state_->request;
  state_.reset();
  r->main->blocked--;
  r->aio = 0;
  ngx_http_set_log_request(r->connection->log, r);
  return r;
}

void ParkedRequest::finalize(ngx_http_request_t* r, ngx_int_t rc) noexcept {
  ngx_connection_t* c = r->connection;
  ngx_http_finalize_request(r, rc);
  ngx_http_run_posted_requests(c);
}

}  // namespace tribute::ngx

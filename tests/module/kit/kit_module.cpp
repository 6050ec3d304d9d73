// A module of the tests only: each path of `kit_test;` puts one piece of the border kit to work in a real worker.
// kit_check.py asks it and judges the answers.
#include <fcntl.h>
#include <unistd.h>

#include <list>

#include "ngx/args.hpp"
#include "ngx/body.hpp"
#include "ngx/exit_hook.hpp"
#include "ngx/inotify.hpp"
#include "ngx/reply.hpp"
#include "ngx/shm.hpp"
#include "ngx/thread_task.hpp"
#include "ngx/wake.hpp"

extern "C" ngx_module_t ngx_http_kit_test_module;

namespace kit = tribute::ngx;

namespace {

struct Shared {
  std::atomic<std::uint64_t> version{0};
  kit::Waiters waiters;
};
using Zone = kit::SharedZone<Shared>;
ngx_shm_zone_t* zone = nullptr;

ngx_int_t say(ngx_http_request_t* r, const std::string& text) {
  kit::Head head;
  head.content_type = "text/plain";
  return kit::send(r, head, text);
}

struct Worker {
  explicit Worker(ngx_cycle_t* cycle)
      : shared(Zone::of(zone)),
        pool(kit::thread_pool(cycle, "kit")),
        wake(kit::Callback<>::of<&Worker::on_wake>(this)),
        hook(kit::Callback<>::of<&Worker::on_leaving>(this)),
        timer(kit::Callback<>::of<&Worker::on_timer>(this)) {
    shared.waiters.remove();
  }
  void answer_all(std::list<kit::ParkedRequest>& list, const std::string& text) {
    auto now = std::move(list);
    list.clear();
    for (auto& parked : now) parked.answer([&](ngx_http_request_t* r) { return say(r, text); });
  }
  void on_wake() {
    answer_all(held, "woken");
    shared.waiters.remove();
  }
  void on_leaving() {
    kit::log_notice(kit::cycle_log(), "kit: leaving");
    answer_all(held, "leaving");
  }
  void on_timer() { answer_all(timed, "in time"); }
  void on_file(std::uint32_t mask, std::string_view name) {
    answer_all(watching, std::to_string(mask & (IN_MODIFY | IN_CREATE)) + " " + std::string(name));
    watch.stop();  // from inside its own handler
  }

  Shared& shared;
  ngx_thread_pool_t* pool;
  std::list<kit::ParkedRequest> held, timed, watching;
  kit::Wake wake;
  kit::ExitHook hook;
  kit::Timer timer;
  kit::Inotify inotify;
  kit::Inotify::Watch watch;
};
std::unique_ptr<Worker> worker;

struct Descriptor {
  explicit Descriptor(int n) : fd(n) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { ::close(fd); }
  int fd;
};

// front "head", then bytes 0-9, 5-9 and 20-29 of the file
ngx_int_t files(ngx_http_request_t* r) {
  const auto file = std::make_shared<Descriptor>(open(kit::arg(r, "f").value_or("").c_str(), O_RDONLY | O_CLOEXEC));
  kit::Head head;
  head.content_type = "video/mp4";
  head.etag = "\"v1\"";
  return kit::send_files(r, head, std::make_shared<const std::string>("head"), {{file->fd, 0, 10}, {file->fd, 5, 5}, {file->fd, 20, 10}},
                         file);
}

ngx_int_t hold(ngx_http_request_t* r) {
  const std::uint64_t seen = worker->shared.version.load();
  worker->held.emplace_back(r);
  worker->shared.waiters.add();
  if (worker->shared.version.load() != seen) kit::notify(kit::this_slot());  // it happened while we registered
  return NGX_DONE;
}

ngx_int_t wake(ngx_http_request_t* r) {
  worker->shared.version.fetch_add(1);
  kit::notify(worker->shared.waiters);
  return say(r, "ok");
}

ngx_int_t watch(ngx_http_request_t* r) {
  worker->watch = worker->inotify.watch(kit::arg(r, "f").value_or(""), IN_MODIFY | IN_CREATE,
                                        kit::Inotify::Handler::of<&Worker::on_file>(worker.get()));
  if (!worker->watch) return say(r, "cannot");
  worker->watching.emplace_back(r);
  return NGX_DONE;
}

ngx_int_t timer(ngx_http_request_t* r) {
  worker->timed.emplace_back(r);
  worker->timer.start(100);
  return NGX_DONE;
}

ngx_int_t on_thread(ngx_http_request_t* r) {
  const bool fails = kit::arg(r, "fails").has_value();
  const auto ms = static_cast<unsigned>(std::stoul(kit::arg(r, "ms").value_or("1")));
  return kit::answer_from_thread(
      r, worker->pool,
      [fails, ms] {
        ::usleep(ms * 1000);
        if (fails) throw std::runtime_error("deliberate, on a thread");
        return std::string("from a thread");
      },
      [](ngx_http_request_t* request, std::optional<std::string>&& text) {
        if (!text) throw std::runtime_error("deliberate, on the way back");
        return say(request, *text);
      });
}

ngx_int_t echo(ngx_http_request_t* r) {
  const bool fails = kit::arg(r, "fails").has_value();
  return kit::read_body(r, 100'000, [fails](ngx_http_request_t* request, kit::Body&& body) {
    if (fails) throw std::runtime_error("deliberate, in a body");
    return say(request, body.too_large ? "too large" : body.bytes);
  });
}

ngx_int_t handle(ngx_http_request_t* r) {
  const std::string_view path = kit::view(r->uri);
  if (path == "/files") return files(r);
  if (path == "/hold") return hold(r);
  if (path == "/wake") return wake(r);
  if (path == "/watch") return watch(r);
  if (path == "/timer") return timer(r);
  if (path == "/thread") return on_thread(r);
  if (path == "/echo") return echo(r);
  if (path == "/arg") return say(r, kit::arg(r, "a b").value_or("absent"));
  if (path == "/throw") throw std::runtime_error("deliberate");
  return NGX_HTTP_NOT_FOUND;
}

char* set_handler(ngx_conf_t* cf, ngx_command_t*, void*) {
  static_cast<ngx_http_core_loc_conf_t*>(ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module))->handler = kit::content<handle>;
  return NGX_CONF_OK;
}

bool ready(void*, ngx_log_t*) { return kit::make_wake_descriptors(); }

char* init_main(ngx_conf_t* cf, void*) {
  zone = Zone::add(cf, "kit", 1 << 20, &ngx_http_kit_test_module, nullptr, ready);
  return zone != nullptr && kit::ensure_thread_pool(cf, "kit", 2, 100) ? NGX_CONF_OK : static_cast<char*>(NGX_CONF_ERROR);
}

void* create_main(ngx_conf_t* cf) { return ngx_pcalloc(cf->pool, 1); }

ngx_int_t init_process(ngx_cycle_t* cycle) {
  if (ngx_process == NGX_PROCESS_WORKER) worker = std::make_unique<Worker>(cycle);
  return NGX_OK;
}

void exit_process(ngx_cycle_t*) {
  kit::abandon_threads();
  worker.reset();
}

ngx_command_t commands[] = {
    {kit::literal("kit_test"), NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS, kit::directive<set_handler>, 0, 0, nullptr},
    ngx_null_command,
};
ngx_http_module_t context = {nullptr, nullptr, kit::create_conf<create_main>, kit::init_conf<init_main>, nullptr, nullptr,
                             nullptr, nullptr};

}  // namespace

#pragma GCC visibility push(default)
extern "C" {
ngx_module_t ngx_http_kit_test_module = {NGX_MODULE_V1,
                                         &context,
                                         commands,
                                         NGX_HTTP_MODULE,
                                         nullptr,
                                         nullptr,
                                         kit::init_hook<init_process>,
                                         nullptr,
                                         nullptr,
                                         kit::exit_hook<exit_process>,
                                         nullptr,
                                         NGX_MODULE_V1_PADDING};
extern ngx_module_t* ngx_modules[];
extern char* ngx_module_names[];
extern char* ngx_module_order[];
ngx_module_t* ngx_modules[] = {&ngx_http_kit_test_module, nullptr};
char* ngx_module_names[] = {const_cast<char*>("ngx_http_kit_test_module"), nullptr};
char* ngx_module_order[] = {nullptr};
}
#pragma GCC visibility pop

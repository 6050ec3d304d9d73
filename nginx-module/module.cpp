#include "module.hpp"

#include "ngx/guard.hpp"
#include "runtime.hpp"

namespace tribute::module {
namespace {

ngx_int_t init_process(ngx_cycle_t* cycle) {
  // Helpers (cache manager and loader) come by here too.
  if (ngx_process == NGX_PROCESS_WORKER || ngx_process == NGX_PROCESS_SINGLE) start_runtime(cycle);
  return NGX_OK;
}

void exit_process(ngx_cycle_t*) { stop_runtime(); }

}  // namespace
}  // namespace tribute::module

// What nginx looks up by name. Everything else in this library is hidden: nginx opens modules with RTLD_GLOBAL.
#pragma GCC visibility push(default)
extern "C" {
ngx_module_t ngx_http_tribute_module = {
    NGX_MODULE_V1,
    &tribute::module::context,
    tribute::module::commands,
    NGX_HTTP_MODULE,
    nullptr,  // init master
    nullptr,  // init module: see init_main() in config.cpp
    tribute::ngx::init_hook<tribute::module::init_process>,
    nullptr,  // init thread
    nullptr,  // exit thread
    tribute::ngx::exit_hook<tribute::module::exit_process>,
    nullptr,  // exit master
    NGX_MODULE_V1_PADDING,
};

extern ngx_module_t* ngx_modules[];
extern char* ngx_module_names[];
extern char* ngx_module_order[];

ngx_module_t* ngx_modules[] = {&ngx_http_tribute_module, nullptr};
char* ngx_module_names[] = {const_cast<char*>("ngx_http_tribute_module"), nullptr};
char* ngx_module_order[] = {nullptr};
}
#pragma GCC visibility pop

#include "config.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "callbacks/callbacks.hpp"
#include "data_folder.hpp"
#include "module.hpp"
#include "ngx/guard.hpp"
#include "ngx/pool.hpp"
#include "ngx/str.hpp"
#include "ngx/thread_task.hpp"
#include "router.hpp"
#include "shared_state.hpp"
#include "url.hpp"

namespace tribute::module {
namespace {

// ---- what a value may be -------------------------------------------------------------------------------------------

/// The limits of a number, and the end of the sentence `"tribute_x" wants …`.
struct Rule {
  std::int64_t min;
  std::int64_t max;
  const char* wants;
};

constexpr Rule zone_size{std::int64_t{1} << 20, std::int64_t{1} << 30, "a size from 1m to 1g, as in 4m"};
constexpr Rule map_size{std::int64_t{16} << 20, std::int64_t{16} << 40,
                        "a size from 16m to 16384g, as in 64g (the file is sparse: it takes what it holds)"};
constexpr Rule reconnect{0, 3600, "a time from 0 to 1h, as in 60s"};
constexpr Rule reopen{0, 7 * 86'400, "a time from 0 to 7d, as in 1h"};
constexpr Rule body_limit{1 << 10, 16 << 20, "a size from 1k to 16m, as in 64k"};
constexpr Rule path{0, 0, "the path of a folder, as in /var/lib/tribute"};
constexpr Rule file{0, 0, "the path of a file, as in /etc/tribute/jwt.key"};
constexpr Rule rtmp{0, 0, "an address that encoders can use, as in rtmp://live.example.org:1935/live"};
constexpr Rule http{0, 0, "an address without a slash at its end, as in https://live.example.org"};

char* refuse(ngx_conf_t* cf, const ngx_command_t* command, const ngx_str_t& value) {
  const auto* rule = static_cast<const Rule*>(command->post);
  ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" wants %s; it got \"%V\"", &command->name, rule->wants, &value);
  return static_cast<char*>(NGX_CONF_ERROR);
}

/// The directive's value; or null when it stood there before.
ngx_str_t* only_value(ngx_conf_t* cf, const ngx_command_t* command, MainConf& conf) {
  if (std::find(conf.spoken.begin(), conf.spoken.end(), command) != conf.spoken.end()) {
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" is there twice: leave one of them", &command->name);
    return nullptr;
  }
  conf.spoken.push_back(command);
  return static_cast<ngx_str_t*>(cf->args->elts) + 1;
}

// ---- setters: one per kind of value --------------------------------------------------------------------------------

template <std::int64_t Settings::*Member, bool IsTime>
char* set_number(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
  auto& main = *static_cast<MainConf*>(conf);
  ngx_str_t* value = only_value(cf, command, main);
  if (value == nullptr) return static_cast<char*>(NGX_CONF_ERROR);
  const std::int64_t number = IsTime ? static_cast<std::int64_t>(ngx_parse_time(value, 1)) : ngx_parse_offset(value);
  const auto* rule = static_cast<const Rule*>(command->post);
  if (number < rule->min || number > rule->max) return refuse(cf, command, *value);  // NGX_ERROR is negative
  main.settings.*Member = number;
  return NGX_CONF_OK;
}

template <std::string Settings::*Member>
char* set_path(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
  auto& main = *static_cast<MainConf*>(conf);
  ngx_str_t* value = only_value(cf, command, main);
  if (value == nullptr) return static_cast<char*>(NGX_CONF_ERROR);
  const ngx_str_t as_written = *value;
  if (value->len == 0 || ngx::view(*value).find_first_of("$\n") != std::string_view::npos) return refuse(cf, command, as_written);
  if (ngx_conf_full_name(cf->cycle, value, 0) != NGX_OK) return static_cast<char*>(NGX_CONF_ERROR);
  std::string full(ngx::view(*value));
  while (full.size() > 1 && full.back() == '/') full.pop_back();
  if (full == "/") return refuse(cf, command, as_written);
  main.settings.*Member = std::move(full);
  return NGX_CONF_OK;
}

template <std::string Settings::*Member, bool (*IsGood)(std::string_view)>
char* set_url(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
  auto& main = *static_cast<MainConf*>(conf);
  const ngx_str_t* value = only_value(cf, command, main);
  if (value == nullptr) return static_cast<char*>(NGX_CONF_ERROR);
  if (!IsGood(ngx::view(*value))) return refuse(cf, command, *value);
  main.settings.*Member = std::string(ngx::view(*value));
  return NGX_CONF_OK;
}

template <ngx_int_t (*Handler)(ngx_http_request_t*)>
char* set_handler(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
  auto* core = static_cast<ngx_http_core_loc_conf_t*>(ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module));
  if (core->handler != nullptr) {
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" stands in a location that something else answers: give it a location of its own",
                       &command->name);
    return static_cast<char*>(NGX_CONF_ERROR);
  }
  core->handler = ngx::content<Handler>;
  static_cast<LocConf*>(conf)->handled = true;
  static_cast<MainConf*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_tribute_module))->used = true;
  return NGX_CONF_OK;
}

// ---- the phase's hooks ---------------------------------------------------------------------------------------------

void* create_main(ngx_conf_t* cf) {
  auto* conf = ngx::pool_new<MainConf>(cf->pool);
  conf->cycle = cf->cycle;
  return conf;
}

void* create_location(ngx_conf_t* cf) { return ngx::pool_new<LocConf>(cf->pool); }

/// Read here, in the master: it may be a file that the worker user cannot read.
bool read_jwt_secret(ngx_conf_t* cf, Settings& settings) {
  if (settings.jwt_secret_file.empty()) return true;
  const auto secret = read_small_file(settings.jwt_secret_file);
  if (!secret) {
    const ngx_str_t detail = ngx::borrow(secret.error().detail);
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"tribute_jwt_secret_file\" wants a file that holds the secret: %V", &detail);
    return false;
  }
  settings.jwt_secret = *secret;
  if (settings.jwt_secret.size() >= 32) return true;  // RFC 7518 section 3.2: HS256 takes a key of 256 bits or more
  ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "the secret in \"%s\" has %uz bytes: HS256 wants 32 or more, as from \"openssl rand -hex 32\"",
                     settings.jwt_secret_file.c_str(), settings.jwt_secret.size());
  return false;
}

bool start_ready(void* conf, ngx_log_t* log) {
  auto& main = *static_cast<MainConf*>(conf);
  if (ngx_test_config) return true;
  if (!ngx::make_wake_descriptors()) {
    ngx::log(NGX_LOG_EMERG, log, "cannot make 128 eventfds: raise the limit of open files", ngx_errno);
    return false;
  }
  const auto* core = reinterpret_cast<ngx_core_conf_t*>(ngx_get_conf(main.cycle->conf_ctx, ngx_core_module));
  const bool root = geteuid() == 0;
  const WorkerUser user{root ? core->user : geteuid(), root ? core->group : getegid()};
  const auto made = prepare_data_folder(main.settings, user);
  if (!made) ngx::log(NGX_LOG_EMERG, log, made.error().detail);
  return made.has_value();
}

char* init_main(ngx_conf_t* cf, void* conf) {
  auto& main = *static_cast<MainConf*>(conf);
  if (!main.used) return NGX_CONF_OK;
  Settings& settings = main.settings;
  if (settings.media_path.empty()) settings.media_path = settings.data + "/media";
  if (!read_jwt_secret(cf, settings)) return static_cast<char*>(NGX_CONF_ERROR);
  if (!ngx::ensure_thread_pool(cf, store_pool, 1, 65536) || !ngx::ensure_thread_pool(cf, media_pool, 2, 65536))
    return static_cast<char*>(NGX_CONF_ERROR);
  // The folders are made by the zone's hook and not by init_module: when that one fails at a reload, nginx's master exits.
  main.zone =
      SharedStateZone::add(cf, "tribute", static_cast<std::size_t>(settings.zone_size), &ngx_http_tribute_module, &main, start_ready);
  return main.zone == nullptr ? static_cast<char*>(NGX_CONF_ERROR) : NGX_CONF_OK;
}

char* merge_location(ngx_conf_t* cf, void*, void* child) {
  if (!static_cast<LocConf*>(child)->handled) return NGX_CONF_OK;
  // tribute_body_limit is the limit here, and its refusal is problem+json; nginx's own would answer HTML before us.
  static_cast<ngx_http_core_loc_conf_t*>(ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module))->client_max_body_size = 0;
  return NGX_CONF_OK;
}

constexpr ngx_uint_t in_http = NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1;
constexpr ngx_uint_t in_location = NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS;

using Setter = char* (*)(ngx_conf_t*, ngx_command_t*, void*);

template <std::size_t N>
ngx_command_t http_directive(const char (&name)[N], Setter setter, const Rule& rule) {
  return {ngx::literal(name), in_http, setter, NGX_HTTP_MAIN_CONF_OFFSET, 0, const_cast<Rule*>(&rule)};
}

template <std::size_t N>
ngx_command_t handler_directive(const char (&name)[N], Setter setter) {
  return {ngx::literal(name), in_location, setter, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr};
}

template <std::int64_t Settings::*M>
constexpr Setter size = ngx::directive<set_number<M, false>>;
template <std::int64_t Settings::*M>
constexpr Setter seconds = ngx::directive<set_number<M, true>>;
template <std::string Settings::*M>
constexpr Setter path_to = ngx::directive<set_path<M>>;

}  // namespace

ngx_command_t commands[] = {
    handler_directive("tribute", ngx::directive<set_handler<router::handle>>),
    handler_directive("tribute_callbacks", ngx::directive<set_handler<callbacks::handle>>),
    http_directive("tribute_data", path_to<&Settings::data>, path),
    http_directive("tribute_ingest_path", path_to<&Settings::ingest_path>, path),
    http_directive("tribute_media_path", path_to<&Settings::media_path>, path),
    http_directive("tribute_zone_size", size<&Settings::zone_size>, zone_size),
    http_directive("tribute_store_map_size", size<&Settings::store_map_size>, map_size),
    http_directive("tribute_reconnect_window", seconds<&Settings::reconnect_window_s>, reconnect),
    http_directive("tribute_reopen_window", seconds<&Settings::reopen_window_s>, reopen),
    http_directive("tribute_rtmp_url", ngx::directive<set_url<&Settings::rtmp_url, is_rtmp_url>>, rtmp),
    http_directive("tribute_public_url", ngx::directive<set_url<&Settings::public_url, is_http_base_url>>, http),
    http_directive("tribute_body_limit", size<&Settings::body_limit>, body_limit),
    http_directive("tribute_jwt_secret_file", path_to<&Settings::jwt_secret_file>, file),
    ngx_null_command,
};

ngx_http_module_t context = {
    nullptr,                            // preconfiguration
    nullptr,                            // postconfiguration
    ngx::create_conf<create_main>,      //
    ngx::init_conf<init_main>,          //
    nullptr,                            // create server configuration
    nullptr,                            // merge server configuration
    ngx::create_conf<create_location>,  //
    ngx::merge_conf<merge_location>,    //
};

}  // namespace tribute::module

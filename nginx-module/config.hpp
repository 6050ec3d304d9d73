// The tribute_* directives: what an operator may say in nginx.conf, its defaults and limits. The configuration phase
// builds values only; folders are made when the server really starts (data_folder.hpp), the rest lives in Runtime.
#pragma once

#include <cstdint>
#include <string>

#include "ngx/ngx.hpp"

namespace tribute::module {

/// All values as they count, defaults filled in.
struct Settings {
  std::string data = "/var/lib/tribute";
  std::string ingest_path = "/dev/shm/tribute";
  std::string media_path;  ///< default: DATA/media
  std::int64_t zone_size = std::int64_t{4} << 20;
  std::int64_t store_map_size = std::int64_t{64} << 30;
  std::int64_t reconnect_window_s = 60;
  std::int64_t reopen_window_s = 3600;
  std::string rtmp_url;    ///< empty: rtmp://<host of the request>:1935/live
  std::string public_url;  ///< without slash at the end; empty: scheme and host of the request
  std::int64_t body_limit = 64 << 10;
  std::string jwt_secret_file;
  std::string jwt_secret;  ///< the file's content; empty: no HS256 tokens are accepted
};

struct MainConf {
  Settings settings;
  ngx_cycle_t* cycle = nullptr;
  ngx_shm_zone_t* zone = nullptr;
  bool used = false;                         ///< a location has tribute or tribute_callbacks; otherwise nothing is started
  std::vector<const ngx_command_t*> spoken;  ///< directives seen, to refuse a second one
};

struct LocConf {
  bool handled = false;
};

/// What ngx_module_t needs.
extern ngx_command_t commands[];
extern ngx_http_module_t context;

constexpr std::string_view store_pool = "tribute_store";
constexpr std::string_view media_pool = "tribute_media";

}  // namespace tribute::module

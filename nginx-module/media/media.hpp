// /hls/… and /recordings/…: playlists, init sections, segments, parts and downloads, out of the index and with
// sendfile. Every request asks resolve_media() first.
#pragma once

#include "ngx/ngx.hpp"

namespace tribute::module {

class Runtime;

namespace media_door {

/// Router handlers; `path` is what follows the prefix.
ngx_int_t handle(Runtime& runtime, ngx_http_request_t* r, std::string_view path);

}  // namespace media_door
}  // namespace tribute::module

// The recording as one MP4 to download: its head is computed on a media thread, and the track files follow it with
// sendfile.
#pragma once

#include "media/access.hpp"
#include "ngx/ngx.hpp"

namespace tribute::module {

ngx_int_t send_download(Runtime& runtime, ngx_http_request_t* r, const MediaAccess& access);

}  // namespace tribute::module

// Who may have which media: a media URL becomes the folder to read from, after the policy (at the entry: playlists
// with a token, downloads) or the grant (everything below) said yes. Reads the store's newest state every time, so
// hiding a stream ends its grants with the next request. Fails closed.
#pragma once

#include <optional>
#include <string>

#include "ngx/ngx.hpp"
#include "tribute/adapter/grant.hpp"
#include "tribute/policy.hpp"
#include "tribute/result.hpp"

namespace tribute::module {

class Runtime;

struct MediaAccess {
  Id stream;               ///< whose folder
  Id broadcast;            ///< the folder
  bool restricted = true;  ///< personal grants only, and nothing shared may keep a copy
  bool over = false;       ///< a recording: everything, not the live window
  std::string title;       ///< what a download is called
  std::string grant;       ///< at the entry: to be put into the URLs below
};

/// What the URL's record says; `path.grant` is checked where the path has one, else the request's own identity is.
Result<MediaAccess> resolve_media(Runtime& runtime, const ngx_http_request_t* r, const hls::MediaPath& path);

}  // namespace tribute::module

#include "media/media.hpp"

#include "media/access.hpp"
#include "media/download.hpp"
#include "media/library.hpp"
#include "ngx/args.hpp"
#include "ngx/reply.hpp"
#include "problem.hpp"
#include "router.hpp"
#include "runtime.hpp"
#include "tribute/hls/multivariant.hpp"

namespace tribute::module::media_door {
namespace {

constexpr std::string_view playlist_type = "application/vnd.apple.mpegurl";

std::string_view playlist_cache(const MediaAccess& access) { return access.restricted ? "private, max-age=1" : "public, max-age=1"; }
std::string_view media_cache(const MediaAccess& access) {
  return access.restricted ? "private, max-age=86400, immutable" : "public, max-age=31536000, immutable";
}

ngx::Head head_of(std::string_view type, std::string_view cache) {
  ngx::Head head;
  head.content_type = type;
  head.cache_control = cache;
  // Grants and tokens are capabilities: a page of another site that has one may play it.
  head.headers.push_back({"Access-Control-Allow-Origin", "*"});
  return head;
}

hls::Window window_of(const ngx_http_request_t* r, const MediaAccess& access, bool ended) {
  if (access.over || ended) return hls::Window::recording;
  return ngx::arg(r, "dvr").value_or("") == "1" ? hls::Window::dvr : hls::Window::live;
}

ngx_int_t multivariant(ngx_http_request_t* r, const MediaAccess& access, OpenBroadcast& broadcast) {
  auto& reader = broadcast.reader();
  if (const auto done = reader.refresh(); !done) return send_problem(r, done.error());
  const std::string prefix = access.grant + "/";
  hls::MultivariantOptions options;
  options.prefix = prefix;
  if (window_of(r, access, reader.broadcast().ended()) == hls::Window::dvr) options.query = "?dvr=1";
  std::string text;
  const auto done = hls::multivariant_playlist(text, reader.broadcast(), reader.track(media::TrackKind::video), reader.track(media::TrackKind::audio), options);
  if (!done) return send_problem(r, done.error());
  // Its grant may end at any time, so it is never kept.
  return ngx::send(r, head_of(playlist_type, access.restricted ? "private, no-cache" : "no-cache"), text);
}

ngx_int_t playlist(ngx_http_request_t* r, const hls::MediaPath& path, const MediaAccess& access, OpenBroadcast& broadcast) {
  const auto text = broadcast.playlist(path.track, window_of(r, access, broadcast.reader().broadcast().ended()));
  if (!text) return send_problem(r, text.error());
  return ngx::send(r, head_of(playlist_type, playlist_cache(access)), *text);
}

std::optional<media::FileRange> range_of(const hls::MediaPath& path, const media::TrackSnapshot& track) {
  if (path.thing == hls::Thing::init) return path.number > UINT32_MAX ? std::nullopt : track.init_range(static_cast<std::uint32_t>(path.number));
  const auto segment = track.segment(path.number);
  if (!segment || segment->gap) return std::nullopt;
  if (path.thing == hls::Thing::part) return track.part_range(*segment, path.part);
  return segment->complete ? std::optional{segment->range} : std::nullopt;
}

ngx_int_t media_file(ngx_http_request_t* r, const hls::MediaPath& path, const MediaAccess& access, OpenBroadcast& broadcast) {
  auto& reader = broadcast.reader();
  if (const auto done = reader.refresh(); !done) return send_problem(r, done.error());
  const auto* view = reader.track(path.track);
  const auto range = view != nullptr ? range_of(path, view->snapshot()) : std::nullopt;
  if (!range || range->length == 0) return send_problem(r, make_error(Errc::not_found, "There is no such media."));
  auto file = reader.file(path.track, range->file);
  if (!file) return send_problem(r, file.error());
  const int fd = (*file)->fd();
  return ngx::send_files(r, head_of(path.track == media::TrackKind::video ? "video/mp4" : "audio/mp4", media_cache(access)), nullptr,
                         {{fd, static_cast<off_t>(range->offset), static_cast<off_t>(range->length)}}, std::move(*file));
}

ngx_int_t serve(Runtime& runtime, ngx_http_request_t* r, const hls::MediaPath& path) {
  const auto access = resolve_media(runtime, r, path);
  if (!access) return send_problem(r, access.error());
  const auto broadcast = runtime.library().open(access->stream, access->broadcast);
  if (!broadcast) return send_problem(r, broadcast.error());
  switch (path.thing) {
    case hls::Thing::multivariant: return multivariant(r, *access, **broadcast);
    case hls::Thing::playlist: return playlist(r, path, *access, **broadcast);
    case hls::Thing::init:
    case hls::Thing::segment:
    case hls::Thing::part: return media_file(r, path, *access, **broadcast);
    case hls::Thing::download: return send_download(runtime, r, *access);
  }
  return NGX_HTTP_NOT_FOUND;
}

}  // namespace

ngx_int_t handle(Runtime& runtime, ngx_http_request_t* r, std::string_view) {
  if (!router::is_read(r)) return send_method_not_allowed(r, "GET, HEAD");
  const auto path = hls::parse_media_path(ngx::view(r->uri));
  if (!path) return send_problem(r, path.error());
  return serve(runtime, r, *path);
}

}  // namespace tribute::module::media_door

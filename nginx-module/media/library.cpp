#include "media/library.hpp"

namespace tribute::module {
namespace {

constexpr ngx_msec_t sweep_every_ms = 10'000;
constexpr ngx_msec_t kept_ms = 60'000;
constexpr ngx_msec_t check_every_ms = 1000;

}  // namespace

Result<std::shared_ptr<const std::string>> OpenBroadcast::playlist(media::TrackKind track, hls::Window window) {
  if (const auto done = reader_.refresh(); !done) return done.error();
  const auto* view = reader_.track(track);
  if (view == nullptr) return make_error(Errc::not_found, "This broadcast has no such track.");
  auto& rendered = rendered_[static_cast<std::size_t>(track) * 3 + static_cast<std::size_t>(window)];
  const auto version = view->version();
  if (rendered.text && rendered.version == version) return rendered.text;
  hls::PlaylistOptions options;
  options.window = window;
  const std::string prefix = std::string(media::track_name(track)) + "/";
  options.prefix = prefix;
  auto text = std::make_shared<std::string>();
  if (const auto done = hls::media_playlist(*text, reader_.broadcast(), *view, options); !done) return done.error();
  rendered = {version, std::move(text)};
  return rendered.text;
}

Library::Library(std::string media_path) : media_path_(std::move(media_path)), sweep_(ngx::Callback<>::of<&Library::on_sweep>(this)) {
  sweep_.start(sweep_every_ms);
}

Result<std::shared_ptr<OpenBroadcast>> Library::open(const Id& stream, const Id& broadcast) {
  const ngx_msec_t now = ngx_current_msec;
  if (const auto found = open_.find(broadcast); found != open_.end()) {
    auto& known = *found->second;
    // An index may have been rebuilt, or its folder removed; asking the file system once a second is enough.
    if (now - known.checked_ >= check_every_ms && known.reader_.stale()) {
      open_.erase(found);
    } else {
      if (now - known.checked_ >= check_every_ms) known.checked_ = now;
      known.used_ = now;
      return found->second;
    }
  }
  auto reader = adapter::BroadcastReader::open(media_path_, stream, broadcast);
  if (!reader) return reader.error().code == Errc::not_found ? make_error(Errc::not_found, "Nothing has been broadcast yet.") : reader.error();
  auto opened = std::make_shared<OpenBroadcast>(std::move(*reader));
  opened->used_ = opened->checked_ = now;
  open_.emplace(broadcast, opened);
  return opened;
}

void Library::on_sweep() {
  std::erase_if(open_, [](const auto& item) { return ngx_current_msec - item.second->used_ > kept_ms; });
  if (!ngx::worker_leaving()) sweep_.start(sweep_every_ms);
}

}  // namespace tribute::module

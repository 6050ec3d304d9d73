// The broadcasts that this worker serves: their indexes mapped, their files open, and the playlists rendered once per
// change and shared by everybody who asks. Forgets what nobody asked for lately. For the event loop's thread.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "ngx/timer.hpp"
#include "tribute/adapter/broadcast_reader.hpp"
#include "tribute/hls/playlist.hpp"

namespace tribute::module {

/// One broadcast, opened for reading.
class OpenBroadcast {
 public:
  explicit OpenBroadcast(adapter::BroadcastReader reader) : reader_(std::move(reader)) {}

  adapter::BroadcastReader& reader() noexcept { return reader_; }

  /// The playlist as it is now; rendered only when the index has changed since.
  Result<std::shared_ptr<const std::string>> playlist(media::TrackKind track, hls::Window window);

 private:
  friend class Library;
  struct Rendered {
    std::uint64_t version = 0;
    std::shared_ptr<const std::string> text;
  };

  adapter::BroadcastReader reader_;
  std::array<Rendered, 6> rendered_;  ///< by track and window
  ngx_msec_t used_ = 0;
  ngx_msec_t checked_ = 0;
};

class Library {
 public:
  explicit Library(std::string media_path);
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  /// not_found while there is no media; corrupt when its index is damaged.
  Result<std::shared_ptr<OpenBroadcast>> open(const Id& stream, const Id& broadcast);

 private:
  void on_sweep();

  std::string media_path_;
  std::unordered_map<Id, std::shared_ptr<OpenBroadcast>> open_;
  ngx::Timer sweep_;
};

}  // namespace tribute::module

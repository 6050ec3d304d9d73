// The head of a recording's MP4, kept beside the media: computed once, then sent from the disk like everything else.
// Its name says for which state of the recording it is; an older one is never used. Slow with a cold disk
// (it reads the boxes of every part): call it on a pool, best right after the broadcast's end.
#pragma once

#include <tribute/adapter/broadcast_reader.hpp>
#include <tribute/media/download.hpp>

namespace tribute::adapter {

struct PreparedDownload {
  std::shared_ptr<const File> head;
  std::uint64_t head_size = 0;
  std::vector<media::DownloadRange> ranges;  ///< of the track files, in this order behind the head
  std::uint64_t size = 0;                    ///< of the whole MP4
};

namespace detail {

// Complete segments and checksum of the newest part of each track: differs whenever the head would.
inline std::string download_name(const BroadcastReader& reader) {
  std::string out = "download";
  for (const auto kind : both_tracks) {
    const auto* view = reader.track(kind);
    const auto now = view != nullptr ? view->snapshot() : media::TrackSnapshot{};
    const auto part = now.parts() == 0 ? std::nullopt : now.part(now.parts() - 1);
    char text[64];
    std::snprintf(text, sizeof text, "-%u-%u-%08x", now.complete_segments(), now.parts(), part ? part->crc : 0u);
    out += text;
  }
  return out + ".head";
}

inline Result<Done> write_head(const BroadcastFolder& folder, const std::string& name, const std::vector<std::byte>& head) {
  const auto path = folder.path() + "/" + name;
  // Two workers may do this at once: each has a name of its own until the last step.
  const auto own = path + "." + std::to_string(::getpid());
  auto file = File::open(own, O_RDWR | O_CREAT | O_TRUNC, name);
  if (!file) return file.error();
  auto done = file->write_at(0, head);
  if (done && ::rename(own.c_str(), path.c_str()) != 0) done = system_error("name " + name, errno);
  if (!done) ::unlink(own.c_str());
  return done;
}

inline void remove_older_heads(const BroadcastFolder& folder, const std::string& current) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path(), ignored)) {
    const auto name = entry.path().filename().string();
    if (name.starts_with("download-") && !name.starts_with(current)) std::filesystem::remove(entry.path(), ignored);
  }
}

}  // namespace detail

/// The ranges come from the index, the head from the disk or, the first time, from make_download(), whose errors these are.
inline Result<PreparedDownload> prepare_download(BroadcastReader& reader) {
  const auto name = detail::download_name(reader);
  if (!reader.folder().has(name)) {
    const auto made = media::make_download(reader.track(TrackKind::video), reader.track(TrackKind::audio),
                                           [&reader](TrackKind kind, const media::FileRange& range, std::vector<std::byte>& out) {
                                             const auto file = reader.file(kind, range.file);
                                             if (!file || range.length > (16u << 20)) return false;
                                             out.resize(static_cast<std::size_t>(range.length));
                                             return (*file)->read_at(range.offset, out).has_value();
                                           });
    if (!made) return made.error();
    if (detail::download_name(reader) != name) return make_error(Errc::unavailable, "the recording is still growing");
    if (auto done = detail::write_head(reader.folder(), name, made->head); !done) return done.error();
    detail::remove_older_heads(reader.folder(), name);
  }
  auto file = reader.folder().open(name, O_RDONLY);
  if (!file) return file.error();
  const auto size = file->size();
  if (!size) return size.error();
  PreparedDownload out;
  out.head = std::make_shared<const File>(std::move(*file));
  out.head_size = *size;
  out.ranges = media::download_ranges(reader.track(TrackKind::video), reader.track(TrackKind::audio));
  out.size = out.head_size;
  for (const auto& one : out.ranges) out.size += one.range.length;
  return out;
}

}  // namespace tribute::adapter

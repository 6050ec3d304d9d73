#include "media/download.hpp"

#include "ngx/reply.hpp"
#include "ngx/thread_task.hpp"
#include "problem.hpp"
#include "runtime.hpp"
#include "tribute/adapter/broadcast_reader.hpp"
#include "tribute/media/download.hpp"

namespace tribute::module {
namespace {

/// A head and the files behind it, for all who download this recording.
struct PreparedDownload {
  std::shared_ptr<const std::string> head;
  std::vector<ngx::FileRange> ranges;
  std::vector<std::shared_ptr<const adapter::File>> files;
};
using Prepared = Result<std::shared_ptr<const PreparedDownload>>;

/// On a media thread: reads the boxes of every part.
Prepared prepare(const std::string& media_path, const Id& stream, const Id& broadcast) {
  auto reader = adapter::BroadcastReader::open(media_path, stream, broadcast);
  if (!reader) return reader.error();
  const auto read = [&](media::TrackKind kind, const media::FileRange& range, std::vector<std::byte>& bytes) {
    auto got = reader->read(kind, range);
    if (got) bytes = std::move(*got);
    return got.has_value();
  };
  auto made = media::make_download(reader->track(media::TrackKind::video), reader->track(media::TrackKind::audio), read);
  if (!made) return made.error();
  auto out = std::make_shared<PreparedDownload>();
  out->head = std::make_shared<const std::string>(reinterpret_cast<const char*>(made->head.data()), made->head.size());
  for (const auto& [track, range] : made->ranges) {
    auto file = reader->file(track, range.file);
    if (!file) return file.error();
    out->ranges.push_back({(*file)->fd(), static_cast<off_t>(range.offset), static_cast<off_t>(range.length)});
    if (out->files.empty() || std::find(out->files.begin(), out->files.end(), *file) == out->files.end()) out->files.push_back(std::move(*file));
  }
  return std::shared_ptr<const PreparedDownload>(std::move(out));
}

/// RFC 6266 with RFC 8187: the title as it is for new browsers, what is left of it in ASCII for old ones.
std::string disposition_of(const std::string& title) {
  std::string plain, encoded;
  constexpr char hex[] = "0123456789ABCDEF";
  for (const char c : title.empty() ? std::string{"recording"} : title) {
    const auto byte = static_cast<unsigned char>(c);
    const bool safe = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || c == '-' || c == '.';
    plain += safe || c == ' ' ? c : '_';
    if (safe) encoded += c;
    else ((encoded += '%') += hex[byte >> 4]) += hex[byte & 15];
  }
  return "attachment; filename=\"" + plain + ".mp4\"; filename*=UTF-8''" + encoded + ".mp4";
}

ngx_int_t send_prepared(ngx_http_request_t* r, const MediaAccess& access, const std::shared_ptr<const PreparedDownload>& download) {
  const auto disposition = disposition_of(access.title);
  ngx::Head head;
  head.content_type = "video/mp4";
  head.cache_control = access.restricted ? "private, no-cache" : "no-cache";
  head.headers = {{"Content-Disposition", disposition}};
  // Ranges of a download that is resumed later must be of the same file: its parts never change once it is over.
  const std::string etag = "\"" + access.broadcast.text() + "-" + std::to_string(download->head->size()) + "\"";
  head.etag = etag;
  return ngx::send_files(r, head, download->head, download->ranges, download);
}

}  // namespace

ngx_int_t send_download(Runtime& runtime, ngx_http_request_t* r, const MediaAccess& access) {
  return ngx::answer_from_thread(
      r, runtime.media_threads(),
      [media = runtime.settings().media_path, stream = access.stream, broadcast = access.broadcast] { return prepare(media, stream, broadcast); },
      [access](ngx_http_request_t* request, std::optional<Prepared>&& made) {
        if (!made) return send_problem(request, make_error(Errc::unavailable, "The recording could not be read."));
        if (!*made) return send_problem(request, (*made).error());
        return send_prepared(request, access, **made);
      });
}

}  // namespace tribute::module

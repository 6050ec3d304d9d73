// Packages one stream: reads the ingest log of its encoder, keeps the parts in the broadcast's files, and goes on
// with the next log when the encoder returns. Whoever has one owns the stream's media. Used by one thread at a time,
// but for sync(); what it may not do (media that cannot be written, a damaged log) comes back as a value.
#pragma once

#include <tribute/adapter/broadcast_writer.hpp>
#include <tribute/adapter/ingest_log.hpp>
#include <tribute/flv/reader.hpp>
#include <tribute/media/packager.hpp>
#include <tribute/time.hpp>

namespace tribute::adapter {

/// What the store says is to be packaged now.
struct Assignment {
  Id media;                      ///< broadcast or preview folder
  Id session;                    ///< names the ingest log
  std::uint64_t generation = 0;
  Timestamp since;               ///< when the encoder was accepted: the session's wall time begins here

  friend bool operator==(const Assignment&, const Assignment&) = default;
};

struct PumpReport {
  std::uint64_t bytes = 0;       ///< read from the log
  std::uint32_t parts = 0;       ///< published
  std::optional<Error> failure;  ///< the media cannot be kept; nothing more will be
};

struct FinishedBroadcast {
  std::int64_t duration_ms = 0;
  std::uint64_t bytes = 0;
};

/// Length of the longer track, and all bytes of both.
inline FinishedBroadcast total_of(const BroadcastWriter& writer) {
  FinishedBroadcast out;
  for (const auto kind : both_tracks) {
    const auto* view = writer.view(kind);
    if (view == nullptr) continue;
    const auto track = view->snapshot();
    const auto first = track.segment(track.first_msn());
    const auto last = track.last_segment();
    if (!first || !last) continue;
    const auto end = (last->decode_time + last->duration) * 1000 / last->timescale;
    const auto begin = first->decode_time * 1000 / first->timescale;
    out.duration_ms = std::max(out.duration_ms, static_cast<std::int64_t>(end - begin));
    if (const auto sizes = writer.folder().track_sizes(kind); sizes)
      for (const auto size : *sizes) out.bytes += size;
  }
  return out;
}

class StreamRecorder {
 public:
  struct Folders {
    std::string ingest;
    std::string media;
  };

  /// conflict: another worker packages this stream.
  static Result<std::unique_ptr<StreamRecorder>> try_own(Folders folders, const Id& stream) {
    auto lock = OwnerLock::try_acquire(folders.ingest + "/" + stream.text() + ".lock");
    if (!lock) return lock.error();
    return std::unique_ptr<StreamRecorder>(new StreamRecorder(std::move(folders), stream, std::move(*lock)));
  }

  static std::string log_path(const std::string& ingest, const Id& session) { return ingest + "/" + session.text() + ".flv"; }

  /// Packages what has arrived since the last call. Another session or folder than before: what is left of the old
  /// log is packaged first.
  PumpReport pump(const Assignment& wanted) {
    PumpReport report;
    if (current_ && *current_ != wanted) leave(report, current_->session != wanted.session);
    if (!current_) enter(wanted, report);
    if (current_ && !report.failure) drain(report);
    if (report.failure) give_up();
    return report;
  }

  /// The encoder is gone for now: what is held back is published, so that viewers get it.
  PumpReport pause() {
    PumpReport report;
    if (current_) leave(report, true);
    if (report.failure) give_up();
    return report;
  }

  /// Ends a broadcast: packages what is left of the session's log, closes and syncs the files. Can be repeated.
  /// Errors: not_found when there is no media at all; otherwise as the files tell.
  Result<FinishedBroadcast> finish(const Id& broadcast, const Id& session) {
    PumpReport report;
    if (current_ && current_->media == broadcast) {
      leave(report, true);
    } else {
      if (current_) leave(report, true);
      if (!BroadcastFolder(folders_.media, stream_, broadcast).has(BroadcastFolder::broadcast_index()))
        return make_error(Errc::not_found, "Nothing of this broadcast has been kept on the disk.");
      if (session.is_set()) enter_existing(broadcast, session, report);
      if (auto done = open_writer(broadcast); !done) return done.error();
    }
    if (report.failure) {
      give_up();
      return *report.failure;
    }
    const auto writer = writer_;
    writer->end();
    if (auto done = writer->sync(); !done) return done.error();
    if (session.is_set()) remove_log(session);
    return total_of(*writer);
  }

  /// Puts on the disk what was published. From any thread, beside the others.
  Result<Done> sync() {
    std::shared_ptr<BroadcastWriter> writer;
    {
      const std::lock_guard lock(writer_guard_);
      writer = writer_;
    }
    return writer ? writer->sync() : Result<Done>{Done{}};
  }

  /// Null before the first media of a session.
  const media::Packager* packager() const noexcept { return packager_ ? &*packager_ : nullptr; }

 private:
  StreamRecorder(Folders folders, const Id& stream, OwnerLock lock) : folders_(std::move(folders)), stream_(stream), lock_(std::move(lock)) {}

  /// The packager's sink: the writer, and a note of how far the log is needed no more.
  struct Sink {
    BroadcastWriter& writer;
    PumpReport& report;
    std::uint64_t resume_offset = 0;

    void configure(media::TrackKind kind, const media::TrackConfig& config) { writer.configure(kind, config); }
    void append(media::TrackKind kind, media::Part&& part) {
      resume_offset = std::max(resume_offset, part.resume_offset);
      writer.append(kind, std::move(part));
      ++report.parts;
    }
  };

  Result<Done> open_writer(const Id& broadcast) {
    if (writer_ && media_ == broadcast) return Done{};
    set_writer(nullptr);
    auto opened = BroadcastWriter::open(folders_.media, stream_, broadcast);
    if (!opened) return opened.error();
    set_writer(std::move(*opened));
    media_ = broadcast;
    return Done{};
  }

  void set_writer(std::shared_ptr<BroadcastWriter> writer) {
    const std::lock_guard lock(writer_guard_);
    writer_ = std::move(writer);
  }

  /// Begins, or resumes, a session in a folder. Without a log yet it stays outside, and the next pump tries again.
  void enter(const Assignment& wanted, PumpReport& report) {
    if (auto done = finish_earlier_session(wanted, report); !done) return fail(report, done.error());
    if (auto done = open_writer(wanted.media); !done) return fail(report, done.error());
    auto resume = writer_->resume_point();
    if (!resume) return fail(report, resume.error());
    // The same encoder in another folder (a rehearsal that went on air) is read on from where it is.
    const bool moves = last_session_ == wanted.session && last_media_ != wanted.media;
    const auto offset = moves ? last_offset_ : resume->resume_offset(wanted.session);
    auto log = IngestLog::open(log_path(folders_.ingest, wanted.session), offset);
    if (!log) return log.error().code == Errc::not_found ? void() : fail(report, log.error());
    log_ = std::move(*log);
    reader_ = flv::Reader(offset);
    writer_->reopen();
    packager_.emplace(media::PackagerOptions{}, std::move(*resume));
    packager_->begin_session({wanted.session, wanted.generation, wanted.since.ms});
    current_ = wanted;
    if (moves) push_headers(report);
  }

  /// After a crash the log of the session before may not be packaged to its end yet.
  Result<Done> finish_earlier_session(const Assignment& wanted, PumpReport& report) {
    if (writer_ || !BroadcastFolder(folders_.media, stream_, wanted.media).has(BroadcastFolder::broadcast_index())) return Done{};
    if (auto done = open_writer(wanted.media); !done) return done.error();
    const auto count = writer_->broadcast().sessions();
    if (count == 0) return Done{};
    const auto last = writer_->broadcast().session(count - 1);
    if (!last || Id{last->id} == wanted.session) return Done{};
    enter_existing(wanted.media, Id{last->id}, report);
    if (current_) leave(report, true);
    if (report.failure) return *report.failure;
    return Done{};
  }

  /// Goes back into a session that the index knows, to drain what is left of its log; nothing when there is none.
  void enter_existing(const Id& broadcast, const Id& session, PumpReport& report) {
    if (auto done = open_writer(broadcast); !done) return fail(report, done.error());
    if (::access(log_path(folders_.ingest, session).c_str(), F_OK) != 0) return;
    const auto& view = writer_->broadcast();
    for (std::uint32_t i = 0; i < view.sessions(); ++i) {
      const auto entry = view.session(i);
      if (!entry || Id{entry->id} != session) continue;
      const bool ended = view.ended();
      enter({broadcast, session, entry->generation, {entry->wall_start_ms}}, report);
      if (current_) leave(report, false);
      if (ended) writer_->end();
      return;
    }
  }

  /// Packages the rest of the log and closes the session.
  void leave(PumpReport& report, bool log_is_done) {
    drain(report);
    Sink sink{*writer_, report};
    packager_->finish_session(sink);
    writer_->close_segments();
    if (writer_->failure()) fail(report, *writer_->failure());
    last_session_ = current_->session;
    last_media_ = current_->media;
    last_offset_ = reader_.offset();
    const Id session = current_->session;
    current_.reset();
    log_ = {};
    if (log_is_done && !report.failure) remove_log(session);
  }

  void drain(PumpReport& report) {
    Sink sink{*writer_, report};
    for (;;) {
      const auto got = log_.read_more();
      if (!got) return fail(report, got.error());
      if (*got == 0) break;
      report.bytes += *got;
      push_window(sink);
      if (writer_->failure()) return fail(report, *writer_->failure());
    }
    // The first page stays: the decoder configurations are there, should the media move to another folder.
    if (sink.resume_offset > 0) log_.free_between(first_page, sink.resume_offset);
  }

  void push_window(Sink& sink) {
    reader_.set_window(log_.window(), log_.offset());
    for (;;) {
      auto tag = reader_.next();
      if (!tag) {
        if (!reader_.resync()) break;
        continue;
      }
      if (!*tag) break;
      packager_->push(**tag, sink);
    }
    log_.consume(static_cast<std::size_t>(reader_.offset() - log_.offset()));
  }

  /// Gives the packager of another folder the decoder configurations that stand at the log's beginning.
  void push_headers(PumpReport& report) {
    auto head = IngestLog::open(log_path(folders_.ingest, current_->session), 0);
    if (!head || !head->read_more(first_page)) return;
    Sink sink{*writer_, report};
    flv::Reader reader;
    reader.set_window(head->window(), 0);
    for (auto tag = reader.next(); tag && *tag; tag = reader.next())
      if (is_decoder_configuration(**tag)) packager_->push(**tag, sink);
  }

  static bool is_decoder_configuration(const flv::Tag& tag) noexcept {
    if (tag.kind == flv::TagKind::video) {
      const auto head = flv::video_head(tag.payload);
      return head && head->packet == 0;
    }
    const auto head = tag.kind == flv::TagKind::audio ? flv::audio_head(tag.payload) : std::nullopt;
    return head && head->packet == 0;
  }

  void remove_log(const Id& session) const noexcept { ::unlink(log_path(folders_.ingest, session).c_str()); }

  /// After a failure: what was published is whole, and the next call opens the files anew.
  void give_up() {
    current_.reset();
    log_ = {};
    packager_.reset();
    set_writer(nullptr);
  }

  static void fail(PumpReport& report, Error error) {
    if (!report.failure) report.failure = std::move(error);
  }

  static constexpr std::uint64_t first_page = 4096;

  Folders folders_;
  Id stream_;
  OwnerLock lock_;
  std::mutex writer_guard_;
  std::shared_ptr<BroadcastWriter> writer_;
  Id media_;  ///< what writer_ writes
  std::optional<Assignment> current_;
  IngestLog log_;
  flv::Reader reader_;
  std::optional<media::Packager> packager_;
  Id last_session_, last_media_;
  std::uint64_t last_offset_ = 0;
};

}  // namespace tribute::adapter

// Keeps what the packager makes: the sink behind media::Packager, one owner per broadcast. What is published is in the
// files already; the first failure stops it, with a reason, and what was published stays whole.
#pragma once

#include <tribute/adapter/track_files.hpp>

namespace tribute::adapter {

class BroadcastWriter {
 public:
  /// Takes the broadcast's lock, makes what is missing, verifies and cuts the tail, rebuilds an index that cannot be
  /// trusted. conflict: another process (or writer) owns it.
  static Result<std::unique_ptr<BroadcastWriter>> open(const std::string& media_dir, const Id& stream, const Id& broadcast,
                                                       const WriterOptions& options = {}) {
    const BroadcastFolder folder(media_dir, stream, broadcast);
    if (auto done = folder.create(); !done) return done.error();
    auto lock = OwnerLock::try_acquire(folder.lock());
    if (!lock) return lock.error();
    std::unique_ptr<BroadcastWriter> out(new BroadcastWriter(folder, std::move(*lock), stream, broadcast, options));
    if (auto done = out->load(); !done) {
      if (done.error().code != Errc::corrupt) return done.error();
      out->recovery_.rebuilt_because = done.error().detail;
      if (auto again = out->rebuild(); !again) return again.error();
    }
    return out;
  }

  BroadcastWriter(const BroadcastWriter&) = delete;
  BroadcastWriter& operator=(const BroadcastWriter&) = delete;

  /// What open() had to repair; both empty when all was well.
  struct Recovery {
    std::uint32_t cut_parts = 0;
    std::string rebuilt_because;
  };
  const Recovery& recovery() const noexcept { return recovery_; }

  // The packager's sink. After a failure both do nothing: nobody may go on behind a hole.
  void configure(TrackKind kind, const media::TrackConfig& config) { track(kind).configure(config); }
  void append(TrackKind kind, media::Part&& part) {
    if (failure_) return;
    if (auto done = write(kind, part.bytes); !done) failure_ = done.error();
  }
  const std::optional<Error>& failure() const noexcept { return failure_; }

  /// One part, as append(), with the reason of a refusal: unavailable (the disk's words), too_large (no room in the
  /// index), conflict (does not continue the track), corrupt (not a part).
  Result<Done> write(TrackKind kind, std::span<const std::byte> bytes) {
    auto chunk = cmaf::read_chunk(bytes);
    if (!chunk) return chunk.error();
    if (chunk->kind != kind || chunk->size != bytes.size()) return make_error(Errc::corrupt, "not a part of this track");
    auto& target = track(kind);
    if (!target.has_index())
      if (auto done = add_track(target); !done) return done.error();
    const auto place = media::place_of(target.index().snapshot(), chunk->session, chunk->decode_time);
    if (!place) return place.error();
    const auto session = session_of(chunk->session);
    if (!session) return session.error();
    return target.append(*index_, bytes, *chunk, *place, *session, guard_);
  }

  /// Everything published so far is on the disk when this returns. From any thread, beside append().
  Result<Done> sync() {
    std::array<std::uint32_t, 2> parts{};
    std::vector<std::shared_ptr<const File>> files;
    {
      const std::lock_guard lock(guard_);
      for (std::size_t i = 0; i < tracks_.size(); ++i)
        if (tracks_[i].has_index()) parts[i] = tracks_[i].index().snapshot().parts();
      for (auto& one : tracks_) one.take_unsynced(files);
    }
    for (const auto& file : files)
      if (auto done = file->sync(); !done) return done.error();
    if (auto done = folder_.sync_names(); !done) return done.error();
    // Linux writes pages dirtied through a shared mapping with fdatasync, as msync(MS_SYNC) would.
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
      if (parts[i] == 0) continue;
      if (auto done = tracks_[i].index_file()->sync(); !done) return done.error();
      tracks_[i].index().set_synced(parts[i]);
    }
    return mapped_.file->sync();
  }

  /// The encoder is gone for now: what is open becomes a complete segment, so that viewers get it.
  void close_segments() noexcept {
    for (auto& one : tracks_)
      if (one.has_index()) one.index().close_segment();
  }

  /// Nothing more will come: playlists get their ENDLIST. sync() afterwards makes it last.
  void end() noexcept {
    close_segments();
    set_ended(true);
  }

  /// It goes on after all: a new session, which begins with a discontinuity as every session does.
  void reopen() noexcept {
    if (index_->view().ended()) set_ended(false);
  }

  /// What the packager needs to go on; empty tracks for a new broadcast. corrupt or unavailable when files cannot be read.
  Result<media::ResumePoint> resume_point() const {
    media::ResumePoint out;
    std::uint64_t from = UINT64_MAX;
    for (const auto& one : tracks_)
      if (const auto last = last_segment(one)) from = std::min(from, last->msn);
    for (const auto& one : tracks_) {
      const auto last = last_segment(one);
      if (!last) continue;
      for (auto msn = std::max(from, one.index().snapshot().first_msn()); msn <= last->msn; ++msn) {
        const auto segment = one.index().snapshot().segment(msn);
        if (!segment || segment->gap) continue;
        if (auto done = one.observe(out, *segment, segment->first_part); !done) return done.error();
      }
      if (auto done = one.observe(out, *last, last->first_part + last->part_count - 1); !done) return done.error();
    }
    return out;
  }

  media::BroadcastView broadcast() const { return index_->view(); }
  /// Null while the track has no parts.
  const media::TrackView* view(TrackKind kind) const noexcept {
    const auto& one = tracks_[static_cast<std::size_t>(kind)];
    return one.has_index() ? &one.index().view() : nullptr;
  }
  const BroadcastFolder& folder() const noexcept { return folder_; }

 private:
  BroadcastWriter(const BroadcastFolder& folder, OwnerLock lock, const Id& stream, const Id& broadcast, const WriterOptions& options)
      : folder_(folder),
        lock_(std::move(lock)),
        stream_(stream),
        broadcast_(broadcast),
        options_(options),
        tracks_{TrackFiles{folder, TrackKind::video, options}, TrackFiles{folder, TrackKind::audio, options}} {}

  TrackFiles& track(TrackKind kind) noexcept { return tracks_[static_cast<std::size_t>(kind)]; }

  static std::optional<media::Segment> last_segment(const TrackFiles& one) {
    return one.has_index() ? one.index().snapshot().last_segment() : std::nullopt;
  }

  Result<Done> create_broadcast_index() {
    const auto format = [this](std::span<std::byte> bytes) -> Result<Done> {
      auto made = media::BroadcastIndexWriter::create(bytes, stream_, broadcast_, options_.part_target_ms);
      if (!made) return made.error();
      return Done{};
    };
    auto mapped =
        MappedIndex::create(folder_, BroadcastFolder::broadcast_index(), media::broadcast_index_size(media::session_capacity), format);
    if (!mapped) return mapped.error();
    return adopt(std::move(*mapped));
  }

  Result<Done> adopt(MappedIndex mapped) {
    auto writer = media::BroadcastIndexWriter::over(mapped.mapping.writable());
    if (!writer) return writer.error();
    if (writer->view().stream() != stream_ || writer->view().broadcast() != broadcast_)
      return make_error(Errc::corrupt, "the index is that of another broadcast");
    mapped_ = std::move(mapped);
    index_.emplace(*writer);
    return Done{};
  }

  // Errors with corrupt where a rebuild is the answer.
  Result<Done> load() {
    if (!folder_.has(BroadcastFolder::broadcast_index())) {
      for (const auto kind : both_tracks)
        if (folder_.has(BroadcastFolder::track_file(kind, 1))) return make_error(Errc::corrupt, "the broadcast's index is missing");
      return create_broadcast_index();
    }
    auto mapped = MappedIndex::open(folder_, BroadcastFolder::broadcast_index(), true);
    if (!mapped) return mapped.error();
    if (auto done = adopt(std::move(*mapped)); !done) return done.error();
    for (std::uint32_t i = 0; i < index_->view().sessions(); ++i)
      if (const auto entry = index_->view().session(i); !entry || entry->check != media::entry_check(*entry))
        return make_error(Errc::corrupt, "the table of sessions is damaged");
    for (const auto kind : both_tracks)
      if (auto done = load_track(kind); !done) return done.error();
    return Done{};
  }

  Result<Done> load_track(TrackKind kind) {
    if (!folder_.has(BroadcastFolder::track_index(kind))) {
      if (folder_.has(BroadcastFolder::track_file(kind, 1))) return make_error(Errc::corrupt, "a track's index is missing");
      return Done{};
    }
    if (auto done = track(kind).open_index(); !done) return done.error();
    const auto cut = track(kind).recover(index_->view().sessions());
    if (!cut) return cut.error();
    recovery_.cut_parts += *cut;
    return Done{};
  }

  // From the track files alone. Whether it had ended is not in them: what the old index said counts, if it can be read.
  Result<Done> rebuild() {
    const bool ended = index_ && index_->view().ended();
    if (auto done = create_broadcast_index(); !done) return done.error();
    std::array<media::ScannedTrack, 2> scanned;
    std::array<std::size_t, 2> files{};
    for (const auto kind : both_tracks) {
      const auto sizes = folder_.track_sizes(kind);
      if (!sizes) return sizes.error();
      files[static_cast<std::size_t>(kind)] = sizes->size();
      scanned[static_cast<std::size_t>(kind)] = scan(kind, *sizes);
    }
    const std::array<const media::ScannedTrack*, 2> both{&scanned[0], &scanned[1]};
    if (auto done = reserve_sessions(UINT32_MAX); !done) return done.error();
    if (auto done = media::rebuild_sessions(*index_, both); !done) return done.error();
    for (const auto kind : both_tracks) {
      const auto& found = scanned[static_cast<std::size_t>(kind)];
      if (auto done = rebuild_track(track(kind), found, files[static_cast<std::size_t>(kind)]); !done) return done.error();
    }
    if (ended) end();
    return Done{};
  }

  media::ScannedTrack scan(TrackKind kind, const std::vector<std::uint64_t>& sizes) const {
    std::optional<File> file;
    std::uint32_t number = 0;
    return media::scan_track(kind, sizes, &crc_of, [&](std::uint32_t wanted, std::uint64_t offset, std::span<std::byte> into) {
      if (wanted != number) {
        auto opened = folder_.open(BroadcastFolder::track_file(kind, wanted), O_RDONLY);
        if (!opened) return false;
        file = std::move(*opened);
        number = wanted;
      }
      return file->read_at(offset, into).has_value();
    });
  }

  Result<Done> rebuild_track(TrackFiles& one, const media::ScannedTrack& found, std::size_t files) {
    if (found.parts.empty() && !one.has_index() && files == 0) return Done{};
    if (auto done = one.create_index(); !done) return done.error();
    if (auto done = one.reserve_all(found); !done) return done.error();
    if (auto done = media::rebuild_track(*index_, one.index(), found); !done) return done.error();
    return one.cut_files(files);
  }

  Result<Done> add_track(TrackFiles& one) {
    const std::lock_guard lock(guard_);
    return one.create_index();
  }

  Result<Done> reserve_sessions(std::uint32_t count) {
    const auto at = media::index_header_size + std::uint64_t{index_->view().sessions()} * sizeof(media::SessionEntry);
    const auto end = media::broadcast_index_size(media::session_capacity);
    return session_room_.ensure(*mapped_.file, at, std::min(count * std::uint64_t{sizeof(media::SessionEntry)}, end - at));
  }

  Result<std::uint32_t> session_of(const cmaf::SessionBox& box) {
    if (const auto known = media::find_session(index_->view(), box.session)) return *known;
    if (auto done = reserve_sessions(1); !done) return done.error();
    return index_->add_session(media::make_session_entry(box));
  }

  void set_ended(bool ended) noexcept {
    index_->set_ended(ended);
    for (auto& one : tracks_)
      if (one.has_index()) one.index().touch();
  }

  BroadcastFolder folder_;
  OwnerLock lock_;
  Id stream_, broadcast_;
  WriterOptions options_;
  MappedIndex mapped_;
  std::optional<media::BroadcastIndexWriter> index_;
  Reserved session_room_;
  std::array<TrackFiles, 2> tracks_;
  std::optional<Error> failure_;
  Recovery recovery_;
  std::mutex guard_;
};

}  // namespace tribute::adapter

// One track's files and index on disk, written by one owner: bytes first, entry second, so that what the index says is
// always there. After a crash the tail is verified and cut to the last whole part before anything is added.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <tribute/adapter/media_files.hpp>
#include <tribute/media/index_check.hpp>
#include <tribute/media/resume.hpp>
#include <tribute/media/scan.hpp>

namespace tribute::adapter {

struct WriterOptions {
  media::TrackCapacity capacity;
  std::uint32_t part_target_ms = 334;
  std::uint64_t roll_bytes = 512u << 20;  ///< a new file begins at the next segment once this is reached …
  std::uint32_t roll_seconds = 600;       ///< … or this
};

class TrackFiles {
 public:
  TrackFiles(const BroadcastFolder& folder, TrackKind kind, const WriterOptions& options)
      : folder_(folder), kind_(kind), options_(options) {}

  bool has_index() const noexcept { return index_.has_value(); }
  media::TrackIndexWriter& index() { return *index_; }
  const media::TrackIndexWriter& index() const { return *index_; }
  const BroadcastFolder& folder() const noexcept { return folder_; }

  Result<Done> create_index() {
    const auto format = [this](std::span<std::byte> bytes) -> Result<Done> {
      auto made = media::TrackIndexWriter::create(bytes, kind_, options_.capacity);
      if (!made) return made.error();
      return Done{};
    };
    auto mapped = MappedIndex::create(folder_, BroadcastFolder::track_index(kind_), media::track_index_size(options_.capacity), format);
    if (!mapped) return mapped.error();
    return adopt(std::move(*mapped));
  }

  /// corrupt: the index cannot be used and has to be rebuilt.
  Result<Done> open_index() {
    auto mapped = MappedIndex::open(folder_, BroadcastFolder::track_index(kind_), true);
    if (!mapped) return mapped.error();
    return adopt(std::move(*mapped));
  }

  /// Cuts the tail to the last part that is whole in index and file; returns how many parts went. corrupt: something
  /// that was synced before is gone, so the index as a whole is not to be trusted.
  Result<std::uint32_t> recover(std::uint32_t sessions) {
    const auto sizes = folder_.track_sizes(kind_);
    if (!sizes) return sizes.error();
    const auto now = index_->snapshot();
    const auto sound = parts_in_files(now, media::sound_parts(now, sessions), *sizes);
    if (sound < index_->view().synced_parts()) return make_error(Errc::corrupt, "the index and the files do not fit together");
    const auto cut = now.parts() - sound;
    index_->settle(sound);
    if (auto done = cut_files(sizes->size()); !done) return done.error();
    return cut;
  }

  /// Removes what lies behind the last part of the index, and opens the file that goes on.
  Result<Done> cut_files(std::size_t files) {
    const auto now = index_->snapshot();
    const auto last = now.last_segment();
    std::uint32_t keep = 0;
    std::uint64_t end = 0;
    for (auto segment = last; segment; segment = now.segment(segment->msn - 1)) {
      if (segment->gap) continue;
      keep = segment->range.file;
      end = segment->range.offset + segment->range.length;
      break;
    }
    for (auto number = static_cast<std::uint32_t>(files); number > keep; --number)
      if (auto done = folder_.remove(BroadcastFolder::track_file(kind_, number)); !done) return done.error();
    if (keep == 0) return Done{};
    auto file = folder_.open(BroadcastFolder::track_file(kind_, keep), O_RDWR);
    if (!file) return file.error();
    if (auto done = file->truncate(end); !done) return done.error();
    file_ = std::make_shared<const File>(std::move(*file));
    file_number_ = keep;
    file_end_ = end;
    return recall(now, *last);
  }

  /// What the packager says before the first part that needs it; takes effect with the next segment.
  void configure(const media::TrackConfig& config) { config_ = config; }

  /// Appends a part whose place in the track is known; nothing is published unless all of it is in the file.
  /// `guard` protects the list of files against sync() on another thread.
  Result<Done> append(media::BroadcastIndexWriter& broadcast, std::span<const std::byte> bytes, const cmaf::ChunkInfo& chunk,
                      const media::PartPlace& place, std::uint32_t session, std::mutex& guard) {
    const auto now = index_->snapshot();
    const auto& box = chunk.session;
    const bool new_init = box.begins_segment && config_ && config_->init != init_;
    if (!config_ && now.inits() == 0) return make_error(Errc::conflict, "a part came before its init section");
    if (auto room = index_->room(box.begins_segment, new_init, place.gaps); !room) return room.error();
    if (auto done = reserve(now, place.gaps); !done) return done.error();
    const bool roll = box.begins_segment && must_roll(chunk);
    if (roll)
      if (auto done = roll_file(guard); !done) return done.error();
    if (roll) file_begin_seconds_ = chunk.decode_time / std::max(1u, box.timescale);
    const auto& init = new_init ? config_->init : init_;
    const auto head = file_end_ == 0 || new_init ? std::span<const std::byte>{init} : std::span<const std::byte>{};
    if (auto done = file_->write_at(file_end_, head, bytes); !done) {
      (void)file_->truncate(file_end_);  // best effort: what stands behind the end is cut on the next open anyway
      return done.error();
    }
    std::uint32_t init_number = now.inits() - 1;
    if (new_init) init_number = index_->add_init(media::make_init_entry(*config_, {file_number_, file_end_, head.size()}, crc_of(head)));
    if (new_init) init_ = config_->init;
    media::PlacedPart part;
    part.range = {file_number_, file_end_ + head.size(), bytes.size()};
    part.crc = crc_of(bytes);
    part.frames = static_cast<std::uint32_t>(chunk.samples.size());
    part.chunk = chunk;
    part.chunk.samples = {};
    media::index_part(broadcast, *index_, part, session, init_number);
    file_end_ += head.size() + bytes.size();
    return Done{};
  }

  /// Room for a whole rebuilt track, gaps between its segments included.
  Result<Done> reserve_all(const media::ScannedTrack& found) {
    const auto& capacity = index_->view().capacity();
    const auto& file = *mapped_.file;
    const auto numbers =
        found.parts.empty() ? 0 : found.parts.back().first.chunk.session.msn - found.parts.front().first.chunk.session.msn + 1;
    if (found.inits.size() > capacity.inits || found.parts.size() > capacity.parts || numbers > capacity.segments)
      return make_error(Errc::too_large, "the files hold more than an index has room for");
    const auto inits = std::max<std::uint64_t>(1, found.inits.size()) * sizeof(media::InitEntry);
    if (auto done = init_room_.ensure(file, media::init_region(capacity), inits); !done) return done.error();
    const auto segments = std::max<std::uint64_t>(1, numbers) * sizeof(media::SegmentEntry);
    if (auto done = segment_room_.ensure(file, media::segment_region(capacity), segments); !done) return done.error();
    const auto parts = std::max<std::uint64_t>(1, found.parts.size()) * sizeof(media::PartEntry);
    return part_room_.ensure(file, media::part_region(capacity), parts);
  }

  /// For sync(): the files written since the last call, and the index.
  void take_unsynced(std::vector<std::shared_ptr<const File>>& out) {
    out.insert(out.end(), rolled_.begin(), rolled_.end());
    rolled_.clear();
    if (file_) out.push_back(file_);
  }
  const std::shared_ptr<const File>& index_file() const noexcept { return mapped_.file; }

  /// Reads back a published part's boxes, and the init that is in force for it.
  Result<Done> observe(media::ResumePoint& point, const media::Segment& segment, std::uint32_t part) const {
    const auto now = index_->snapshot();
    const auto entry = now.part(part);
    const auto range = now.init_range(segment.init);
    if (!entry || !range) return make_error(Errc::corrupt, "an entry is missing in the index");
    auto init = read_piece(*range);
    if (!init) return init.error();
    auto info = cmaf::read_init(*init);
    if (!info) return info.error();
    auto head = read_piece({segment.range.file, entry->offset, std::min(entry->head_length, entry->length)});
    if (!head) return head.error();
    auto chunk = cmaf::read_chunk_head(*head);
    if (!chunk) return chunk.error();
    point.observe(info->config, *chunk);
    return Done{};
  }

 private:
  Result<Done> adopt(MappedIndex mapped) {
    auto writer = media::TrackIndexWriter::over(mapped.mapping.writable());
    if (!writer) return writer.error();
    if (writer->view().kind() != kind_) return make_error(Errc::corrupt, "the index is that of another track");
    mapped_ = std::move(mapped);
    index_.emplace(*writer);
    return Done{};
  }

  // Of the first `count` parts, how many have their bytes: all by length, those not known to be synced by checksum.
  std::uint32_t parts_in_files(const media::TrackSnapshot& now, std::uint32_t count, const std::vector<std::uint64_t>& sizes) const {
    const auto synced = index_->view().synced_parts();
    std::optional<File> file;
    std::uint32_t open_number = 0;
    std::vector<std::byte> bytes;
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto part = now.part(i);
      const auto segment = part ? now.segment_entry(part->segment) : std::nullopt;
      if (!segment || segment->file == 0 || segment->file > sizes.size()) return i;
      if (part->offset + part->length < part->offset || part->offset + part->length > sizes[segment->file - 1]) return i;
      if (i < synced) continue;
      if (open_number != segment->file) {
        auto opened = folder_.open(BroadcastFolder::track_file(kind_, segment->file), O_RDONLY);
        if (!opened) return i;
        file = std::move(*opened);
        open_number = segment->file;
      }
      bytes.resize(part->length);
      if (!file->read_at(part->offset, bytes) || crc_of(bytes) != part->crc) return i;
    }
    return count;
  }

  Result<std::vector<std::byte>> read_piece(const media::FileRange& range) const {
    auto file = folder_.open(BroadcastFolder::track_file(kind_, range.file), O_RDONLY);
    if (!file) return file.error();
    std::vector<std::byte> out(static_cast<std::size_t>(range.length));
    if (auto done = file->read_at(range.offset, out); !done) return done.error();
    return out;
  }

  // After opening: the init in use and when the current file began.
  Result<Done> recall(const media::TrackSnapshot& now, const media::Segment& last) {
    const auto range = now.init_range(last.init);
    if (!range) return make_error(Errc::corrupt, "an init section is missing in the index");
    auto init = read_piece(*range);
    if (!init) return init.error();
    init_ = std::move(*init);
    auto info = cmaf::read_init(init_);
    if (!info) return info.error();
    config_ = std::move(info->config);
    for (auto segment = std::optional{last}; segment; segment = now.segment(segment->msn - 1)) {
      if (!segment->gap && segment->range.file != file_number_) break;
      if (!segment->gap) file_begin_seconds_ = segment->decode_time / segment->timescale;
    }
    return Done{};
  }

  bool must_roll(const cmaf::ChunkInfo& chunk) const {
    if (file_number_ == 0 || file_end_ >= options_.roll_bytes) return true;
    const auto seconds = chunk.decode_time / std::max(1u, chunk.session.timescale);
    return seconds >= file_begin_seconds_ + options_.roll_seconds;
  }

  Result<Done> roll_file(std::mutex& guard) {
    auto file = folder_.open(BroadcastFolder::track_file(kind_, file_number_ + 1), O_RDWR | O_CREAT | O_TRUNC);
    if (!file) return file.error();
    const std::lock_guard lock(guard);
    if (file_) rolled_.push_back(std::move(file_));
    file_ = std::make_shared<const File>(std::move(*file));
    ++file_number_;
    file_end_ = 0;
    return Done{};
  }

  Result<Done> reserve(const media::TrackSnapshot& now, std::uint64_t gaps) {
    const auto& capacity = index_->view().capacity();
    const auto parts = media::part_region(capacity) + std::uint64_t{now.parts()} * sizeof(media::PartEntry);
    const auto segments = media::segment_region(capacity) + std::uint64_t{now.complete_segments()} * sizeof(media::SegmentEntry);
    const auto inits = media::init_region(capacity) + std::uint64_t{now.inits()} * sizeof(media::InitEntry);
    if (auto done = part_room_.ensure(*mapped_.file, parts, sizeof(media::PartEntry)); !done) return done.error();
    const auto wanted = std::min(gaps + 2, std::uint64_t{capacity.segments} - now.complete_segments());
    if (auto done = segment_room_.ensure(*mapped_.file, segments, wanted * sizeof(media::SegmentEntry)); !done) return done.error();
    if (now.inits() == capacity.inits) return Done{};
    return init_room_.ensure(*mapped_.file, inits, sizeof(media::InitEntry));
  }

  BroadcastFolder folder_;
  TrackKind kind_;
  WriterOptions options_;
  MappedIndex mapped_;
  std::optional<media::TrackIndexWriter> index_;
  Reserved part_room_, segment_room_, init_room_;
  std::shared_ptr<const File> file_;
  std::vector<std::shared_ptr<const File>> rolled_;
  std::uint32_t file_number_ = 0;
  std::uint64_t file_end_ = 0;
  std::uint64_t file_begin_seconds_ = 0;
  std::vector<std::byte> init_;               // the one in use
  std::optional<media::TrackConfig> config_;  // the one for the next segment
};

}  // namespace tribute::adapter

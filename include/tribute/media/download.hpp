// The recording as one ordinary MP4: a computed head (ftyp, moov with all tables, a 64-bit mdat header) and the ranges
// of the track files that follow it, one segment of each track after the other. The parts' own boxes lie between the
// samples and are skipped by every reader. Nothing is copied or transcoded.
#pragma once

#include <tribute/media/download_movie.hpp>
#include <tribute/media/index.hpp>

namespace tribute::media {

struct DownloadRange {
  TrackKind track = TrackKind::video;
  FileRange range;

  friend bool operator==(const DownloadRange&, const DownloadRange&) = default;
};

struct Download {
  std::vector<std::byte> head;
  std::vector<DownloadRange> ranges;
  std::uint64_t size = 0;  ///< of the whole file: the head and all ranges
};

namespace detail {

struct PlacedSegment {
  TrackKind kind = TrackKind::video;
  Segment segment;
  std::uint64_t position = 0;  // in the payload of mdat
};

// The complete segments of both tracks in the order of their numbers, video before audio.
inline std::vector<PlacedSegment> place_segments(const TrackSnapshot& video, const TrackSnapshot& audio) {
  std::vector<PlacedSegment> out;
  std::uint64_t first = UINT64_MAX, end = 0, position = 0;
  for (const auto* track : {&video, &audio}) {
    if (track->complete_segments() == 0) continue;
    first = std::min(first, track->first_msn());
    end = std::max(end, track->open_msn());
  }
  for (auto msn = first; msn < end; ++msn)
    for (const auto* track : {&video, &audio}) {
      const auto segment = track->segment(msn);
      if (!segment || !segment->complete || segment->gap) continue;
      out.push_back({track == &video ? TrackKind::video : TrackKind::audio, *segment, position});
      position += segment->range.length;
    }
  return out;
}

// Neighbours in one file are one range.
inline std::vector<DownloadRange> join_ranges(const std::vector<PlacedSegment>& placed) {
  std::vector<DownloadRange> out;
  for (const auto& [kind, segment, position] : placed) {
    auto* last = out.empty() ? nullptr : &out.back();
    if (last != nullptr && last->track == kind && last->range.file == segment.range.file &&
        last->range.offset + last->range.length == segment.range.offset) {
      last->range.length += segment.range.length;
    } else {
      out.push_back({kind, segment.range});
    }
  }
  return out;
}

// The entry of stsd for an init, and with the first one how big the picture is shown.
inline Result<std::uint32_t> describe_init(DownloadTrack& track, Bytes init, std::uint32_t number) {
  if (track.description.size() <= number) track.description.resize(number + std::size_t{1});
  auto info = cmaf::read_init(init);
  if (!info) return info.error();
  auto moov = cmaf::read_box(init.subspan(static_cast<std::size_t>(cmaf::read_box(init)->size)));
  if (!moov) return moov.error();
  const auto tkhd = cmaf::detail::descend(moov->body, {"trak", "tkhd"});
  if (tkhd && tkhd->body.size() >= 84 && track.width == 0) {
    ByteReader in{tkhd->body.last(8)};
    track.width = in.u32();
    track.height = in.u32();
  }
  auto known = std::find(track.entries.begin(), track.entries.end(), info->sample_entry);
  if (known == track.entries.end()) known = track.entries.insert(known, std::move(info->sample_entry));
  track.description[number] = static_cast<std::uint32_t>(known - track.entries.begin()) + 1;
  return track.description[number];
}

/// Reads the boxes of every part of the complete segments. `position` of a segment: where it comes to stand in mdat.
template <class Read>
class TableBuilder {
 public:
  TableBuilder(TrackKind kind, const TrackSnapshot& from, Read& read) : from_(from), read_(read) { track.kind = kind; }

  Result<Done> add_segment(const Segment& segment, std::uint64_t position) {
    auto description = description_of(segment.init);
    if (!description) return description.error();
    if (track.tables.empty()) track.tables = SampleTables{segment.timescale};
    for (std::uint32_t i = 0; i < segment.part_count; ++i) {
      const auto part = from_.part(segment.first_part + i);
      if (!part || part->offset < segment.range.offset || part->offset - segment.range.offset > segment.range.length)
        return make_error(Errc::corrupt, "a part lies outside its segment");
      if (!read_(track.kind, FileRange{segment.range.file, part->offset, std::min(part->head_length, part->length)}, bytes_))
        return make_error(Errc::unavailable, "a part's boxes cannot be read");
      const auto chunk = cmaf::read_chunk_head(bytes_);
      if (!chunk) return chunk.error();
      track.tables.add(*chunk, position + (part->offset - segment.range.offset) + chunk->mdat_offset, *description, segment.timescale);
    }
    return Done{};
  }

  DownloadTrack track;

 private:
  Result<std::uint32_t> description_of(std::uint32_t init) {
    if (init < track.description.size() && track.description[init] != 0) return track.description[init];
    const auto range = from_.init_range(init);
    if (!range) return make_error(Errc::corrupt, "an init section is missing in the index");
    if (!read_(track.kind, *range, bytes_)) return make_error(Errc::unavailable, "an init section cannot be read");
    return describe_init(track, bytes_, init);
  }

  const TrackSnapshot& from_;
  Read& read_;
  std::vector<std::byte> bytes_;
};

inline MovieTimes movie_times(std::span<const DownloadTrack* const> tracks, std::int64_t wall_ms) noexcept {
  MovieTimes out;
  if (wall_ms > 0) out.creation = static_cast<std::uint64_t>(wall_ms) / 1000 + 2'082'844'800u;
  for (const auto* track : tracks) out.begin_90k = std::min(out.begin_90k, track->begin_90k());
  for (const auto* track : tracks)
    out.duration_90k = std::max(out.duration_90k, track->begin_90k() - out.begin_90k + track->duration_90k());
  return out;
}

}  // namespace detail

/// What follows the head: the complete segments of the tracks (null: not there) in the order of their numbers.
inline std::vector<DownloadRange> download_ranges(const TrackView* video, const TrackView* audio) {
  const auto snapshot = [](const TrackView* view) { return view != nullptr ? view->snapshot() : TrackSnapshot{}; };
  return detail::join_ranges(detail::place_segments(snapshot(video), snapshot(audio)));
}

/// Makes the head and the ranges of what is complete. `read(kind, range, bytes)` fills the vector with the bytes of a range
/// and answers whether it could; it is asked for each init section once and for the boxes of each part (some 300 bytes).
/// unavailable: there is no complete segment yet, or reading failed; corrupt: the index or the files are damaged.
template <class Read>
Result<Download> make_download(const TrackView* video_view, const TrackView* audio_view, Read&& read) {
  const auto video = video_view != nullptr ? video_view->snapshot() : TrackSnapshot{};
  const auto audio = audio_view != nullptr ? audio_view->snapshot() : TrackSnapshot{};
  const auto placed = detail::place_segments(video, audio);
  if (placed.empty()) return make_error(Errc::unavailable, "nothing is recorded yet");
  detail::TableBuilder<Read> builders[] = {{TrackKind::video, video, read}, {TrackKind::audio, audio, read}};
  for (const auto& one : placed)
    if (auto done = builders[static_cast<std::size_t>(one.kind)].add_segment(one.segment, one.position); !done) return done.error();
  std::vector<const detail::DownloadTrack*> tracks;
  for (const auto& builder : builders)
    if (!builder.track.tables.empty()) tracks.push_back(&builder.track);
  const auto movie = detail::movie_times(tracks, placed.front().segment.wall_ms);
  Download out;
  out.ranges = detail::join_ranges(placed);
  const std::uint64_t payload = placed.back().position + placed.back().segment.range.length;
  // The head's size does not depend on the positions in it: written once to know it, once more to be right.
  cmaf::BoxWriter writer{out.head};
  detail::write_movie(writer, tracks, movie, 0);
  const std::uint64_t head_size = out.head.size() + 16;
  out.head.clear();
  detail::write_movie(writer, tracks, movie, head_size);
  writer.u32(1);
  writer.u32(cmaf::fourcc("mdat"));
  writer.u64(payload + 16);
  out.size = head_size + payload;
  return out;
}

}  // namespace tribute::media

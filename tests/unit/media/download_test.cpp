#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <tribute/media/download.hpp>
#include <tribute/media/indexer.hpp>

#include "media/index_fixture.hpp"
#include "media/part_fixture.hpp"

namespace tribute::media {
namespace {

/// One frame, as it went in or as a reader of the MP4 finds it.
struct Sample {
  std::uint64_t time = 0;
  std::int32_t composition = 0;
  bool key = false;
  std::uint32_t description = 1;
  std::vector<std::byte> bytes;
  friend bool operator==(const Sample&, const Sample&) = default;
};

/// A track whose file is a vector.
struct MemoryTrack {
  TrackKind kind;
  std::uint32_t timescale;
  PartMaker maker;
  Memory memory{track_index_size({16, 8192, 65536})};
  TrackIndexWriter writer;
  std::vector<std::byte> file;
  std::vector<Sample> samples;  ///< of complete segments, once close() was called
  std::uint32_t init = 0;

  MemoryTrack(TrackKind k, std::uint32_t scale, const TrackConfig& config)
      : kind(k), timescale(scale), maker(k, scale), writer(*TrackIndexWriter::create(memory.bytes(), k, {16, 8192, 65536})) {
    configure(config);
  }

  void configure(const TrackConfig& config) {
    init = writer.add_init(make_init_entry(config, {1, file.size(), config.init.size()}, 0));
    file.insert(file.end(), config.init.begin(), config.init.end());
  }

  void add(BroadcastIndexWriter& broadcast, const std::vector<std::byte>& bytes) {
    PlacedPart part;
    part.chunk = *cmaf::read_chunk(bytes);
    part.range = {1, file.size(), bytes.size()};
    part.frames = static_cast<std::uint32_t>(part.chunk.samples.size());
    index_part(broadcast, writer, part, 0, init);
    std::uint64_t time = part.chunk.decode_time, at = part.chunk.mdat_offset;
    for (const auto& info : part.chunk.samples) {
      const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(at);
      samples.push_back({time, info.composition_offset, info.key, init + 1, {from, from + info.size}});
      time += info.duration;
      at += info.size;
    }
    file.insert(file.end(), bytes.begin(), bytes.end());
  }
};

struct Recording {
  Memory memory{broadcast_index_size(16)};
  BroadcastIndexWriter broadcast = *BroadcastIndexWriter::create(memory.bytes(), {}, {}, 334, 16);
  MemoryTrack video{TrackKind::video, 90'000, avc_1080p()};
  MemoryTrack audio{TrackKind::audio, 48'000, aac()};

  Recording() { (void)*broadcast.add_session({}); }

  void segment(bool discontinuity = false) {
    for (int i = 0; i < 6; ++i) {
      video.add(broadcast, video.maker.part(i == 0, discontinuity && i == 0, 10, i == 0, 3000));
      audio.add(broadcast, audio.maker.part(i == 0, discontinuity && i == 0, 15u + static_cast<unsigned>(i) % 2));
    }
  }
  void close() {
    video.writer.close_segment();
    audio.writer.close_segment();
  }
  MemoryTrack& track(TrackKind kind) { return kind == TrackKind::video ? video : audio; }

  Result<Download> download(bool with_video = true, bool with_audio = true) {
    return make_download(with_video ? &video.writer.view() : nullptr, with_audio ? &audio.writer.view() : nullptr,
                         [this](TrackKind kind, const FileRange& range, std::vector<std::byte>& out) {
                           const auto& file = track(kind).file;
                           if (range.offset + range.length > file.size()) return false;
                           const auto from = file.begin() + static_cast<std::ptrdiff_t>(range.offset);
                           out.assign(from, from + static_cast<std::ptrdiff_t>(range.length));
                           return true;
                         });
  }

  std::vector<std::byte> whole_file(const Download& download) {
    auto out = download.head;
    for (const auto& [kind, range] : download.ranges) {
      const auto from = track(kind).file.begin() + static_cast<std::ptrdiff_t>(range.offset);
      out.insert(out.end(), from, from + static_cast<std::ptrdiff_t>(range.length));
    }
    return out;
  }
};

/// An MP4 as any player reads it (ISO/IEC 14496-12 section 8): tables expanded into samples.
struct Movie {
  struct Track {
    std::uint32_t timescale = 0, descriptions = 0;
    std::uint64_t duration = 0, wait_90k = 0;
    std::vector<Sample> samples;
  };
  std::uint64_t duration_90k = 0;
  std::vector<Track> tracks;
  std::uint64_t mdat_begin = 0, mdat_end = 0;
};

Bytes body(Bytes from, std::initializer_list<const char*> path) {
  const auto box = cmaf::detail::descend(from, path);
  EXPECT_TRUE(box) << *(path.end() - 1);
  return box ? box->body : Bytes{};
}

std::vector<std::uint64_t> expand(Bytes stbl, const char* type) {
  std::vector<std::uint64_t> out;
  const auto box = cmaf::find_box(stbl, type);
  if (!box) return out;
  ByteReader in{box->body};
  in.skip(4);
  const auto entries = in.u32();
  for (std::uint32_t i = 0; i < entries; ++i) {
    const auto count = in.u32();
    out.insert(out.end(), count, in.u32());
  }
  EXPECT_TRUE(in.ok() && in.remaining() == 0) << type;
  return out;
}

Movie::Track parse_track(Bytes trak, Bytes file) {
  Movie::Track out;
  ByteReader mdhd{body(trak, {"mdia", "mdhd"})};
  mdhd.skip(12);
  out.timescale = mdhd.u32();
  out.duration = mdhd.u32();
  if (const auto elst = cmaf::detail::descend(trak, {"edts", "elst"})) {
    ByteReader in{elst->body};
    in.skip(8);
    out.wait_90k = in.u64();
    EXPECT_EQ(in.i64(), -1);
  }
  const auto stbl = body(trak, {"mdia", "minf", "stbl"});
  ByteReader stsd{body(stbl, {"stsd"})};
  stsd.skip(4);
  out.descriptions = stsd.u32();
  const auto durations = expand(stbl, "stts"), compositions = expand(stbl, "ctts");
  ByteReader sizes{body(stbl, {"stsz"})};
  sizes.skip(8);
  const auto count = sizes.u32();
  EXPECT_EQ(durations.size(), count);
  EXPECT_TRUE(compositions.empty() || compositions.size() == count);
  std::uint64_t time = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    Sample sample;
    sample.time = time;
    sample.composition = compositions.empty() ? 0 : static_cast<std::int32_t>(compositions[i]);
    sample.key = true;
    sample.bytes.resize(sizes.u32());
    time += durations[i];
    out.samples.push_back(std::move(sample));
  }
  EXPECT_EQ(time, out.duration);
  if (const auto stss = cmaf::find_box(stbl, "stss")) {
    for (auto& sample : out.samples) sample.key = false;
    ByteReader in{stss->body};
    in.skip(4);
    for (auto n = in.u32(); n > 0; --n) out.samples.at(in.u32() - 1).key = true;
  }
  ByteReader stsc{body(stbl, {"stsc"})}, co64{body(stbl, {"co64"})};
  stsc.skip(4);
  std::vector<std::array<std::uint32_t, 3>> runs;
  for (auto n = stsc.u32(); n > 0; --n) {
    const auto first = stsc.u32(), per_chunk = stsc.u32();
    runs.push_back({first, per_chunk, stsc.u32()});
  }
  co64.skip(4);
  const auto chunks = co64.u32();
  std::size_t run = 0, next = 0;
  for (std::uint32_t chunk = 1; chunk <= chunks; ++chunk) {
    auto at = co64.u64();
    if (run + 1 < runs.size() && runs[run + 1][0] == chunk) ++run;
    for (std::uint32_t i = 0; i < runs[run][1]; ++i, ++next) {
      auto& sample = out.samples.at(next);
      sample.description = runs[run][2];
      const auto bytes = file.subspan(at, sample.bytes.size());
      sample.bytes.assign(bytes.begin(), bytes.end());
      at += bytes.size();
    }
  }
  EXPECT_EQ(next, out.samples.size());
  return out;
}

Movie parse(Bytes file) {
  Movie out;
  const auto ftyp = cmaf::read_box(file);
  const auto moov = cmaf::read_box(file.subspan(ftyp->size));
  const auto mdat = cmaf::read_box(file.subspan(ftyp->size + moov->size));
  EXPECT_TRUE(ftyp->is("ftyp") && moov->is("moov") && mdat->is("mdat") && mdat->complete);
  EXPECT_EQ(mdat->header_size, 16u);
  out.mdat_begin = ftyp->size + moov->size + 16;
  out.mdat_end = ftyp->size + moov->size + mdat->size;
  EXPECT_EQ(out.mdat_end, file.size());
  ByteReader mvhd{body(moov->body, {"mvhd"})};
  mvhd.skip(16);
  out.duration_90k = mvhd.u32();
  cmaf::BoxWalker walk{moov->body};
  for (cmaf::Box box; walk.next(box);)
    if (box.is("trak")) out.tracks.push_back(parse_track(box.body, file));
  return out;
}

std::vector<Sample> from_zero(std::vector<Sample> samples) {
  const auto begin = samples.empty() ? 0 : samples.front().time;
  for (auto& sample : samples) sample.time -= begin;
  return samples;
}

TEST(Download, every_frame_is_where_the_tables_say_with_its_time) {
  Recording r;
  for (int s = 0; s < 5; ++s) r.segment();
  r.close();
  const auto download = r.download();
  ASSERT_TRUE(download) << download.error().detail;
  const auto file = r.whole_file(*download);
  EXPECT_EQ(download->size, file.size());
  const auto movie = parse(file);
  ASSERT_EQ(movie.tracks.size(), 2u);
  EXPECT_EQ(movie.tracks[0].timescale, 90'000u);
  EXPECT_EQ(movie.tracks[0].samples, r.video.samples);
  EXPECT_EQ(movie.tracks[1].timescale, 48'000u);
  EXPECT_EQ(movie.tracks[1].samples, r.audio.samples);
  EXPECT_EQ(movie.tracks[0].duration, 10 * 90'000u);
  EXPECT_EQ(movie.duration_90k, 10 * 90'000u);
  EXPECT_EQ(movie.tracks[0].wait_90k + movie.tracks[1].wait_90k, 0u);
  EXPECT_EQ(download->ranges.size(), 10u);
  EXPECT_EQ(download->ranges[0].track, TrackKind::video);
  EXPECT_EQ(download->ranges[1].track, TrackKind::audio);
}

TEST(Download, an_open_segment_is_left_out) {
  Recording r;
  EXPECT_EQ(r.download().error().code, Errc::unavailable);
  r.segment();
  EXPECT_EQ(r.download().error().code, Errc::unavailable);
  r.segment();
  const auto download = r.download();
  ASSERT_TRUE(download);
  EXPECT_EQ(parse(r.whole_file(*download)).tracks[0].samples.size(), 60u);
}

TEST(Download, one_track_alone_is_one_range) {
  Recording r;
  for (int s = 0; s < 3; ++s) r.segment();
  r.close();
  for (const bool video : {true, false}) {
    const auto download = r.download(video, !video);
    ASSERT_TRUE(download);
    EXPECT_EQ(download->ranges.size(), 1u);
    const auto movie = parse(r.whole_file(*download));
    ASSERT_EQ(movie.tracks.size(), 1u);
    EXPECT_EQ(movie.tracks[0].samples, video ? r.video.samples : r.audio.samples);
  }
}

TEST(Download, a_track_that_begins_later_waits) {
  Recording r;
  r.audio.maker.time = 4'800;  // a tenth of a second
  for (int s = 0; s < 3; ++s) r.segment();
  r.close();
  const auto movie = parse(r.whole_file(*r.download()));
  EXPECT_EQ(movie.tracks[0].wait_90k, 0u);
  EXPECT_EQ(movie.tracks[1].wait_90k, 9'000u);
  EXPECT_EQ(movie.tracks[1].samples, from_zero(r.audio.samples));
}

// A broadcast does not begin at zero when its first segments were lost, and it need not.
TEST(Download, times_count_from_the_first_frame) {
  Recording r;
  r.video.maker.time = 900'000;
  r.audio.maker.time = 480'000;
  for (int s = 0; s < 2; ++s) r.segment();
  r.close();
  const auto movie = parse(r.whole_file(*r.download()));
  EXPECT_EQ(movie.tracks[0].samples, from_zero(r.video.samples));
  EXPECT_EQ(movie.tracks[0].wait_90k + movie.tracks[1].wait_90k, 0u);
}

TEST(Download, another_config_is_another_description) {
  Recording r;
  r.segment();
  r.video.configure(avc_1080p_changed());
  r.segment(true);
  r.video.configure(avc_1080p());
  r.segment(true);
  r.close();
  const auto movie = parse(r.whole_file(*r.download()));
  EXPECT_EQ(movie.tracks[0].descriptions, 2u) << "the first one again needs no third";
  EXPECT_EQ(movie.tracks[0].samples[59].description, 1u);
  EXPECT_EQ(movie.tracks[0].samples[60].description, 2u);
  EXPECT_EQ(movie.tracks[0].samples[119].description, 2u);
  EXPECT_EQ(movie.tracks[0].samples[120].description, 1u);
  EXPECT_EQ(movie.tracks[1].descriptions, 1u);
}

TEST(Download, a_hole_in_the_sound_does_not_move_what_follows) {
  Recording r;
  r.segment();
  r.audio.maker.time += 48'000;
  r.segment();
  r.close();
  const auto movie = parse(r.whole_file(*r.download()));
  EXPECT_EQ(movie.tracks[1].samples, r.audio.samples);
}

TEST(Download, another_sample_rate_keeps_the_time) {
  Recording r;
  for (int s = 0; s < 30; ++s) r.segment();
  const auto before = r.audio.samples.size();
  const auto seconds = static_cast<double>(r.audio.maker.time) / 48'000;
  r.audio.configure(aac(4));
  PartMaker slower{TrackKind::audio, 44'100, 5};
  slower.time = static_cast<std::uint64_t>(std::llround(seconds * 44'100));
  slower.msn = 30;
  slower.discontinuities = 0;
  for (int p = 0; p < 60; ++p) r.audio.add(r.broadcast, slower.part(p % 6 == 0, p == 0, 14));
  r.close();
  const auto movie = parse(r.whole_file(*r.download()));
  const auto& samples = movie.tracks[1].samples;
  ASSERT_EQ(samples.size(), before + 840);
  EXPECT_EQ(movie.tracks[1].timescale, 48'000u);
  EXPECT_NEAR(static_cast<double>(samples.back().time) / 48'000, seconds + 839 * 1024 / 44'100., 0.0001);
}

TEST(Download, bytes_that_cannot_be_read_are_an_error) {
  Recording r;
  r.segment();
  r.close();
  auto whole = r.video.file;
  r.video.file.resize(r.video.file.size() / 2);
  EXPECT_EQ(r.download().error().code, Errc::unavailable);
  r.video.file = whole;
  for (auto at = avc_1080p().init.size(); at < avc_1080p().init.size() + 300; at += 7) {
    r.video.file = whole;
    r.video.file[at] ^= std::byte{0x40};
    (void)r.download();  // an answer or an error, never a crash
  }
  r.video.file = whole;
  r.video.file[4] ^= std::byte{1};
  EXPECT_FALSE(r.download());
}

TEST(Download, an_hour_takes_no_time_worth_mentioning) {
  Recording r;
  for (int s = 0; s < 1'800; ++s) {
    r.video.maker.time = r.audio.maker.time * 90'000 / 48'000;
    r.segment();
    r.video.samples.clear();
    r.audio.samples.clear();
  }
  r.close();
  const auto start = std::chrono::steady_clock::now();
  const auto download = r.download();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  ASSERT_TRUE(download);
  RecordProperty("milliseconds", static_cast<int>(took.count() * 1000));
  EXPECT_EQ(download->ranges.size(), 3'600u);
  EXPECT_LT(took.count(), 5.0) << "0.07 s in a release build; sanitizers and busy machines take longer";
}

}  // namespace
}  // namespace tribute::media

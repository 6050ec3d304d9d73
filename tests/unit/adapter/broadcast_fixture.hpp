// A broadcast on a real disk, in a folder that goes when the test ends.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <tribute/adapter/broadcast_reader.hpp>
#include <tribute/adapter/broadcast_writer.hpp>

#include "media/part_fixture.hpp"

namespace tribute::adapter {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "tribute-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline const Id stream_id = *Id::parse("1aaaaaaaaaaaaaaaaaaaaaaaaa");
inline const Id broadcast_id = *Id::parse("2bbbbbbbbbbbbbbbbbbbbbbbbb");

/// Small tables: a few kilobytes instead of sparse megabytes.
inline WriterOptions small_options() {
  WriterOptions out;
  out.capacity = {16, 512, 4096};
  return out;
}

class BroadcastOnDisk : public ::testing::Test {
 protected:
  TemporaryFolder folder;
  WriterOptions options = small_options();
  std::unique_ptr<BroadcastWriter> writer;
  media::PartMaker video{TrackKind::video, 90'000, 1};
  media::PartMaker audio{TrackKind::audio, 48'000, 2};

  void open() {
    writer.reset();
    auto opened = BroadcastWriter::open(folder.path(), stream_id, broadcast_id, options);
    ASSERT_TRUE(opened) << opened.error().detail;
    writer = std::move(*opened);
  }
  void start() {
    open();
    writer->configure(TrackKind::video, media::avc_1080p());
    writer->configure(TrackKind::audio, media::aac());
  }
  void put(TrackKind kind, const std::vector<std::byte>& bytes) {
    const auto done = writer->write(kind, bytes);
    ASSERT_TRUE(done) << done.error().detail;
  }
  /// Two seconds on both tracks.
  void segment(bool discontinuity = false) {
    for (int i = 0; i < 6; ++i) {
      put(TrackKind::video, video.part(i == 0, discontinuity && i == 0));
      put(TrackKind::audio, audio.part(i == 0, discontinuity && i == 0, 15u + static_cast<unsigned>(i) % 2));
    }
  }
  /// The encoder reconnects.
  void new_session(const char* id) {
    for (auto* maker : {&video, &audio}) {
      maker->session = *Id::parse(id);
      ++maker->generation;
      maker->wall_start_ms += 60'000;
      maker->base_90k = video.time;
    }
  }
  BroadcastReader reader() {
    auto opened = BroadcastReader::open(folder.path(), stream_id, broadcast_id);
    if (!opened) throw std::runtime_error(opened.error().detail);
    return std::move(*opened);
  }
  std::string file(const std::string& name) const { return BroadcastFolder(folder.path(), stream_id, broadcast_id).path() + "/" + name; }
};

/// Everything an index says, for comparison.
struct IndexImage {
  std::vector<media::InitEntry> inits;
  std::vector<media::SegmentEntry> segments;
  std::vector<media::PartEntry> parts;
  std::uint32_t complete = 0;
  std::uint64_t first_msn = 0;

  explicit IndexImage(const media::TrackSnapshot& track) : complete(track.complete_segments()), first_msn(track.first_msn()) {
    for (std::uint32_t i = 0; i < track.inits(); ++i) inits.push_back(*track.init(i));
    for (std::uint32_t i = 0; i < complete + (track.open_segment() ? 1 : 0); ++i) {
      auto entry = *track.segment_entry(i);
      if (i == complete) entry.part_count = entry.duration = entry.length = 0;  // not written before it closes
      segments.push_back(entry);
    }
    for (std::uint32_t i = 0; i < track.parts(); ++i) parts.push_back(*track.part(i));
  }
  friend bool operator==(const IndexImage&, const IndexImage&) = default;
};

}  // namespace tribute::adapter

// From FLV tags to files and back: the packager and the writer together, interrupted as a worker is by kill -9.
#include "adapter/broadcast_fixture.hpp"
#include "media/packager_fixture.hpp"

namespace tribute::adapter {
namespace {

class Ingest : public BroadcastOnDisk {
 protected:
  // Pushes the log into the broadcast; after every `step` parts everything but the files is thrown away.
  int record(const std::vector<std::byte>& log, const Id& session, std::uint32_t step) {
    int owners = 0;
    for (bool whole = false; !whole; ++owners) {
      open();
      const auto point = writer->resume_point();
      EXPECT_TRUE(point);
      media::Packager packager({}, *point);
      packager.begin_session({session, 1, 1'700'000'000'000});
      flv::Reader reader(point->resume_offset(session));
      reader.set_window(log, 0);
      const auto before = parts();
      while (!whole && parts() < before + step) {
        const auto tag = reader.next();
        EXPECT_TRUE(tag);
        if (*tag) packager.push(**tag, *writer);
        whole = !*tag;
      }
      if (whole) packager.finish_session(*writer);
      EXPECT_FALSE(writer->failure()) << writer->failure()->detail;
      EXPECT_EQ(writer->recovery().cut_parts, 0u);
    }
    return owners;
  }

  std::uint32_t parts() const {
    std::uint32_t out = 0;
    for (const auto kind : both_tracks)
      if (const auto* view = writer->view(kind)) out += view->snapshot().parts();
    return out;
  }

  std::vector<std::byte> content(const std::string& name) const {
    const auto opened = File::open(file(name), O_RDONLY, name);
    EXPECT_TRUE(opened) << name;
    std::vector<std::byte> out(*opened->size());
    EXPECT_TRUE(opened->read_at(0, out));
    return out;
  }
};

TEST_F(Ingest, however_often_the_owner_dies_the_files_are_the_same_byte_by_byte) {
  media::testing::FlvLog log;
  log.avc_header(0);
  log.aac_header(0);
  media::testing::FlvLog::Feed feed;
  feed.seconds = 30;
  log.feed(feed);
  const auto session = *Id::parse("3zzzzzzzzzzzzzzzzzzzzzzzz9");
  ASSERT_EQ(record(log.bytes(), session, 1'000'000), 1);
  writer->end();
  const auto pictures = content("video-0001.mp4"), sounds = content("audio-0001.mp4");
  const IndexImage video_index(writer->view(TrackKind::video)->snapshot()), audio_index(writer->view(TrackKind::audio)->snapshot());
  EXPECT_EQ(writer->broadcast().target_duration(), 4u);
  for (const std::uint32_t step : {1u, 2u, 5u, 37u}) {
    writer.reset();
    ASSERT_TRUE(remove_broadcast(folder.path(), stream_id, broadcast_id));
    EXPECT_GT(record(log.bytes(), session, step), 2) << step;
    writer->end();
    EXPECT_EQ(content("video-0001.mp4"), pictures) << step;
    EXPECT_EQ(content("audio-0001.mp4"), sounds) << step;
    EXPECT_EQ(IndexImage(writer->view(TrackKind::video)->snapshot()), video_index) << step;
    EXPECT_EQ(IndexImage(writer->view(TrackKind::audio)->snapshot()), audio_index) << step;
  }
}

TEST_F(Ingest, a_reconnect_goes_on_in_the_same_broadcast_with_aligned_numbers) {
  for (int n = 0; n < 3; ++n) {
    media::testing::FlvLog log;
    log.avc_header(0, n == 1 ? media::testing::other_avc_record : media::testing::avc_record);
    log.aac_header(0);
    media::testing::FlvLog::Feed feed;
    feed.seconds = 9;
    log.feed(feed);
    Id::Bytes session{static_cast<std::uint8_t>(n + 1)};
    record(log.bytes(), Id{session}, 1'000'000);
    writer->close_segments();
  }
  const auto pictures = writer->view(TrackKind::video)->snapshot(), sounds = writer->view(TrackKind::audio)->snapshot();
  EXPECT_EQ(writer->broadcast().sessions(), 3u);
  EXPECT_EQ(pictures.inits(), 3u);
  EXPECT_EQ(sounds.inits(), 1u);
  ASSERT_EQ(pictures.complete_segments(), sounds.complete_segments());
  for (auto msn = pictures.first_msn(); msn < pictures.open_msn(); ++msn) {
    const auto picture = pictures.segment(msn), sound = sounds.segment(msn);
    ASSERT_TRUE(picture && sound);
    EXPECT_EQ(picture->discontinuities, sound->discontinuities) << msn;
    EXPECT_EQ(picture->session, sound->session) << msn;
    EXPECT_NEAR(static_cast<double>(picture->decode_time) / 90'000, static_cast<double>(sound->decode_time) / 48'000, 0.04) << msn;
    EXPECT_NEAR(static_cast<double>(picture->wall_ms), static_cast<double>(sound->wall_ms), 40) << msn;
  }
  EXPECT_EQ(pictures.segment(pictures.open_msn() - 1)->discontinuities, 2u);
}

}  // namespace
}  // namespace tribute::adapter

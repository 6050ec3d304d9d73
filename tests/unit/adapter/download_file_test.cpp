#include <tribute/adapter/download_file.hpp>

#include "adapter/broadcast_fixture.hpp"

namespace tribute::adapter {
namespace {

class DownloadFile : public BroadcastOnDisk {
 protected:
  std::vector<std::string> heads() const {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(file("")))
      if (entry.path().extension() != ".index" && entry.path().filename().string().starts_with("download"))
        out.push_back(entry.path().filename());
    return out;
  }
};

TEST_F(DownloadFile, the_head_is_made_once_and_sent_from_the_disk) {
  options.roll_seconds = 4;
  start();
  for (int s = 0; s < 5; ++s) segment();
  writer->end();
  auto reading = reader();
  const auto first = prepare_download(reading);
  ASSERT_TRUE(first) << first.error().detail;
  ASSERT_EQ(heads().size(), 1u);
  const auto made = std::filesystem::last_write_time(file(heads()[0]));
  const auto computed = media::make_download(reading.track(TrackKind::video), reading.track(TrackKind::audio),
                                             [&](TrackKind kind, const media::FileRange& range, std::vector<std::byte>& out) {
                                               out = *reading.read(kind, range);
                                               return true;
                                             });
  ASSERT_TRUE(computed);
  EXPECT_EQ(first->ranges, computed->ranges);
  EXPECT_EQ(first->size, computed->size);
  std::vector<std::byte> head(first->head_size);
  ASSERT_TRUE(first->head->read_at(0, head));
  EXPECT_EQ(head, computed->head);
  auto other = reader();
  ASSERT_TRUE(prepare_download(other));
  EXPECT_EQ(std::filesystem::last_write_time(file(heads()[0])), made);
}

TEST_F(DownloadFile, a_recording_that_went_on_gets_another) {
  start();
  segment();
  auto reading = reader();
  EXPECT_EQ(prepare_download(reading).error().code, Errc::unavailable);
  EXPECT_TRUE(heads().empty());
  writer->end();
  const auto before = prepare_download(reading);
  ASSERT_TRUE(before);
  writer->reopen();
  segment(true);
  writer->end();
  const auto after = prepare_download(reading);
  ASSERT_TRUE(after);
  EXPECT_GT(after->size, before->size);
  EXPECT_EQ(heads().size(), 1u) << "the older one is removed";
  std::vector<std::byte> head(before->head_size);
  EXPECT_TRUE(before->head->read_at(0, head)) << "but who is sending it goes on";
}

}  // namespace
}  // namespace tribute::adapter

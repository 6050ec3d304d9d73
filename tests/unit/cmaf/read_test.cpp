#include <gtest/gtest.h>

#include <numeric>
#include <tribute/cmaf/read.hpp>

namespace tribute::cmaf {
namespace {

std::vector<std::byte> bytes_of(std::initializer_list<unsigned> values) {
  std::vector<std::byte> out;
  for (const auto v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}

// x264, 1920x1080 cropped from 1088, High profile, VUI timing 25 fps.
const auto avcc_1080p25 =
    bytes_of({1, 0x64, 0, 0x28, 0xff, 0xe1, 0, 0x19, 0x67, 0x64, 0,    0x28, 0xac, 0xd9, 0x40, 0x78, 2,    0x27, 0xe5, 0xc0, 0x44,
              0, 0,    3, 0,    4,    0,    0, 3,    0,    0xc8, 0x3c, 0x60, 1,    0,    6,    0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0});

std::vector<std::byte> chunk(TrackKind kind, const std::vector<SampleInfo>& samples) {
  ChunkHead head;
  head.kind = kind;
  head.sequence = 7;
  head.decode_time = 5'000'000'000;
  head.samples = samples;
  auto& s = head.session;
  s.session = *Id::parse("3zzzzzzzzzzzzzzzzzzzzzzzz9");
  s.generation = 4;
  s.session_wall_ms = 1'700'000'000'000;
  s.session_base_90k = 12345;
  s.log_end = 1u << 30;
  s.resume_offset = 77;
  s.resume = {78, 79, 10, {true, 0xfffffff0, -5}, {false, 1, 2}};
  s.wall_ms = 1'700'000'004'500;
  s.msn = 99;
  s.segment_90k = 4'999'999'999;
  s.discontinuities = 3;
  s.previous_90k = 4'999'000'000;
  s.previous_discontinuities = 2;
  s.timescale = 90000;
  s.independent = s.discontinuity = true;
  s.carry = {3003, 4, 9, true, 1, 2, 3, 5, -6};
  std::vector<std::byte> out;
  write_chunk_head(out, head);
  EXPECT_EQ(out.size(), chunk_head_size(kind, samples.size()));
  for (const auto& sample : samples) out.insert(out.end(), sample.size, std::byte{0xaa});
  return out;
}

const std::vector<SampleInfo> video_samples{{1000, 3000, 6000, true}, {10, 3030, -3000, false}, {20, 2970, 0, false}};
const std::vector<SampleInfo> audio_samples{{100, 1024, 0, true}, {101, 1024, 0, true}};

TEST(Chunk, reads_back_what_was_written) {
  for (const auto kind : {TrackKind::video, TrackKind::audio}) {
    const auto& samples = kind == TrackKind::video ? video_samples : audio_samples;
    auto bytes = chunk(kind, samples);
    const auto size = bytes.size();
    bytes.insert(bytes.end(), 50, std::byte{1});  // the next part
    const auto info = read_chunk(bytes);
    ASSERT_TRUE(info) << info.error().detail << info.error().field;
    EXPECT_EQ(info->size, size);
    EXPECT_EQ(info->kind, kind);
    EXPECT_EQ(info->sequence, 7u);
    EXPECT_EQ(info->decode_time, 5'000'000'000u);
    EXPECT_EQ(info->duration, kind == TrackKind::video ? 9000u : 2048u);
    EXPECT_EQ(info->samples, samples);
    EXPECT_TRUE(info->independent);
    EXPECT_EQ(info->mdat_offset + info->mdat_size, size);
    EXPECT_EQ(bytes[info->mdat_offset], std::byte{0xaa});
    EXPECT_EQ(info->session.session.text(), "3zzzzzzzzzzzzzzzzzzzzzzzz9");
    EXPECT_EQ(info->session.log_end, 1u << 30);
    EXPECT_EQ(info->session.resume, (LogState{78, 79, 10, {true, 0xfffffff0, -5}, {false, 1, 2}}));
    EXPECT_EQ(info->session.previous_90k, 4'999'000'000u);
    EXPECT_EQ(info->session.msn, 99u);
    EXPECT_TRUE(info->session.independent && !info->session.begins_segment && info->session.discontinuity);
    EXPECT_EQ(info->session.carry, (TrackCarry{3003, 4, 9, true, 1, 2, 3, 5, -6}));
  }
}

TEST(Chunk, every_cut_is_called_truncated_and_the_head_needs_no_frames) {
  const auto bytes = chunk(TrackKind::video, video_samples);
  const auto head = chunk_head_size(TrackKind::video, video_samples.size());
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    const auto all = read_chunk(Bytes{bytes}.first(n));
    ASSERT_FALSE(all);
    EXPECT_EQ(all.error().code, Errc::truncated) << n;
    EXPECT_EQ(read_chunk_head(Bytes{bytes}.first(n)).has_value(), n >= head) << n;
  }
}

TEST(Chunk, damage_is_never_taken_for_a_part_of_another_size) {
  const auto bytes = chunk(TrackKind::video, video_samples);
  for (std::size_t i = 0; i < chunk_head_size(TrackKind::video, video_samples.size()); ++i) {
    for (const auto flip : {0x01, 0x80, 0xff}) {
      auto damaged = bytes;
      damaged[i] ^= static_cast<std::byte>(flip);
      const auto info = read_chunk(damaged);
      EXPECT_TRUE(!info || info->size == bytes.size()) << i;
    }
  }
}

TEST(Init, video_says_what_the_encoder_said) {
  const auto track = make_avc_track(avcc_1080p25);
  ASSERT_TRUE(track) << track.error().detail;
  EXPECT_EQ(track->codec, "avc1.640028");
  EXPECT_EQ(track->width, 1920);
  EXPECT_EQ(track->height, 1080);
  const auto info = read_init(track->init);
  ASSERT_TRUE(info) << info.error().detail << info.error().field;
  EXPECT_EQ(info->config, *track);
  EXPECT_EQ(info->track_id, 1u);
  EXPECT_EQ(info->size, track->init.size());
  const auto entry = read_box(info->sample_entry);
  ASSERT_TRUE(entry && entry->complete && entry->is("avc1"));
  const auto avcc = find_box(entry->body.subspan(78), "avcC");
  ASSERT_TRUE(avcc);
  EXPECT_TRUE(std::equal(avcc->body.begin(), avcc->body.end(), avcc_1080p25.begin(), avcc_1080p25.end()));
}

TEST(Init, audio_says_what_the_encoder_said) {
  for (const auto& [config, rate, channels, codec] :
       {std::tuple{bytes_of({0x11, 0x90}), 48000u, 2, "mp4a.40.2"}, std::tuple{bytes_of({0x12, 0x08}), 44100u, 1, "mp4a.40.2"},
        std::tuple{bytes_of({0x2b, 0x11, 0x88, 0}), 24000u, 2, "mp4a.40.5"}}) {
    const auto track = make_aac_track(config);
    ASSERT_TRUE(track) << codec << track.error().detail;
    EXPECT_EQ(track->timescale, rate);
    EXPECT_EQ(track->channels, channels);
    EXPECT_EQ(track->codec, codec);
    const auto info = read_init(track->init);
    ASSERT_TRUE(info) << info.error().detail << info.error().field;
    EXPECT_EQ(info->config, *track);
    EXPECT_TRUE(starts_with_init(track->init));
  }
}

TEST(Init, every_cut_is_called_truncated) {
  const auto track = make_avc_track(avcc_1080p25);
  for (std::size_t n = 0; n < track->init.size(); ++n) {
    const auto info = read_init(Bytes{track->init}.first(n));
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code, Errc::truncated) << n;
  }
}

}  // namespace
}  // namespace tribute::cmaf

// What viewers get from what an encoder sends: segments, parts, time, and words for what is wrong.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <media/packager_fixture.hpp>

namespace tribute::media {
namespace {

using namespace testing;

FlvLog with_headers(const FlvLog::Feed& feed) {
  FlvLog log;
  if (feed.with_audio) log.aac_header(feed.first_ms);
  if (feed.with_video) log.avc_header(feed.first_ms);
  log.feed(feed);
  return log;
}
GatheringSink package(const FlvLog::Feed& feed) { return testing::package({with_headers(feed).bytes()}); }

double seconds(const Made& made) { return static_cast<double>(made.part.decode_time) / made.config.timescale; }
double length(const Made& made) { return static_cast<double>(made.part.duration) / made.config.timescale; }

/// What holds for every track of every broadcast.
void expect_sound(const GatheringSink& sink) {
  for (const auto kind : {TrackKind::video, TrackKind::audio}) {
    const Made* before = nullptr;
    for (const auto* made : sink.track(kind)) {
      const auto chunk = cmaf::read_chunk(made->part.bytes);
      ASSERT_TRUE(chunk) << chunk.error().detail << chunk.error().field;
      EXPECT_EQ(chunk->size, made->part.bytes.size());
      EXPECT_EQ(chunk->duration, made->part.duration);
      EXPECT_EQ(chunk->samples.size(), made->part.frames);
      EXPECT_EQ(chunk->independent, made->part.independent);
      EXPECT_EQ(chunk->session.wall_ms, made->part.wall_ms);
      EXPECT_TRUE(length(*made) <= 0.334 || made->part.frames == 1) << seconds(*made);
      if (before == nullptr) {
        EXPECT_TRUE(made->part.begins_segment);
        EXPECT_FALSE(made->part.discontinuity);
      } else {
        EXPECT_GE(seconds(*made), seconds(*before) + length(*before) - 1e-6);
        EXPECT_EQ(made->part.begins_segment, made->part.msn != before->part.msn);
        EXPECT_EQ(made->part.discontinuity, made->part.discontinuities != before->part.discontinuities);
        EXPECT_GE(made->part.wall_ms, before->part.wall_ms);
      }
      before = made;
    }
  }
}

std::map<std::uint64_t, double> segment_starts(const GatheringSink& sink, TrackKind kind) {
  std::map<std::uint64_t, double> out;
  for (const auto* made : sink.track(kind))
    if (made->part.begins_segment) out[made->part.msn] = seconds(*made);
  return out;
}

/// Both tracks begin their segments at the same time, up to one audio frame.
void expect_aligned(const GatheringSink& sink) {
  const auto video = segment_starts(sink, TrackKind::video), audio = segment_starts(sink, TrackKind::audio);
  ASSERT_EQ(video.size(), audio.size());
  for (const auto& [msn, start] : video) {
    ASSERT_TRUE(audio.count(msn)) << msn;
    EXPECT_GE(audio.at(msn), start - 1e-4) << msn;
    EXPECT_LE(audio.at(msn), start + 0.035) << msn;
  }
}

struct Rate {
  double fps;
  double least;  ///< seconds of an ordinary part
};
class FrameRates : public ::testing::TestWithParam<Rate> {};

TEST_P(FrameRates, parts_fill_their_target_and_segments_are_two_seconds) {
  const auto [fps, least] = GetParam();
  const auto sink = package({.fps = fps, .gop = static_cast<int>(std::lround(fps * 2)), .seconds = 9});
  expect_sound(sink);
  expect_aligned(sink);
  const auto starts = segment_starts(sink, TrackKind::video);
  ASSERT_EQ(starts.size(), 5u);
  for (const auto& [msn, start] : starts) EXPECT_NEAR(start, static_cast<double>(msn) * std::round(fps * 2) / fps, 0.002);
  const auto parts = sink.track(TrackKind::video);
  for (std::size_t i = 0; i + 1 < parts.size(); ++i)
    EXPECT_TRUE(parts[i + 1]->part.begins_segment || length(*parts[i]) >= least) << length(*parts[i]) << " at " << seconds(*parts[i]);
}
INSTANTIATE_TEST_SUITE_P(FromFilmToGames, FrameRates,
                         ::testing::Values(Rate{10, 0.299}, Rate{15, 0.332}, Rate{24, 0.332}, Rate{25, 0.319}, Rate{30000.0 / 1001, 0.299},
                                           Rate{30, 0.332}, Rate{50, 0.319}, Rate{60, 0.332}));

TEST(Segments, follow_key_frames_from_18_tenths_on) {
  EXPECT_EQ(segment_starts(package({.fps = 25, .gop = 25, .seconds = 9}), TrackKind::video).size(), 5u);  // 1 s: every second one
  EXPECT_EQ(segment_starts(package({.fps = 25, .gop = 10, .seconds = 9}), TrackKind::video).size(), 5u);  // 0.4 s: every fifth
  EXPECT_EQ(segment_starts(package({.fps = 25, .gop = 75, .seconds = 9}), TrackKind::video).size(), 3u);  // 3 s: each
  const auto obs = package({.fps = 30, .gop = 250, .seconds = 26});                                       // OBS left alone: 8.3 s
  expect_aligned(obs);
  EXPECT_EQ(segment_starts(obs, TrackKind::video).size(), 4u);
  for (const auto* made : obs.track(TrackKind::video)) EXPECT_TRUE(!made->part.begins_segment || made->part.independent);
}

std::optional<std::uint32_t> target_after(const FlvLog::Feed& feed) {
  Packager packager;
  GatheringSink sink;
  packager.begin_session({session_id(1), 1, 0});
  push_log(packager, with_headers(feed).bytes(), sink);
  return packager.target_duration();
}

TEST(TargetDuration, is_known_early_and_fits_the_key_frames) {
  EXPECT_EQ(target_after({.gop = 50, .seconds = 1.9}), std::nullopt);
  EXPECT_EQ(target_after({.gop = 50, .seconds = 2.1}), 4u);
  EXPECT_EQ(target_after({.gop = 25, .seconds = 2.1}), 4u);
  EXPECT_EQ(target_after({.gop = 10, .seconds = 0.9}), 4u);
  EXPECT_EQ(target_after({.gop = 250, .seconds = 2.4}), std::nullopt);
  EXPECT_EQ(target_after({.gop = 250, .seconds = 2.6}), 10u);
  EXPECT_EQ(target_after({.seconds = 3, .with_video = false}), 4u);
}

TEST(TargetDuration, a_scene_cut_does_not_hide_a_long_interval) {
  FlvLog log;
  log.avc_header(0);
  for (std::uint32_t i = 0; i < 400; ++i) log.video(i * 40, i == 0 || i == 20 || i == 220 || i == 470);
  Packager packager;
  GatheringSink sink;
  packager.begin_session({session_id(1), 1, 0});
  push_log(packager, log.bytes(), sink);
  EXPECT_EQ(packager.target_duration(), 10u);
  EXPECT_TRUE(packager.facts().problems.has(Problem::key_frame_interval_long));
}

TEST(Segments, are_cut_at_the_target_when_no_key_frame_comes) {
  const auto sink = package({.fps = 25, .gop = 100'000, .seconds = 33});
  expect_sound(sink);
  expect_aligned(sink);
  const auto starts = segment_starts(sink, TrackKind::video);
  ASSERT_EQ(starts.size(), 4u);
  double last = 0;
  for (const auto& [msn, start] : starts) {
    EXPECT_LT(start - last, 10.5) << msn;  // rounds to the target duration
    last = start;
  }
}

TEST(Time, sound_and_picture_stay_together_for_hours) {
  for (const std::uint32_t rate : {44100u, 48000u}) {
    FlvLog::Feed feed{.fps = 2, .gop = 4, .seconds = 3 * 3600.0, .first_ms = 0xffffffff - 3'600'000, .rate = rate};
    FlvLog log;
    log.aac_header(feed.first_ms, rate == 48000 ? aac_48k : aac_44k);
    log.avc_header(feed.first_ms);
    log.feed(feed);
    const auto sink = testing::package({log.bytes()});
    const auto video = sink.track(TrackKind::video), audio = sink.track(TrackKind::audio);
    EXPECT_NEAR(seconds(*video.back()) + length(*video.back()), feed.seconds, 0.01);
    EXPECT_NEAR(seconds(*audio.back()) + length(*audio.back()), feed.seconds, 0.04);
    EXPECT_EQ(video.back()->part.wall_ms - video.front()->part.wall_ms, std::llround(seconds(*video.back()) * 1000));
  }
}

TEST(Time, lost_sound_leaves_a_hole_and_not_a_shift) {
  for (const double lost : {0.065, 0.15, 0.5, 3.0}) {
    FlvLog::Feed feed{.seconds = 12};
    feed.audio_at = [=](double t) { return t < 4 || t >= 4 + lost; };
    const auto sink = package(feed);
    expect_sound(sink);
    const auto audio = sink.track(TrackKind::audio);
    EXPECT_NEAR(seconds(*audio.back()) + length(*audio.back()), 12, 0.045) << lost;
  }
}

TEST(Time, a_sound_card_that_runs_fast_is_held_back) {
  FlvLog::Feed feed{.seconds = 600};
  feed.audio_ms = [](double t, std::uint32_t) { return static_cast<std::uint32_t>(t * 1000 * 0.999); };  // samples come 0.1 % too fast
  const auto sink = package(feed);
  const auto audio = sink.track(TrackKind::audio);
  EXPECT_NEAR(seconds(*audio.back()) + length(*audio.back()), 599.4, 0.06);
}

TEST(Time, jumps_of_the_encoders_clock_do_not_show) {
  for (const std::int64_t jump : {7'200'000ll, -1'800'000ll}) {
    FlvLog::Feed feed{.seconds = 9, .first_ms = 2'000'000};
    feed.video_ms = feed.audio_ms = [=](double t, std::uint32_t ms) { return static_cast<std::uint32_t>(ms + (t > 4.1 ? jump : 0)); };
    const auto sink = package(feed);
    expect_sound(sink);
    const auto video = sink.track(TrackKind::video), audio = sink.track(TrackKind::audio);
    EXPECT_NEAR(seconds(*video.back()) + length(*video.back()), 9, 0.05);
    EXPECT_NEAR(seconds(*audio.back()) + length(*audio.back()), 9, 0.08);
    EXPECT_EQ(video.back()->part.discontinuities, 1u);
    EXPECT_EQ(audio.back()->part.discontinuities, 1u);
  }
}

TEST(Time, composition_offsets_survive) {
  FlvLog log;
  log.avc_header(0);
  log.video(0, true, 10, 80);
  log.video(40, false, 10, 160);
  log.video(80, false, 10, -40);
  log.video(120, false, 10, 0);
  const auto sink = testing::package({log.bytes()});
  const auto chunk = cmaf::read_chunk(sink.made.at(0).part.bytes);
  ASSERT_TRUE(chunk);
  ASSERT_EQ(chunk->samples.size(), 4u);
  const std::vector<std::int32_t> offsets{7200, 14400, -3600, 0};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(chunk->samples[i].composition_offset, offsets[i]);
  EXPECT_TRUE(chunk->samples[0].key);
  EXPECT_FALSE(chunk->samples[1].key);
}

TEST(Frames, all_of_an_ffmpeg_recording_are_there_with_their_bytes) {
  struct Sample {
    const char* name;
    std::size_t video, audio;
  };
  for (const auto& sample : {Sample{"fps25_48k", 175, 330}, Sample{"fps2997_44k", 210, 303}, Sample{"fps60_48k_gop1", 240, 189}}) {
    const auto log = file_bytes(std::string(TRIBUTE_TEST_DATA) + "/" + sample.name + ".flv");
    const auto sink = testing::package({log});
    expect_sound(sink);
    std::vector<std::byte> frames[2], made[2];
    flv::Reader reader;
    reader.set_window(log, 0);
    for (auto tag = reader.next(); tag && *tag; tag = reader.next()) {
      const bool video = (*tag)->kind == flv::TagKind::video;
      if ((*tag)->kind == flv::TagKind::script || (*tag)->payload[1] != std::byte{1}) continue;
      const auto data = (*tag)->payload.subspan(video ? 5 : 2);
      frames[video ? 0 : 1].insert(frames[video ? 0 : 1].end(), data.begin(), data.end());
    }
    std::size_t count[2] = {0, 0};
    for (const auto& m : sink.made) {
      const auto chunk = cmaf::read_chunk(m.part.bytes);
      const auto i = static_cast<std::size_t>(m.kind);
      count[i] += m.part.frames;
      const auto begin = m.part.bytes.begin() + static_cast<std::ptrdiff_t>(chunk->mdat_offset);
      made[i].insert(made[i].end(), begin, m.part.bytes.end());
    }
    EXPECT_EQ(count[0], sample.video);
    EXPECT_EQ(count[1], sample.audio);
    EXPECT_TRUE(made[0] == frames[0] && made[1] == frames[1]) << sample.name;
  }
}

TEST(Sessions, continue_one_time_line) {
  FlvLog second;
  second.aac_header(777'000, aac_44k);
  second.avc_header(777'000, other_avc_record);
  second.feed({.seconds = 4, .first_ms = 777'000, .rate = 44100});
  const auto sink = testing::package({with_headers({.seconds = 4.1}).bytes(), second.bytes(), with_headers({.seconds = 3}).bytes()});
  expect_sound(sink);
  expect_aligned(sink);
  for (const auto kind : {TrackKind::video, TrackKind::audio}) {
    std::vector<double> starts;
    std::size_t configs = 0;
    for (const auto* made : sink.track(kind)) {
      if (made->part.discontinuity) starts.push_back(seconds(*made));
      configs += made->new_config ? 1 : 0;
    }
    ASSERT_EQ(starts.size(), 2u);
    EXPECT_NEAR(starts[0], 4.1, 0.03);
    EXPECT_NEAR(starts[1], 8.1, 0.06);
    EXPECT_EQ(configs, 3u);
  }
  const auto video = sink.track(TrackKind::video);
  for (const auto* made : video) EXPECT_TRUE(!made->part.discontinuity || made->part.wall_ms % 60'000 == 1'700'000'000'000 % 60'000);
}

TEST(Tracks, sound_alone_is_cut_every_two_seconds) {
  const auto sink = package({.seconds = 9, .with_video = false});
  expect_sound(sink);
  EXPECT_TRUE(sink.track(TrackKind::video).empty());
  EXPECT_EQ(segment_starts(sink, TrackKind::audio).size(), 5u);
}

TEST(Tracks, a_pause_of_the_picture_does_not_stop_the_sound) {
  FlvLog::Feed feed{.seconds = 20};
  feed.video_at = [](double t) { return t < 4.1 || t > 14.1; };
  const auto sink = package(feed);
  expect_sound(sink);
  double last = 0;
  for (const auto* made : sink.track(TrackKind::audio)) {
    EXPECT_LT(seconds(*made) - last, 0.4);
    last = seconds(*made);
  }
  const auto audio = segment_starts(sink, TrackKind::audio), video = segment_starts(sink, TrackKind::video);
  EXPECT_GT(audio.size(), video.size());  // video leaves numbers out
  for (const auto& [msn, start] : video) {
    ASSERT_TRUE(audio.count(msn));
    EXPECT_GE(start, audio.at(msn) - 0.05) << msn;  // it may come back inside a segment
    EXPECT_TRUE(!audio.count(msn + 1) || start < audio.at(msn + 1)) << msn;
  }
}

Problems problems_of(const FlvLog& log) {
  Packager packager;
  GatheringSink sink;
  packager.begin_session({session_id(1), 1, 0});
  push_log(packager, log.bytes(), sink);
  return packager.facts().problems;
}

TEST(Health, names_what_is_wrong_and_nothing_else) {
  EXPECT_EQ(problems_of(with_headers({.seconds = 9})), Problems{});
  EXPECT_TRUE(problems_of(with_headers({.seconds = 9, .with_audio = false})).has(Problem::no_audio));
  EXPECT_TRUE(problems_of(with_headers({.seconds = 9, .with_video = false})).has(Problem::no_video));
  EXPECT_TRUE(problems_of(with_headers({.fps = 30, .gop = 250, .seconds = 9})).has(Problem::key_frame_interval_long));
  FlvLog::Feed jump{.seconds = 9};
  jump.video_ms = jump.audio_ms = [](double t, std::uint32_t ms) { return ms + (t > 5 ? 100'000 : 0); };
  EXPECT_TRUE(problems_of(with_headers(jump)).has(Problem::timestamps_jump));
  FlvLog no_key;
  no_key.avc_header(0);
  for (std::uint32_t ms = 0; ms < 15'000; ms += 40) no_key.video(ms, false);
  EXPECT_TRUE(problems_of(no_key).has(Problem::no_key_frame));
}

TEST(Health, other_codecs_are_named_and_the_rest_goes_on) {
  FlvLog log;
  log.aac_header(0);
  for (std::uint32_t ms = 0; ms < 9000; ms += 20) {
    log.tag(9, ms, bytes_of({0x91, 'h', 'v', 'c', '1', 1, 2, 3}));
    log.audio(ms);
  }
  Packager packager;
  GatheringSink sink;
  packager.begin_session({session_id(1), 1, 0});
  push_log(packager, log.bytes(), sink);
  EXPECT_TRUE(packager.facts().problems.has(Problem::video_codec_unsupported));
  EXPECT_EQ(flv::video_codec_name_of(packager.facts().video_codec), "H.265 (HEVC)");
  EXPECT_GT(sink.track(TrackKind::audio).size(), 10u);
}

TEST(Health, figures_are_those_of_the_encoder) {
  Packager packager;
  GatheringSink sink;
  packager.begin_session({session_id(1), 1, 0});
  push_log(packager, file_bytes(std::string(TRIBUTE_TEST_DATA) + "/fps2997_44k.flv"), sink);
  const auto& facts = packager.facts();
  EXPECT_EQ(facts.width, 128);
  EXPECT_EQ(facts.height, 72);
  EXPECT_EQ(facts.fps_milli, 29'970u);
  EXPECT_EQ(facts.key_interval_ms, 2002u);
  EXPECT_EQ(facts.sample_rate, 44100u);
  EXPECT_EQ(facts.channels, 1);
  EXPECT_NEAR(facts.video_kbps, 65, 25);
  EXPECT_NEAR(facts.audio_kbps, 24, 8);
  EXPECT_EQ(facts.video_frames, 210u);
}

}  // namespace
}  // namespace tribute::media

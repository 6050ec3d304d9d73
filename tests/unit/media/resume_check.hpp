// Packages logs in one go, then again from every state that a crash can leave behind (any number of published parts,
// in order, the log before the resume offset wiped), and compares the bytes. For tests only.
#pragma once

#include <gtest/gtest.h>

#include <media/packager_fixture.hpp>

namespace tribute::media::testing {

using Logs = std::vector<std::vector<std::byte>>;

struct Interrupted {
  ResumePoint resume;
  std::size_t session = 0;  // that was open
};

inline Interrupted after(const std::vector<Made>& made, std::size_t count) {
  Interrupted out;
  for (std::size_t i = 0; i < count; ++i) {
    const auto chunk = cmaf::read_chunk(made[i].part.bytes);
    EXPECT_TRUE(chunk) << chunk.error().detail;
    if (chunk) out.resume.observe(made[i].config, *chunk);
  }
  const auto& next = made[std::min(count, made.size() - 1)];
  out.session = cmaf::read_chunk(next.part.bytes)->session.generation - 1;
  return out;
}

inline GatheringSink go_on(const Interrupted& from, const Logs& logs) {
  GatheringSink sink;
  for (const auto kind : {TrackKind::video, TrackKind::audio})
    if (const auto& known = kind == TrackKind::video ? from.resume.video : from.resume.audio)
      sink.configs[static_cast<int>(kind)] = known->config;
  Packager packager{{}, from.resume};
  for (auto i = from.session; i < logs.size(); ++i) {
    packager.begin_session({session_id(static_cast<unsigned>(i + 1)), i + 1, 1'700'000'000'000 + static_cast<std::int64_t>(i) * 60'000});
    const auto offset = i == from.session ? from.resume.resume_offset(session_id(static_cast<unsigned>(i + 1))) : 0;
    std::vector<std::byte> log(static_cast<std::size_t>(offset));  // zeros, as in a punched file
    log.insert(log.end(), logs[i].begin() + static_cast<std::ptrdiff_t>(offset), logs[i].end());
    push_log(packager, log, sink, offset);
    packager.finish_session(sink);
  }
  return sink;
}

inline void expect_same(const Made& is, const Made& should, std::size_t cut) {
  const auto& a = is.part;
  const auto& b = should.part;
  ASSERT_EQ(a.decode_time, b.decode_time) << track_name(is.kind) << " after part " << cut;
  ASSERT_EQ(a.msn, b.msn) << track_name(is.kind) << " after part " << cut << " at " << a.decode_time;
  EXPECT_EQ(a.begins_segment, b.begins_segment);
  EXPECT_EQ(a.discontinuity, b.discontinuity);
  EXPECT_EQ(a.log_end, b.log_end);
  EXPECT_EQ(a.resume_offset, b.resume_offset) << track_name(is.kind) << " after part " << cut << " at " << a.decode_time;
  EXPECT_EQ(is.new_config, should.new_config);
  EXPECT_EQ(is.config, should.config);
  const auto left = cmaf::read_chunk(a.bytes)->session, right = cmaf::read_chunk(b.bytes)->session;
  EXPECT_EQ(left.carry, right.carry) << "target " << left.carry.target_90k << ' ' << right.carry.target_90k << " last "
                                     << left.carry.last_duration << ' ' << right.carry.last_duration << " key " << left.carry.key_90k << ' '
                                     << right.carry.key_90k << " off " << left.carry.off_by << ' ' << right.carry.off_by;
  EXPECT_EQ(left.resume, right.resume) << "video " << left.resume.video_90k << ' ' << right.resume.video_90k << " step "
                                       << left.resume.video_step << ' ' << right.resume.video_step << " target "
                                       << left.resume.target_duration << ' ' << right.resume.target_duration << " clocks "
                                       << left.resume.video_clock.time_90k << ' ' << right.resume.video_clock.time_90k << ' '
                                       << left.resume.audio_clock.time_90k << ' ' << right.resume.audio_clock.time_90k;
  ASSERT_TRUE(a.bytes == b.bytes) << track_name(is.kind) << " after part " << cut << " at " << a.decode_time;
}

inline void expect_resumable(const Logs& logs) {
  const auto whole = package(logs);
  ASSERT_FALSE(whole.made.empty());
  for (std::size_t cut = 0; cut <= whole.made.size() && !::testing::Test::HasFailure(); ++cut) {
    const auto rest = go_on(after(whole.made, cut), logs);
    for (const auto kind : {TrackKind::video, TrackKind::audio}) {
      const auto should = whole.track(kind);
      const auto is = rest.track(kind);
      std::size_t before = 0;
      for (std::size_t i = 0; i < cut; ++i) before += whole.made[i].kind == kind ? 1 : 0;
      ASSERT_EQ(before + is.size(), should.size()) << track_name(kind) << " after part " << cut;
      for (std::size_t i = 0; i < is.size() && !::testing::Test::HasFailure(); ++i) expect_same(*is[i], *should[before + i], cut);
    }
  }
}

}  // namespace tribute::media::testing

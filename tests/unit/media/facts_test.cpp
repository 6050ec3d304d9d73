#include <gtest/gtest.h>

#include <set>
#include <tribute/media/facts.hpp>

namespace tribute::media {
namespace {

TEST(Facts, a_problem_keeps_its_beginning_and_ends) {
  SessionFacts facts{};
  PackagerFacts seen;
  seen.problems.set(Problem::no_audio);
  update(facts, seen, Timestamp{1000});
  update(facts, seen, Timestamp{2000});
  EXPECT_EQ(problem_since(facts, Problem::no_audio), Timestamp{1000});
  EXPECT_EQ(problem_since(facts, Problem::no_video), std::nullopt);
  seen.problems.set(Problem::no_audio, false);
  update(facts, seen, Timestamp{3000});
  EXPECT_EQ(problem_since(facts, Problem::no_audio), std::nullopt);
  seen.problems.set(Problem::no_audio);
  update(facts, seen, Timestamp{4000});
  EXPECT_EQ(problem_since(facts, Problem::no_audio), Timestamp{4000});
}

TEST(Facts, what_others_watch_is_left_alone) {
  SessionFacts facts{};
  set_problem(facts, Problem::ingest_stalled, true, Timestamp{5});
  set_problem(facts, Problem::encoder_refused, true, Timestamp{6});
  update(facts, {}, Timestamp{7});
  EXPECT_EQ(problem_since(facts, Problem::ingest_stalled), Timestamp{5});
  EXPECT_EQ(problem_since(facts, Problem::encoder_refused), Timestamp{6});
}

TEST(Facts, codecs_have_the_names_of_the_encoders_menu) {
  EXPECT_EQ(flv::video_codec_name_of(flv::codec_id(7, 0)), "H.264");
  EXPECT_EQ(flv::video_codec_name_of(flv::codec_id(12, 0)), "H.265 (HEVC)");
  EXPECT_EQ(flv::video_codec_name_of(flv::codec_id(0, 0x68766331)), "H.265 (HEVC)");
  EXPECT_EQ(flv::video_codec_name_of(flv::codec_id(0, 0x61763031)), "AV1");
  EXPECT_EQ(flv::audio_codec_name_of(flv::codec_id(10, 0)), "AAC");
  EXPECT_EQ(flv::audio_codec_name_of(flv::codec_id(0, 0)), "PCM");
  EXPECT_EQ(flv::audio_codec_name_of(flv::codec_id(0, 0x4f707573)), "Opus");
  EXPECT_EQ(flv::audio_codec_name_of(0), "");
}

TEST(Problems, every_text_is_its_own_and_says_what_to_do) {
  std::set<std::string_view> codes;
  for (const auto& text : problem_texts) {
    EXPECT_TRUE(codes.insert(text.code).second);
    EXPECT_GT(text.detail.size(), 40u) << text.code;
    EXPECT_EQ(text.detail.back(), '.') << text.code;
    EXPECT_EQ(text.advice.back(), '.') << text.code;
    EXPECT_EQ(text_of(text.problem).code, text.code);
  }
}

}  // namespace
}  // namespace tribute::media

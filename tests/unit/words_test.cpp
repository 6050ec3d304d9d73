#include <gtest/gtest.h>

#include <set>
#include <string>
#include <tribute/apply_archive.hpp>
#include <tribute/policy.hpp>

namespace tribute {
namespace {

template <class Enum>
class WordsOf : public ::testing::Test {};

using Enums = ::testing::Types<StreamStatus, StreamEvent, StreamEffect, IngestState, IngestEvent, IngestEffect, ArchiveState, ArchiveEvent, ArchiveEffect, Visibility,
                               VisibilityEvent, VisibilityEffect, Signal, Refusal, Connection, JournalKind, Role, Verdict>;
TYPED_TEST_SUITE(WordsOf, Enums);

TYPED_TEST(WordsOf, every_word_reads_back_as_its_enumerator) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < word_count<TypeParam>; ++i) {
    const auto value = static_cast<TypeParam>(i);
    const auto word = to_word(value);
    EXPECT_TRUE(seen.insert(word).second) << word << " stands twice";
    EXPECT_FALSE(word.empty());
    EXPECT_EQ(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos) << word;
    EXPECT_EQ(from_word<TypeParam>(word), value);
  }
}

TYPED_TEST(WordsOf, other_words_are_none) {
  for (const char* word : {"", "nonsense", "LIVE", "ready ", "unknown"}) EXPECT_EQ(from_word<TypeParam>(word), std::nullopt) << word;
}

TYPED_TEST(WordsOf, a_value_without_a_word_is_unknown) {
  EXPECT_EQ(to_word(static_cast<TypeParam>(word_count<TypeParam>)), "unknown");
  EXPECT_EQ(to_word(static_cast<TypeParam>(255)), "unknown");
}

// The last enumerator of each: a word that is missing or too many in the middle shifts these.
TEST(Words, enumerators_and_words_stand_in_one_order) {
  EXPECT_EQ(to_word(StreamStatus::error), "error");
  EXPECT_EQ(to_word(StreamEvent::failed), "failed");
  EXPECT_EQ(to_word(StreamEffect::forget_broadcast), "forget_broadcast");
  EXPECT_EQ(to_word(IngestState::interrupted), "interrupted");
  EXPECT_EQ(to_word(IngestEvent::put_off), "put_off");
  EXPECT_EQ(to_word(IngestEffect::close_window), "close_window");
  EXPECT_EQ(to_word(ArchiveState::deleted), "deleted");
  EXPECT_EQ(to_word(ArchiveEvent::restored_failed), "restored_failed");
  EXPECT_EQ(to_word(ArchiveEffect::cancel_purge), "cancel_purge");
  EXPECT_EQ(to_word(Visibility::private_), "private");
  EXPECT_EQ(to_word(Visibility::public_), "public");
  EXPECT_EQ(to_word(VisibilityEvent::was_published), "was_published");
  EXPECT_EQ(to_word(VisibilityEffect::raise_epoch), "raise_epoch");
  EXPECT_EQ(to_word(Signal::finalize_failed), "finalize_failed");
  EXPECT_EQ(to_word(Signal::key_rotated), "key_rotated");
  EXPECT_EQ(to_word(Refusal::storage_full), "storage_full");
  EXPECT_EQ(to_word(Refusal::unknown_key), "unknown_key");
  EXPECT_EQ(to_word(Connection::unheard), "unheard");
  EXPECT_EQ(to_word(JournalKind::start_withdrawn), "start_withdrawn");
  EXPECT_EQ(to_word(JournalKind::went_live), "went_live");
  EXPECT_EQ(to_word(Role::admin), "admin");
  EXPECT_EQ(to_word(Verdict::no_identity), "no_identity");
}

// The seeds' six words (tributestream.md, "Stream Data Model") and the contract's ingest words.
TEST(Words, the_words_that_others_rely_on) {
  for (const char* word : {"scheduled", "ready", "live", "ending", "completed", "error"}) EXPECT_TRUE(from_word<StreamStatus>(word)) << word;
  for (const char* word : {"absent", "connecting", "connected", "interrupted"}) EXPECT_TRUE(from_word<IngestState>(word)) << word;
  for (const char* word : {"recording", "finalizing", "ready", "failed", "expired", "deleted"}) EXPECT_TRUE(from_word<ArchiveState>(word)) << word;
  for (const char* word : {"hidden", "private", "registered", "unlisted", "public"}) EXPECT_TRUE(from_word<Visibility>(word)) << word;
  EXPECT_EQ(word_count<StreamStatus>, 6u);
  EXPECT_EQ(word_count<Visibility>, 5u);
}

TEST(Words, every_refusal_has_a_sentence_for_people) {
  for (std::size_t i = 1; i < word_count<Refusal>; ++i) {
    const auto sentence = refusal_sentence(static_cast<Refusal>(i));
    EXPECT_GT(sentence.size(), 20u) << to_word(static_cast<Refusal>(i));
    EXPECT_EQ(sentence.back(), '.');
  }
  EXPECT_TRUE(refusal_sentence(Refusal::none).empty());
}

}  // namespace
}  // namespace tribute

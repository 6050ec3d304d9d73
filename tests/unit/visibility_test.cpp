#include <gtest/gtest.h>

#include <tribute/visibility.hpp>

namespace tribute {
namespace {

using enum Visibility;
constexpr std::array all{hidden, private_, registered, unlisted, public_};

TEST(Visibility, every_step_is_legal_and_goes_where_it_says) {
  for (auto from : all)
    for (auto to : all) {
      const auto* row = visibility_machine.find(from, event_towards(to));
      ASSERT_NE(row, nullptr);
      EXPECT_EQ(row->to, to);
    }
}

TEST(Visibility, what_takes_a_view_away_raises_the_epoch_and_nothing_else_does) {
  // From the left to the top; r: raise, i: ignored, n: nobody loses anything.
  constexpr const char* expected[] = {
      // hidden private registered unlisted public
      "innnn",  // hidden
      "rinnn",  // private
      "rrinn",  // registered
      "rrrin",  // unlisted
      "rrrni",  // public
  };
  for (std::size_t from = 0; from < 5; ++from)
    for (std::size_t to = 0; to < 5; ++to) {
      const auto effect = visibility_machine.find(all[from], event_towards(all[to]))->effect;
      const char letter = effect == VisibilityEffect::ignored ? 'i' : effect == VisibilityEffect::raise_epoch ? 'r' : 'n';
      EXPECT_EQ(letter, expected[from][to]) << to_word(all[from]) << " to " << to_word(all[to]);
    }
}

TEST(Visibility, the_booleans_read_back_as_they_were_written) {
  for (auto now : all)
    for (const bool visible : {false, true})
      for (const bool is_public : {false, true}) {
        const auto next = wanted_visibility(now, unlisted, visible, is_public);
        const auto shown = is_public ? public_ : private_;
        EXPECT_EQ(next, visible ? shown : hidden);
        EXPECT_EQ(flags_of(next, shown), (VisibilityFlags{visible, is_public})) << to_word(now);
      }
}

TEST(Visibility, the_booleans_of_every_word) {
  EXPECT_EQ(flags_of(private_, public_), (VisibilityFlags{true, false}));
  EXPECT_EQ(flags_of(registered, public_), (VisibilityFlags{true, false}));
  EXPECT_EQ(flags_of(unlisted, private_), (VisibilityFlags{true, true}));
  EXPECT_EQ(flags_of(public_, private_), (VisibilityFlags{true, true}));
  EXPECT_EQ(flags_of(hidden, unlisted), (VisibilityFlags{false, true}));
  EXPECT_EQ(flags_of(hidden, registered), (VisibilityFlags{false, false}));
}

TEST(Visibility, hiding_and_showing_returns_to_where_it_was) {
  for (auto before : {private_, registered, unlisted, public_}) {
    EXPECT_EQ(wanted_visibility(before, before, false, std::nullopt), hidden);
    EXPECT_EQ(wanted_visibility(hidden, before, true, std::nullopt), before);
  }
  EXPECT_EQ(wanted_visibility(hidden, hidden, true, std::nullopt), unlisted);
}

TEST(Visibility, showing_what_is_shown_and_saying_nothing_change_nothing) {
  for (auto now : all) EXPECT_EQ(wanted_visibility(now, public_, std::nullopt, std::nullopt), now);
  for (auto now : {private_, registered, unlisted, public_}) EXPECT_EQ(wanted_visibility(now, public_, true, std::nullopt), now);
}

TEST(Visibility, is_public_alone_never_shows_what_is_hidden) {
  EXPECT_EQ(wanted_visibility(hidden, unlisted, std::nullopt, true), hidden);
  EXPECT_EQ(wanted_visibility(public_, public_, std::nullopt, false), private_);
  EXPECT_EQ(wanted_visibility(private_, private_, std::nullopt, true), public_);
}

}  // namespace
}  // namespace tribute

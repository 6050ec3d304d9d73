#include <gtest/gtest.h>

#include <tribute/phase.hpp>

namespace tribute {
namespace {

using enum StreamStatus;
constexpr Timestamp t0{1'000'000'000};

Timestamp at(int seconds) { return t0 + std::int64_t{seconds} * 1000; }

/// A phase that takes one signal after another; the last step is kept.
struct Walk {
  Phase phase;
  Step step{};

  Walk& on(Signal signal, int seconds, std::uint64_t generation) {
    step = advance(phase, signal, {.now = at(seconds), .generation = generation});
    if (step.refusal == Refusal::none) phase = step.next;
    return *this;
  }
  Walk& on(Signal signal, int seconds) { return on(signal, seconds, phase.generation); }
};

Walk on_air() { return Walk{}.on(Signal::publish_requested, 0).on(Signal::media_arrived, 1); }
Walk rehearsal() {
  Walk walk;
  walk.phase.auto_start = false;
  return walk.on(Signal::publish_requested, 0).on(Signal::media_arrived, 1);
}

TEST(Phase, the_first_media_puts_an_auto_starting_stream_on_air) {
  for (auto status : {scheduled, ready}) {
    Walk walk;
    walk.phase.status = status;
    walk.on(Signal::publish_requested, 0);
    EXPECT_EQ(walk.phase.status, status);
    EXPECT_EQ(walk.phase.ingest, IngestState::connecting);
    EXPECT_EQ(walk.phase.generation, 1u);
    walk.on(Signal::media_arrived, 1);
    EXPECT_EQ(walk.phase.status, StreamStatus::live);
    EXPECT_EQ(walk.phase.ingest, IngestState::connected);
    EXPECT_EQ(walk.step.stream, StreamEffect::begin_broadcast);
    EXPECT_TRUE(walk.phase.has_broadcast);
    EXPECT_FALSE(walk.phase.window_ends.is_set());
  }
}

TEST(Phase, a_rehearsal_waits_for_start) {
  Walk walk = rehearsal();
  EXPECT_EQ(walk.phase.status, ready);
  EXPECT_TRUE(walk.phase.rehearsal);
  walk.on(Signal::start_requested, 5);
  EXPECT_EQ(walk.phase.status, StreamStatus::live);
  EXPECT_FALSE(walk.phase.rehearsal);
  EXPECT_FALSE(walk.phase.armed);
}

TEST(Phase, start_before_the_encoder_makes_its_first_media_go_on_air) {
  Walk walk;
  walk.phase.auto_start = false;
  walk.on(Signal::start_requested, 0).on(Signal::publish_requested, 1).on(Signal::media_arrived, 2);
  EXPECT_EQ(walk.phase.status, StreamStatus::live);
  EXPECT_FALSE(walk.phase.armed);
}

TEST(Phase, stop_takes_back_a_start_for_which_nobody_came) {
  Walk walk;
  walk.phase.auto_start = false;
  walk.on(Signal::start_requested, 0).on(Signal::stop_requested, 1);
  EXPECT_EQ(walk.step.refusal, Refusal::none);
  EXPECT_EQ(walk.phase.status, ready);
  walk.on(Signal::publish_requested, 2).on(Signal::media_arrived, 3);
  EXPECT_TRUE(walk.phase.rehearsal);
  EXPECT_EQ(walk.phase.status, ready);
}

TEST(Phase, stop_before_anything_is_on_air_is_illegal) {
  for (auto status : {scheduled, ready, completed, error}) {
    Walk walk;
    walk.phase.status = status;
    walk.on(Signal::stop_requested, 0);
    EXPECT_EQ(walk.step.refusal, Refusal::illegal) << to_word(status);
    EXPECT_EQ(walk.phase.status, status);
  }
}

TEST(Phase, a_dropped_encoder_has_its_window) {
  Walk walk = on_air().on(Signal::publish_ended, 10);
  EXPECT_EQ(walk.phase.status, StreamStatus::live);
  EXPECT_EQ(walk.phase.ingest, IngestState::interrupted);
  EXPECT_EQ(walk.phase.window_ends, at(70));
  walk.on(Signal::window_elapsed, 69);
  EXPECT_TRUE(walk.step.ignored);
  walk.on(Signal::window_elapsed, 70);
  EXPECT_EQ(walk.phase.status, ending);
  EXPECT_EQ(walk.phase.ingest, IngestState::absent);
  EXPECT_EQ(walk.step.stream, StreamEffect::finalize_broadcast);
  EXPECT_EQ(walk.phase.ended, at(70));
}

TEST(Phase, the_window_follows_the_stream_s_setting) {
  Walk walk = on_air();
  walk.phase.reconnect_window_s = 5;
  walk.on(Signal::publish_ended, 10);
  EXPECT_EQ(walk.phase.window_ends, at(15));
}

TEST(Phase, silence_and_a_cut_connection_share_one_window) {
  Walk walk = on_air().on(Signal::media_stalled, 10).on(Signal::publish_ended, 30);
  EXPECT_EQ(walk.phase.window_ends, at(70));
  EXPECT_EQ(walk.phase.ingest, IngestState::interrupted);
}

TEST(Phase, media_again_closes_the_window) {
  Walk walk = on_air().on(Signal::media_stalled, 10).on(Signal::media_arrived, 20);
  EXPECT_EQ(walk.phase.ingest, IngestState::connected);
  EXPECT_FALSE(walk.phase.window_ends.is_set());
  walk.on(Signal::window_elapsed, 70);
  EXPECT_EQ(walk.phase.status, StreamStatus::live);
}

TEST(Phase, an_encoder_that_came_back_late_in_the_window_may_deliver) {
  Walk walk = on_air().on(Signal::publish_ended, 10).on(Signal::publish_requested, 69);
  EXPECT_EQ(walk.phase.window_ends, at(69) + connect_grace_ms);
  walk.on(Signal::window_elapsed, 70);
  EXPECT_EQ(walk.phase.status, StreamStatus::live);
  walk.on(Signal::media_arrived, 75);
  EXPECT_EQ(walk.phase.ingest, IngestState::connected);
  EXPECT_FALSE(walk.phase.window_ends.is_set());
}

TEST(Phase, a_takeover_by_an_encoder_that_never_delivers_ends_all_the_same) {
  Walk walk = on_air();
  walk.phase.takeover = true;
  walk.on(Signal::publish_requested, 10);
  EXPECT_EQ(walk.phase.ingest, IngestState::connecting);
  EXPECT_EQ(walk.phase.window_ends, at(70));
  walk.on(Signal::window_elapsed, 70);
  EXPECT_EQ(walk.phase.status, ending);
}

TEST(Phase, with_no_window_a_takeover_still_has_time_to_deliver) {
  Walk walk = on_air();
  walk.phase.takeover = true;
  walk.phase.reconnect_window_s = 0;
  walk.on(Signal::publish_requested, 10);
  EXPECT_EQ(walk.phase.window_ends, at(10) + connect_grace_ms);
}

TEST(Phase, a_second_encoder_is_refused_while_the_first_delivers) {
  Walk walk = on_air().on(Signal::publish_requested, 5);
  EXPECT_EQ(walk.step.refusal, Refusal::encoder_busy);
  EXPECT_EQ(walk.phase.generation, 1u);
}

TEST(Phase, a_silent_one_is_replaceable_on_air_and_in_a_rehearsal) {
  for (Walk walk : {on_air(), rehearsal()}) {
    walk.on(Signal::media_stalled, 5).on(Signal::publish_requested, 6);
    EXPECT_EQ(walk.step.refusal, Refusal::none);
    EXPECT_EQ(walk.phase.generation, 2u);
    walk.on(Signal::media_arrived, 7);
    EXPECT_EQ(walk.phase.ingest, IngestState::connected);
  }
}

TEST(Phase, a_rehearsal_that_pauses_goes_on) {
  Walk walk = rehearsal().on(Signal::media_stalled, 5).on(Signal::media_arrived, 9);
  EXPECT_EQ(walk.phase.ingest, IngestState::connected);
  EXPECT_TRUE(walk.phase.rehearsal);
  EXPECT_EQ(walk.phase.status, ready);
}

TEST(Phase, callbacks_of_an_older_generation_change_nothing) {
  Walk walk = on_air().on(Signal::media_stalled, 5).on(Signal::publish_requested, 6).on(Signal::media_arrived, 7);
  for (auto signal : {Signal::media_arrived, Signal::media_stalled, Signal::publish_ended, Signal::broadcast_failed}) {
    walk.on(signal, 8, 1);
    EXPECT_TRUE(walk.step.ignored) << to_word(signal);
    EXPECT_EQ(walk.phase.ingest, IngestState::connected);
  }
}

TEST(Phase, media_of_an_encoder_that_left_does_not_bring_it_back) {
  Walk walk = on_air().on(Signal::publish_ended, 5).on(Signal::media_arrived, 6);
  EXPECT_TRUE(walk.step.ignored);
  EXPECT_EQ(walk.phase.ingest, IngestState::interrupted);
  EXPECT_EQ(walk.phase.window_ends, at(65));
}

TEST(Phase, a_clip_sent_faster_than_it_could_be_read_has_been_on_air) {
  Walk walk = Walk{}.on(Signal::publish_requested, 0).on(Signal::publish_ended, 1);
  EXPECT_EQ(walk.phase.ingest, IngestState::absent);
  walk.on(Signal::publish_ended, 1);
  walk.on(Signal::media_arrived, 2);
  EXPECT_EQ(walk.phase.status, StreamStatus::live);
  EXPECT_EQ(walk.phase.ingest, IngestState::interrupted);
  EXPECT_EQ(walk.phase.window_ends, at(62));
  walk.on(Signal::media_arrived, 3);
  EXPECT_TRUE(walk.step.ignored);
  walk.on(Signal::window_elapsed, 62);
  EXPECT_EQ(walk.phase.status, ending);
}

TEST(Phase, a_rehearsal_that_left_never_goes_on_air) {
  Walk walk = rehearsal().on(Signal::publish_ended, 5).on(Signal::media_arrived, 6);
  EXPECT_TRUE(walk.step.ignored);
  EXPECT_EQ(walk.phase.status, ready);
  EXPECT_FALSE(walk.phase.rehearsal);
}

TEST(Phase, stop_puts_off_and_the_key_opens_nothing_until_start) {
  Walk walk = on_air().on(Signal::stop_requested, 10);
  EXPECT_EQ(walk.phase.status, ending);
  EXPECT_EQ(walk.step.ingest, IngestEffect::put_off_publisher);
  EXPECT_EQ(walk.on(Signal::publish_requested, 11).step.refusal, Refusal::broadcast_ending);
  EXPECT_EQ(walk.on(Signal::start_requested, 11).step.refusal, Refusal::broadcast_ending);
  EXPECT_TRUE(walk.on(Signal::stop_requested, 11).step.ignored);
  walk.on(Signal::broadcast_finalized, 12);
  EXPECT_EQ(walk.phase.status, completed);
  EXPECT_EQ(walk.on(Signal::publish_requested, 13).step.refusal, Refusal::broadcast_over);
}

TEST(Phase, start_reopens_within_the_hour_and_renews_afterwards) {
  const Walk over = on_air().on(Signal::stop_requested, 10).on(Signal::broadcast_finalized, 11);
  Walk soon = over, late = over, gone = over;
  soon.on(Signal::start_requested, 3610);
  EXPECT_EQ(soon.step.stream, StreamEffect::reopen_broadcast);
  EXPECT_TRUE(soon.phase.reopening && soon.phase.has_broadcast && soon.phase.armed);
  late.on(Signal::start_requested, 3611);
  EXPECT_EQ(late.step.stream, StreamEffect::forget_broadcast);
  EXPECT_FALSE(late.phase.reopening || late.phase.has_broadcast);
  gone.step = advance(gone.phase, Signal::start_requested, {.now = at(20), .continuable = false});
  EXPECT_EQ(gone.step.stream, StreamEffect::forget_broadcast);
}

TEST(Phase, stop_closes_again_what_was_opened_by_mistake) {
  Walk walk = on_air().on(Signal::stop_requested, 10).on(Signal::broadcast_finalized, 11).on(Signal::start_requested, 20).on(Signal::stop_requested, 25);
  EXPECT_EQ(walk.phase.status, completed);
  EXPECT_FALSE(walk.phase.reopening || walk.phase.armed);
  EXPECT_TRUE(walk.phase.has_broadcast);
  EXPECT_EQ(walk.phase.ended, at(10));
}

TEST(Phase, a_report_about_an_earlier_end_changes_nothing) {
  Walk walk = on_air().on(Signal::stop_requested, 10).on(Signal::broadcast_finalized, 11, 1).on(Signal::start_requested, 20);
  EXPECT_TRUE(walk.on(Signal::broadcast_finalized, 21, 1).step.ignored);
  EXPECT_TRUE(walk.on(Signal::finalize_failed, 21, 1).step.ignored);
  walk.on(Signal::publish_requested, 22).on(Signal::media_arrived, 23).on(Signal::stop_requested, 24);
  EXPECT_TRUE(walk.on(Signal::broadcast_finalized, 25, 1).step.ignored);
  EXPECT_EQ(walk.phase.status, ending);
  EXPECT_EQ(walk.on(Signal::broadcast_finalized, 26, 2).phase.status, completed);
}

TEST(Phase, a_broadcast_that_cannot_go_on_ends_cleanly) {
  Walk walk = on_air().on(Signal::broadcast_failed, 10);
  EXPECT_EQ(walk.phase.status, ending);
  EXPECT_EQ(walk.phase.ended, at(10));
  walk.on(Signal::finalize_failed, 11);
  EXPECT_EQ(walk.phase.status, error);
  EXPECT_EQ(walk.on(Signal::publish_requested, 12).step.refusal, Refusal::needs_attention);
  EXPECT_EQ(walk.on(Signal::broadcast_finalized, 13).phase.status, completed);
}

TEST(Phase, a_new_key_cuts_the_encoder_and_leaves_it_the_window) {
  Walk walk = on_air().on(Signal::key_rotated, 10);
  EXPECT_EQ(walk.phase.status, StreamStatus::live);
  EXPECT_EQ(walk.phase.ingest, IngestState::interrupted);
  EXPECT_EQ(walk.phase.window_ends, at(70));
  EXPECT_EQ(walk.phase.generation, 2u);
  EXPECT_TRUE(walk.on(Signal::media_arrived, 11, 1).step.ignored);
  EXPECT_TRUE(walk.on(Signal::media_arrived, 11, 2).step.ignored);
  EXPECT_TRUE(Walk{}.on(Signal::key_rotated, 1).step.ignored);
}

TEST(Phase, a_plan_comes_due_and_not_before) {
  Walk walk;
  walk.phase.status = scheduled;
  walk.phase.scheduled_start = at(100);
  EXPECT_TRUE(walk.on(Signal::became_due, 99).step.ignored);
  EXPECT_EQ(walk.on(Signal::became_due, 100).phase.status, ready);
}

TEST(Phase, start_twice_is_harmless) {
  Walk walk;
  walk.on(Signal::start_requested, 0);
  EXPECT_FALSE(walk.step.ignored);
  EXPECT_TRUE(walk.on(Signal::start_requested, 1).step.ignored);
  EXPECT_TRUE(on_air().on(Signal::start_requested, 5).step.ignored);
}

}  // namespace
}  // namespace tribute

#include <tribute/policy.hpp>

#include "apply_fixture.hpp"

namespace tribute {
namespace {

using namespace test;
using enum JournalKind;

TEST(Create, takes_what_was_asked_for) {
  StreamPatch patch;
  patch.title = "Farewell";
  patch.scheduled_start = at(100);
  patch.visibility = Visibility::private_;
  patch.reconnect_window_s = 5;
  Scene scene(patch);
  const auto& s = scene.stream();
  EXPECT_EQ(s.title, "Farewell");
  EXPECT_EQ(s.phase.status, StreamStatus::scheduled);
  EXPECT_EQ(s.phase.scheduled_start, at(100));
  EXPECT_EQ(s.visibility, Visibility::private_);
  EXPECT_EQ(s.phase.reconnect_window_s, 5u);
  EXPECT_EQ(s.created_by, "host");
  EXPECT_EQ(s.created_by_name, "Host");
  EXPECT_EQ(s.created, t0);
  EXPECT_EQ(s.updated, t0);
  EXPECT_EQ(s.journal_seq, 1u);
}

TEST(Create, a_time_that_has_come_or_none_is_ready) {
  EXPECT_EQ(Scene{}.stream().phase.status, StreamStatus::ready);
  EXPECT_EQ(Scene{patch_with([](StreamPatch& p) { p.scheduled_start = t0; })}.stream().phase.status, StreamStatus::ready);
  EXPECT_EQ(Scene{}.stream().visibility, Visibility::unlisted);
}

TEST(Create, needs_a_title_and_good_values) {
  const auto untitled = create({}, {}, {.now = t0});
  ASSERT_FALSE(untitled);
  EXPECT_EQ(untitled.error().field, "title");
  EXPECT_EQ(untitled.error().code, Errc::unprocessable);
  StreamPatch patch;
  patch.title = "x";
  patch.planned_duration_s = -1;
  EXPECT_EQ(create({}, patch, {.now = t0}).error().field, "plannedDuration");
}

TEST(Apply, the_first_media_begins_broadcast_and_recording) {
  Scene scene;
  scene.publish(10, 1);
  EXPECT_EQ(scene.told, Told{encoder_connected});
  EXPECT_EQ(scene.stream().publisher, (Publisher{id_of(11), boot, 1, id_of(21), at(10), "10.0.0.1"}));
  scene.media(11);
  EXPECT_EQ(scene.told, Told{went_live});
  const auto& s = scene.stream();
  EXPECT_EQ(s.phase.status, StreamStatus::live);
  EXPECT_EQ(s.broadcast_id, id_of(21));
  EXPECT_EQ(s.archive_id, id_of(21));
  EXPECT_EQ(s.actual_start, at(11));
  const auto& entry = scene.recording();
  EXPECT_EQ(entry.id, s.broadcast_id);
  EXPECT_EQ(entry.stream_id, s.id);
  EXPECT_EQ(entry.title, "Service");
  EXPECT_EQ(entry.state, ArchiveState::recording);
  EXPECT_EQ(entry.started, at(11));
  EXPECT_EQ(entry.started_by, "host");
  EXPECT_EQ(entry.started_by_name, "Host");
  EXPECT_EQ(entry.created_by, "host");
  EXPECT_EQ(entry.sessions, (std::vector<RecordingSession>{{id_of(11), 1, at(11), {}}}));
}

TEST(Apply, start_puts_a_rehearsal_on_air_in_a_folder_of_its_own) {
  Scene scene{rehearsing()};
  scene.live();
  EXPECT_EQ(scene.told, Told{rehearsal_began});
  EXPECT_FALSE(scene.unit.archive);
  scene.start(15);
  EXPECT_EQ(scene.told, Told{went_live});
  EXPECT_EQ(scene.asked, std::vector<Effect>{(RemoveMedia{id_of(1), id_of(21)})});
  EXPECT_EQ(scene.stream().broadcast_id, id_of(40));
  EXPECT_EQ(scene.stream().publisher.media, id_of(40));
  EXPECT_EQ(scene.stream().publisher.session, id_of(11));
  EXPECT_EQ(scene.recording().started, at(15));
  EXPECT_EQ(scene.recording().started_by, "host");
  EXPECT_EQ(scene.recording().sessions.size(), 1u);
}

TEST(Apply, a_preview_goes_with_its_encoder) {
  Scene scene{rehearsing()};
  scene.live().leave(15, 1);
  EXPECT_EQ(scene.told, Told{encoder_left});
  EXPECT_EQ(scene.asked, std::vector<Effect>{(RemoveMedia{id_of(1), id_of(21)})});
  EXPECT_FALSE(scene.stream().publisher.session.is_set());
  scene.leave(16, 1);
  EXPECT_FALSE(scene.changed);
  scene.publish(20, 2);
  EXPECT_TRUE(scene.asked.empty());
}

TEST(Apply, start_while_a_rehearsal_pauses_archives_nothing_of_it) {
  Scene scene{rehearsing()};
  scene.live().on(15, MediaStalled{1}).start(16);
  EXPECT_EQ(scene.told, Told{stream_opened});
  EXPECT_EQ(scene.asked, std::vector<Effect>{(RemoveMedia{id_of(1), id_of(21)})});
  scene.media(18);
  EXPECT_EQ(scene.stream().broadcast_id, id_of(40));
}

TEST(Apply, a_reconnect_continues_broadcast_and_recording) {
  Scene scene;
  scene.live().leave(30, 1);
  EXPECT_EQ(scene.told, Told{encoder_interrupted});
  EXPECT_EQ(scene.recording().sessions[0].ended, at(30));
  EXPECT_EQ(scene.stream().publisher.session, id_of(11)) << "its log is still drained";
  scene.publish(40, 2).media(41);
  EXPECT_EQ(scene.told, Told{encoder_returned});
  EXPECT_EQ(scene.stream().publisher.media, id_of(21));
  EXPECT_EQ(scene.stream().actual_start, at(11));
  ASSERT_EQ(scene.recording().sessions.size(), 2u);
  EXPECT_EQ(scene.recording().sessions[1], (RecordingSession{id_of(12), 2, at(41), {}}));
}

TEST(Apply, silence_and_media_again_is_the_same_session) {
  Scene scene;
  scene.live().on(20, MediaStalled{1});
  EXPECT_EQ(scene.told, Told{encoder_interrupted});
  EXPECT_EQ(scene.recording().sessions[0].ended, at(20));
  scene.media(25);
  EXPECT_EQ(scene.recording().sessions, (std::vector<RecordingSession>{{id_of(11), 1, at(11), {}}}));
}

TEST(Apply, the_end_of_a_silent_connection_is_no_second_interruption) {
  Scene scene;
  scene.live().on(20, MediaStalled{1}).leave(30, 1);
  EXPECT_TRUE(scene.changed);
  EXPECT_EQ(scene.told, Told{});
  EXPECT_FALSE(scene.stream().publisher.boot.is_set());
}

TEST(Apply, an_end_counts_by_boot_and_client) {
  Scene scene;
  scene.live();
  for (const auto& event : {PublishEnded{boot, 2}, PublishEnded{id_of(251), 1}, PublishEnded{{}, 1}, PublishEnded{{}, 0}}) EXPECT_FALSE(scene.on(20, event).changed);
  EXPECT_TRUE(scene.on(20, PublishEnded{boot, 1}).changed);
}

TEST(Apply, a_repeated_request_gets_the_session_of_the_first) {
  Scene scene;
  scene.live();
  scene.on(12, PublishRequested{id_of(99), id_of(98), boot, 1, "10.0.0.1"});
  EXPECT_FALSE(scene.refused);
  EXPECT_FALSE(scene.changed);
  EXPECT_EQ(scene.stream().publisher.session, id_of(11));
}

TEST(Apply, after_a_restart_of_the_server_the_connections_before_it_are_gone) {
  Scene scene;
  scene.live();
  const auto broadcast = scene.stream().broadcast_id;
  const auto generation = scene.stream().phase.generation;
  scene.on(12, PublishRequested{id_of(99), id_of(98), id_of(251), 1, "10.0.0.1"});
  ASSERT_FALSE(scene.refused) << "nothing of the other start can still deliver media";
  EXPECT_EQ(scene.stream().publisher.session, id_of(99));
  EXPECT_EQ(scene.stream().publisher.media, broadcast) << "the same broadcast goes on";
  EXPECT_GT(scene.stream().phase.generation, generation);
  EXPECT_EQ(scene.stream().phase.status, StreamStatus::live);
}

TEST(Apply, a_refusal_says_state_event_and_reason) {
  Scene scene;
  scene.live().publish(12, 2);
  ASSERT_TRUE(scene.refused);
  EXPECT_EQ(scene.refused->code, Errc::conflict);
  EXPECT_EQ(scene.refused->refusal, Refusal::encoder_busy);
  EXPECT_EQ(scene.refused->state, "live");
  EXPECT_EQ(scene.refused->event, "publish_requested");
  EXPECT_EQ(scene.refused->reason, refusal_sentence(Refusal::encoder_busy));
  Scene fresh;
  fresh.stop(1);
  ASSERT_TRUE(fresh.refused);
  EXPECT_EQ(fresh.refused->refusal, Refusal::illegal);
  EXPECT_EQ(fresh.refused->event, "stopped");
  EXPECT_NE(fresh.refused->reason.find("ready"), std::string::npos);
}

TEST(Apply, takeover_closes_one_session_and_opens_another) {
  Scene scene{patch_with([](StreamPatch& p) { p.takeover = true; })};
  scene.live().publish(15, 2);
  EXPECT_EQ(scene.told, Told{encoder_replaced});
  EXPECT_EQ(scene.recording().sessions[0].ended, at(15));
  scene.media(16);
  EXPECT_EQ(scene.recording().sessions.size(), 2u);
  EXPECT_EQ(scene.recording().id, id_of(21));
}

TEST(Apply, refused_encoders_are_noted_for_health_and_not_too_often) {
  Scene scene;
  scene.live().on(12, PublishRefused{Refusal::encoder_busy, "10.0.0.2"});
  EXPECT_EQ(scene.told, Told{encoder_refused});
  EXPECT_EQ(scene.stream().refused, (RefusedPublisher{Refusal::encoder_busy, at(12), "10.0.0.2"}));
  EXPECT_FALSE(scene.on(41, PublishRefused{Refusal::encoder_busy, "10.0.0.3"}).changed);
  EXPECT_TRUE(scene.on(41, PublishRefused{Refusal::broadcast_over, "10.0.0.2"}).changed);
  EXPECT_TRUE(scene.on(71, PublishRefused{Refusal::broadcast_over, "10.0.0.2"}).changed);
}

TEST(Apply, stop_asks_once_for_the_end_and_forgets_the_encoder) {
  Scene scene;
  scene.live().stop(20);
  EXPECT_EQ(scene.told, Told{broadcast_ended});
  EXPECT_EQ(scene.asked, std::vector<Effect>{(FinalizeBroadcast{id_of(1), id_of(21), id_of(11), 1})});
  EXPECT_EQ(scene.stream().end_time, at(20));
  EXPECT_FALSE(scene.stream().publisher.session.is_set());
  EXPECT_EQ(scene.recording().state, ArchiveState::finalizing);
  EXPECT_EQ(scene.recording().ended, at(20));
  EXPECT_EQ(scene.recording().sessions[0].ended, at(20));
  EXPECT_FALSE(scene.stop(20).changed);
  scene.leave(21, 1);
  EXPECT_EQ(scene.told, Told{encoder_left});
}

TEST(Apply, the_window_ends_it_as_stop_does) {
  Scene scene;
  scene.live().leave(30, 1).on(89, WindowElapsed{});
  EXPECT_FALSE(scene.changed);
  scene.on(90, WindowElapsed{});
  EXPECT_EQ(scene.told, Told{broadcast_ended});
  EXPECT_EQ(scene.asked, std::vector<Effect>{(FinalizeBroadcast{id_of(1), id_of(21), id_of(11), 1})});
  EXPECT_EQ(scene.recording().sessions[0].ended, at(30)) << "not when the window ended";
}

TEST(Apply, finalized_makes_the_recording_ready) {
  Scene scene;
  scene.live().stop(20).finalized(21, 9000, 900);
  EXPECT_EQ(scene.told, (Told{broadcast_completed, recording_ready}));
  EXPECT_TRUE(scene.stream().recording_ready);
  EXPECT_EQ(scene.stream().recording_duration_ms, 9000);
  EXPECT_EQ(scene.recording().state, ArchiveState::ready);
  EXPECT_EQ(scene.recording().duration_ms, 9000);
  EXPECT_EQ(scene.recording().bytes, 900u);
  EXPECT_FALSE(scene.finalized(22, 1, 1).changed);
}

TEST(Apply, a_report_about_another_broadcast_or_end_changes_nothing) {
  Scene scene;
  scene.live().stop(20);
  EXPECT_FALSE(scene.on(21, BroadcastFinalized{id_of(99), 1, 1, 1, ""}).changed);
  EXPECT_FALSE(scene.on(21, BroadcastFinalized{id_of(21), 0, 1, 1, ""}).changed);
  EXPECT_FALSE(scene.on(21, BroadcastFinalized{id_of(21), 2, 1, 1, "disk"}).changed);
  EXPECT_TRUE(scene.on(21, BroadcastFinalized{id_of(21), 1, 1, 1, ""}).changed);
}

TEST(Apply, what_cannot_be_closed_is_an_error_with_a_reason) {
  Scene scene;
  scene.live().stop(20).finalized(21, 0, 0, "disk");
  EXPECT_EQ(scene.told, (Told{broadcast_failed, recording_failed}));
  EXPECT_EQ(scene.stream().phase.status, StreamStatus::error);
  EXPECT_EQ(scene.stream().error, "disk");
  EXPECT_EQ(scene.recording().state, ArchiveState::failed);
  EXPECT_EQ(scene.recording().error, "disk");
  EXPECT_FALSE(scene.stream().recording_ready);
  EXPECT_FALSE(scene.finalized(22, 0, 0, "disk").changed);
  scene.finalized(23);
  EXPECT_EQ(scene.stream().phase.status, StreamStatus::completed);
  EXPECT_EQ(scene.stream().error, "");
  EXPECT_EQ(scene.recording().error, "");
}

TEST(Apply, without_recording_nothing_is_kept) {
  for (const char* error : {"", "disk"}) {
    Scene scene{patch_with([](StreamPatch& p) { p.recording_enabled = false; })};
    scene.live();
    EXPECT_FALSE(scene.unit.archive);
    EXPECT_FALSE(scene.stream().archive_id.is_set());
    scene.stop(20).finalized(21, 9000, 900, error);
    EXPECT_EQ(scene.asked, std::vector<Effect>{(RemoveMedia{id_of(1), id_of(21)})});
    EXPECT_FALSE(scene.stream().broadcast_id.is_set());
    EXPECT_FALSE(scene.stream().recording_ready);
    scene.start(30);
    EXPECT_EQ(scene.told, Told{stream_opened}) << "there is nothing to reopen";
    EXPECT_EQ(scene.stream().error, "");
  }
}

TEST(Apply, start_reopens_the_same_recording_within_the_hour) {
  Scene scene;
  scene.over().start(100);
  EXPECT_EQ(scene.told, Told{broadcast_reopened});
  EXPECT_TRUE(scene.stream().recording_ready) << "it plays until it goes on";
  scene.publish(110, 2).media(111).stop(120);
  EXPECT_EQ(scene.stream().broadcast_id, id_of(21));
  EXPECT_EQ(scene.stream().actual_start, at(11));
  EXPECT_EQ(scene.recording().sessions.size(), 2u);
  EXPECT_EQ(scene.asked, std::vector<Effect>{(FinalizeBroadcast{id_of(1), id_of(21), id_of(12), 2})});
  scene.finalized(121, 18000, 1800);
  EXPECT_EQ(scene.recording().duration_ms, 18000);
}

TEST(Apply, later_it_is_another_broadcast_and_the_recording_is_left_alone) {
  Scene scene;
  scene.over().start(3700);
  EXPECT_EQ(scene.told, Told{stream_opened});
  EXPECT_FALSE(scene.unit.archive);
  EXPECT_FALSE(scene.stream().archive_id.is_set() || scene.stream().broadcast_id.is_set() || scene.stream().recording_ready);
  scene.publish(3710, 2);
  EXPECT_TRUE(scene.asked.empty()) << "the recording's media must stay";
  scene.media(3711);
  EXPECT_EQ(scene.recording().id, id_of(22));
}

TEST(Apply, stop_takes_a_start_back) {
  Scene scene;
  scene.over().start(100).publish(105, 2).stop(106);
  EXPECT_EQ(scene.told, Told{start_withdrawn});
  EXPECT_TRUE(scene.asked.empty());
  EXPECT_EQ(scene.stream().phase.status, StreamStatus::completed);
  EXPECT_FALSE(scene.stream().publisher.session.is_set());
  EXPECT_EQ(scene.recording().state, ArchiveState::ready);
}

TEST(Apply, a_new_key_cuts_the_encoder_and_tells_of_it) {
  Scene scene;
  scene.live().on(20, KeyRotated{}, "host");
  EXPECT_EQ(scene.told, (Told{key_rotated, encoder_interrupted}));
  EXPECT_FALSE(scene.stream().publisher.boot.is_set());
  EXPECT_EQ(scene.recording().sessions[0].ended, at(20));
  EXPECT_FALSE(scene.leave(21, 1).changed);
  Scene rehearsal{rehearsing()};
  rehearsal.live().on(20, KeyRotated{}, "host");
  EXPECT_EQ(rehearsal.told, (Told{key_rotated, encoder_left}));
  EXPECT_EQ(rehearsal.asked, std::vector<Effect>{(RemoveMedia{id_of(1), id_of(21)})});
  Scene nobody;
  EXPECT_EQ(nobody.on(20, KeyRotated{}, "host").told, Told{key_rotated});
}

TEST(Apply, no_room_ends_the_broadcast_cleanly) {
  Scene scene;
  scene.live().on(20, BroadcastFailed{0, "full"});
  EXPECT_FALSE(scene.changed);
  scene.on(20, BroadcastFailed{1, "full"});
  EXPECT_EQ(scene.told, (Told{broadcast_failed, broadcast_ended}));
  EXPECT_EQ(scene.asked.size(), 1u);
  EXPECT_EQ(scene.stream().error, "full");
  EXPECT_FALSE(scene.on(20, BroadcastFailed{1, "full"}).changed);
  EXPECT_EQ(scene.finalized(21).stream().phase.status, StreamStatus::completed);
}

TEST(Apply, an_unheard_encoder_s_folder_goes_when_another_comes) {
  Scene scene;
  scene.publish(10, 1).leave(11, 1);
  EXPECT_TRUE(scene.asked.empty()) << "its log may still hold media";
  scene.publish(20, 2);
  EXPECT_EQ(scene.asked, std::vector<Effect>{(RemoveMedia{id_of(1), id_of(21)})});
}

TEST(Apply, a_clip_that_was_sent_too_fast_is_recorded) {
  Scene scene;
  scene.publish(10, 1).leave(10, 1).media(11);
  EXPECT_EQ(scene.told, Told{went_live});
  EXPECT_EQ(scene.recording().sessions, (std::vector<RecordingSession>{{id_of(11), 1, at(11), at(11)}}));
  scene.on(71, WindowElapsed{});
  EXPECT_EQ(scene.asked, std::vector<Effect>{(FinalizeBroadcast{id_of(1), id_of(21), id_of(11), 1})});
}

TEST(Settings, change_what_is_said_and_nothing_else) {
  Scene scene;
  scene.live();
  const auto before = scene.unit;
  EXPECT_FALSE(scene.settings(20, patch_with([](StreamPatch& p) { p.title = "Service"; })).changed);
  scene.settings(20, patch_with([](StreamPatch& p) { p.title = "Farewell"; }));
  EXPECT_EQ(scene.told, Told{stream_changed});
  auto expected = before;
  expected.stream.title = "Farewell";
  expected.stream.updated = at(20);
  expected.stream.journal_seq += 1;
  EXPECT_EQ(scene.unit, expected) << "the recording is not touched";
}

TEST(Settings, tell_a_change_of_visibility) {
  Scene scene;
  scene.settings(5, patch_with([](StreamPatch& p) { p.is_visible = false; }));
  EXPECT_EQ(scene.told, (Told{stream_changed, visibility_changed}));
  EXPECT_EQ(scene.stream().visibility, Visibility::hidden);
}

TEST(Settings, refuse_bad_values_and_recording_while_on_air) {
  Scene scene;
  scene.settings(5, patch_with([](StreamPatch& p) { p.reconnect_window_s = 3601; }));
  ASSERT_TRUE(scene.refused);
  EXPECT_EQ(scene.refused->code, Errc::unprocessable);
  EXPECT_EQ(scene.refused->field, "reconnectWindow");
  EXPECT_TRUE(scene.settings(6, patch_with([](StreamPatch& p) { p.recording_enabled = false; })).changed);
  scene.live().settings(12, patch_with([](StreamPatch& p) { p.recording_enabled = true; }));
  ASSERT_TRUE(scene.refused);
  EXPECT_EQ(scene.refused->code, Errc::conflict);
  EXPECT_EQ(scene.refused->state, "live");
  EXPECT_FALSE(scene.settings(13, patch_with([](StreamPatch& p) { p.recording_enabled = false; })).refused) << "it is off already";
}

TEST(Settings, plan_and_unplan) {
  const auto plan = [](Timestamp t) { return patch_with([t](StreamPatch& p) { p.scheduled_start = t; }); };
  Scene scene;
  EXPECT_EQ(scene.settings(5, plan(at(100))).stream().phase.status, StreamStatus::scheduled);
  EXPECT_EQ(scene.settings(6, plan({})).stream().phase.status, StreamStatus::ready);
  EXPECT_EQ(scene.start(7).settings(8, plan(at(100))).stream().phase.status, StreamStatus::ready) << "it was started";
  Scene due;
  due.settings(5, plan(at(100)));
  EXPECT_FALSE(due.on(99, BecameDue{}).changed);
  due.on(100, BecameDue{});
  EXPECT_EQ(due.told, Told{stream_opened});
  EXPECT_FALSE(due.on(101, BecameDue{}).changed);
}

TEST(Settings, a_recording_moves_with_its_stream_to_another_memorial) {
  Scene scene;
  scene.over().settings(30, patch_with([](StreamPatch& p) { p.memorial_id = id_of(77); }));
  EXPECT_EQ(scene.recording().memorial_id, id_of(77));
  EXPECT_EQ(scene.recording().updated, at(30));
}

TEST(Delete, not_on_air_and_not_while_closing) {
  Scene scene;
  scene.live().on(15, StreamDeleted{}, "host");
  ASSERT_TRUE(scene.refused);
  EXPECT_EQ(scene.refused->state, "live");
  scene.stop(20).on(20, StreamDeleted{}, "host");
  ASSERT_TRUE(scene.refused);
  EXPECT_EQ(scene.refused->state, "ending");
}

TEST(Delete, the_recording_stays_and_decides_for_itself) {
  Scene scene{patch_with([](StreamPatch& p) {
    p.visibility = Visibility::private_;
    p.allowed_users = {{"anna"}};
  })};
  scene.over();
  const auto epoch = policy_epoch(scene.recording(), &scene.stream());
  scene.on(30, StreamDeleted{}, "host");
  EXPECT_TRUE(scene.deleted);
  EXPECT_EQ(scene.told, Told{stream_deleted});
  EXPECT_TRUE(scene.asked.empty());
  const auto& entry = scene.recording();
  EXPECT_TRUE(entry.stream_deleted);
  EXPECT_EQ(policy_epoch(entry, nullptr), epoch) << "nobody who watches is cut";
  EXPECT_EQ(decide({Role::viewer, "anna", "", false}, subject_of(entry, nullptr, nullptr), Action::view), Verdict::allowed);
  EXPECT_EQ(decide({Role::viewer, "carl", "", false}, subject_of(entry, nullptr, nullptr), Action::view), Verdict::not_on_list);
}

TEST(Delete, a_preview_goes_with_its_stream) {
  Scene scene{rehearsing()};
  scene.live().on(15, StreamDeleted{}, "host");
  EXPECT_EQ(scene.asked, std::vector<Effect>{(RemoveMedia{id_of(1), id_of(21)})});
}

TEST(Apply, is_pure) {
  Scene scene;
  scene.live();
  const auto copy = scene.unit;
  const auto once = apply(scene.unit, StopRequested{}, {.now = at(20)});
  const auto twice = apply(scene.unit, StopRequested{}, {.now = at(20)});
  EXPECT_EQ(once, twice);
  EXPECT_EQ(scene.unit, copy);
}

}  // namespace
}  // namespace tribute

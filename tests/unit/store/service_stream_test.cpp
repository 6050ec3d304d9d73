#include <tribute/store/service.hpp>

#include "store/store_fixture.hpp"

namespace tribute::store {
namespace {

using ServiceStream = MemoryHouse;

TEST_F(ServiceStream, is_created_with_its_own_input_and_journal) {
  const auto result = house.get<StreamResult>(CreateStream{id_of(10), {.title = "Funeral"}, id_of(11), key_of("k"), std::nullopt}, viewer(Role::organizer, "ann"));
  EXPECT_EQ(result.stream.version, 1u);
  EXPECT_EQ(result.stream.created_by, "ann");
  EXPECT_EQ(result.stream.phase.reconnect_window_s, 60u);
  ASSERT_TRUE(result.input);
  EXPECT_EQ(result.input->id, id_of(11));
  EXPECT_EQ(result.input->stream_id, id_of(10));
  EXPECT_EQ(read.stream(id_of(10)), result.stream);
  EXPECT_EQ(read.input_by_key(key_of("k").hmac), result.input);
  const auto journal = read.journal(id_of(10), std::uint64_t{0}, 10);
  ASSERT_EQ(journal.size(), 1u);
  EXPECT_EQ(journal[0].kind, JournalKind::stream_created);
  EXPECT_EQ(touched.streams, std::vector{id_of(10)});
}

TEST_F(ServiceStream, a_refused_command_writes_nothing) {
  EXPECT_EQ(house.refused(CreateStream{id_of(10), {.title = ""}, id_of(11), key_of("k"), std::nullopt}).field, "title");
  EXPECT_EQ(house.refused(CreateStream{id_of(10), {}, id_of(11), key_of("k"), std::nullopt}).code, Errc::unprocessable);
  for (std::size_t t = 0; t < word_count<Table>; ++t) EXPECT_TRUE(store.rows(static_cast<Table>(t)).empty());
}

TEST_F(ServiceStream, an_id_or_a_key_is_used_once) {
  const auto stream = house.stream();
  EXPECT_EQ(house.refused(CreateStream{stream.id, {.title = "x"}, house.fresh(), key_of("other"), std::nullopt}).code, Errc::conflict);
  EXPECT_EQ(house.refused(CreateStream{house.fresh(), {.title = "x"}, house.fresh(), {house.key_for(stream), "s"}, std::nullopt}).code, Errc::conflict);
}

TEST_F(ServiceStream, unknown_memorials_and_inputs_name_their_field) {
  auto rejection = house.refused(CreateStream{house.fresh(), {.title = "x", .memorial_id = id_of(99)}, house.fresh(), key_of("k"), std::nullopt});
  EXPECT_EQ(rejection.code, Errc::unprocessable);
  EXPECT_EQ(rejection.field, "memorialId");
  rejection = house.refused(CreateStream{house.fresh(), {.title = "x"}, {}, {}, id_of(99)});
  EXPECT_EQ(rejection.code, Errc::unprocessable);
  EXPECT_EQ(rejection.field, "inputId");
  const auto stream = house.stream();
  EXPECT_EQ(house.refused(SignalStream{stream.id, SettingsChanged{{.memorial_id = id_of(99)}}}).field, "memorialId");
  const auto other = house.stream();
  EXPECT_EQ(house.refused(ChangeStream{.stream = stream.id, .input = other.input_id}).field, "inputId") << "another's own input is not a shared one";
  EXPECT_FALSE(house.get<StreamResult>(ChangeStream{.stream = stream.id, .input = stream.input_id}).changed) << "what is there may be written back";
}

TEST_F(ServiceStream, every_write_raises_the_version) {
  auto stream = house.stream();
  for (std::uint64_t version = 2; version < 6; ++version) {
    stream = house.get<StreamResult>(SignalStream{stream.id, SettingsChanged{{.title = "Title " + std::to_string(version)}}}).stream;
    EXPECT_EQ(stream.version, version);
    EXPECT_EQ(read.stream(stream.id), stream);
  }
  const auto same = house.get<StreamResult>(SignalStream{stream.id, SettingsChanged{{.title = stream.title}}});
  EXPECT_FALSE(same.changed);
  EXPECT_EQ(read.stream(stream.id)->version, stream.version) << "a harmless repeat writes nothing";
}

TEST_F(ServiceStream, only_managers_may_change_it) {
  const auto ann = viewer(Role::organizer, "ann"), bob = viewer(Role::organizer, "bob"), eve = viewer(Role::family, "eve");
  const auto memorial = house.memorial("Grandma", {"eve"});
  const auto stream = house.stream({}, std::nullopt, ann);
  const SignalStream rename{stream.id, SettingsChanged{{.title = "Mine"}}};
  EXPECT_EQ(house.refused(rename, bob).code, Errc::forbidden);
  EXPECT_EQ(house.refused(rename, eve).code, Errc::forbidden);
  EXPECT_EQ(house.refused(rename, viewer(Role::anonymous, "")).code, Errc::unauthenticated);
  house.get<StreamResult>(rename, ann);
  EXPECT_EQ(house.refused(SignalStream{stream.id, SettingsChanged{{.memorial_id = memorial.id}}}, ann).code, Errc::forbidden) << "not ann's memorial";
  house.get<StreamResult>(SignalStream{stream.id, SettingsChanged{{.memorial_id = memorial.id}}}, viewer(Role::admin, "root"));
  house.get<StreamResult>(SignalStream{stream.id, SettingsChanged{{.title = "Ours"}}}, eve);
  EXPECT_EQ(house.refused(CreateStream{house.fresh(), {.title = "x"}, house.fresh(), key_of("k"), std::nullopt}, eve).code, Errc::forbidden);
  const auto own = house.stream({.memorial_id = memorial.id}, std::nullopt, eve);
  EXPECT_EQ(own.created_by, "eve");
}

TEST_F(ServiceStream, takes_its_memorials_name_unless_another_is_given) {
  const auto memorial = house.memorial("Grandma");
  EXPECT_EQ(house.stream({.memorial_id = memorial.id}).memorial_name, "Grandma");
  EXPECT_EQ(house.stream({.memorial_name = "Nana", .memorial_id = memorial.id}).memorial_name, "Nana");
  auto stream = house.stream();
  stream = house.get<StreamResult>(SignalStream{stream.id, SettingsChanged{{.memorial_id = memorial.id}}}).stream;
  EXPECT_EQ(stream.memorial_name, "Grandma");
  stream = house.get<StreamResult>(SignalStream{stream.id, SettingsChanged{{.memorial_id = Id{}}}}).stream;
  EXPECT_EQ(stream.memorial_name, "");
  EXPECT_FALSE(stream.memorial_id.is_set());
}

TEST_F(ServiceStream, leaving_a_memorial_with_managers_ends_their_grants) {
  const auto memorial = house.memorial("Grandma", {"eve"});
  const auto stream = house.stream({.memorial_id = memorial.id});
  const auto after = house.get<StreamResult>(SignalStream{stream.id, SettingsChanged{{.memorial_id = Id{}}}}).stream;
  EXPECT_EQ(after.policy_epoch, stream.policy_epoch + 1);
  EXPECT_EQ(read.stream(stream.id), after);
}

TEST_F(ServiceStream, a_broadcast_from_encoder_to_recording) {
  auto stream = house.go_live(house.stream());
  EXPECT_EQ(stream.phase.status, StreamStatus::live);
  ASSERT_TRUE(read.archive(stream.archive_id));
  EXPECT_EQ(read.active_streams().size(), 1u);
  house.pass(60'000);
  stream = house.get<StreamResult>(SignalStream{stream.id, StopRequested{}}).stream;
  EXPECT_EQ(stream.phase.status, StreamStatus::ending);
  EXPECT_TRUE(touched.effects);
  const auto outbox = read.outbox(0, 10);
  ASSERT_EQ(outbox.size(), 1u);
  EXPECT_EQ(stream_of(outbox[0].effect), stream.id);
  finalize(59'000);
  EXPECT_TRUE(read.outbox(0, 10).empty());
  const auto after = *read.stream(stream.id);
  EXPECT_EQ(after.phase.status, StreamStatus::completed);
  EXPECT_TRUE(after.recording_ready);
  EXPECT_EQ(read.archive(stream.archive_id)->duration_ms, 59'000);
  EXPECT_TRUE(std::holds_alternative<Nothing>(house.run(CompleteEffect{outbox[0].seq, finalized(std::get<FinalizeBroadcast>(outbox[0].effect), 1)})));
  EXPECT_EQ(*read.stream(stream.id), after) << "completed twice, done once";
  house.run(EndPublish{house.boot, 1});
  EXPECT_TRUE(read.active_streams().empty());
}

TEST_F(ServiceStream, effects_are_numbered_over_all_streams) {
  const auto a = house.go_live(house.stream(), 1), b = house.go_live(house.stream(), 2);
  house.run(SignalStream{b.id, StopRequested{}});
  house.run(SignalStream{a.id, StopRequested{}});
  const auto rows = read.outbox(0, 10);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].seq, 1u);
  EXPECT_EQ(stream_of(rows[0].effect), b.id);
  EXPECT_EQ(stream_of(rows[1].effect), a.id);
  EXPECT_EQ(read.outbox(1, 10).size(), 1u);
  finalize();
  const auto again = house.get<StreamResult>(SignalStream{a.id, StartRequested{house.fresh()}}).stream;
  house.pass(1000);
  house.go_live(again, 3);
  house.run(SignalStream{a.id, StopRequested{}});
  EXPECT_EQ(read.outbox(0, 10).at(0).seq, 3u) << "numbers are not used twice";
}

TEST_F(ServiceStream, deadlines_fire_once_and_only_when_due) {
  const auto planned = house.stream({.scheduled_start = house.now + 3'600'000});
  EXPECT_TRUE(touched.deadlines);
  EXPECT_TRUE(read.due_deadlines(house.now, 10).empty());
  EXPECT_EQ(read.next_deadline(), house.now + 3'600'000);
  const DeadlineKey key{house.now + 3'600'000, DeadlineKind::became_due, planned.id};
  house.run(FireDeadline{key});
  EXPECT_EQ(*read.stream(planned.id), planned) << "early";
  house.pass(3'600'000);
  EXPECT_EQ(read.due_deadlines(house.now, 10), std::vector{key});
  house.run(FireDeadline{key});
  const auto due = *read.stream(planned.id);
  EXPECT_EQ(due.phase.status, StreamStatus::ready);
  EXPECT_TRUE(read.due_deadlines(house.now, 10).empty());
  house.run(FireDeadline{key});
  EXPECT_EQ(*read.stream(planned.id), due) << "late";
  house.run(FireDeadline{{house.now, DeadlineKind::archive_purge, id_of(12345)}});
}

TEST_F(ServiceStream, the_reconnect_window_ends_the_broadcast) {
  auto stream = house.go_live(house.stream());
  house.run(EndPublish{house.boot, 1});
  stream = *read.stream(stream.id);
  EXPECT_EQ(stream.phase.ingest, IngestState::interrupted);
  const auto due = read.due_deadlines(house.now + 3'600'000, 10);
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].kind, DeadlineKind::reconnect_window);
  house.pass(due[0].due - house.now);
  house.run(FireDeadline{due[0]});
  EXPECT_EQ(read.stream(stream.id)->phase.status, StreamStatus::ending);
  EXPECT_TRUE(read.due_deadlines(house.now + 3'600'000, 10).empty());
}

TEST_F(ServiceStream, deleting_keeps_recordings_with_a_copy_of_who_may_see_them) {
  const auto stream = house.go_live(house.stream({.visibility = Visibility::private_, .allowed_users = std::vector<std::string>{"zoe"}}, std::nullopt, viewer(Role::organizer, "ann")));
  EXPECT_EQ(house.refused(SignalStream{stream.id, StreamDeleted{}}).code, Errc::conflict) << "on air";
  house.run(SignalStream{stream.id, StopRequested{}});
  finalize();
  EXPECT_TRUE(std::holds_alternative<Nothing>(house.run(SignalStream{stream.id, StreamDeleted{}})));
  EXPECT_FALSE(read.stream(stream.id));
  EXPECT_FALSE(read.input(stream.input_id));
  EXPECT_FALSE(read.input_by_key(house.key_for(stream)));
  const auto entry = *read.archive(stream.archive_id);
  EXPECT_TRUE(entry.stream_deleted);
  EXPECT_EQ(entry.visibility, Visibility::private_);
  EXPECT_EQ(entry.allowed_users, std::vector<std::string>{"zoe"});
  EXPECT_EQ(entry.created_by, "ann");
  EXPECT_GT(entry.policy_epoch, stream.policy_epoch + 1);
  EXPECT_EQ(entry.state, ArchiveState::ready);
  EXPECT_EQ(read.archive_of_stream(stream.id, "", 10)->items.size(), 1u);
  EXPECT_EQ(read.journal(stream.id, std::uint64_t{0}, 100).back().kind, JournalKind::stream_deleted);
  EXPECT_EQ(house.refused(house.publish(house.key_for(stream))).refusal, Refusal::unknown_key);
  // Its recording goes on to be managed by who made it.
  EXPECT_EQ(house.refused(SignalArchive{entry.id, ArchiveDeleteRequested{}}, viewer(Role::organizer, "bob")).code, Errc::forbidden);
  EXPECT_EQ(house.get<ArchiveEntry>(SignalArchive{entry.id, ArchiveDeleteRequested{}}, viewer(Role::organizer, "ann")).state, ArchiveState::deleted);
}

TEST_F(ServiceStream, a_deleted_recording_goes_after_its_purge_deadline) {
  const auto stream = house.go_live(house.stream());
  house.run(SignalStream{stream.id, StopRequested{}});
  finalize();
  house.get<ArchiveEntry>(SignalArchive{stream.archive_id, ArchiveDeleteRequested{}});
  EXPECT_FALSE(read.stream(stream.id)->recording_ready);
  house.get<ArchiveEntry>(SignalArchive{stream.archive_id, ArchiveRestoreRequested{}});
  EXPECT_FALSE(read.next_deadline());
  house.get<ArchiveEntry>(SignalArchive{stream.archive_id, ArchiveDeleteRequested{}});
  ASSERT_TRUE(read.next_deadline());
  house.pass(*read.next_deadline() - house.now);
  house.run(FireDeadline{read.due_deadlines(house.now, 1).at(0)});
  EXPECT_FALSE(read.archive(stream.archive_id));
  EXPECT_FALSE(read.stream(stream.id)->archive_id.is_set());
  const auto rows = read.outbox(0, 10);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(std::get<RemoveMedia>(rows[0].effect), (RemoveMedia{stream.id, stream.archive_id}));
}

TEST_F(ServiceStream, moves_to_a_shared_input_and_back) {
  const auto chapel = house.input("Chapel");
  const auto stream = house.stream({}, std::nullopt, viewer(Role::organizer, "ann"));
  auto moved = house.get<StreamResult>(ChangeStream{.stream = stream.id, .input = chapel.id}, viewer(Role::organizer, "ann"));
  EXPECT_EQ(moved.stream.input_id, chapel.id);
  EXPECT_FALSE(moved.stream.own_input);
  EXPECT_EQ(moved.input, chapel);
  EXPECT_FALSE(read.input_by_key(house.key_for(stream))) << "its own key went";
  EXPECT_EQ(house.refused(RotateStreamKey{stream.id, key_of("new")}).code, Errc::conflict);
  moved = house.get<StreamResult>(ChangeStream{.stream = stream.id, .patch = {.title = "Two at once"}, .input = Id{}, .own_input_id = id_of(500), .key = key_of("own")});
  EXPECT_TRUE(moved.stream.own_input);
  EXPECT_EQ(moved.stream.title, "Two at once");
  EXPECT_EQ(read.input_by_key(key_of("own").hmac)->stream_id, stream.id);
  house.get<PublishAccepted>(house.publish(key_of("own").hmac));
  EXPECT_EQ(house.refused(ChangeStream{.stream = stream.id, .input = chapel.id}).code, Errc::conflict) << "an encoder is there";
}

TEST_F(ServiceStream, an_org_sees_only_its_own) {
  const auto stream = house.stream();
  Command foreign{.context = {.org = "other", .now = house.now}, .authorize = std::nullopt, .what = SignalStream{stream.id, StopRequested{}}};
  EXPECT_EQ(std::get<Rejection>(execute(store, foreign, options)).code, Errc::not_found);
  EXPECT_FALSE(Reader<MemoryStore>(store, "other").stream(stream.id));
  EXPECT_TRUE(Reader<MemoryStore>(store, "other").list_streams({}, "", 10)->items.empty());
  foreign.context.org = std::string(64, 'x');
  EXPECT_EQ(std::get<Rejection>(execute(store, foreign, options)).field, "org");
}

TEST_F(ServiceStream, a_batch_made_from_an_old_state_is_a_conflict) {
  const auto stream = house.stream();
  const Command rename{.context = {.now = house.now}, .authorize = std::nullopt, .what = SignalStream{stream.id, SettingsChanged{{.title = "Old view"}}}};
  const auto old = plan(store, rename, options);
  house.get<StreamResult>(SignalStream{stream.id, SettingsChanged{{.title = "Newer"}}});
  const auto written = store.write(old.batch);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Errc::conflict);
  EXPECT_EQ(read.stream(stream.id)->title, "Newer");
}

}  // namespace
}  // namespace tribute::store

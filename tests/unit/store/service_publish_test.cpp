#include <tribute/store/service_publish.hpp>

#include "store/store_fixture.hpp"

namespace tribute::store {
namespace {

using ServicePublish = MemoryHouse;

TEST_F(ServicePublish, an_unknown_key_is_forbidden_and_leaves_no_trace) {
  house.stream();
  const auto before = store.rows(Table::journal).size();
  const auto rejection = house.refused(house.publish("no such key"));
  EXPECT_EQ(rejection.code, Errc::forbidden);
  EXPECT_EQ(rejection.refusal, Refusal::unknown_key);
  EXPECT_FALSE(rejection.reason.empty());
  EXPECT_EQ(store.rows(Table::journal).size(), before);
}

TEST_F(ServicePublish, the_session_finds_its_stream_until_it_ends) {
  const auto stream = house.go_live(house.stream(), 42);
  EXPECT_EQ(read.stream_by_session(house.boot, 42)->id, stream.id);
  EXPECT_FALSE(read.stream_by_session(house.boot, 43));
  EXPECT_FALSE(read.stream_by_session(id_of(77), 42)) << "client numbers restart with the host";
  house.get<StreamResult>(EndPublish{house.boot, 42});
  EXPECT_FALSE(read.stream_by_session(house.boot, 42));
  EXPECT_TRUE(std::holds_alternative<Nothing>(house.run(EndPublish{house.boot, 42}))) << "late and doubled";
}

TEST_F(ServicePublish, a_replaced_encoders_end_changes_nothing) {
  const auto stream = house.go_live(house.stream({.takeover = true}), 1);
  const auto second = house.get<PublishAccepted>(house.publish(house.key_for(stream), 2)).stream;
  EXPECT_EQ(second.phase.generation, stream.phase.generation + 1);
  const auto before = *read.stream(stream.id);
  EXPECT_TRUE(std::holds_alternative<Nothing>(house.run(EndPublish{house.boot, 1})));
  EXPECT_EQ(*read.stream(stream.id), before);
}

TEST_F(ServicePublish, a_refusal_is_noted_in_health_but_not_for_every_retry) {
  const auto stream = house.go_live(house.stream(), 1);
  EXPECT_EQ(house.refused(house.publish(house.key_for(stream), 2)).refusal, Refusal::encoder_busy);
  const auto noted = *read.stream(stream.id);
  EXPECT_EQ(noted.refused.reason, Refusal::encoder_busy);
  EXPECT_EQ(noted.refused.at, house.now);
  EXPECT_EQ(noted.phase, stream.phase);
  house.pass(3000);
  EXPECT_EQ(house.refused(house.publish(house.key_for(stream), 3)).refusal, Refusal::encoder_busy);
  EXPECT_EQ(*read.stream(stream.id), noted);
  house.pass(refusal_repeat_ms);
  house.refused(house.publish(house.key_for(stream), 4));
  EXPECT_EQ(read.stream(stream.id)->refused.at, house.now);
}

TEST_F(ServicePublish, what_the_shell_knows_is_noted_too) {
  const auto stream = house.stream();
  auto publish = house.publish(house.key_for(stream));
  publish.refuse = Refusal::storage_full;
  const auto rejection = house.refused(publish);
  EXPECT_EQ(rejection.code, Errc::unavailable);
  EXPECT_EQ(rejection.refusal, Refusal::storage_full);
  EXPECT_EQ(read.stream(stream.id)->refused.reason, Refusal::storage_full);
  EXPECT_EQ(read.stream(stream.id)->phase, stream.phase);
}

TEST_F(ServicePublish, a_new_key_cuts_the_encoder_and_the_old_one_stops_working) {
  const auto stream = house.go_live(house.stream());
  const auto rotated = house.get<StreamResult>(RotateStreamKey{stream.id, key_of("new")});
  EXPECT_EQ(rotated.input->key_hmac, key_of("new").hmac);
  EXPECT_GT(rotated.stream.phase.generation, stream.phase.generation);
  EXPECT_EQ(rotated.stream.phase.status, StreamStatus::live);
  EXPECT_EQ(house.refused(house.publish(house.key_for(stream), 2)).refusal, Refusal::unknown_key);
  EXPECT_EQ(house.get<PublishAccepted>(house.publish(key_of("new").hmac, 3)).stream.id, stream.id);
}

class SharedInput : public MemoryHouse {
 protected:
  Input chapel;
  void SetUp() override { chapel = house.input("Chapel"); }
  std::string key() const { return key_of(chapel.id.text()).hmac; }
  Stream planned(std::int64_t in_ms, std::string title) { return house.stream({.title = std::move(title), .scheduled_start = house.now + in_ms}, chapel.id); }
  Stream fed() { return house.get<PublishAccepted>(house.publish(key(), house.next_id)).stream; }
  void leave(const Stream& stream) { house.run(EndPublish{stream.publisher.boot, stream.publisher.client}); }
};

TEST_F(SharedInput, feeds_nothing_when_nothing_is_planned) {
  EXPECT_EQ(house.refused(house.publish(key())).refusal, Refusal::no_stream);
  planned(86'400'000, "Tomorrow");
  EXPECT_EQ(house.refused(house.publish(key())).refusal, Refusal::no_stream) << "too early";
}

TEST_F(SharedInput, feeds_the_scheduled_stream_that_is_next) {
  planned(7'000'000, "Later");
  const auto next = planned(600'000, "Next");
  planned(86'400'000, "Tomorrow");
  EXPECT_EQ(fed().id, next.id);
}

TEST_F(SharedInput, a_started_stream_comes_before_the_plan) {
  planned(600'000, "Next");
  const auto tomorrow = planned(86'400'000, "Tomorrow");
  house.get<StreamResult>(SignalStream{tomorrow.id, StartRequested{house.fresh()}});
  EXPECT_EQ(fed().id, tomorrow.id);
}

TEST_F(SharedInput, comes_back_to_the_broadcast_whose_window_runs) {
  const auto first = planned(600'000, "First");
  auto live = fed();
  live = house.get<StreamResult>(SignalStream{live.id, MediaArrived{live.phase.generation}}).stream;
  EXPECT_EQ(live.id, first.id);
  house.pass(600'000);
  const auto second = planned(1'000, "Second");
  house.get<StreamResult>(SignalStream{second.id, StartRequested{house.fresh()}});
  leave(live);
  EXPECT_EQ(fed().id, first.id);
}

TEST_F(SharedInput, goes_on_to_the_next_when_the_first_is_over) {
  const auto first = planned(600'000, "First");
  const auto second = planned(4'000'000, "Second");
  auto live = fed();
  house.get<StreamResult>(SignalStream{live.id, MediaArrived{live.phase.generation}});
  house.get<StreamResult>(SignalStream{first.id, StopRequested{}});
  leave(live);
  finalize();
  EXPECT_EQ(fed().id, second.id);
}

TEST_F(SharedInput, last_weeks_missed_service_is_not_taken_for_this_weeks) {
  const auto missed = planned(600'000, "Last week");
  house.pass(7 * 86'400'000);
  for (const auto& due : read.due_deadlines(house.now, 10)) house.run(FireDeadline{due});
  EXPECT_EQ(read.stream(missed.id)->phase.status, StreamStatus::ready);
  const auto today = planned(600'000, "Today");
  EXPECT_EQ(fed().id, today.id);
}

TEST_F(SharedInput, a_second_encoder_does_not_slip_into_another_stream) {
  planned(600'000, "First");
  planned(1'200'000, "Second");
  auto live = fed();
  house.get<StreamResult>(SignalStream{live.id, MediaArrived{live.phase.generation}});
  EXPECT_EQ(house.refused(house.publish(key(), 99)).refusal, Refusal::encoder_busy);
}

TEST_F(SharedInput, cannot_be_deleted_under_a_live_stream) {
  const auto idle = planned(86'400'000, "Tomorrow");
  planned(600'000, "Now");
  auto live = fed();
  EXPECT_EQ(house.refused(DeleteInput{chapel.id}).code, Errc::conflict);
  leave(live);
  EXPECT_TRUE(std::holds_alternative<Nothing>(house.run(DeleteInput{chapel.id})));
  EXPECT_FALSE(read.input(chapel.id));
  EXPECT_FALSE(read.stream(idle.id)->input_id.is_set());
  EXPECT_EQ(house.refused(house.publish(key())).refusal, Refusal::unknown_key);
}

TEST_F(SharedInput, a_new_key_cuts_whoever_sends) {
  planned(600'000, "Now");
  auto live = fed();
  live = house.get<StreamResult>(SignalStream{live.id, MediaArrived{live.phase.generation}}).stream;
  const auto rotated = house.get<Input>(RotateInputKey{chapel.id, key_of("new")});
  EXPECT_EQ(rotated.version, chapel.version + 1);
  EXPECT_EQ(read.stream(live.id)->phase.ingest, IngestState::interrupted);
  EXPECT_GT(read.stream(live.id)->phase.generation, live.phase.generation);
  EXPECT_EQ(house.refused(house.publish(key())).refusal, Refusal::unknown_key);
  EXPECT_EQ(house.get<PublishAccepted>(house.publish(key_of("new").hmac, 5)).stream.id, live.id);
}

}  // namespace
}  // namespace tribute::store

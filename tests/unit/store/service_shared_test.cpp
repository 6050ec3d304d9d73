#include <tribute/store/service_shared.hpp>

#include "store/store_fixture.hpp"

namespace tribute::store {
namespace {

using ServiceShared = MemoryHouse;

TEST_F(ServiceShared, memorials_belong_to_who_made_them_and_their_managers) {
  const auto ann = viewer(Role::organizer, "ann"), eve = viewer(Role::family, "eve"), bob = viewer(Role::organizer, "bob");
  const auto memorial = house.get<Memorial>(CreateMemorial{house.fresh(), {.name = "Grandma", .managers = std::vector<std::string>{"eve"}}}, ann);
  EXPECT_EQ(memorial.created_by, "ann");
  EXPECT_EQ(house.refused(CreateMemorial{house.fresh(), {.name = "x"}}, eve).code, Errc::forbidden);
  EXPECT_EQ(house.refused(ChangeMemorial{memorial.id, {.name = "x"}}, bob).code, Errc::forbidden);
  EXPECT_EQ(house.get<Memorial>(ChangeMemorial{memorial.id, {.description = "1931-2024"}}, eve).description, "1931-2024");
  EXPECT_EQ(house.refused(DeleteMemorial{id_of(99)}).code, Errc::not_found);
}

TEST_F(ServiceShared, values_that_cannot_be_are_named) {
  EXPECT_EQ(house.refused(CreateMemorial{house.fresh(), {}}).field, "name");
  EXPECT_EQ(house.refused(CreateMemorial{house.fresh(), {.name = " "}}).field, "name");
  EXPECT_EQ(house.refused(CreateMemorial{house.fresh(), {.name = "x", .managers = std::vector<std::string>{""}}}).field, "managers");
  EXPECT_EQ(house.refused(CreateInput{house.fresh(), {}, key_of("k")}).field, "name");
  EXPECT_EQ(house.refused(CreateInput{house.fresh(), {.name = "x", .protocols = std::vector<std::string>{"smtp"}}, key_of("k")}).field, "protocols");
}

TEST_F(ServiceShared, a_new_name_reaches_the_streams_that_had_the_old_one) {
  const auto memorial = house.memorial("Grandma");
  const auto copied = house.stream({.memorial_id = memorial.id});
  const auto other = house.stream({.memorial_name = "Nana", .memorial_id = memorial.id});
  house.get<Memorial>(ChangeMemorial{memorial.id, {.name = "Grandmother"}});
  EXPECT_EQ(read.stream(copied.id)->memorial_name, "Grandmother");
  EXPECT_EQ(read.stream(copied.id)->policy_epoch, copied.policy_epoch);
  EXPECT_EQ(*read.stream(other.id), other);
}

TEST_F(ServiceShared, a_manager_who_is_taken_off_is_cut) {
  const auto memorial = house.memorial("Grandma", {"eve", "zoe"});
  const auto stream = house.go_live(house.stream({.memorial_id = memorial.id, .visibility = Visibility::hidden}));
  house.get<Memorial>(ChangeMemorial{memorial.id, {.managers = std::vector<std::string>{"zoe", "eve", "ida"}}});
  EXPECT_EQ(read.stream(stream.id)->policy_epoch, stream.policy_epoch) << "nobody lost anything";
  const auto entry = *read.archive(stream.archive_id);
  house.get<Memorial>(ChangeMemorial{memorial.id, {.managers = std::vector<std::string>{"zoe"}}});
  EXPECT_EQ(read.stream(stream.id)->policy_epoch, stream.policy_epoch + 1);
  EXPECT_EQ(read.archive(stream.archive_id)->policy_epoch, entry.policy_epoch + 1);
}

TEST_F(ServiceShared, deleting_a_memorial_frees_what_it_had) {
  const auto memorial = house.memorial("Grandma");
  const auto stream = house.go_live(house.stream({.memorial_id = memorial.id}));
  EXPECT_EQ(house.refused(DeleteMemorial{memorial.id}).code, Errc::conflict);
  EXPECT_TRUE(read.memorial(memorial.id)) << "refused: nothing is written";
  EXPECT_EQ(read.stream(stream.id)->memorial_id, memorial.id);
  house.run(SignalStream{stream.id, StopRequested{}});
  finalize();
  EXPECT_TRUE(std::holds_alternative<Nothing>(house.run(DeleteMemorial{memorial.id})));
  EXPECT_FALSE(read.memorial(memorial.id));
  EXPECT_FALSE(read.stream(stream.id)->memorial_id.is_set());
  EXPECT_EQ(read.stream(stream.id)->memorial_name, "");
  EXPECT_FALSE(read.archive(stream.archive_id)->memorial_id.is_set());
  EXPECT_TRUE(read.archive_of_memorial(memorial.id, "", 10)->items.empty());
}

TEST_F(ServiceShared, work_is_bounded) {
  options.most_touched = 5;
  const auto memorial = house.memorial("Grandma");
  for (int i = 0; i < 6; ++i) house.stream({.memorial_id = memorial.id});
  const auto rejection = house.refused(DeleteMemorial{memorial.id});
  EXPECT_EQ(rejection.code, Errc::conflict);
  EXPECT_NE(rejection.reason.find("5"), std::string::npos);
  EXPECT_TRUE(read.memorial(memorial.id));
}

TEST_F(ServiceShared, inputs_are_for_organizers) {
  const auto ann = viewer(Role::organizer, "ann"), eve = viewer(Role::family, "eve");
  const auto chapel = house.get<Input>(CreateInput{house.fresh(), {.name = "Chapel"}, key_of("k")}, ann);
  EXPECT_TRUE(chapel.shared);
  EXPECT_EQ(chapel.protocols, std::vector<std::string>{"rtmp"});
  EXPECT_EQ(house.refused(CreateInput{house.fresh(), {.name = "x"}, key_of("l")}, eve).code, Errc::forbidden);
  EXPECT_EQ(house.refused(DeleteInput{chapel.id}, viewer(Role::organizer, "bob")).code, Errc::forbidden);
  const auto memorial = house.memorial("Grandma", {"eve"});
  const auto rejection = house.refused(CreateStream{house.fresh(), {.title = "x", .memorial_id = memorial.id}, {}, {}, chapel.id}, eve);
  EXPECT_EQ(rejection.code, Errc::forbidden) << "she would see the chapel's key";
  EXPECT_EQ(rejection.field, "inputId");
  EXPECT_EQ(house.get<Input>(ChangeInput{chapel.id, {.name = "Big chapel"}}, ann).name, "Big chapel");
  const auto own = house.stream();
  EXPECT_EQ(house.refused(ChangeInput{own.input_id, {.name = "x"}}).code, Errc::conflict);
  EXPECT_EQ(read.list_inputs("", 10)->items.size(), 1u) << "only shared ones";
}

}  // namespace
}  // namespace tribute::store

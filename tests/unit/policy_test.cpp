#include <gtest/gtest.h>

#include <tribute/policy.hpp>

namespace tribute {
namespace {

using V = Verdict;

/// A stream by `org` on a memorial that `boss` manages, with `anna` on its list.
struct House {
  Stream stream;
  Memorial memorial;

  explicit House(Visibility visibility) {
    stream.visibility = visibility;
    stream.created_by = "org";
    stream.allowed_users = {"anna"};
    memorial.managers = {"boss"};
  }
  Verdict ask(const Viewer& viewer, Action action) const { return decide(viewer, subject_of(stream, &memorial), action); }
};

Viewer viewer(Role role, const std::string& subject, bool registered = false) { return {role, subject, "", registered}; }

struct Line {
  const char* who;
  Viewer viewer;
  V view[5];  ///< hidden, private, registered, unlisted, public
  V list[5];
  V manage;
};

const V all[5] = {V::allowed, V::allowed, V::allowed, V::allowed, V::allowed};

// Every kind of viewer against every visibility and action.
const Line table[] = {
    {"stranger", {}, {V::hidden, V::no_identity, V::no_identity, V::allowed, V::allowed}, {V::hidden, V::no_identity, V::no_identity, V::not_listed, V::allowed}, V::no_identity},
    {"a name without an identity", viewer(Role::anonymous, "anna", true), {V::hidden, V::no_identity, V::no_identity, V::allowed, V::allowed},
     {V::hidden, V::no_identity, V::no_identity, V::not_listed, V::allowed}, V::no_identity},
    {"a role without a name", viewer(Role::organizer, "", true), {V::hidden, V::no_identity, V::no_identity, V::allowed, V::allowed},
     {V::hidden, V::no_identity, V::no_identity, V::not_listed, V::allowed}, V::no_identity},
    {"viewer", viewer(Role::viewer, "carl"), {V::hidden, V::not_on_list, V::not_registered, V::allowed, V::allowed},
     {V::hidden, V::not_on_list, V::not_registered, V::not_listed, V::allowed}, V::not_a_manager},
    {"registered viewer", viewer(Role::viewer, "carl", true), {V::hidden, V::not_on_list, V::allowed, V::allowed, V::allowed},
     {V::hidden, V::not_on_list, V::allowed, V::not_listed, V::allowed}, V::not_a_manager},
    {"viewer on the list", viewer(Role::viewer, "anna"), {V::hidden, V::allowed, V::allowed, V::allowed, V::allowed},
     {V::hidden, V::allowed, V::allowed, V::not_listed, V::allowed}, V::not_a_manager},
    {"viewer with the manager's name", viewer(Role::viewer, "boss"), {V::hidden, V::not_on_list, V::not_registered, V::allowed, V::allowed},
     {V::hidden, V::not_on_list, V::not_registered, V::not_listed, V::allowed}, V::not_a_manager},
    {"family", viewer(Role::family, "carl"), {V::hidden, V::not_on_list, V::not_registered, V::allowed, V::allowed},
     {V::hidden, V::not_on_list, V::not_registered, V::not_listed, V::allowed}, V::not_a_manager},
    {"family on the list", viewer(Role::family, "anna"), {V::hidden, V::allowed, V::allowed, V::allowed, V::allowed},
     {V::hidden, V::allowed, V::allowed, V::not_listed, V::allowed}, V::not_a_manager},
    {"family who created it", viewer(Role::family, "org"), {V::hidden, V::not_on_list, V::not_registered, V::allowed, V::allowed},
     {V::hidden, V::not_on_list, V::not_registered, V::not_listed, V::allowed}, V::not_a_manager},
    {"family who manages the memorial", viewer(Role::family, "boss"), {all[0], all[0], all[0], all[0], all[0]}, {all[0], all[0], all[0], all[0], all[0]}, V::allowed},
    {"another organizer", viewer(Role::organizer, "other"), {V::hidden, V::not_on_list, V::not_registered, V::allowed, V::allowed},
     {V::hidden, V::not_on_list, V::not_registered, V::not_listed, V::allowed}, V::not_a_manager},
    {"the organizer who created it", viewer(Role::organizer, "org"), {all[0], all[0], all[0], all[0], all[0]}, {all[0], all[0], all[0], all[0], all[0]}, V::allowed},
    {"organizer who manages the memorial", viewer(Role::organizer, "boss"), {all[0], all[0], all[0], all[0], all[0]}, {all[0], all[0], all[0], all[0], all[0]}, V::allowed},
    {"admin", viewer(Role::admin, "root"), {all[0], all[0], all[0], all[0], all[0]}, {all[0], all[0], all[0], all[0], all[0]}, V::allowed},
    {"admin token without a name", viewer(Role::admin, ""), {all[0], all[0], all[0], all[0], all[0]}, {all[0], all[0], all[0], all[0], all[0]}, V::allowed},
};

TEST(Policy, every_viewer_against_every_visibility_and_action) {
  for (const auto& line : table)
    for (std::size_t v = 0; v < word_count<Visibility>; ++v) {
      const auto visibility = static_cast<Visibility>(v);
      const House house(visibility);
      EXPECT_EQ(house.ask(line.viewer, Action::view), line.view[v]) << line.who << " views " << to_word(visibility);
      EXPECT_EQ(house.ask(line.viewer, Action::list), line.list[v]) << line.who << " lists " << to_word(visibility);
      EXPECT_EQ(house.ask(line.viewer, Action::manage), line.manage) << line.who << " manages " << to_word(visibility);
    }
}

TEST(Policy, nothing_said_is_hidden) {
  EXPECT_EQ(decide({}, Subject{}, Action::view), V::hidden);
  EXPECT_EQ(decide(viewer(Role::viewer, "anna", true), Subject{}, Action::view), V::hidden);
  EXPECT_EQ(decide(viewer(Role::family, "anna", true), Subject{}, Action::manage), V::not_a_manager);
  Subject odd;
  odd.visibility = static_cast<Visibility>(77);
  EXPECT_EQ(decide(viewer(Role::viewer, "anna", true), odd, Action::view), V::hidden);
}

TEST(Policy, a_creator_without_a_name_is_nobody) {
  Stream stream;
  stream.visibility = Visibility::hidden;
  EXPECT_EQ(decide(viewer(Role::organizer, ""), subject_of(stream, nullptr), Action::manage), V::no_identity);
}

TEST(Policy, without_a_memorial_there_are_no_managers) {
  House house(Visibility::hidden);
  EXPECT_EQ(decide(viewer(Role::family, "boss"), subject_of(house.stream, nullptr), Action::view), V::hidden);
}

TEST(Policy, a_recording_asks_its_stream_and_has_a_switch_of_its_own) {
  House house(Visibility::private_);
  ArchiveEntry entry;
  entry.state = ArchiveState::ready;
  entry.visibility = Visibility::public_;
  const auto ask = [&](const char* name) { return decide(viewer(Role::viewer, name), subject_of(entry, &house.stream, &house.memorial), Action::view); };
  EXPECT_EQ(ask("anna"), V::allowed);
  EXPECT_EQ(ask("carl"), V::not_on_list);
  entry.is_visible = false;
  EXPECT_EQ(ask("anna"), V::hidden);
  EXPECT_EQ(decide(viewer(Role::organizer, "org"), subject_of(entry, &house.stream, nullptr), Action::view), V::allowed);
}

TEST(Policy, what_does_not_play_is_hidden) {
  House house(Visibility::public_);
  for (std::size_t i = 0; i < word_count<ArchiveState>; ++i) {
    ArchiveEntry entry;
    entry.state = static_cast<ArchiveState>(i);
    EXPECT_EQ(decide({}, subject_of(entry, &house.stream, nullptr), Action::view) == V::allowed, plays(entry.state)) << to_word(entry.state);
  }
}

TEST(Policy, a_recording_without_its_stream_decides_by_its_own_copy) {
  ArchiveEntry entry;
  entry.state = ArchiveState::ready;
  EXPECT_EQ(decide({}, subject_of(entry, nullptr, nullptr), Action::view), V::hidden) << "nothing was copied";
  entry.visibility = Visibility::private_;
  entry.allowed_users = {"anna"};
  entry.created_by = "org";
  EXPECT_EQ(decide(viewer(Role::viewer, "anna"), subject_of(entry, nullptr, nullptr), Action::view), V::allowed);
  EXPECT_EQ(decide(viewer(Role::viewer, "carl"), subject_of(entry, nullptr, nullptr), Action::view), V::not_on_list);
  EXPECT_EQ(decide(viewer(Role::organizer, "org"), subject_of(entry, nullptr, nullptr), Action::manage), V::allowed);
}

TEST(Policy, a_refusal_tells_no_more_than_the_asker_may_know) {
  EXPECT_EQ(refusal_code(V::no_identity), Errc::unauthenticated);
  EXPECT_EQ(refusal_code(V::not_on_list), Errc::forbidden);
  EXPECT_EQ(refusal_code(V::not_registered), Errc::forbidden);
  EXPECT_EQ(refusal_code(V::not_a_manager), Errc::forbidden);
  EXPECT_EQ(refusal_code(V::hidden), Errc::not_found);
  EXPECT_EQ(refusal_code(V::not_listed), Errc::not_found);
}

TEST(Policy, grants_of_a_recording_follow_both_epochs) {
  Stream stream;
  ArchiveEntry entry;
  const auto before = policy_epoch(entry, &stream);
  ++stream.policy_epoch;
  EXPECT_EQ(policy_epoch(entry, &stream), before + 1);
  ++entry.policy_epoch;
  EXPECT_EQ(policy_epoch(entry, &stream), before + 2);
  EXPECT_EQ(policy_epoch(entry, nullptr), entry.policy_epoch);
}

TEST(Policy, only_unlisted_and_public_share_their_grants) {
  EXPECT_TRUE(is_restricted(Visibility::hidden));
  EXPECT_TRUE(is_restricted(Visibility::private_));
  EXPECT_TRUE(is_restricted(Visibility::registered));
  EXPECT_FALSE(is_restricted(Visibility::unlisted));
  EXPECT_FALSE(is_restricted(Visibility::public_));
}

}  // namespace
}  // namespace tribute

#include <gtest/gtest.h>

#include <functional>
#include <tribute/patch.hpp>

namespace tribute {
namespace {

StreamPatch with(const std::function<void(StreamPatch&)>& set) {
  StreamPatch patch;
  set(patch);
  return patch;
}

std::string field_refused(const StreamPatch& patch) {
  const auto checked = check(patch);
  if (checked) return "";
  EXPECT_EQ(checked.error().code, Errc::unprocessable);
  EXPECT_FALSE(checked.error().detail.empty());
  return checked.error().field;
}

TEST(Check, nothing_said_is_fine) { EXPECT_EQ(field_refused({}), ""); }

TEST(Check, names_the_field_that_is_not_acceptable) {
  using P = StreamPatch;
  const std::string long_title(301, 'x'), long_text(10'001, 'x');
  EXPECT_EQ(field_refused(with([](P& p) { p.title = ""; })), "title");
  EXPECT_EQ(field_refused(with([](P& p) { p.title = " \t\n"; })), "title");
  EXPECT_EQ(field_refused(with([&](P& p) { p.title = long_title; })), "title");
  EXPECT_EQ(field_refused(with([&](P& p) { p.description = long_text; })), "description");
  EXPECT_EQ(field_refused(with([&](P& p) { p.memorial_name = long_title; })), "memorialName");
  EXPECT_EQ(field_refused(with([&](P& p) { p.service_id = long_title; })), "serviceId");
  EXPECT_EQ(field_refused(with([&](P& p) { p.service_name = long_title; })), "serviceName");
  EXPECT_EQ(field_refused(with([&](P& p) { p.location = long_title; })), "location");
  EXPECT_EQ(field_refused(with([](P& p) { p.planned_duration_s = 7 * 86'400 + 1; })), "plannedDuration");
  EXPECT_EQ(field_refused(with([](P& p) { p.planned_duration_s = -1; })), "plannedDuration");
  EXPECT_EQ(field_refused(with([](P& p) { p.reconnect_window_s = 3601; })), "reconnectWindow");
  EXPECT_EQ(field_refused(with([](P& p) { p.reconnect_window_s = -1; })), "reconnectWindow");
  EXPECT_EQ(field_refused(with([](P& p) { p.allowed_users = std::vector<std::string>(1001, "a"); })), "allowedUsers");
  EXPECT_EQ(field_refused(with([](P& p) { p.allowed_users = {{"anna", ""}}; })), "allowedUsers");
  EXPECT_EQ(field_refused(with([](P& p) { p.allowed_users = {{std::string(257, 'a')}}; })), "allowedUsers");
}

TEST(Check, the_limits_themselves_are_acceptable) {
  EXPECT_EQ(field_refused(with([](StreamPatch& p) {
              p.title = std::string(300, 'x');
              p.description = std::string(10'000, 'x');
              p.location = "";
              p.planned_duration_s = 7 * 86'400;
              p.reconnect_window_s = 3600;
              p.allowed_users = std::vector<std::string>(1000, std::string(256, 'a'));
            })),
            "");
  EXPECT_EQ(field_refused(with([](StreamPatch& p) { p.reconnect_window_s = 0; })), "");
}

TEST(Check, control_characters_are_refused_and_line_breaks_are_not) {
  for (const char c : {'\0', '\x01', '\x1f', '\x7f'}) EXPECT_EQ(field_refused(with([c](StreamPatch& p) { p.title = std::string("a") + c; })), "title") << int{c};
  EXPECT_EQ(field_refused(with([](StreamPatch& p) { p.description = "a\r\n\tb"; })), "");
  EXPECT_EQ(field_refused(with([](StreamPatch& p) { p.title = "\xc3\x84ltere \"Dame\" .. %2f"; })), "");
}

TEST(Check, a_recording_s_fields) {
  EXPECT_TRUE(check(ArchivePatch{}));
  EXPECT_EQ(check(ArchivePatch{.title = " "}).error().field, "title");
  EXPECT_EQ(check(ArchivePatch{.description = std::string(10'001, 'x')}).error().field, "description");
}

TEST(SetFields, sets_each_field_and_no_other) {
  Stream expected, stream;
  StreamPatch patch;
  Id memorial{{1, 2, 3}};
  patch.title = expected.title = "t";
  patch.description = expected.description = "d";
  patch.memorial_id = expected.memorial_id = memorial;
  patch.memorial_name = expected.memorial_name = "m";
  patch.service_id = expected.service_id = "si";
  patch.service_name = expected.service_name = "sn";
  patch.location = expected.location = "l";
  patch.planned_duration_s = expected.planned_duration_s = 90;
  patch.recording_enabled = expected.recording_enabled = false;
  patch.auto_start = expected.phase.auto_start = false;
  patch.takeover = expected.phase.takeover = true;
  patch.reconnect_window_s = 7;
  expected.phase.reconnect_window_s = 7;
  patch.visibility = Visibility::public_;
  expected.visibility = expected.visible_as = Visibility::public_;
  patch.allowed_users = expected.allowed_users = {"anna"};
  set_fields(stream, patch);
  EXPECT_EQ(stream, expected);
  set_fields(stream, {});
  EXPECT_EQ(stream, expected);
}

Stream stream_with(Visibility visibility, std::vector<std::string> users = {}) {
  Stream stream;
  stream.visibility = stream.visible_as = visibility;
  stream.allowed_users = std::move(users);
  return stream;
}

TEST(Access, hiding_cuts_who_watches_and_showing_returns_to_where_it_was) {
  for (auto v : {Visibility::private_, Visibility::registered, Visibility::unlisted, Visibility::public_}) {
    Stream stream = stream_with(v);
    set_fields(stream, with([](StreamPatch& p) { p.is_visible = false; }));
    EXPECT_EQ(stream.visibility, Visibility::hidden);
    EXPECT_EQ(stream.policy_epoch, 2u);
    set_fields(stream, with([](StreamPatch& p) { p.is_visible = true; }));
    EXPECT_EQ(stream.visibility, v);
    EXPECT_EQ(stream.policy_epoch, 2u);
  }
}

TEST(Access, a_hidden_stream_remembers_what_is_said_about_its_publicity) {
  Stream stream = stream_with(Visibility::private_);
  set_fields(stream, with([](StreamPatch& p) { p.is_visible = false, p.is_public = true; }));
  EXPECT_EQ(stream.visibility, Visibility::hidden);
  EXPECT_EQ(flags_of(stream.visibility, stream.visible_as), (VisibilityFlags{false, true}));
  set_fields(stream, with([](StreamPatch& p) { p.is_visible = true; }));
  EXPECT_EQ(stream.visibility, Visibility::public_);
}

TEST(Access, the_word_is_stronger_than_the_booleans) {
  Stream stream = stream_with(Visibility::public_);
  set_fields(stream, with([](StreamPatch& p) { p.visibility = Visibility::registered, p.is_visible = false, p.is_public = true; }));
  EXPECT_EQ(stream.visibility, Visibility::registered);
}

TEST(Access, taking_somebody_off_the_list_cuts_them_where_the_list_counts) {
  const auto without_anna = with([](StreamPatch& p) { p.allowed_users = {{"carl", "dora"}}; });
  for (auto v : {Visibility::private_, Visibility::registered}) {
    Stream stream = stream_with(v, {"anna", "carl"});
    set_fields(stream, without_anna);
    EXPECT_EQ(stream.policy_epoch, 2u);
    set_fields(stream, with([](StreamPatch& p) { p.allowed_users = {{"dora", "carl", "emil"}}; }));
    EXPECT_EQ(stream.policy_epoch, 2u) << "nobody lost anything";
  }
  for (auto v : {Visibility::hidden, Visibility::unlisted, Visibility::public_}) {
    Stream stream = stream_with(v, {"anna", "carl"});
    set_fields(stream, without_anna);
    EXPECT_EQ(stream.policy_epoch, 1u) << to_word(v);
    EXPECT_EQ(stream.allowed_users, (std::vector<std::string>{"carl", "dora"}));
  }
}

TEST(Access, another_memorial_cuts_its_old_managers_off_what_is_not_for_everybody) {
  const auto move = with([](StreamPatch& p) { p.memorial_id = Id{{9}}; });
  for (auto v : {Visibility::hidden, Visibility::private_, Visibility::registered, Visibility::unlisted, Visibility::public_}) {
    Stream stream = stream_with(v);
    set_fields(stream, move);
    EXPECT_EQ(stream.policy_epoch, v < Visibility::unlisted ? 2u : 1u) << to_word(v);
    const auto epoch = stream.policy_epoch;
    set_fields(stream, move);
    EXPECT_EQ(stream.policy_epoch, epoch);
  }
}

}  // namespace
}  // namespace tribute

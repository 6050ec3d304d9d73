#include <gtest/gtest.h>

#include <tribute/adapter/json/patch.hpp>

namespace tribute {
namespace {

const Id id{Id::Bytes{3, 1, 4}};

TEST(StreamBody, reads_every_field) {
  const auto body = read_stream_body(R"({"title":"Service","description":"For John","memorialId":")" + id.text() +
                                     R"(","memorialName":"John Doe","serviceId":"s1",
    "serviceName":"Chapel","location":"Wien","scheduledStartTime":"2026-10-15T16:00:00+02:00","plannedDuration":3600,"visibility":"private","isVisible":true,"isPublic":false,
    "allowedUsers":["a","b"],"recordingEnabled":false,"autoStart":false,"takeover":true,"reconnectWindow":120,"inputId":")" +
                                     id.text() + R"(","somethingNewer":{"x":1}})");
  ASSERT_TRUE(body);
  StreamPatch want;
  want.title = "Service", want.description = "For John", want.memorial_id = id, want.memorial_name = "John Doe", want.service_id = "s1";
  want.service_name = "Chapel", want.location = "Wien", want.scheduled_start = parse_rfc3339("2026-10-15T14:00:00Z"),
  want.planned_duration_s = 3600;
  want.visibility = Visibility::private_, want.is_visible = true, want.is_public = false,
  want.allowed_users = std::vector<std::string>{"a", "b"};
  want.recording_enabled = false, want.auto_start = false, want.takeover = true, want.reconnect_window_s = 120;
  EXPECT_EQ(body->patch, want);
  EXPECT_EQ(body->input, id);
}

TEST(StreamBody, what_is_not_said_stays) {
  const auto body = read_stream_body("{}");
  ASSERT_TRUE(body);
  EXPECT_EQ(body->patch, StreamPatch{});
  EXPECT_FALSE(body->input);
}

TEST(StreamBody, null_takes_away) {
  const auto body = read_stream_body(
      R"({"description":null,"memorialId":null,"scheduledStartTime":null,"plannedDuration":null,"allowedUsers":null,"inputId":null})");
  ASSERT_TRUE(body);
  EXPECT_EQ(body->patch.description, "");
  EXPECT_EQ(body->patch.memorial_id, Id{});
  EXPECT_EQ(body->patch.scheduled_start, Timestamp{});
  EXPECT_EQ(body->patch.planned_duration_s, 0);
  EXPECT_TRUE(body->patch.allowed_users && body->patch.allowed_users->empty());
  EXPECT_EQ(body->input, Id{});
}

struct Wrong {
  const char* field;
  const char* value;
  Errc code;
};

TEST(StreamBody, wrong_types_and_values_name_the_field) {
  constexpr auto type = Errc::invalid, value = Errc::unprocessable;
  for (const Wrong& wrong : std::vector<Wrong>{{"title", "1", type},
                                               {"title", "null", type},
                                               {"title", "[]", type},
                                               {"title", "\"\"", value},
                                               {"title", "\" \\n\"", value},
                                               {"title", "\"a\\u0000b\"", value},
                                               {"description", "{}", type},
                                               {"isVisible", "\"yes\"", type},
                                               {"isPublic", "null", type},
                                               {"autoStart", "1", type},
                                               {"recordingEnabled", "\"true\"", type},
                                               {"takeover", "0", type},
                                               {"allowedUsers", "\"a\"", type},
                                               {"allowedUsers", "[1]", type},
                                               {"allowedUsers", "[\"\"]", value},
                                               {"reconnectWindow", "\"60\"", type},
                                               {"reconnectWindow", "null", type},
                                               {"reconnectWindow", "-1", value},
                                               {"reconnectWindow", "3601", value},
                                               {"reconnectWindow", "1.5", value},
                                               {"reconnectWindow", "1000000000000000000000000000000", value},
                                               {"reconnectWindow", "1e999", value},
                                               {"reconnectWindow", "18446744073709551615", value},
                                               {"plannedDuration", "true", type},
                                               {"plannedDuration", "-5", value},
                                               {"scheduledStartTime", "5", type},
                                               {"scheduledStartTime", "\"tomorrow\"", value},
                                               {"scheduledStartTime", "\"\"", value},
                                               {"scheduledStartTime", "\"2026-13-01T00:00:00Z\"", value},
                                               {"visibility", "\"nobody\"", value},
                                               {"visibility", "3", type},
                                               {"memorialId", "\"memorial123\"", value},
                                               {"memorialId", "7", type},
                                               {"inputId", "\"no such\"", value},
                                               {"inputId", "\"\"", value}}) {
    const auto body = read_stream_body("{\"" + std::string{wrong.field} + "\":" + wrong.value + "}");
    ASSERT_FALSE(body) << wrong.field << wrong.value;
    EXPECT_EQ(body.error().code, wrong.code) << wrong.field << wrong.value;
    EXPECT_EQ(body.error().field, wrong.field) << wrong.value;
    EXPECT_FALSE(body.error().detail.empty());
  }
  EXPECT_EQ(read_stream_body(R"({"title":")" + std::string(20'000, 'x') + "\"}").error().field, "title");
  EXPECT_EQ(read_stream_body(R"({"reconnectWindow":60.0})")->patch.reconnect_window_s, 60);
}

TEST(OtherBodies, read_and_refuse) {
  EXPECT_EQ(*read_archive_body(R"({"title":"T","description":null,"isVisible":false,"state":"deleted"})"), (ArchivePatch{"T", "", false}));
  EXPECT_EQ(read_archive_body(R"({"title":""})").error().field, "title");
  const auto memorial = read_memorial_body(R"({"name":"John Doe","managers":["family@example.org"]})");
  ASSERT_TRUE(memorial);
  EXPECT_EQ(memorial->name, "John Doe");
  EXPECT_EQ(memorial->managers, (std::vector<std::string>{"family@example.org"}));
  EXPECT_EQ(read_memorial_body(R"({"name":" "})").error().code, Errc::unprocessable);
  EXPECT_EQ(read_memorial_body(R"({"managers":[5]})").error().code, Errc::invalid);
  EXPECT_EQ(read_memorial_body(R"({"description":")" + std::string(10'001, 'x') + "\"}").error().field, "description");
  EXPECT_EQ(*read_input_body(R"({"name":"Chapel","protocols":["rtmp"]})")->name, "Chapel");
  for (const char* protocols : {"[]", "[\"telnet\"]", "[\"rtmp\",\"x\"]"})
    EXPECT_EQ(read_input_body("{\"protocols\":" + std::string{protocols} + "}").error().field, "protocols");
}

}  // namespace
}  // namespace tribute

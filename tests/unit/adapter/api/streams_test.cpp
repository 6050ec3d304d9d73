#include "api_fixture.hpp"

namespace tribute::api::test {
namespace {

class Streams : public ApiTest {};

TEST_F(Streams, a_new_stream_has_the_seeds_fields) {
  const auto memorial = created(organizer, "memorials", R"({"name":"John Doe"})");
  const auto reply = post(
      organizer, "/api/streams",
      R"({"title":"Service","description":"D","memorialId":")" + memorial + R"(","serviceId":"s1","serviceName":"Chapel","location":"Wien",
    "scheduledStartTime":"2027-02-01T10:00:00Z","plannedDuration":3600,"visibility":"private","allowedUsers":["gus"],"reconnectWindow":30,"autoStart":false,"takeover":true})");
  EXPECT_EQ(reply.status, 201);
  const auto& data = reply.data();
  EXPECT_EQ(reply.header("Location"), "/api/streams/" + text_of(data.at("id")));
  const auto want = boost::json::parse(
      R"({"title":"Service","description":"D","memorialName":"John Doe","serviceId":"s1","serviceName":"Chapel","location":"Wien","status":"scheduled",
    "ingest":"absent","scheduledStartTime":"2027-02-01T10:00:00.000Z","plannedDuration":3600,"actualStartTime":null,"endTime":null,"recordingEnabled":true,"recordingReady":false,
    "recordingUrl":null,"recordingDuration":null,"recordingSessions":[],"isVisible":true,"isPublic":false,"visibility":"private","allowedUsers":["gus"],"createdBy":"olga",
    "createdByName":"N olga","generation":0,"error":null,"reconnectWindow":30,"autoStart":false,"takeover":true,"ownInput":true,"thumbnailUrl":null,"cloudflareId":null,
    "streamUrl":"rtmp://live.test:1935/live","createdAt":"2027-01-15T08:00:00.000Z","updatedAt":"2027-01-15T08:00:00.000Z"})");
  for (const auto& member : want.get_object()) EXPECT_EQ(data.at(member.key()), member.value()) << member.key();
  EXPECT_EQ(text_of(data.at("memorialId")), memorial);
  EXPECT_EQ(text_of(data.at("playbackUrl")), "https://live.test/hls/" + text_of(data.at("id")) + "/index.m3u8");
  EXPECT_TRUE(is_stream_key(text_of(data.at("streamKey"))));
  EXPECT_EQ(ok(get(organizer, "/api/streams/" + text_of(data.at("id")))), data);
}

TEST_F(Streams, the_seeds_booleans_are_one_field) {
  const auto visibility = [this](const std::string& more) { return text_of(ok(get(admin, stream(more))).at("visibility")); };
  EXPECT_EQ(visibility(""), "unlisted");
  EXPECT_EQ(visibility(R"("isVisible":false)"), "hidden");
  EXPECT_EQ(visibility(R"("isVisible":true,"isPublic":false)"), "private");
  EXPECT_EQ(visibility(R"("isVisible":true,"isPublic":true)"), "public");
}

TEST_F(Streams, who_may_create) {
  EXPECT_EQ(post(stranger, "/api/streams", R"({"title":"t"})").status, 401);
  EXPECT_EQ(post(guest, "/api/streams", R"({"title":"t"})").status, 403);
  EXPECT_EQ(post(family, "/api/streams", R"({"title":"t"})").status, 403);
  EXPECT_EQ(post(organizer, "/api/streams", R"({"title":"t"})").status, 201);
  const auto memorial = created(organizer, "memorials", R"({"name":"John","managers":["fay"]})");
  EXPECT_EQ(post(family, "/api/streams", R"({"title":"t","memorialId":")" + memorial + "\"}").status, 201) << "a manager of the memorial";
  EXPECT_EQ(post(other_organizer, "/api/streams", R"({"title":"t","memorialId":")" + memorial + "\"}").status, 403);
}

TEST_F(Streams, bodies_that_do_not_work) {
  EXPECT_EQ(send(organizer, "POST", "/api/streams", "{}", "text/plain").status, 415);
  EXPECT_EQ(send(organizer, "POST", "/api/streams", "{}", "").status, 415);
  EXPECT_EQ(send(organizer, "POST", "/api/streams", R"({"title":"t"})", "Application/JSON ; charset=utf-8").status, 201);
  EXPECT_EQ(post(organizer, "/api/streams", "").status, 400);
  EXPECT_EQ(post(organizer, "/api/streams", "[]").status, 400);
  EXPECT_EQ(post(organizer, "/api/streams", R"({"title":"a","title":"b"})").status, 400);
  EXPECT_EQ(post(organizer, "/api/streams", std::string(64 * 1024 + 1, ' ')).status, 413);
  const auto missing = post(organizer, "/api/streams", "{}");
  EXPECT_EQ(missing.status, 422);
  EXPECT_EQ(missing.body.at("errors"), boost::json::parse(R"([{"field":"title","detail":"is required"}])"));
  const auto wrong = post(organizer, "/api/streams", R"({"title":1})");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(text_of(wrong.body.at("errors").at(0).at("field")), "title");
  for (const char* more :
       {R"("memorialId":"00000000000000000000000001")", R"("inputId":"00000000000000000000000001")", R"("reconnectWindow":3601)"}) {
    const auto reply = post(organizer, "/api/streams", R"({"title":"t",)" + std::string{more} + "}");
    EXPECT_EQ(reply.status, 422) << more;
    EXPECT_EQ(text_of(reply.body.at("errors").at(0).at("field")), std::string{more}.substr(1, std::string{more}.find('"', 1) - 1));
  }
}

TEST_F(Streams, any_text_comes_back_as_it_was) {
  const std::string title = "Trauerfeier f\\u00fcr \\u7530 \\u202e \\ud83d\\udd6f \\\"quoted\\\" <b>&amp;</b> \\\\ / \\u2028";
  const auto path = "/api/streams/" + created(organizer, "streams", R"({"title":")" + title + "\"}");
  EXPECT_EQ(ok(get(organizer, path)).at("title"), boost::json::parse("\"" + title + "\""));
}

TEST_F(Streams, change) {
  const auto path = stream();
  now = now + 1000;
  const auto changed = ok(put(organizer, path, R"({"title":"Other","isVisible":false,"reconnectWindow":5})"));
  EXPECT_EQ(text_of(changed.at("title")), "Other");
  EXPECT_EQ(text_of(changed.at("visibility")), "hidden");
  EXPECT_EQ(text_of(changed.at("updatedAt")), "2027-01-15T08:00:01.000Z");
  EXPECT_TRUE(is_stream_key(text_of(changed.at("streamKey"))));
  EXPECT_EQ(text_of(ok(put(organizer, path, R"({"isVisible":true})")).at("visibility")), "unlisted");
  EXPECT_EQ(put(other_organizer, path, R"({"title":"x"})").status, 403);
  EXPECT_EQ(put(stranger, path, R"({"title":"x"})").status, 401);
  EXPECT_EQ(put(organizer, path, R"({"title":""})").status, 422);
  EXPECT_EQ(put(organizer, "/api/streams/00000000000000000000000001", "{}").status, 404);
}

TEST_F(Streams, move_to_a_shared_input_and_back) {
  const auto input = ok(post(organizer, "/api/inputs", R"({"name":"Chapel"})"));
  const auto path = stream();
  const auto own_key = text_of(ok(get(organizer, path)).at("streamKey"));
  auto moved = ok(put(organizer, path, R"({"inputId":")" + text_of(input.at("id")) + "\"}"));
  EXPECT_EQ(moved.at("inputId"), input.at("id"));
  EXPECT_EQ(moved.at("ownInput"), value(false));
  EXPECT_EQ(moved.at("streamKey"), input.at("streamKey"));
  EXPECT_EQ(post(organizer, path + "/key").status, 409) << "the key is the input's";
  moved = ok(put(organizer, path, R"({"inputId":null})"));
  EXPECT_EQ(moved.at("ownInput"), value(true));
  EXPECT_NE(text_of(moved.at("streamKey")), own_key);
  EXPECT_TRUE(is_stream_key(text_of(moved.at("streamKey"))));
}

TEST_F(Streams, remove) {
  const auto path = stream();
  EXPECT_EQ(remove(guest, path).status, 403);
  const auto gone = ok(remove(organizer, path));
  EXPECT_EQ(gone.at("deleted"), value(true));
  EXPECT_EQ(get(organizer, path).status, 404);
  EXPECT_EQ(remove(organizer, path).status, 404);
}

TEST_F(Streams, start_gives_credentials_in_both_places) {
  const auto path = stream();
  const auto reply = post(organizer, path + "/start", "");
  EXPECT_EQ(reply.status, 200);
  const auto& credentials = reply.body.at("credentials");
  EXPECT_EQ(reply.data().at("credentials"), credentials);
  EXPECT_EQ(credentials.at("streamKey"), reply.data().at("streamKey"));
  EXPECT_EQ(text_of(credentials.at("streamUrl")), "rtmp://live.test:1935/live");
  EXPECT_TRUE(credentials.at("whipEndpoint").is_null());
  EXPECT_EQ(credentials.at("playbackUrl"), reply.data().at("playbackUrl"));
  EXPECT_EQ(post(stranger, path + "/start").status, 401);
  EXPECT_EQ(post(guest, path + "/start").status, 403);
}

TEST_F(Streams, an_illegal_step_says_state_event_and_reason) {
  const auto reply = post(organizer, stream() + "/stop");
  EXPECT_EQ(reply.status, 409);
  EXPECT_EQ(text_of(reply.body.at("state")), "ready");
  EXPECT_EQ(text_of(reply.body.at("event")), "stopped");
  EXPECT_FALSE(text_of(reply.body.at("reason")).empty());
  const auto live = stream();
  push(live);
  EXPECT_EQ(text_of(remove(organizer, live).body.at("event")), "stream_deleted");
}

TEST_F(Streams, from_encoder_to_recording) {
  const auto path = stream();
  push(path);
  EXPECT_EQ(text_of(ok(get(organizer, path)).at("status")), "live");
  now = now + 61'500;
  EXPECT_EQ(text_of(ok(post(organizer, path + "/stop")).at("status")), "ending");
  finalize(path, 61'500);
  const auto after = ok(get(stranger, path));
  EXPECT_EQ(text_of(after.at("status")), "completed");
  EXPECT_EQ(after.at("recordingReady"), value(true));
  EXPECT_EQ(after.at("recordingDuration"), value(61.5));
  EXPECT_EQ(after.at("recordingSessions").get_array().size(), 1u);
  EXPECT_EQ(text_of(after.at("recordingUrl")).find("https://live.test/recordings/"), 0u);
  EXPECT_EQ(text_of(after.at("endTime")), "2027-01-15T08:01:01.500Z");
}

TEST_F(Streams, new_key) {
  const auto path = stream();
  const auto old = text_of(ok(get(organizer, path)).at("streamKey"));
  const auto reply = post(organizer, path + "/key", "");
  const auto fresh_key = text_of(ok(reply).at("streamKey"));
  EXPECT_NE(fresh_key, old);
  EXPECT_EQ(reply.body.at("credentials").at("streamKey"), value(fresh_key));
  EXPECT_EQ(text_of(ok(get(organizer, path)).at("streamKey")), fresh_key);
  EXPECT_EQ(post(other_organizer, path + "/key").status, 403);
}

TEST_F(Streams, a_hidden_stream_is_not_there) {
  const auto path = stream(R"("isVisible":false)");
  for (const auto& who : {stranger, guest, other_organizer}) {
    EXPECT_EQ(get(who, path).status, 404);
    EXPECT_EQ(get(who, path + "/status").status, 404);
    EXPECT_EQ(post(who, path + "/start").status, 404);
    EXPECT_EQ(put(who, path, "{}").status, 404);
    EXPECT_EQ(remove(who, path).status, 404);
  }
  EXPECT_EQ(get(organizer, path).status, 200);
}

TEST_F(Streams, private_and_registered_ask_who_you_are) {
  const auto closed = stream(R"("visibility":"private","allowedUsers":["gus"])");
  EXPECT_EQ(get(stranger, closed).status, 401);
  EXPECT_EQ(get(stranger, closed).header("WWW-Authenticate"), "Bearer realm=\"tribute\"");
  EXPECT_EQ(get(family, closed).status, 403);
  EXPECT_EQ(get(guest, closed).status, 200);
  const auto registered = stream(R"("visibility":"registered")");
  EXPECT_EQ(get(guest, registered).status, 403);
  EXPECT_EQ(get(person("rita", "viewer", R"(,"registered":[")" + id_in(registered).text() + "\"]"), registered).status, 200);
  EXPECT_EQ(get(person("rita", "viewer", R"(,"registered":[")" + id_in(closed).text() + "\"]"), registered).status, 403);
}

TEST_F(Streams, strangers_are_not_told_what_managers_are) {
  const auto path = stream(R"("visibility":"public","allowedUsers":["secret-aunt"])");
  const auto mine = ok(get(organizer, path)), theirs = ok(get(stranger, path));
  for (const char* name : {"streamKey", "allowedUsers", "createdBy", "createdByName", "inputId", "error"}) {
    EXPECT_TRUE(mine.get_object().contains(name)) << name;
    EXPECT_FALSE(theirs.get_object().contains(name)) << name;
  }
}

TEST_F(Streams, no_secret_is_told_to_anybody_else) {
  const auto path = stream(R"("visibility":"public","allowedUsers":["secret-aunt"])");
  const auto input = ok(post(organizer, "/api/inputs", R"({"name":"Chapel"})"));
  const std::string keys[] = {text_of(ok(get(organizer, path)).at("streamKey")), text_of(input.at("streamKey"))};
  broadcast(path);
  push_refused(path);
  const auto entry = text_of(ok(get(organizer, path + "/recordings")).at("items").at(0).at("id"));
  told_to_others.clear();
  for (const auto& who : {stranger, guest, family, other_organizer})
    for (const auto& target :
         {std::string{"/api/streams"}, path, path + "/status", path + "/events", path + "/debug", path + "/recordings",
          "/api/archive/" + entry, std::string{"/api/memorials"}, std::string{"/api/inputs"}, "/api/inputs/" + text_of(input.at("id"))}) {
      get(who, target);
      post(who, target + "/start");
      post(who, target + "/key");
      put(who, target, "{}");
    }
  ASSERT_GT(told_to_others.size(), 100u);
  for (const auto& answer : told_to_others)
    for (const auto& secret : {keys[0], keys[1], std::string{"secret-aunt"}, std::string{"10.0.0."}})
      EXPECT_EQ(answer.find(secret), std::string::npos) << answer;
}

}  // namespace
}  // namespace tribute::api::test

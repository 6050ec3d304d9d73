#include "api_fixture.hpp"

namespace tribute::api::test {
namespace {

class Recordings : public ApiTest {
 protected:
  value items(const std::string& who, const std::string& path) { return ok(get(who, path)).at("items"); }
  std::string entry(const std::string& path) { return "/api/archive/" + text_of(items(admin, path + "/recordings").at(0).at("id")); }
};

TEST_F(Recordings, have_the_seeds_fields) {
  const auto path = stream(R"("description":"For John")");
  broadcast(path, 61'500);
  const auto data = ok(get(organizer, entry(path)));
  const auto want = boost::json::parse(
      R"({"title":"A service","description":"For John","startedAt":"2027-01-15T08:00:00.000Z","endedAt":"2027-01-15T08:01:01.500Z","duration":61.5,
    "isVisible":true,"recordingReady":true,"startedBy":"olga","startedByName":"N olga","viewerCount":null,"thumbnailUrl":null,"state":"ready","memorialId":null})");
  for (const auto& member : want.get_object()) EXPECT_EQ(data.at(member.key()), member.value()) << member.key();
  const auto id = text_of(data.at("id"));
  EXPECT_EQ(text_of(data.at("playbackUrl")), "https://live.test/recordings/" + id + "/index.m3u8");
  EXPECT_EQ(text_of(data.at("downloadUrl")), "https://live.test/recordings/" + id + ".mp4");
  EXPECT_EQ(text_of(data.at("cloudflareId")), id);
  EXPECT_EQ("/api/streams/" + text_of(data.at("streamId")), path);
  EXPECT_EQ(data.at("sessions").get_array().size(), 1u);
  const auto theirs = ok(get(stranger, entry(path)));
  for (const char* name : {"startedBy", "startedByName", "bytes", "error", "purgeAt"})
    EXPECT_FALSE(theirs.get_object().contains(name)) << name;
}

TEST_F(Recordings, exist_from_the_first_media) {
  const auto path = stream();
  EXPECT_TRUE(items(stranger, path + "/recordings").get_array().empty());
  push(path);
  const auto running = items(stranger, path + "/recordings").at(0);
  EXPECT_EQ(text_of(running.at("state")), "recording");
  EXPECT_EQ(running.at("recordingReady"), value(false));
  EXPECT_TRUE(running.at("downloadUrl").is_null());
}

TEST_F(Recordings, hiding_the_entry_hides_it_from_all_but_managers) {
  const auto path = stream(R"("visibility":"public")");
  broadcast(path);
  const auto recording = entry(path);
  EXPECT_EQ(put(stranger, recording, R"({"isVisible":false})").status, 401);
  EXPECT_EQ(put(guest, recording, R"({"isVisible":false})").status, 403);
  EXPECT_EQ(ok(put(organizer, recording, R"({"isVisible":false,"title":"Mine"})")).at("title"), value("Mine"));
  EXPECT_EQ(get(stranger, recording).status, 404);
  EXPECT_EQ(put(stranger, recording, "{}").status, 404);
  EXPECT_TRUE(items(stranger, path + "/recordings").get_array().empty());
  EXPECT_EQ(items(organizer, path + "/recordings").get_array().size(), 1u);
  for (const auto& page : {path, path + "/status"}) {
    EXPECT_EQ(ok(get(stranger, page)).at("recordingReady"), value(false));
    EXPECT_TRUE(ok(get(stranger, page)).at("recordingUrl").is_null());
    EXPECT_EQ(ok(get(organizer, page)).at("recordingReady"), value(true));
  }
  EXPECT_EQ(put(organizer, recording, R"({"isVisible":"no"})").status, 400);
  EXPECT_EQ(put(organizer, recording, R"({"title":""})").status, 422);
}

TEST_F(Recordings, can_be_deleted_and_taken_back) {
  const auto path = stream();
  broadcast(path);
  const auto recording = entry(path);
  EXPECT_EQ(remove(guest, recording).status, 403);
  EXPECT_EQ(text_of(ok(remove(organizer, recording)).at("state")), "deleted");
  EXPECT_EQ(get(stranger, recording).status, 404);
  EXPECT_FALSE(ok(get(organizer, recording)).at("purgeAt").is_null());
  EXPECT_EQ(text_of(ok(remove(organizer, recording)).at("state")), "deleted") << "a harmless repeat";
  EXPECT_EQ(text_of(ok(post(organizer, recording + "/restore", "")).at("state")), "ready");
  EXPECT_EQ(get(stranger, recording).status, 200);
  const auto again = post(organizer, recording + "/restore", "");
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(text_of(again.body.at("state")), "ready");
  EXPECT_EQ(get(organizer, "/api/archive/00000000000000000000000001").status, 404);
}

TEST_F(Recordings, outlive_their_stream) {
  const auto path = stream(R"("visibility":"private","allowedUsers":["gus"])");
  broadcast(path);
  const auto recording = entry(path);
  ok(remove(organizer, path));
  EXPECT_EQ(get(stranger, recording).status, 401);
  EXPECT_EQ(get(family, recording).status, 403);
  EXPECT_EQ(get(guest, recording).status, 200);
  EXPECT_EQ(get(organizer, recording).status, 200);
}

TEST_F(Recordings, check_mends_what_could_not_be_closed) {
  const auto path = stream();
  push(path);
  ok(post(organizer, path + "/stop"));
  finalize(path, 0, "the disk was full");
  EXPECT_EQ(text_of(ok(get(organizer, entry(path))).at("state")), "failed");
  EXPECT_EQ(get(stranger, entry(path)).status, 404);
  on_disk = {std::nullopt};
  auto reply = post(organizer, path + "/recordings", "");
  EXPECT_EQ(ok(reply).at("updated"), value(false));
  EXPECT_TRUE(ok(reply).at("recordingUrl").is_null());
  ASSERT_EQ(looked_at.size(), 1u);
  EXPECT_EQ(looked_at[0].stream, id_in(path));
  on_disk = {RecordingFacts{12'345, 999}};
  reply = post(organizer, path + "/recordings", "");
  EXPECT_EQ(ok(reply).at("updated"), value(true));
  EXPECT_EQ(reply.body.at("updated"), value(true));
  EXPECT_FALSE(ok(reply).at("recordingUrl").is_null());
  const auto mended = ok(get(organizer, entry(path)));
  EXPECT_EQ(text_of(mended.at("state")), "ready");
  EXPECT_EQ(mended.at("duration"), value(12.345));
  EXPECT_EQ(ok(post(organizer, path + "/recordings", "")).at("updated"), value(false)) << "nothing more to do";
  for (const auto& [who, status] : {std::pair{stranger, 401}, std::pair{guest, 403}})
    EXPECT_EQ(post(who, path + "/recordings", "").status, status);
}

TEST_F(Recordings, check_leaves_a_running_one_alone) {
  const auto path = stream();
  push(path);
  on_disk = {RecordingFacts{1, 1}};
  EXPECT_EQ(ok(post(organizer, path + "/recordings", "")).at("updated"), value(false));
  EXPECT_TRUE(looked_at.empty());
}

TEST_F(Recordings, of_a_memorial) {
  const auto memorial = created(organizer, "memorials", R"({"name":"John"})");
  const auto of_it = R"("memorialId":")" + memorial + R"(","visibility":)";
  const auto open = stream(of_it + "\"public\""), quiet = stream(of_it + "\"unlisted\"");
  broadcast(open);
  broadcast(quiet);
  const auto page = "/api/memorials/" + memorial + "/archive";
  EXPECT_EQ(items(stranger, page).get_array().size(), 1u);
  EXPECT_EQ(items(organizer, page).get_array().size(), 2u);
  EXPECT_EQ(ok(get(organizer, page + "?limit=1")).at("items").get_array().size(), 1u);
  EXPECT_FALSE(ok(get(organizer, page + "?limit=1")).at("next").is_null());
  ok(remove(organizer, open));
  EXPECT_EQ(items(stranger, page).get_array().size(), 1u) << "the family watches it for years";
  EXPECT_EQ(get(stranger, "/api/memorials/00000000000000000000000001/archive").status, 404);
}

}  // namespace
}  // namespace tribute::api::test

#include "api_fixture.hpp"

namespace tribute::api::test {
namespace {

class Inputs : public ApiTest {};
class Memorials : public ApiTest {};

TEST_F(Inputs, live) {
  const auto made = post(organizer, "/api/inputs", R"({"name":"Chapel","protocols":["rtmp"]})");
  EXPECT_EQ(made.status, 201);
  const auto path = "/api/inputs/" + text_of(made.data().at("id"));
  EXPECT_EQ(made.header("Location"), path);
  EXPECT_TRUE(is_stream_key(text_of(made.data().at("streamKey"))));
  EXPECT_EQ(text_of(made.data().at("streamUrl")), "rtmp://live.test:1935/live");
  EXPECT_EQ(ok(get(organizer, path)), made.data());
  EXPECT_EQ(text_of(ok(put(organizer, path, R"({"name":"Hall"})")).at("name")), "Hall");
  const auto rotated = ok(post(organizer, path + "/key", ""));
  EXPECT_NE(rotated.at("streamKey"), made.data().at("streamKey"));
  EXPECT_EQ(ok(get(admin, path)).at("streamKey"), rotated.at("streamKey"));
  const auto listed = get(organizer, "/api/inputs");
  EXPECT_EQ(listed.data().at("items").get_array().size(), 1u);
  EXPECT_EQ(listed.text.find("live_"), std::string::npos) << "keys one by one";
  EXPECT_EQ(ok(remove(organizer, path)).at("deleted"), value(true));
  EXPECT_EQ(get(organizer, path).status, 404);
}

TEST_F(Inputs, are_for_who_made_them) {
  const auto path = "/api/inputs/" + created(organizer, "inputs", R"({"name":"Chapel"})");
  for (const auto& [who, status] : {std::pair{stranger, 401}, std::pair{guest, 404}, std::pair{other_organizer, 404}}) {
    EXPECT_EQ(get(who, path).status, status);
    EXPECT_EQ(put(who, path, "{}").status, status);
    EXPECT_EQ(post(who, path + "/key").status, status);
    EXPECT_EQ(remove(who, path).status, status);
  }
  EXPECT_EQ(get(stranger, "/api/inputs").status, 401);
  EXPECT_EQ(get(guest, "/api/inputs").status, 403);
  EXPECT_TRUE(ok(get(other_organizer, "/api/inputs")).at("items").get_array().empty());
  EXPECT_EQ(ok(get(admin, "/api/inputs")).at("items").get_array().size(), 1u);
  EXPECT_EQ(post(guest, "/api/inputs", R"({"name":"x"})").status, 403);
  EXPECT_EQ(post(stranger, "/api/inputs", R"({"name":"x"})").status, 401);
}

TEST_F(Inputs, a_streams_own_one_is_no_part_of_this) {
  const auto own = "/api/inputs/" + text_of(ok(get(organizer, stream())).at("inputId"));
  EXPECT_EQ(get(organizer, own).status, 404);
  EXPECT_EQ(remove(organizer, own).status, 404);
  EXPECT_TRUE(ok(get(organizer, "/api/inputs")).at("items").get_array().empty());
}

TEST_F(Inputs, bad_bodies) {
  EXPECT_EQ(post(organizer, "/api/inputs", "{}").status, 422);
  EXPECT_EQ(post(organizer, "/api/inputs", R"({"name":5})").status, 400);
  EXPECT_EQ(post(organizer, "/api/inputs", R"({"name":"a","protocols":["telnet"]})").status, 422);
  EXPECT_EQ(send(organizer, "POST", "/api/inputs", "{}", "text/html").status, 415);
}

TEST_F(Inputs, one_that_sends_cannot_be_deleted) {
  const auto input = created(organizer, "inputs", R"({"name":"Chapel"})");
  push(stream(R"("inputId":")" + input + '"'));
  const auto refused = remove(organizer, "/api/inputs/" + input);
  EXPECT_EQ(refused.status, 409);
  EXPECT_FALSE(text_of(refused.body.at("reason")).empty());
}

TEST_F(Memorials, live) {
  const auto made = post(organizer, "/api/memorials", R"({"name":"John Doe","description":"D","managers":["fay"]})");
  EXPECT_EQ(made.status, 201);
  const auto path = "/api/memorials/" + text_of(made.data().at("id"));
  EXPECT_EQ(made.header("Location"), path);
  const auto mine = ok(get(organizer, path)).at("memorial"), theirs = ok(get(stranger, path)).at("memorial");
  EXPECT_EQ(mine, made.data());
  EXPECT_EQ(mine.at("managers"), boost::json::parse(R"(["fay"])"));
  EXPECT_EQ(text_of(theirs.at("name")), "John Doe");
  for (const char* name : {"managers", "createdBy"}) EXPECT_FALSE(theirs.get_object().contains(name));
  EXPECT_EQ(text_of(ok(put(family, path, R"({"description":"By the family"})")).at("description")), "By the family");
  EXPECT_EQ(put(guest, path, "{}").status, 403);
  EXPECT_EQ(put(stranger, path, "{}").status, 401);
  EXPECT_EQ(remove(other_organizer, path).status, 403);
  EXPECT_EQ(ok(get(family, "/api/memorials")).at("items").get_array().size(), 1u);
  EXPECT_TRUE(ok(get(guest, "/api/memorials")).at("items").get_array().empty());
  EXPECT_EQ(get(stranger, "/api/memorials").status, 401);
  EXPECT_EQ(ok(remove(organizer, path)).at("deleted"), value(true));
  EXPECT_EQ(get(stranger, path).status, 404);
}

TEST_F(Memorials, bad_bodies) {
  for (const auto& [body, status] :
       {std::pair{"{}", 422}, {R"({"name":""})", 422}, {R"({"name":[]})", 400}, {R"({"name":"a","managers":"b"})", 400}, {"", 400}})
    EXPECT_EQ(post(organizer, "/api/memorials", body).status, status) << body;
  EXPECT_EQ(post(guest, "/api/memorials", R"({"name":"a"})").status, 403);
  EXPECT_EQ(post(stranger, "/api/memorials", R"({"name":"a"})").status, 401);
}

TEST_F(Memorials, show_each_reader_what_is_theirs) {
  const auto memorial = created(organizer, "memorials", R"({"name":"John","managers":["fay"]})");
  const auto of_it = R"("memorialId":")" + memorial + R"(","visibility":)";
  const auto add = [&](const std::string& more) { return now = now + 1000, stream(of_it + more); };
  push(add("\"public\""));
  push(add("\"hidden\""), 2);
  add(R"("public","scheduledStartTime":"2027-03-01T10:00:00Z")");
  add(R"("public","scheduledStartTime":"2027-02-01T10:00:00Z")");
  add(R"("private","allowedUsers":["gus"])");
  broadcast(add("\"public\""));
  broadcast(add("\"private\""));
  stream(R"("visibility":"public")");  // of no memorial
  const auto counts = [&](const std::string& who) {
    const auto data = ok(get(who, "/api/memorials/" + memorial));
    return std::array{data.at("live").get_array().size(), data.at("upcoming").get_array().size(), data.at("recorded").get_array().size()};
  };
  EXPECT_EQ(counts(stranger), (std::array<std::size_t, 3>{1, 2, 1}));
  EXPECT_EQ(counts(guest), (std::array<std::size_t, 3>{1, 3, 1}));
  EXPECT_EQ(counts(family), (std::array<std::size_t, 3>{2, 3, 2})) << "one of its managers";
  EXPECT_EQ(counts(organizer), (std::array<std::size_t, 3>{2, 3, 2}));
  const auto data = ok(get(stranger, "/api/memorials/" + memorial));
  EXPECT_EQ(text_of(data.at("upcoming").at(0).at("scheduledStartTime")), "2027-02-01T10:00:00.000Z") << "the next one first";
  EXPECT_FALSE(data.at("recorded").at(0).at("recordingUrl").is_null());
  EXPECT_EQ(get(family, "/api/memorials/" + memorial).text.find("live_"), std::string::npos);
}

}  // namespace
}  // namespace tribute::api::test

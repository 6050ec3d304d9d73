#include "api_fixture.hpp"

#include <set>

namespace tribute::api::test {
namespace {

class Lists : public ApiTest {
 protected:
  std::vector<std::string> titles(const Reply& reply) {
    EXPECT_EQ(reply.status, 200) << reply.text;
    std::vector<std::string> out;
    if (reply.status == 200)
      for (const auto& item : reply.data().at("items").get_array()) out.push_back(text_of(item.at("title")));
    return out;
  }
  using Titles = std::vector<std::string>;
};

TEST_F(Lists, contain_what_may_be_listed) {
  for (const char* visibility : {"hidden", "private", "registered", "unlisted", "public"}) {
    ok(post(organizer, "/api/streams",
            R"({"title":")" + std::string{visibility} + R"(","visibility":")" + visibility + R"(","allowedUsers":["gus"]})"));
    now = now + 1000;
  }
  EXPECT_EQ(titles(get(stranger, "/api/streams")), (Titles{"public"}));
  EXPECT_EQ(titles(get(family, "/api/streams")), (Titles{"public"}));
  EXPECT_EQ(titles(get(guest, "/api/streams")), (Titles{"public", "registered", "private"}));
  EXPECT_EQ(titles(get(organizer, "/api/streams")), (Titles{"public", "unlisted", "registered", "private", "hidden"}));
  EXPECT_EQ(titles(get(other_organizer, "/api/streams")), (Titles{"public"}));
  EXPECT_EQ(titles(get(admin, "/api/streams?order=oldest")), (Titles{"hidden", "private", "registered", "unlisted", "public"}));
}

TEST_F(Lists, filters) {
  const auto memorial = created(organizer, "memorials", R"({"name":"John"})");
  const auto add = [this](const std::string& title, const std::string& more, const std::string& who = organizer) {
    now = now + 1000;
    return "/api/streams/" + created(who, "streams", R"({"title":")" + title + R"(","visibility":"public")" + more + "}");
  };
  add("plain", "");
  const auto live = add("live", R"(,"memorialId":")" + memorial + '"');
  add("later", R"(,"scheduledStartTime":"2027-03-01T10:00:00Z")");
  add("theirs", "", other_organizer);
  push(live);
  EXPECT_EQ(titles(get(stranger, "/api/streams?status=live")), (Titles{"live"}));
  EXPECT_EQ(titles(get(stranger, "/api/streams?status=live,scheduled")), (Titles{"later", "live"}));
  EXPECT_EQ(titles(get(stranger, "/api/streams?memorialId=" + memorial)), (Titles{"live"}));
  EXPECT_EQ(titles(get(stranger, "/api/streams?memorialId=" + memorial + "&status=ready")), (Titles{}));
  EXPECT_EQ(titles(get(stranger, "/api/streams?from=2027-02-01T00:00:00Z")), (Titles{"later"}));
  EXPECT_EQ(titles(get(stranger, "/api/streams?from=2027-03-01T12:00:00+02:00&to=2027-03-01T10:00:01Z")), (Titles{"later"}))
      << "a plus that was not escaped";
  EXPECT_EQ(titles(get(stranger, "/api/streams?to=2027-02-01T00:00:00Z")), (Titles{"theirs", "live", "plain"}));
  EXPECT_EQ(titles(get(other_organizer, "/api/streams?createdBy=otto")), (Titles{"theirs"}));
  EXPECT_EQ(titles(get(admin, "/api/streams?createdBy=olga&status=ready")), (Titles{"plain"}));
  EXPECT_EQ(get(stranger, "/api/streams?createdBy=olga").status, 401);
  EXPECT_EQ(get(other_organizer, "/api/streams?createdBy=olga").status, 403);
}

TEST_F(Lists, wrong_questions_name_the_field) {
  for (const char* query : {"status=on", "memorialId=x", "inputId=", "from=yesterday", "to=2027", "limit=0", "limit=1001", "limit=-1",
                            "limit=ten", "limit=5x", "limit=", "cursor=x", "cursor=AAAAAAAA", "order=random"}) {
    const auto reply = get(admin, "/api/streams?" + std::string{query});
    EXPECT_EQ(reply.status, 422) << query;
    EXPECT_EQ(text_of(reply.body.at("errors").at(0).at("field")), std::string{query}.substr(0, std::string{query}.find('='))) << query;
  }
  EXPECT_EQ(get(admin, "/api/streams?limit=%zz").status, 400);
  EXPECT_EQ(get(admin, "/api/streams?unknown=1&limit=1000").status, 200);
}

TEST_F(Lists, pages_have_everything_once) {
  for (int i = 0; i < 25; ++i) {
    ok(post(organizer, "/api/streams",
            R"({"title":")" + std::to_string(i) + R"(","visibility":")" + (i % 3 == 0 ? "hidden" : "public") + "\"}"));
    if (i % 4 == 0) now = now + 1000;  // some at the same time
  }
  for (const auto& [who, count] : {std::pair{admin, 25u}, std::pair{stranger, 16u}}) {
    std::set<std::string> seen;
    std::string cursor;
    for (int pages = 0; pages < 30; ++pages) {
      const auto reply = get(who, "/api/streams?limit=4" + (cursor.empty() ? "" : "&cursor=" + cursor));
      ASSERT_EQ(reply.status, 200);
      EXPECT_LE(reply.data().at("items").get_array().size(), 4u);
      for (const auto& title : titles(reply)) EXPECT_TRUE(seen.insert(title).second) << title;
      if (reply.data().at("next").is_null()) break;
      cursor = text_of(reply.data().at("next"));
    }
    EXPECT_EQ(seen.size(), count);
  }
}

TEST_F(Lists, leave_stream_keys_out) {
  stream();
  const auto reply = get(admin, "/api/streams");
  EXPECT_TRUE(reply.data().at("items").at(0).at("streamKey").is_null());
  EXPECT_EQ(reply.text.find("live_"), std::string::npos);
}

}  // namespace
}  // namespace tribute::api::test

#include "api_fixture.hpp"

#include <filesystem>
#include <fstream>
#include <set>

namespace tribute::api::test {
namespace {

class Routes : public ApiTest {};

TEST_F(Routes, unknown_paths_are_not_found) {
  const auto path = stream();
  for (const std::string& target :
       {std::string{"/"}, std::string{"/api"}, std::string{"/api/"}, std::string{"/api/nothing"}, std::string{"/api/streams/"},
        std::string{"/api/streams/active"}, path + "/", path + "/nothing", path + "/start/now", "/api/streams/" + std::string(26, '8'),
        "/api/streams/" + std::string(26, 'A'), "/api/streams/" + std::string(3000, 'a'), std::string{"/API/streams"},
        std::string{"/api/streams//status"}, std::string{"/api/archive/\xff"}, std::string{"/api/streams/{id}"}})
    for (const auto& who : {stranger, admin}) EXPECT_EQ(get(who, target).status, 404) << target;
}

TEST_F(Routes, other_methods_are_told_which_there_are) {
  const auto path = stream();
  const auto allow = [this](const std::string& method, const std::string& target) {
    const auto reply = send(admin, method, target);
    EXPECT_EQ(reply.status, 405) << method << target;
    return reply.header("Allow");
  };
  EXPECT_EQ(allow("DELETE", "/api/streams"), "GET, HEAD, POST");
  EXPECT_EQ(allow("PATCH", path), "GET, HEAD, PUT, DELETE");
  EXPECT_EQ(allow("GET", path + "/start"), "POST");
  EXPECT_EQ(allow("OPTIONS", path + "/recordings"), "GET, HEAD, POST");
  EXPECT_EQ(allow("TRACE", "/api/health"), "GET, HEAD");
}

TEST_F(Routes, head_is_get) {
  const auto path = stream();
  EXPECT_EQ(send(stranger, "HEAD", path).text, get(stranger, path).text);
}

TEST_F(Routes, health_is_the_servers) { EXPECT_EQ(ok(get(stranger, "/api/health")), value("server")); }

TEST_F(Routes, a_token_that_is_no_good_is_refused_everywhere) {
  const auto path = stream(R"("visibility":"public")");
  for (const std::string& header : {std::string{"Bearer"}, std::string{"Bearer "}, std::string{"Bearer x"}, tribute::test::admin_token,
                                    "Basic " + tribute::test::admin_token, admin + "x", "Bearer " + std::string(20'000, 'a'),
                                    "Bearer " + tribute::test::make_jwt(R"({"exp":1,"sub":"u"})")})
    for (const auto& target : {std::string{"/api/streams"}, path, path + "/status"}) {
      const auto reply = get(header, target);
      EXPECT_EQ(reply.status, 401) << header.substr(0, 40);
      EXPECT_EQ(reply.header("WWW-Authenticate"), "Bearer realm=\"tribute\", error=\"invalid_token\"");
      EXPECT_EQ(reply.text.find(tribute::test::admin_token), std::string::npos);
    }
  EXPECT_EQ(get("bearer  " + tribute::test::admin_token, path).status, 200) << "RFC 9110 section 11.1: the scheme's case does not matter";
}

TEST_F(Routes, every_write_asks_who_it_is) {
  const auto path = stream(R"("visibility":"public")");
  broadcast(path);
  const std::pair<std::string, std::string> ids[] = {{"streams", id_in(path).text()},
                                                     {"memorials", created(organizer, "memorials", R"({"name":"a"})")},
                                                     {"archive", text_of(ok(get(admin, path + "/recordings")).at("items").at(0).at("id"))},
                                                     {"inputs", created(organizer, "inputs", R"({"name":"a"})")}};
  int asked = 0;
  for (const auto& route : routes<store::MemoryStore>) {
    if (route.method == Method::get) continue;
    std::string target{route.path};
    for (const auto& [collection, id] : ids)
      if (const auto at = target.find("{id}"); at != std::string::npos && target.find("/" + collection + "/") != std::string::npos)
        target.replace(at, 4, id);
    for (const char* method : {"POST", "PUT", "DELETE"})
      if (method_of(method) == route.method) {
        EXPECT_EQ(send(stranger, method, target, R"({"title":"a","name":"a"})").status, 401) << method << target;
        EXPECT_EQ(send(guest, method, target, R"({"title":"a","name":"a"})").status,
                  target.find("/inputs/") == std::string::npos ? 403 : 404)
            << method << target;
        ++asked;
      }
  }
  EXPECT_GE(asked, 17);
}

TEST(Problems, every_code_has_its_status) {
  for (const auto& kind : problem_kinds) {
    const auto out = problem(make_error(kind.code, "Words."));
    EXPECT_EQ(out.status, kind.status);
    const auto body = boost::json::parse(out.body);
    EXPECT_EQ(text_of(body.at("type")), "urn:tribute:problem:" + std::string{kind.name});
    EXPECT_EQ(text_of(body.at("detail")), "Words.");
    EXPECT_FALSE(body.get_object().contains("errors"));
  }
  EXPECT_EQ(problem(make_error(Errc::unavailable, "x")).headers, (Headers{{"Retry-After", "5"}}));
  EXPECT_EQ(kind_of(Errc::truncated).status, 400);
}

/// Method and path of every operation in the API's document; its layout is ours, so lines are enough.
std::set<std::string> documented() {
  const auto place = std::filesystem::path(__FILE__).parent_path() / "../../../../docs/openapi.yaml";
  std::ifstream file(place);
  EXPECT_TRUE(file) << place;
  std::set<std::string> out;
  std::string line, path;
  bool in_paths = false;
  while (std::getline(file, line)) {
    if (!line.empty() && line[0] != ' ' && line[0] != '#') in_paths = line == "paths:";
    if (!in_paths) continue;
    if (line.starts_with("  /") && line.ends_with(":")) path = line.substr(2, line.size() - 3);
    for (const char* method : {"get", "post", "put", "delete", "patch", "head", "options"})
      if (line == "    " + std::string{method} + ":") out.insert(method + (" " + path));
  }
  return out;
}

TEST(OpenApi, has_every_route_and_no_other) {
  std::set<std::string> served;
  for (const auto& route : routes<store::MemoryStore>) {
    const std::string method = route.method == Method::get    ? "get"
                               : route.method == Method::post ? "post"
                               : route.method == Method::put  ? "put"
                                                              : "delete";
    EXPECT_TRUE(served.insert(method + " " + std::string{route.path}).second) << "twice: " << route.path;
  }
  EXPECT_EQ(documented(), served);
}

}  // namespace
}  // namespace tribute::api::test

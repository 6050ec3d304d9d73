// The control API over a store in memory: requests in, answers out, commands run on the spot. Remembers every answer
// that somebody other than a manager got, so that a test can look for secrets in all of them.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <tribute/adapter/api/routes.hpp>
#include <tribute/store/memory_store.hpp>
#include <tribute/store/service.hpp>

#include "../jwt_fixture.hpp"

namespace tribute::api::test {

using boost::json::value;

/// Who sends a request: an Authorization header.
inline const std::string admin = "Bearer " + tribute::test::admin_token;
inline const std::string stranger;

inline std::string person(const std::string& subject, const std::string& role, const std::string& more = {}) {
  return "Bearer " + tribute::test::make_jwt(R"({"exp":1900000000,"sub":")" + subject + R"(","name":"N )" + subject + R"(","role":")" +
                                             role + '"' + more + "}");
}
inline const std::string organizer = person("olga", "organizer");
inline const std::string other_organizer = person("otto", "organizer");
inline const std::string family = person("fay", "family");
inline const std::string guest = person("gus", "viewer");

struct Reply {
  int status = 0;
  std::string type;
  std::string cache;
  Headers headers;
  std::string text;
  value body;

  const value& data() const { return body.at("data"); }
  std::string header(std::string_view name) const {
    for (const auto& [key, text_of] : headers)
      if (key == name) return text_of;
    return {};
  }
};

inline std::string text_of(const value& v) {
  return v.is_string() ? std::string{std::string_view{v.get_string()}} : boost::json::serialize(v);
}

class ApiTest : public testing::Test, public HealthSource {
 protected:
  std::optional<IngestHealth> ingest(const Stream&) const override { return facts; }

  Reply send(const std::string& who, const std::string& method, const std::string& target, const std::string& body = {},
             const std::string& type = "application/json") {
    const auto mark = target.find('?');
    ApiRequest request{.method = method_of(method),
                       .path = std::string_view{target}.substr(0, mark),
                       .authorization = who,
                       .content_type = type,
                       .body = body};
    if (mark != std::string::npos) request.query = std::string_view{target}.substr(mark + 1);
    request.host = {"https://live.test", "rtmp://live.test:1935/live"};
    request.now = now;
    return received(drive(handle(request, store_, services_)), who);
  }
  Reply get(const std::string& who, const std::string& target) { return send(who, "GET", target); }
  Reply post(const std::string& who, const std::string& target, const std::string& body = "{}") { return send(who, "POST", target, body); }
  Reply put(const std::string& who, const std::string& target, const std::string& body) { return send(who, "PUT", target, body); }
  Reply remove(const std::string& who, const std::string& target) { return send(who, "DELETE", target); }

  /// A call that must work; gives `data`.
  value ok(const Reply& reply) {
    EXPECT_TRUE(reply.status == 200 || reply.status == 201) << reply.status << reply.text;
    if (reply.status >= 300) return value{};
    EXPECT_EQ(reply.body.at("success"), value(true));
    return reply.data();
  }
  std::string created(const std::string& who, const std::string& collection, const std::string& body) {
    return text_of(ok(post(who, "/api/" + collection, body)).at("id"));
  }
  std::string stream(const std::string& more = {}, const std::string& who = organizer) {
    return "/api/streams/" + created(who, "streams", R"({"title":"A service")" + (more.empty() ? "" : "," + more) + "}");
  }

  /// As the server itself: what an encoder or the media side does.
  store::CommandResult run(decltype(store::Command::what) what) {
    return store::execute(store_, store::Command{.context = {.now = now}, .authorize = {}, .what = std::move(what)}, options_);
  }
  static Id id_in(const std::string& path) { return *Id::parse(path.substr(path.rfind('/') + 1)); }

  /// An encoder with the stream's key, media, and (unless told otherwise) the end of it all.
  void push(const std::string& path, std::uint64_t client = 1) {
    const auto key = text_of(ok(get(admin, path)).at("streamKey"));
    const auto published =
        run(store::PublishByKey{vault_.hmac(key), {fresh(), fresh(), Id{Id::Bytes{5}}, client, "10.0.0.7"}, Refusal::none});
    ASSERT_TRUE(std::holds_alternative<store::PublishAccepted>(published));
    run(store::SignalStream{id_in(path), MediaArrived{std::get<store::PublishAccepted>(published).stream.phase.generation}});
  }
  /// Refused: the reason.
  Refusal push_refused(const std::string& path) {
    const auto key = text_of(ok(get(admin, path)).at("streamKey"));
    const auto published = run(store::PublishByKey{vault_.hmac(key), {fresh(), fresh(), Id{Id::Bytes{5}}, 99, "10.0.0.8"}, Refusal::none});
    const auto* rejection = std::get_if<Rejection>(&published);
    return rejection != nullptr ? rejection->refusal : Refusal::none;
  }
  void finalize(const std::string& path, std::int64_t duration_ms, const std::string& error = {}) {
    const auto stream_now = reader().stream(id_in(path));
    run(store::SignalStream{id_in(path),
                            BroadcastFinalized{stream_now->broadcast_id, stream_now->phase.generation, duration_ms, 1'000'000, error}});
  }
  void broadcast(const std::string& path, std::int64_t duration_ms = 61'500) {
    push(path);
    now = now + duration_ms;
    ok(post(admin, path + "/stop"));
    finalize(path, duration_ms);
  }

  store::Reader<store::MemoryStore> reader() const { return store::Reader<store::MemoryStore>{store_}; }
  Id fresh() {
    Id::Bytes bytes;
    random_bytes(bytes);
    return Id{bytes};
  }

  Timestamp now{1'800'000'000'000};
  std::optional<IngestHealth> facts;
  std::vector<std::optional<RecordingFacts>> on_disk;  ///< what the next check of recordings finds
  std::vector<RecordingPlace> looked_at;
  std::vector<std::string> told_to_others;  ///< every answer to somebody who manages nothing

 private:
  ApiResponse drive(Answer answer) {
    for (;;) {
      if (auto* response = std::get_if<ApiResponse>(&answer.value)) return std::move(*response);
      if (auto* command = std::get_if<RunCommand>(&answer.value))
        answer = command->next(store::execute(store_, command->command, options_));
      else if (auto* check = std::get_if<CheckRecordings>(&answer.value))
        looked_at = check->places, answer = check->next(std::vector{on_disk});
      else
        return ApiResponse{.status = 200, .body = R"({"success":true,"data":"server"})"};
    }
  }

  Reply received(ApiResponse&& response, const std::string& who) {
    Reply reply{
        response.status, std::string{response.content_type}, std::string{response.cache_control}, response.headers, response.body, {}};
    boost::json::error_code error;
    reply.body = boost::json::parse(response.body, error);
    EXPECT_FALSE(error) << response.body;
    EXPECT_EQ(reply.body.at("success"), value(response.status < 300));
    if (response.status >= 300) {
      EXPECT_EQ(response.content_type, "application/problem+json");
      EXPECT_EQ(reply.body.at("status"), value(response.status));
      for (const char* name : {"type", "title", "detail"}) EXPECT_FALSE(text_of(reply.body.at(name)).empty()) << response.body;
    }
    if (who != admin && who != organizer) told_to_others.push_back(response.body);
    return reply;
  }

  store::MemoryStore store_;
  store::ServiceOptions options_;
  Tokens tokens_ = *Tokens::make(tribute::test::admin_token, tribute::test::jwt_secret);
  Vault vault_{{std::string(32, 's'), std::string(32, 'h'), std::string(32, 'g')}};
  ApiServices services_{tokens_, vault_, this, [](std::span<std::uint8_t> out) { random_bytes(out); }};
};

}  // namespace tribute::api::test

#include "api_fixture.hpp"

#include <tribute/adapter/api/session_health.hpp>

namespace tribute::api::test {
namespace {

class Status : public ApiTest {
 protected:
  std::vector<std::string> problems(const value& status) {
    std::vector<std::string> out;
    for (const auto& problem : status.at("health").at("problems").get_array()) {
      out.push_back(text_of(problem.at("code")));
      for (const char* name : {"since", "detail", "advice"}) EXPECT_FALSE(text_of(problem.at(name)).empty());
    }
    EXPECT_EQ(status.at("health").at("ok"), value(out.empty()));
    return out;
  }
};

TEST_F(Status, follows_the_broadcast) {
  const auto path = stream();
  auto status = ok(get(stranger, path + "/status"));
  EXPECT_EQ(text_of(status.at("status")), "ready");
  EXPECT_EQ(text_of(status.at("ingest")), "absent");
  EXPECT_TRUE(status.at("startedAt").is_null());
  EXPECT_TRUE(status.at("viewerCount").is_null()) << "not counted yet, so not 0";
  EXPECT_TRUE(problems(status).empty());
  push(path);
  status = ok(get(stranger, path + "/status"));
  EXPECT_EQ(text_of(status.at("status")), "live");
  EXPECT_EQ(text_of(status.at("ingest")), "connected");
  EXPECT_EQ(text_of(status.at("startedAt")), "2027-01-15T08:00:00.000Z");
  EXPECT_EQ(status.at("recordingReady"), value(false));
  run(store::EndPublish{Id{Id::Bytes{5}}, 1});
  status = ok(get(stranger, path + "/status"));
  EXPECT_EQ(text_of(status.at("ingest")), "interrupted");
  EXPECT_EQ(text_of(status.at("reconnectUntil")), "2027-01-15T08:01:00.000Z");
  ok(post(organizer, path + "/stop"));
  finalize(path, 4200);
  status = ok(get(stranger, path + "/status"));
  EXPECT_EQ(text_of(status.at("status")), "completed");
  EXPECT_EQ(status.at("recordingReady"), value(true));
  EXPECT_EQ(status.at("recordingDuration"), value(4.2));
  EXPECT_FALSE(status.at("recordingUrl").is_null());
}

TEST_F(Status, says_what_arrives_and_what_is_wrong) {
  const auto path = stream();
  facts = IngestHealth{.video_codec = "H.264",
                       .audio_codec = "AAC",
                       .width = 1280,
                       .height = 720,
                       .fps_milli = 29'970,
                       .key_interval_ms = 8300,
                       .video_kbps = 1500,
                       .audio_kbps = 128,
                       .sample_rate = 48'000,
                       .channels = 2,
                       .dropped_frames = 3,
                       .last_media = now};
  facts->problem_since[static_cast<std::size_t>(media::Problem::key_frame_interval_long)] = now;
  EXPECT_TRUE(problems(ok(get(stranger, path + "/status"))).empty()) << "no encoder is there";
  push(path);
  const auto status = ok(get(stranger, path + "/status"));
  EXPECT_EQ(problems(status), (std::vector<std::string>{"key_frame_interval_long"}));
  const auto& health = status.at("health");
  EXPECT_EQ(health.at("video"),
            boost::json::parse(R"({"codec":"H.264","width":1280,"height":720,"fps":29.97,"keyFrameInterval":8.3,"bitrate":1500000})"));
  EXPECT_EQ(health.at("audio"), boost::json::parse(R"({"codec":"AAC","sampleRate":48000,"channels":2,"bitrate":128000})"));
  EXPECT_EQ(health.at("droppedFrames"), value(3));
  facts = IngestHealth{.audio_codec = "MP3"};
  EXPECT_TRUE(ok(get(stranger, path + "/status")).at("health").at("video").is_null());
  facts.reset();
  EXPECT_TRUE(problems(ok(get(stranger, path + "/status"))).empty());
}

TEST_F(Status, reads_the_facts_in_shared_memory) {
  static media::SessionFacts shared{};
  EXPECT_TRUE(read_health(shared).video_codec.empty());
  media::PackagerFacts seen{.width = 640, .height = 360, .fps_milli = 25'000, .audio_kbps = 128};
  seen.video_codec = flv::codec_id(flv::codec_avc, 0);
  seen.audio_codec = flv::codec_id(2, 0);
  seen.problems.set(media::Problem::audio_codec_unsupported);
  media::update(shared, seen, now);
  const auto path = stream();
  push(path);
  facts = read_health(shared);
  const auto status = ok(get(stranger, path + "/status"));
  EXPECT_EQ(problems(status), (std::vector<std::string>{"audio_codec_unsupported"}));
  EXPECT_EQ(text_of(status.at("health").at("audio").at("codec")), "MP3");
  EXPECT_EQ(status.at("health").at("video"),
            boost::json::parse(R"({"codec":"H.264","width":640,"height":360,"fps":25,"keyFrameInterval":null,"bitrate":null})"));
}

TEST_F(Status, tells_of_an_encoder_that_was_refused) {
  const auto path = stream();
  push(path);
  EXPECT_EQ(push_refused(path), Refusal::encoder_busy);
  const auto reply = get(stranger, path + "/status");
  EXPECT_EQ(problems(reply.data()), (std::vector<std::string>{"encoder_refused"}));
  EXPECT_NE(text_of(reply.data().at("health").at("problems").at(0).at("detail")).find("Another encoder"), std::string::npos);
  EXPECT_EQ(reply.text.find("10.0.0."), std::string::npos) << "addresses are for managers";
  EXPECT_EQ(text_of(ok(get(organizer, path + "/status")).at("encoderAddress")), "10.0.0.7");
  now = now + refusal_shown_ms;
  EXPECT_TRUE(problems(ok(get(stranger, path + "/status"))).empty()) << "an old story";
}

TEST_F(Status, a_refusal_is_over_when_an_encoder_gets_in) {
  const auto path = stream();
  broadcast(path);
  EXPECT_EQ(push_refused(path), Refusal::broadcast_over);
  EXPECT_EQ(problems(ok(get(stranger, path + "/status"))), (std::vector<std::string>{"encoder_refused"}));
  now = now + 1000;
  ok(post(organizer, path + "/start"));
  push(path, 2);
  EXPECT_TRUE(problems(ok(get(stranger, path + "/status"))).empty());
}

TEST_F(Status, may_be_kept_for_a_second_when_it_is_the_same_for_everybody) {
  const auto open = stream(R"("visibility":"public")"), closed = stream(R"("visibility":"private","allowedUsers":["gus"])");
  const auto reply = get(stranger, open + "/status");
  EXPECT_EQ(reply.cache, "public, max-age=1");
  EXPECT_EQ(reply.header("Vary"), "Authorization");
  EXPECT_EQ(get(organizer, open + "/status").cache, "no-store");
  EXPECT_EQ(get(guest, closed + "/status").cache, "no-store");
  EXPECT_EQ(get(stranger, open).cache, "no-store");
}

TEST_F(Status, journal_is_numbered_and_goes_on_where_it_was_left) {
  const auto path = stream();
  broadcast(path);
  const auto all = ok(get(organizer, path + "/events"));
  std::vector<std::string> kinds;
  std::uint64_t seq = 0;
  for (const auto& event : all.at("items").get_array()) {
    kinds.push_back(text_of(event.at("kind")));
    EXPECT_EQ(event.at("seq").to_number<std::uint64_t>(), ++seq);
  }
  EXPECT_EQ(kinds, (std::vector<std::string>{"stream_created", "encoder_connected", "went_live", "broadcast_ended", "broadcast_completed",
                                             "recording_ready"}));
  EXPECT_EQ(text_of(all.at("items").at(0).at("actor")), "olga");
  const auto first = ok(get(organizer, path + "/events?limit=2"));
  const auto rest = ok(get(organizer, path + "/events?limit=100&after=" + text_of(first.at("next"))));
  EXPECT_EQ(rest.at("items").get_array().size(), 4u);
  const auto end = text_of(rest.at("next"));
  EXPECT_TRUE(ok(get(organizer, path + "/events?after=" + end)).at("items").get_array().empty());
  ok(post(organizer, path + "/key"));
  EXPECT_EQ(text_of(ok(get(organizer, path + "/events?after=" + end)).at("items").at(0).at("kind")), "key_rotated");
  EXPECT_EQ(get(organizer, path + "/events?after=nonsense").status, 422);
}

TEST_F(Status, journal_and_debug_are_for_managers) {
  const auto path = stream(R"("visibility":"public")");
  push(path);
  for (const char* page : {"/events", "/debug"}) {
    EXPECT_EQ(get(stranger, path + page).status, 401);
    EXPECT_EQ(get(guest, path + page).status, 403);
    EXPECT_EQ(get(other_organizer, path + page).status, 403);
    EXPECT_EQ(get(organizer, path + page).status, 200);
  }
}

TEST_F(Status, debug_has_everything_but_the_key) {
  const auto path = stream();
  push(path);
  push_refused(path);
  const auto reply = get(organizer, path + "/debug");
  const auto& data = reply.data();
  EXPECT_EQ(text_of(data.at("stream").at("status")), "live");
  EXPECT_EQ(data.at("phase").at("hasBroadcast"), value(true));
  EXPECT_EQ(text_of(data.at("ingest").at("address")), "10.0.0.7");
  EXPECT_EQ(text_of(data.at("refused").at("reason")), "encoder_busy");
  EXPECT_EQ(text_of(data.at("recording").at("state")), "recording");
  EXPECT_EQ(data.at("journal").get_array().size(), 4u);
  EXPECT_EQ(reply.text.find("live_"), std::string::npos);
}

}  // namespace
}  // namespace tribute::api::test

#include <gtest/gtest.h>

#include <tribute/callback.hpp>

namespace tribute {
namespace {

// As nginx-rtmp 1.2.2 writes them.
const std::string session =
    "app=live&flashver=FMLE%2F3.0&swfurl=rtmp%3A%2F%2Fh%2Flive&tcurl=rtmp%3A%2F%2Fh%2Flive&pageurl=&addr=10.0.0.7&clientid=42";
const std::string publish = session + "&call=publish&name=live_key&type=live";

RtmpCallback parsed(const std::string& body) {
  auto callback = parse_callback(body);
  EXPECT_TRUE(callback) << body.substr(0, 200);
  return callback ? *callback : RtmpCallback{};
}

std::string refused_field(const std::string& body) {
  const auto callback = parse_callback(body);
  EXPECT_FALSE(callback) << body.substr(0, 200);
  return callback ? "accepted" : callback.error().field;
}

TEST(RtmpCallback, reads_what_nginx_rtmp_writes) {
  EXPECT_EQ(parsed(publish), (RtmpCallback{RtmpCall::publish, "live", "live_key", "10.0.0.7", 42, ""}));
  EXPECT_EQ(parsed(session + "&call=publish_done&name=live_key"), (RtmpCallback{RtmpCall::publish_done, "live", "", "10.0.0.7", 42, ""}));
  EXPECT_EQ(parsed(session + "&call=update_publish&time=12&timestamp=12040&name=live_key").call, RtmpCall::update_publish);
  const auto recorded = parsed(session + "&call=record_done&recorder=&name=live_key&path=%2Fdev%2Fshm%2Fs.flv");
  EXPECT_EQ(recorded.path, "/dev/shm/s.flv");
  EXPECT_EQ(recorded.name, "live_key");
  EXPECT_EQ(parsed("app=live&flashver=&swfurl=&tcurl=&pageurl=&addr=10.0.0.7&epoch=1&call=connect").call, RtmpCall::connect);
}

TEST(RtmpCallback, the_publishers_query_speaks_for_nobody) {
  const auto plain = parsed(publish);
  for (const char* query : {"call=publish_done", "name=other", "name=", "clientid=1", "app=x&call=publish&name=x",
                            "call=publish&call=publish_done", "addr=127.0.0.1", "%63all=publish_done", "path=%2fetc%2fpasswd"})
    EXPECT_EQ(parsed(publish + "&" + query), plain) << query;
}

TEST(RtmpCallback, a_name_that_nginx_rtmp_left_out_is_not_taken_from_the_query) {
  EXPECT_EQ(parsed(session + "&call=update_publish&time=1&timestamp=2&name=of_the_query").name, "");
  EXPECT_EQ(parsed(session + "&call=publish_done&name=of_the_query").name, "");
  EXPECT_EQ(refused_field(session + "&call=publish&name=&type=live&name=of_the_query"), "name");
}

TEST(RtmpCallback, hostile_names_are_only_names) {
  for (const char* name : {"..", "..%2f..%2fetc%2fpasswd", "%27%22%60$(id)", "a%26name=b", "%ff%fe", "%3cscript%3e", "-rf"})
    EXPECT_FALSE(parsed(session + "&call=publish&name=" + name + "&type=live").name.empty()) << name;
  EXPECT_EQ(parsed(session + "&call=publish&name=" + std::string(255, 'n')).name.size(), 255u);
  EXPECT_EQ(refused_field(session + "&call=publish&name=" + std::string(256, 'n')), "name");
  EXPECT_EQ(refused_field(session + "&call=publish&name=" + std::string(300, 'n')), "name");
  EXPECT_FALSE(parse_callback(session + "&call=publish&name=key%00tail"));
  EXPECT_FALSE(parse_callback(session + "&call=publish&name=a%2"));
  EXPECT_FALSE(parse_callback(publish + "&" + std::string(9000, 'a')));
}

TEST(RtmpCallback, forms_that_make_no_sense) {
  for (const char* body : {"", "call=", "call=nonsense&name=x&clientid=1", "name=x&clientid=1"})
    EXPECT_EQ(refused_field(body), "call") << body;
  for (const char* client : {"", "y", "-1", "+1", "1x", " 1", "18446744073709551616"})
    EXPECT_EQ(refused_field("call=publish&name=x&clientid=" + std::string{client}), "clientid") << client;
  EXPECT_EQ(parsed("call=publish&name=x&clientid=18446744073709551615").client, UINT64_MAX);
  EXPECT_EQ(refused_field("call=publish&clientid=1"), "name");
}

}  // namespace
}  // namespace tribute

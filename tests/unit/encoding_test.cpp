#include <gtest/gtest.h>

#include <random>
#include <tribute/encoding.hpp>
#include <tribute/stream_key.hpp>

namespace tribute {
namespace {

TEST(Encoding, rfc_4648_section_10) {
  EXPECT_EQ(to_base64url(""), "");
  EXPECT_EQ(to_base64url("f"), "Zg");
  EXPECT_EQ(to_base64url("fo"), "Zm8");
  EXPECT_EQ(to_base64url("foobar"), "Zm9vYmFy");
  EXPECT_EQ(to_base64url("\xfb\xff"), "-_8");
  EXPECT_EQ(to_hex("foobar"), "666f6f626172");
}

TEST(Encoding, gives_back_what_it_was_given) {
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    std::string bytes(random() % 40, '\0');
    for (auto& c : bytes) c = static_cast<char>(random());
    EXPECT_EQ(from_base64url(to_base64url(bytes)), bytes);
    EXPECT_EQ(from_base32(to_base32(bytes)), bytes);
    EXPECT_EQ(from_hex(to_hex(bytes)), bytes);
  }
}

TEST(Encoding, has_one_text_for_each_sequence_of_bytes) {
  for (const char* text : {"Zh", "Zg==", "Z", "Zm9", "Zg\n", " Zg", "Z+", "Z/", "ZZZZZ"}) EXPECT_FALSE(from_base64url(text)) << text;
  for (const char* text : {"6", "6F", "6g", "0x66"}) EXPECT_FALSE(from_hex(text)) << text;
  for (const char* text : {"0", "u0", "I0", "01", "000"}) EXPECT_FALSE(from_base32(text)) << text;
}

TEST(StreamKey, has_one_form) {
  std::array<std::uint8_t, stream_key_random_bytes> random{};
  EXPECT_EQ(make_stream_key(random), "live_00000000000000000000000000000000");
  random.fill(0xff);
  const auto key = make_stream_key(random);
  EXPECT_EQ(key, "live_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz");
  EXPECT_TRUE(is_stream_key(key));
  for (const std::string& other : {std::string{}, key + "z", key.substr(1), std::string{"LIVE_"} + key.substr(5), key.substr(0, 36) + "Z",
                                   key.substr(0, 36) + '\0', std::string(300, 'z'), std::string{"../../../../../../../../../../../../.."}})
    EXPECT_FALSE(is_stream_key(other)) << other;
}

}  // namespace
}  // namespace tribute

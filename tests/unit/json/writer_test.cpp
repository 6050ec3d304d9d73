#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <random>
#include <tribute/json/writer.hpp>

namespace tribute {
namespace {

std::string text(std::string_view value) {
  std::string out;
  JsonWriter{out}.value(value);
  return out;
}

TEST(JsonWriter, commas_stand_between) {
  std::string out;
  JsonWriter json{out};
  json.begin_object()
      .member("a", 1)
      .member("b", true)
      .key("c")
      .begin_array()
      .value("x")
      .value(nullptr)
      .begin_object()
      .end_object()
      .end_array();
  json.key("d").begin_object().member("e", "f").end_object().member("g", std::vector<std::string>{"h", "i"}).end_object();
  EXPECT_EQ(out, R"({"a":1,"b":true,"c":["x",null,{}],"d":{"e":"f"},"g":["h","i"]})");
}

TEST(JsonWriter, numbers) {
  std::string out;
  JsonWriter json{out};
  json.begin_array()
      .value(INT64_MIN)
      .value(UINT64_MAX)
      .value(std::uint16_t{7})
      .thousandths(12345)
      .thousandths(12300)
      .thousandths(12000)
      .thousandths(5)
      .thousandths(120);
  json.thousandths(1010).end_array();
  EXPECT_EQ(out, "[-9223372036854775808,18446744073709551615,7,12.345,12.3,12,0.005,0.12,1.01]");
}

TEST(JsonWriter, what_is_not_set_is_null) {
  std::string out;
  JsonWriter json{out};
  json.begin_object().member("t", Timestamp{}).member("i", Id{}).optional("s", "").member("u", Timestamp{1}).end_object();
  EXPECT_EQ(out, R"({"t":null,"i":null,"s":null,"u":"1970-01-01T00:00:00.001Z"})");
}

TEST(JsonWriter, ids_are_spelled_as_ids_spell_themselves) {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    Id::Bytes bytes;
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    if (round == 0) bytes.fill(0xff);
    std::string out;
    JsonWriter{out}.value(Id{bytes});
    EXPECT_EQ(out, '"' + Id{bytes}.text() + '"');
  }
}

TEST(JsonWriter, times_are_spelled_as_times_spell_themselves) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 2000; ++round) {
    auto ms = static_cast<std::int64_t>(random() % 253'402'300'800'000);
    if (round == 0) ms = 253'402'300'799'999;
    if (round == 1) ms = -1;
    if (round == 2) ms = 951'782'400'000;  // 29 February 2000
    if (ms == 0) continue;
    std::string out;
    JsonWriter{out}.value(Timestamp{ms});
    EXPECT_EQ(out, '"' + to_rfc3339(Timestamp{ms}) + '"');
  }
}

TEST(JsonWriter, escapes) {
  EXPECT_EQ(text("plain"), "\"plain\"");
  EXPECT_EQ(text("a\"b\\c\n\r\t"), R"("a\"b\\c\n\r\t")");
  EXPECT_EQ(text(std::string_view{"\0\x1f\x7f", 3}), R"("\u0000\u001f\u007f")");
  EXPECT_EQ(text("\xe7\x94\xb0 \xf0\x9f\x95\xaf"), "\"\xe7\x94\xb0 \xf0\x9f\x95\xaf\"");
}

TEST(JsonWriter, never_writes_what_is_no_utf_8) {
  const std::string bad = "\xef\xbf\xbd";
  EXPECT_EQ(text("a\xff"), "\"a" + bad + "\"");
  EXPECT_EQ(text("\xc0\xaf"), "\"" + bad + bad + "\"") << "overlong";
  EXPECT_EQ(text("\xed\xa0\x80"), "\"" + bad + bad + bad + "\"") << "surrogate";
  EXPECT_EQ(text("\xf4\x90\x80\x80"), "\"" + bad + bad + bad + bad + "\"") << "past U+10FFFF";
  EXPECT_EQ(text("\xe7\x94"), "\"" + bad + bad + "\"") << "cut off";
}

TEST(JsonWriter, any_bytes_give_a_text_that_reads_back) {
  std::mt19937 random(11);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 30, '\0');
    for (auto& c : bytes) c = static_cast<char>(random() % 4 == 0 ? 0x80 + random() % 128 : random() % 128);
    boost::json::error_code error;
    const auto value = boost::json::parse(text(bytes), error);
    ASSERT_FALSE(error) << error.message();
    EXPECT_EQ(text(std::string_view{value.get_string()}), text(bytes));
    bool ascii = true;
    for (const char c : bytes) ascii = ascii && static_cast<unsigned char>(c) < 0x80;
    if (ascii) {
      EXPECT_EQ(std::string_view{value.get_string()}, bytes);
    }
  }
}

}  // namespace
}  // namespace tribute

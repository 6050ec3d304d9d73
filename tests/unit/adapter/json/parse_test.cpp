#include <gtest/gtest.h>

#include <tribute/adapter/json/parse.hpp>

namespace tribute {
namespace {

TEST(ParseJson, reads_json) {
  for (const char* text : {"{}", " [1,2.5,\"x\",null,true] ", "\"\\u00fc\"", "{\"a\":{\"a\":[{\"a\":1}]}}"}) {
    const auto value = parse_json(text);
    ASSERT_TRUE(value) << text;
    EXPECT_EQ(*value, boost::json::parse(text));
  }
}

TEST(ParseJson, refuses_what_is_not) {
  using std::string_view_literals::operator""sv;
  for (const auto text :
       {""sv, "{"sv, "}"sv, "{\"a\"}"sv, "{\"a\":1,}"sv, "nonsense"sv, "{'a':1}"sv, "{\"a\":\"\xff\xfe\"}"sv, "{}x"sv, "{}{}"sv,
        "\xef\xbb\xbf{}"sv, "\0"sv, "{\"a\":NaN}"sv, "\"\\ud800\""sv, "\"a\nb\""sv, "01"sv, "// x\n1"sv, "{\"a\":\"b"sv}) {
    const auto value = parse_json(text);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().code, Errc::invalid);
    EXPECT_FALSE(value.error().detail.empty());
  }
}

TEST(ParseJson, refuses_doubled_names_at_any_depth) {
  for (const char* text : {R"({"a":1,"a":1})", R"([{"b":[{"a":1,"c":2,"a":3}]}])", R"({"a":{"x":1},"a":2})", R"({"a":1,"\u0061":2})"})
    EXPECT_FALSE(parse_json(text)) << text;
  EXPECT_TRUE(parse_json(R"({"a":{"a":1},"b":{"a":2}})"));
}

TEST(ParseJson, is_bounded) {
  EXPECT_FALSE(parse_json(std::string(30'000, '[')));
  std::string deep;
  for (int i = 0; i < 8000; ++i) deep += "{\"a\":";
  EXPECT_FALSE(parse_json(deep));
  const auto padded = [](std::size_t size) { return "{}" + std::string(size - 2, ' '); };
  EXPECT_TRUE(parse_json(padded(64 * 1024)));
  EXPECT_EQ(parse_json(padded(64 * 1024 + 1)).error().code, Errc::too_large);
  std::string wide = "[0";
  for (int i = 0; i < 5000; ++i) wide += ",0";
  EXPECT_FALSE(parse_json(wide + "]"));
}

TEST(ParseJson, wants_an_object_where_it_must_be_one) {
  for (const char* text : {"[]", "\"title\"", "1", "null", "true", "[{\"title\":\"a\"}]"})
    EXPECT_EQ(parse_json_object(text).error().code, Errc::invalid) << text;
}

}  // namespace
}  // namespace tribute

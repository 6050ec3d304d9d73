#include <gtest/gtest.h>

#include <tribute/form.hpp>

namespace tribute {
namespace {

Form parsed(std::string_view text) {
  auto form = parse_form(text);
  EXPECT_TRUE(form) << text;
  return form ? *form : Form{};
}

Errc refused(std::string_view text) {
  const auto form = parse_form(text);
  EXPECT_FALSE(form) << text.substr(0, 60);
  return form ? Errc::corrupt : form.error().code;
}

TEST(Form, decodes_names_and_values) {
  const auto form = parsed("app=live&tcurl=rtmp%3a%2F%2Fhost%2Flive&a%20b=1+2&empty=&bare");
  EXPECT_EQ(form.get("app"), "live");
  EXPECT_EQ(form.get("tcurl"), "rtmp://host/live");
  EXPECT_EQ(form.get("a b"), "1 2");
  EXPECT_NE(form.find("empty"), nullptr);
  EXPECT_NE(form.find("bare"), nullptr);
  EXPECT_EQ(form.find("absent"), nullptr);
  EXPECT_EQ(form.fields().size(), 5u);
}

TEST(Form, the_first_of_a_name_counts) {
  const auto form = parsed("call=publish&name=mine&call=publish_done&name=yours&%6eame=theirs");
  EXPECT_EQ(form.get("call"), "publish");
  EXPECT_EQ(form.get("name"), "mine");
}

TEST(Form, keeps_what_only_looks_dangerous) {
  const auto form = parsed("a=..%2f..%2Fetc&b='\"<script>&c=%c3%bc&d=x=y=z&&&e=1&");
  EXPECT_EQ(form.get("a"), "../../etc");
  EXPECT_EQ(form.get("b"), "'\"<script>");
  EXPECT_EQ(form.get("c"), "\xc3\xbc");
  EXPECT_EQ(form.get("d"), "x=y=z");
  EXPECT_EQ(form.get("e"), "1");
  EXPECT_TRUE(parsed("").fields().empty());
}

TEST(Form, refuses_zero_bytes_and_broken_escapes) {
  using std::string_view_literals::operator""sv;
  for (const auto text : {"a=%00"sv, "a\0=b"sv, "a=b\0"sv, "%00=a"sv, "a=%"sv, "a=%2"sv, "a=%zz"sv, "a=%2g"sv, "a=%-1"sv, "%=a"sv})
    EXPECT_EQ(refused(text), Errc::invalid);
}

TEST(Form, is_bounded) {
  EXPECT_EQ(parsed("a=" + std::string(limits::form_value, 'x')).get("a").size(), limits::form_value);
  EXPECT_EQ(refused("a=" + std::string(limits::form_value + 1, 'x')), Errc::too_large);
  EXPECT_EQ(refused(std::string(limits::form_name + 1, 'x') + "=1"), Errc::too_large);
  EXPECT_EQ(refused(std::string(limits::form_bytes + 1, '&')), Errc::too_large);
  std::string many;
  for (std::size_t i = 0; i < limits::form_fields; ++i) many += "a=b&";
  EXPECT_EQ(parsed(many).fields().size(), limits::form_fields);
  EXPECT_EQ(refused(many + "a=b"), Errc::too_large);
}

}  // namespace
}  // namespace tribute

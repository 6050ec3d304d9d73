#include <gtest/gtest.h>

#include <set>
#include <tribute/id.hpp>

namespace tribute {
namespace {

Id sample(std::uint8_t seed) {
  Id::Bytes bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(seed * 37 + i * 101);
  return Id{bytes};
}

TEST(Id, text_is_26_characters_that_begin_with_a_digit) {
  std::set<std::string> seen;
  for (int seed = 0; seed < 256; ++seed) {
    const auto text = sample(static_cast<std::uint8_t>(seed)).text();
    EXPECT_EQ(text.size(), Id::text_size);
    EXPECT_TRUE(text[0] >= '0' && text[0] <= '7') << text;
    EXPECT_TRUE(seen.insert(text).second);
    EXPECT_EQ(Id::parse(text), sample(static_cast<std::uint8_t>(seed)));
  }
}

TEST(Id, extremes) {
  Id::Bytes ones;
  ones.fill(0xff);
  EXPECT_EQ(Id{ones}.text(), "7zzzzzzzzzzzzzzzzzzzzzzzzz");
  EXPECT_EQ(Id{}.text(), "00000000000000000000000000");
  EXPECT_FALSE(Id{}.is_set());
}

TEST(Id, refuses_other_forms) {
  for (const char* text : {"", "active", "8zzzzzzzzzzzzzzzzzzzzzzzzz", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "0000000000000000000000000", "000000000000000000000000000",
                           "0000000000000000000000000i", "0000000000000000000000000/"})
    EXPECT_FALSE(Id::parse(text)) << text;
}

}  // namespace
}  // namespace tribute

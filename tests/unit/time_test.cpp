#include <gtest/gtest.h>

#include <tribute/time.hpp>

namespace tribute {
namespace {

TEST(Rfc3339, writes_utc_with_milliseconds) {
  EXPECT_EQ(to_rfc3339({0}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339({1728997200123}), "2024-10-15T13:00:00.123Z");
  EXPECT_EQ(to_rfc3339({951782400000}), "2000-02-29T00:00:00.000Z");
}

TEST(Rfc3339, reads_offsets_and_fractions) {
  EXPECT_EQ(parse_rfc3339("2024-10-15T14:00:00+01:00"), Timestamp{1728997200000});
  EXPECT_EQ(parse_rfc3339("2024-10-15T13:00:00.1239Z"), Timestamp{1728997200123});
  EXPECT_EQ(parse_rfc3339("2024-10-15t09:30:00-03:30"), Timestamp{1728997200000});
}

TEST(Rfc3339, reads_back_what_it_writes) {
  for (std::int64_t ms : {1LL, 86'399'999LL, 1'700'000'000'001LL, 4'102'444'800'000LL})
    EXPECT_EQ(parse_rfc3339(to_rfc3339({ms})), Timestamp{ms});
}

TEST(Rfc3339, refuses_what_is_not_a_date_time) {
  for (const char* text : {"", "2024-10-15", "2024-10-15T14:00:00", "2024-10-15 14:00:00Z", "2024-13-01T00:00:00Z", "2023-02-29T00:00:00Z",
                           "2024-10-15T24:00:00Z", "2024-10-15T14:00:00.Z", "2024-10-15T14:00:00Zx", "2024-10-15T14:00:00+0100", "-024-10-15T14:00:00Z"})
    EXPECT_FALSE(parse_rfc3339(text)) << text;
}

}  // namespace
}  // namespace tribute

#include <gtest/gtest.h>

#include <tribute/adapter/grant.hpp>

namespace tribute {
namespace {

const Secrets secrets{std::string(32, 's'), std::string(32, 'h'), std::string(32, 'g')};
const Grants grants{secrets};
const GrantScope scope{hls::Door::live, Id{Id::Bytes{1}}, Id{Id::Bytes{2}}, 5};
constexpr Timestamp now{1'800'000'000'000};
constexpr std::int64_t hour = 3'600'000;

/// One scope for each way in which it can differ.
std::vector<GrantScope> others() {
  std::vector<GrantScope> out(5, scope);
  out[0].door = hls::Door::recording;
  out[1].id = Id{Id::Bytes{9}};
  out[2].media = Id{Id::Bytes{9}};
  out[3].epoch = 6;
  std::swap(out[4].id, out[4].media);
  return out;
}

TEST(Grant, shared_lets_everybody_into_one_open_stream) {
  const auto grant = grants.shared(scope);
  EXPECT_EQ(grant.size(), Grants::shared_size);
  EXPECT_TRUE(hls::detail::is_grant(grant));
  EXPECT_TRUE(grants.verify(scope, false, grant, now));
  EXPECT_FALSE(grants.verify(scope, true, grant, now)) << "a restricted stream asks for personal ones";
  for (const auto& other : others()) EXPECT_FALSE(grants.verify(other, false, grant, now));
}

TEST(Grant, personal_is_for_one_event) {
  const auto grant = grants.personal(scope, "aunt@example.org", now + hour);
  EXPECT_EQ(grant.size(), Grants::personal_size);
  EXPECT_TRUE(hls::detail::is_grant(grant));
  EXPECT_TRUE(grants.verify(scope, true, grant, now));
  EXPECT_TRUE(grants.verify(scope, false, grant, now)) << "also when the stream is opened for everybody meanwhile";
  EXPECT_TRUE(grants.verify(scope, true, grant, now + (hour - 1)));
  EXPECT_FALSE(grants.verify(scope, true, grant, now + (hour + 60'000)));
  for (const auto& other : others()) EXPECT_FALSE(grants.verify(other, true, grant, now));
  EXPECT_NE(grant, grants.personal(scope, "uncle@example.org", now + hour));
  EXPECT_EQ(from_base64url(grant)->find("aunt"), std::string::npos);
}

TEST(Grant, no_bit_of_it_may_change) {
  for (const auto& grant : {grants.shared(scope), grants.personal(scope, "aunt", now + hour)})
    for (std::size_t i = 0; i < grant.size(); ++i)
      for (const char c : std::string_view{"AZaz09-_"}) {
        auto changed = grant;
        changed[i] = c;
        EXPECT_EQ(grants.verify(scope, false, changed, now), changed == grant) << i << c;
      }
}

TEST(Grant, other_texts_and_other_servers) {
  for (const std::string& text : {std::string{}, std::string(22, 'A'), std::string(38, 'A'), std::string(38, '\0'), std::string(128, 'A'),
                                  grants.shared(scope) + "A"})
    EXPECT_FALSE(grants.verify(scope, false, text, now));
  const Grants foreign{{secrets.sealing, secrets.hashing, std::string(32, 'x')}};
  EXPECT_FALSE(grants.verify(scope, false, foreign.shared(scope), now));
}

}  // namespace
}  // namespace tribute

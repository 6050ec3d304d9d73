#include "jwt_fixture.hpp"

#include <gtest/gtest.h>

#include <tribute/adapter/token.hpp>

namespace tribute {
namespace {

using test::make_jwt;
constexpr Timestamp now{1'800'000'000'000};

const Tokens& tokens() {
  static const Tokens made = *Tokens::make(test::admin_token, test::jwt_secret);
  return made;
}

std::string refusal(const std::string& token) {
  const auto outcome = tokens().check(token, now);
  return outcome.refusal ? std::string{to_word(*outcome.refusal)} : "accepted as " + std::string{to_word(outcome.identity.viewer.role)};
}

/// With an hour to go, and these claims more.
std::string claims(const std::string& more) { return R"({"exp":1800003600)" + (more.empty() ? "" : "," + more) + "}"; }

TEST(Tokens, the_admin_token_is_admin) {
  const auto outcome = tokens().check(test::admin_token, now);
  ASSERT_FALSE(outcome.refusal);
  EXPECT_EQ(outcome.identity.viewer.role, Role::admin);
  EXPECT_TRUE(outcome.identity.viewer.known());
  for (const std::string& wrong :
       {std::string{}, test::admin_token + "a", test::admin_token.substr(1), std::string(64, 'b'), std::string(9000, 'a')})
    EXPECT_EQ(refusal(wrong), "malformed");
}

TEST(Tokens, needs_secrets_that_are_secrets) {
  EXPECT_FALSE(Tokens::make("short", ""));
  EXPECT_FALSE(Tokens::make("", ""));
  EXPECT_FALSE(Tokens::make(test::admin_token, "too short"));
  const auto without = Tokens::make(test::admin_token, "");
  ASSERT_TRUE(without);
  EXPECT_EQ(without->check(make_jwt(claims(R"("sub":"a")"), R"({"alg":"HS256"})", ""), now).refusal, TokenRefusal::malformed)
      << "no secret, no JWT";
}

TEST(Jwt, says_who_asks) {
  const auto stream = Id{Id::Bytes{7}};
  const auto outcome = tokens().check(
      make_jwt(claims(R"("sub":"u1","name":"Aunt May","role":"family","registered":[")" + stream.text() + R"("],"other":{"a":[1]})")), now);
  ASSERT_FALSE(outcome.refusal);
  const auto& viewer = outcome.identity.viewer;
  EXPECT_EQ(viewer.role, Role::family);
  EXPECT_EQ(viewer.subject, "u1");
  EXPECT_EQ(viewer.name, "Aunt May");
  EXPECT_TRUE(outcome.identity.viewer_of(stream).registered);
  EXPECT_FALSE(outcome.identity.viewer_of(Id{Id::Bytes{8}}).registered);
  EXPECT_EQ(refusal(make_jwt(claims(R"("sub":"u1")"))), "accepted as viewer");
  for (const char* role : {"viewer", "family", "organizer", "admin"})
    EXPECT_EQ(refusal(make_jwt(claims(R"("sub":"u1","role":")" + std::string{role} + '"'))), "accepted as " + std::string{role});
}

TEST(Jwt, rfc_7515_appendix_a_1_has_a_good_signature) {
  const auto secret = *from_base64url("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  const auto made = Tokens::make(test::admin_token, secret);
  const std::string token =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
      ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  EXPECT_EQ(made->check(token, now).refusal, TokenRefusal::expired);
  EXPECT_EQ(made->check(token, Timestamp{1'300'819'000'000}).refusal, TokenRefusal::bad_claims) << "it has no sub";
}

TEST(Jwt, only_hs256) {
  const auto good = claims(R"("sub":"u1")");
  for (const char* header : {R"({"alg":"none"})", R"({"alg":"None"})", R"({"alg":"RS256"})", R"({"alg":"HS512"})", R"({"alg":"hs256"})",
                             R"({"typ":"JWT"})", R"({"alg":["HS256"]})", R"({"alg":"HS256","crit":["exp"]})"})
    EXPECT_EQ(refusal(make_jwt(good, header)), "wrong_algorithm") << header;
  for (const char* header : {"", "[]", "{", R"({"alg":"none","alg":"HS256"})"})
    EXPECT_EQ(refusal(make_jwt(good, header)), "malformed") << header;
  EXPECT_EQ(refusal(to_base64url(R"({"alg":"none"})") + "." + to_base64url(good) + "."), "wrong_algorithm");
}

TEST(Jwt, signature) {
  const auto token = make_jwt(claims(R"("sub":"u1")"));
  EXPECT_EQ(refusal(make_jwt(claims(R"("sub":"u1")"), R"({"alg":"HS256"})", std::string(32, 'x'))), "bad_signature");
  EXPECT_EQ(refusal(token + "A"), "bad_signature");
  EXPECT_EQ(refusal(token.substr(0, token.rfind('.') + 1)), "bad_signature");
  EXPECT_EQ(refusal(token + "="), "bad_signature");
  EXPECT_EQ(refusal(token + ".x"), "malformed");
  EXPECT_EQ(refusal("a.b"), "malformed");
  EXPECT_EQ(refusal("..."), "malformed");
  const auto dot = token.find('.');
  EXPECT_EQ(refusal(token.substr(0, dot + 1) + to_base64url(claims(R"("sub":"u1","role":"admin")")) + token.substr(token.rfind('.'))),
            "bad_signature");
}

TEST(Jwt, times) {
  const auto at = [](const char* times) { return refusal(make_jwt(R"({"sub":"u1",)" + std::string{times} + "}")); };
  EXPECT_EQ(at(R"("exp":1799999971)"), "accepted as viewer") << "30 s of leeway";
  EXPECT_EQ(at(R"("exp":1799999970)"), "expired");
  EXPECT_EQ(at(R"("exp":1800000000.5)"), "accepted as viewer");
  EXPECT_EQ(at(R"("exp":1800000100,"nbf":1800000030)"), "accepted as viewer");
  EXPECT_EQ(at(R"("exp":1800000100,"nbf":1800000031)"), "not_yet_valid");
  for (const char* times : {R"("nbf":1)", R"("exp":"1800000100")", R"("exp":null)", R"("exp":-1)", R"("exp":1e300)", R"("exp":1e999)",
                            R"("exp":1800000100,"nbf":"1")"})
    EXPECT_EQ(at(times), "bad_claims") << times;
}

TEST(Jwt, claims_have_their_types) {
  for (const char* wrong :
       {R"("x":1)", R"("sub":"")", R"("sub":5)", R"("sub":null)", R"("sub":"local:admin")", R"("sub":"u","name":[])",
        R"("sub":"u","role":1)", R"("sub":"u","registered":"a")", R"("sub":"u","registered":[1])", R"("sub":"u","sub":"v")"})
    EXPECT_EQ(refusal(make_jwt(claims(wrong))), "bad_claims") << wrong;
  for (const char* role : {"root", "", "Admin", "anonymous"})
    EXPECT_EQ(refusal(make_jwt(claims(R"("sub":"u","role":")" + std::string{role} + '"'))), "unknown_role") << role;
  EXPECT_EQ(refusal(make_jwt(claims(R"("sub":")" + std::string(257, 'u') + '"'))), "bad_claims");
  EXPECT_EQ(refusal(make_jwt("not json")), "bad_claims");
  EXPECT_EQ(refusal(make_jwt(claims(R"("sub":"u","x":")" + std::string(7000, 'x') + '"'))), "malformed") << "larger than any token we take";
}

}  // namespace
}  // namespace tribute

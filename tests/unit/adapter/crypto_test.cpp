#include <gtest/gtest.h>

#include <tribute/adapter/crypto.hpp>
#include <tribute/adapter/vault.hpp>
#include <tribute/encoding.hpp>

namespace tribute {
namespace {

std::string hex_mac(std::string_view key, std::string_view message) { return to_hex(view(Hmac{key}(message))); }

TEST(Hmac, rfc_4231) {
  EXPECT_EQ(hex_mac(std::string(20, '\x0b'), "Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex_mac("Jefe", "what do ya want for nothing?"), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex_mac(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hmac, is_armed_again_for_each_message) {
  const Hmac mac{"key"};
  const auto first = mac("one");
  EXPECT_NE(mac("two"), first);
  EXPECT_EQ(mac("one"), first);
  EXPECT_EQ(mac({"o", "", "ne"}), first);
}

TEST(ConstantTimeEqual, compares) {
  EXPECT_TRUE(constant_time_equal("", ""));
  EXPECT_TRUE(constant_time_equal("abc", "abc"));
  EXPECT_FALSE(constant_time_equal("abc", "abd"));
  EXPECT_FALSE(constant_time_equal("abc", "ab"));
}

TEST(RandomBytes, are_not_the_same_twice) {
  std::array<std::uint8_t, 32> a{}, b{};
  random_bytes(a);
  random_bytes(b);
  EXPECT_NE(a, b);
}

const std::string key(32, 'k');

// Test case 15 of the GCM submission (McGrew, Viega), 256 bit key.
TEST(Seal, known_answer) {
  const auto aes = *from_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
  const auto plain = *from_hex(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255");
  const auto nonce = *from_hex("cafebabefacedbaddecaf888");
  std::array<std::uint8_t, gcm_nonce_size> n;
  std::copy(nonce.begin(), nonce.end(), n.begin());
  EXPECT_EQ(
      to_hex(seal(aes, n, plain, "")),
      "cafebabefacedbaddecaf888"
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
      "b094dac5d93471bdec1a502270e3cc6c");
}

TEST(Seal, opens_only_what_was_sealed) {
  const std::array<std::uint8_t, gcm_nonce_size> nonce{1, 2, 3};
  const auto sealed = seal(key, nonce, "live_secret", "input");
  EXPECT_EQ(unseal(key, sealed, "input"), "live_secret");
  EXPECT_EQ(unseal(key, seal(key, nonce, "", ""), ""), "");
  EXPECT_EQ(unseal(std::string(32, 'x'), sealed, "input"), std::nullopt);
  EXPECT_EQ(unseal("short", sealed, "input"), std::nullopt);
  EXPECT_EQ(unseal(key, sealed, "other"), std::nullopt);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto damaged = sealed;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_EQ(unseal(key, damaged, "input"), std::nullopt) << i;
    EXPECT_EQ(unseal(key, sealed.substr(0, i), "input"), std::nullopt) << i;
  }
}

TEST(Vault, finds_by_hmac_and_gives_the_key_back) {
  const Vault vault{{std::string(32, 's'), std::string(32, 'h'), {}}};
  std::array<std::uint8_t, Vault::random_size> random{};
  random.fill(7);
  const Id input{Id::Bytes{1}}, other{Id::Bytes{2}};
  const auto made = vault.make_key(input, random);
  EXPECT_TRUE(is_stream_key(made.text));
  EXPECT_EQ(made.hmac.size(), 32u);
  EXPECT_EQ(vault.hmac(made.text), made.hmac);
  EXPECT_EQ(vault.open_key(input, made.sealed), made.text);
  EXPECT_EQ(vault.open_key(other, made.sealed), std::nullopt) << "a row moved to another input";
  EXPECT_EQ(made.sealed.find(made.text), std::string::npos);
  EXPECT_NE((Vault{{std::string(32, 's'), std::string(32, 'x'), {}}}.hmac(made.text)), made.hmac);
}

}  // namespace
}  // namespace tribute

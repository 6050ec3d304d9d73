// The few primitives that tribute uses, from OpenSSL 3: HMAC-SHA256 with its key schedule done once, AES-256-GCM,
// constant-time comparison, random bytes. Owners clean up after themselves. What OpenSSL cannot do (out of
// memory) is an exception; what somebody sent is a value. An Hmac is used by one thread at a time.
#pragma once

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tribute {

inline constexpr std::size_t mac_size = 32;
inline constexpr std::size_t aes_key_size = 32;
inline constexpr std::size_t gcm_nonce_size = 12;
inline constexpr std::size_t gcm_tag_size = 16;

using Mac = std::array<std::uint8_t, mac_size>;

namespace detail {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* thing) const noexcept {
    Free(thing);
  }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Freed<Free>>;

inline void must(bool worked, const char* what) {
  if (!worked) throw std::runtime_error(std::string{"OpenSSL: "} + what);
}

inline const unsigned char* octets(std::string_view s) noexcept { return reinterpret_cast<const unsigned char*>(s.data()); }
inline unsigned char* octets(std::string& s) noexcept { return reinterpret_cast<unsigned char*>(s.data()); }

}  // namespace detail

inline std::string_view view(const Mac& mac) noexcept { return {reinterpret_cast<const char*>(mac.data()), mac.size()}; }

/// Takes as long for any two texts of the same length. Lengths are not secret.
inline bool constant_time_equal(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

inline void random_bytes(std::span<std::uint8_t> out) {
  detail::must(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1, "no random bytes");
}

/// HMAC-SHA256 (RFC 2104, FIPS 180-4). The context is armed again for every message, the key is hashed only once.
class Hmac {
 public:
  explicit Hmac(std::string_view key) {
    const detail::Owned<EVP_MAC, EVP_MAC_free> algorithm{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
    detail::must(algorithm != nullptr, "no HMAC");
    context_.reset(EVP_MAC_CTX_new(algorithm.get()));
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0), OSSL_PARAM_construct_end()};
    detail::must(context_ && EVP_MAC_init(context_.get(), detail::octets(key), key.size(), params) == 1, "HMAC key");
  }

  /// Of the pieces one after the other. Whoever has pieces of free length must separate them.
  Mac operator()(std::initializer_list<std::string_view> pieces) const {
    detail::must(EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1, "HMAC");
    for (const auto piece : pieces) detail::must(EVP_MAC_update(context_.get(), detail::octets(piece), piece.size()) == 1, "HMAC");
    Mac mac;
    std::size_t size = 0;
    detail::must(EVP_MAC_final(context_.get(), mac.data(), &size, mac.size()) == 1 && size == mac.size(), "HMAC");
    return mac;
  }
  Mac operator()(std::string_view message) const { return (*this)({message}); }

 private:
  detail::Owned<EVP_MAC_CTX, EVP_MAC_CTX_free> context_;
};

/// AES-256-GCM (NIST SP 800-38D): nonce, ciphertext and tag in one. `bound` is authenticated and not kept. A nonce is
/// never used twice with one key: it comes from random bytes, so one key may seal up to 2^32 texts (section 8.3).
inline std::string seal(std::string_view key, const std::array<std::uint8_t, gcm_nonce_size>& nonce, std::string_view plain,
                        std::string_view bound) {
  detail::must(key.size() == aes_key_size, "AES key size");
  const detail::Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> context{EVP_CIPHER_CTX_new()};
  std::string out(nonce.begin(), nonce.end());
  out.resize(gcm_nonce_size + plain.size() + gcm_tag_size);
  int size = 0;
  detail::must(
      context && EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, detail::octets(key), nonce.data()) == 1 &&
          EVP_EncryptUpdate(context.get(), nullptr, &size, detail::octets(bound), static_cast<int>(bound.size())) == 1 &&
          EVP_EncryptUpdate(context.get(), detail::octets(out) + gcm_nonce_size, &size, detail::octets(plain),
                            static_cast<int>(plain.size())) == 1 &&
          EVP_EncryptFinal_ex(context.get(), detail::octets(out) + gcm_nonce_size + plain.size(), &size) == 1 &&
          EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, gcm_tag_size, detail::octets(out) + gcm_nonce_size + plain.size()) == 1,
      "AES-GCM");
  return out;
}

/// The plain text again; nothing when a bit of it, of `bound` or of the key is another one.
inline std::optional<std::string> unseal(std::string_view key, std::string_view sealed, std::string_view bound) {
  if (key.size() != aes_key_size || sealed.size() < gcm_nonce_size + gcm_tag_size || sealed.size() > 1u << 20) return std::nullopt;
  const detail::Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> context{EVP_CIPHER_CTX_new()};
  const auto text = sealed.substr(gcm_nonce_size, sealed.size() - gcm_nonce_size - gcm_tag_size);
  std::string tag{sealed.substr(sealed.size() - gcm_tag_size)};
  std::string out(text.size(), '\0');
  int size = 0;
  detail::must(context && EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, detail::octets(key), detail::octets(sealed)) == 1 &&
                   EVP_DecryptUpdate(context.get(), nullptr, &size, detail::octets(bound), static_cast<int>(bound.size())) == 1 &&
                   EVP_DecryptUpdate(context.get(), detail::octets(out), &size, detail::octets(text), static_cast<int>(text.size())) == 1 &&
                   EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, gcm_tag_size, tag.data()) == 1,
               "AES-GCM");
  if (EVP_DecryptFinal_ex(context.get(), detail::octets(out) + out.size(), &size) != 1) return std::nullopt;
  return out;
}

}  // namespace tribute

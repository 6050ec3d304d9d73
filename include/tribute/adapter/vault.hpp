// Stream keys at rest: found by their HMAC, kept encrypted and bound to their input, so that a stolen store shows
// no key and a row moved to another input opens nothing. Never keeps a key itself.
#pragma once

#include <algorithm>
#include <tribute/id.hpp>
#include <tribute/stream_key.hpp>

#include "crypto.hpp"

namespace tribute {

/// 32 random bytes each, made once by the shell and kept in files that only the server can read.
struct Secrets {
  std::string sealing;   ///< encrypts stream keys
  std::string hashing;   ///< finds stream keys
  std::string granting;  ///< signs media grants
};

/// A key of its own for each purpose (a one-step KDF, NIST SP 800-56C section 4, with HMAC).
inline std::string derive_key(std::string_view secret, std::string_view purpose) { return std::string{view(Hmac{secret}(purpose))}; }

class Vault {
 public:
  struct NewKey {
    std::string text;
    std::string hmac;
    std::string sealed;
  };
  static constexpr std::size_t random_size = stream_key_random_bytes + gcm_nonce_size;

  explicit Vault(const Secrets& secrets) : sealing_(secrets.sealing), lookup_(derive_key(secrets.hashing, "tribute stream key")) {}

  /// What a key is found by: 32 bytes.
  std::string hmac(std::string_view stream_key) const { return std::string{view(lookup_(stream_key))}; }

  NewKey make_key(const Id& input, const std::array<std::uint8_t, random_size>& random) const {
    std::array<std::uint8_t, stream_key_random_bytes> key_bytes;
    std::array<std::uint8_t, gcm_nonce_size> nonce;
    std::copy_n(random.begin(), key_bytes.size(), key_bytes.begin());
    std::copy_n(random.begin() + key_bytes.size(), nonce.size(), nonce.begin());
    NewKey key{.text = make_stream_key(key_bytes)};
    key.hmac = hmac(key.text);
    key.sealed = seal(sealing_, nonce, key.text, input.text());
    return key;
  }

  /// The key of this input; nothing when the record is not what make_key() wrote.
  std::optional<std::string> open_key(const Id& input, std::string_view sealed) const { return unseal(sealing_, sealed, input.text()); }

 private:
  std::string sealing_;
  Hmac lookup_;
};

}  // namespace tribute

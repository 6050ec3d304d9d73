// Media grants: the piece of a media URL that lets somebody in. One for everybody who may watch an open stream,
// personal ones with an end for restricted streams. A grant is good for one stream's media under one policy epoch,
// is checked without looking anything up, and says nothing about the account that got it.
#pragma once

#include <tribute/encoding.hpp>
#include <tribute/hls/path.hpp>
#include <tribute/time.hpp>

#include "vault.hpp"

namespace tribute {

/// What a grant is for. Another value anywhere is another grant: a policy made stricter (epoch), another broadcast
/// under the same URL (media), the recording instead of the broadcast (door).
struct GrantScope {
  hls::Door door = hls::Door::live;
  Id id;                    ///< stream or archive entry, as in the URL
  Id media;                 ///< the folder that the media is read from
  std::uint64_t epoch = 0;  ///< the stream's; of a recording: policy_epoch(entry, stream)
};

class Grants {
 public:
  static constexpr std::size_t shared_size = 22;    ///< characters: 16 bytes of MAC
  static constexpr std::size_t personal_size = 38;  ///< 4 bytes of minutes, 8 of who, 16 of MAC

  explicit Grants(const Secrets& secrets)
      : mac_(derive_key(secrets.granting, "tribute media grant")), who_(derive_key(secrets.granting, "tribute grant holder")) {}

  std::string shared(const GrantScope& scope) const { return to_base64url(signature(scope, {})); }

  /// Until the first full minute at or after `expires`.
  std::string personal(const GrantScope& scope, std::string_view subject, Timestamp expires) const {
    std::string holder = number((static_cast<std::uint64_t>(expires.ms) + 59'999) / 60'000, 4);
    holder += view(who_(subject)).substr(0, 8);
    return to_base64url(holder + signature(scope, holder));
  }

  /// `restricted`: only personal grants count (is_restricted(), or a rehearsal).
  bool verify(const GrantScope& scope, bool restricted, std::string_view grant, Timestamp now) const {
    if (grant.size() == shared_size) {
      if (restricted) return false;
      return constant_time_equal(shared(scope), grant);
    }
    if (grant.size() != personal_size) return false;
    const auto bytes = from_base64url(grant);
    if (!bytes) return false;
    const auto holder = std::string_view{*bytes}.substr(0, 12);
    if (!constant_time_equal(signature(scope, holder), std::string_view{*bytes}.substr(12))) return false;
    std::uint64_t minutes = 0;
    for (const char c : holder.substr(0, 4)) minutes = minutes << 8 | static_cast<std::uint8_t>(c);
    return now.ms < static_cast<std::int64_t>(minutes) * 60'000;
  }

 private:
  static std::string number(std::uint64_t value, int bytes) {
    std::string out;
    for (int shift = bytes * 8 - 8; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
    return out;
  }
  static std::string_view bytes_of(const Id& id) { return {reinterpret_cast<const char*>(id.bytes().data()), Id::byte_size}; }

  // All pieces but the last have a fixed size, so that no two scopes give one message. 128 bits of it are enough for
  // a capability that lives for days (RFC 2104 section 5).
  std::string signature(const GrantScope& scope, std::string_view holder) const {
    const auto fixed = number(static_cast<std::uint64_t>(scope.door), 1) + number(scope.epoch, 8);
    return std::string{view(mac_({fixed, bytes_of(scope.id), bytes_of(scope.media), holder})).substr(0, 16)};
  }

  Hmac mac_;
  Hmac who_;
};
static_assert(Grants::personal_size <= hls::max_grant_size);

}  // namespace tribute

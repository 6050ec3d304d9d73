// Who asks: a bearer token becomes an identity, or a named refusal. The server's own admin token, and JWT
// (RFC 7519) from the operator's site, signed with HS256 and nothing else. Checks the signature before it reads a
// claim, never logs or keeps a token. A token that is there and no good is refused, never taken for a stranger's.
#pragma once

#include <algorithm>
#include <cmath>
#include <string_view>
#include <tribute/encoding.hpp>
#include <tribute/policy.hpp>
#include <tribute/time.hpp>
#include <vector>

#include "crypto.hpp"
#include "json/parse.hpp"

namespace tribute {

enum class TokenRefusal : std::uint8_t { malformed, wrong_algorithm, bad_signature, expired, not_yet_valid, bad_claims, unknown_role };

template <>
struct Words<TokenRefusal> {
  static constexpr std::array<std::string_view, 7> words{"malformed",     "wrong_algorithm", "bad_signature", "expired",
                                                         "not_yet_valid", "bad_claims",      "unknown_role"};
};

constexpr std::string_view token_sentence(TokenRefusal refusal) noexcept {
  switch (refusal) {
    case TokenRefusal::malformed: return "The bearer token is not one that this server knows, and not a JWT.";
    case TokenRefusal::wrong_algorithm: return "The token must be signed with HS256.";
    case TokenRefusal::bad_signature: return "The token's signature is not right.";
    case TokenRefusal::expired: return "The token has expired.";
    case TokenRefusal::not_yet_valid: return "The token is not valid yet.";
    case TokenRefusal::bad_claims: return "The token needs exp and sub, and its claims must have their types.";
    case TokenRefusal::unknown_role: return "The token's role must be viewer, family, organizer or admin.";
  }
  return "";
}

namespace limits {
inline constexpr std::size_t token = 8 * 1024;
inline constexpr std::size_t registered = 1000;
inline constexpr std::size_t jwt_secret = 32;  ///< at least: RFC 7518 section 3.2
inline constexpr std::int64_t token_leeway_ms = 30'000;
}  // namespace limits

/// Who a token speaks for. The policy's Viewer is about one stream: viewer_of() says whether they are registered for it.
struct Identity {
  Viewer viewer;
  std::vector<std::string> registered;  ///< ids of streams

  Viewer viewer_of(const Id& stream) const {
    Viewer out = viewer;
    if (!registered.empty()) out.registered = std::find(registered.begin(), registered.end(), stream.text()) != registered.end();
    return out;
  }
};

struct TokenOutcome {
  Identity identity;
  std::optional<TokenRefusal> refusal;
};

/// Subjects that begin so are the server's own; a JWT cannot claim them.
inline constexpr std::string_view local_subject_prefix = "local:";

namespace detail {

inline std::optional<Timestamp> numeric_date(const boost::json::value* value) {
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const double seconds = value->is_double()  ? value->get_double()
                         : value->is_int64() ? static_cast<double>(value->get_int64())
                                             : static_cast<double>(value->get_uint64());
  if (!std::isfinite(seconds) || seconds < 0 || seconds > 253'402'300'799.0) return std::nullopt;  // year 9999
  return Timestamp{static_cast<std::int64_t>(seconds * 1000)};
}

/// A text claim: absent is fine, another type or too long is not.
inline bool text_claim(const boost::json::object& claims, std::string_view name, std::string& out) {
  const auto* value = claims.if_contains(name);
  if (value == nullptr) return true;
  if (!value->is_string() || value->get_string().size() > 256) return false;
  out = std::string{std::string_view{value->get_string()}};
  return true;
}

inline bool registered_claim(const boost::json::object& claims, std::vector<std::string>& out) {
  const auto* value = claims.if_contains("registered");
  if (value == nullptr) return true;
  if (!value->is_array() || value->get_array().size() > limits::registered) return false;
  for (const auto& id : value->get_array()) {
    if (!id.is_string()) return false;
    out.emplace_back(std::string_view{id.get_string()});
  }
  return true;
}

inline std::optional<TokenRefusal> read_claims(const boost::json::object& claims, Timestamp now, Identity& out) {
  const auto expires = numeric_date(claims.if_contains("exp"));
  if (!expires) return TokenRefusal::bad_claims;
  if (now.ms >= expires->ms + limits::token_leeway_ms) return TokenRefusal::expired;
  if (const auto* not_before = claims.if_contains("nbf")) {
    const auto time = numeric_date(not_before);
    if (!time) return TokenRefusal::bad_claims;
    if (now.ms + limits::token_leeway_ms < time->ms) return TokenRefusal::not_yet_valid;
  }
  std::string role{to_word(Role::viewer)};
  if (!text_claim(claims, "sub", out.viewer.subject) || !text_claim(claims, "name", out.viewer.name) || !text_claim(claims, "role", role))
    return TokenRefusal::bad_claims;
  if (out.viewer.subject.empty() || out.viewer.subject.starts_with(local_subject_prefix)) return TokenRefusal::bad_claims;
  const auto known = from_word<Role>(role);
  if (!known || *known == Role::anonymous) return TokenRefusal::unknown_role;
  out.viewer.role = *known;
  return registered_claim(claims, out.registered) ? std::nullopt : std::optional{TokenRefusal::bad_claims};
}

}  // namespace detail

class Tokens {
 public:
  /// `jwt_secret` empty: no JWT is accepted. Errors: invalid, for secrets that are too short to be any.
  static Result<Tokens> make(std::string_view admin_token, std::string_view jwt_secret) {
    if (admin_token.size() < 32) return make_error(Errc::invalid, "The admin token must have at least 32 characters.");
    if (!jwt_secret.empty() && jwt_secret.size() < limits::jwt_secret)
      return make_error(Errc::invalid, "The JWT secret must have at least 32 bytes (RFC 7518 section 3.2).");
    return Tokens(admin_token, jwt_secret);
  }

  TokenOutcome check(std::string_view token, Timestamp now) const {
    if (token.empty() || token.size() > limits::token) return {{}, TokenRefusal::malformed};
    // Comparing MACs instead of texts: nothing about the right one shows in the time it takes.
    if (constant_time_equal(view(compare_(token)), view(admin_)))
      return {Identity{{Role::admin, "local:admin", "Administrator", false}, {}}, std::nullopt};
    return check_jwt(token, now);
  }

 private:
  Tokens(std::string_view admin_token, std::string_view jwt_secret) : compare_(admin_token), admin_(compare_(admin_token)) {
    if (!jwt_secret.empty()) jwt_.emplace(jwt_secret);
  }

  TokenOutcome check_jwt(std::string_view token, Timestamp now) const {
    const auto first = token.find('.'), last = token.rfind('.');
    if (!jwt_ || first == std::string_view::npos || first == last || token.find('.', first + 1) != last)
      return {{}, TokenRefusal::malformed};
    const auto header = part(token.substr(0, first));
    if (!header) return {{}, TokenRefusal::malformed};
    const auto* algorithm = header->if_contains("alg");
    // RFC 7515 section 4.1.11: extensions that are marked critical and not understood.
    if (header->contains("crit") || algorithm == nullptr || !algorithm->is_string() || algorithm->get_string() != "HS256")
      return {{}, TokenRefusal::wrong_algorithm};
    const auto signature = from_base64url(token.substr(last + 1));
    if (!signature || !constant_time_equal(view((*jwt_)(token.substr(0, last))), *signature)) return {{}, TokenRefusal::bad_signature};
    const auto claims = part(token.substr(first + 1, last - first - 1));
    if (!claims) return {{}, TokenRefusal::bad_claims};
    Identity identity;
    const auto refusal = detail::read_claims(*claims, now, identity);
    return refusal ? TokenOutcome{{}, refusal} : TokenOutcome{std::move(identity), std::nullopt};
  }

  static std::optional<boost::json::object> part(std::string_view text) {
    const auto bytes = from_base64url(text);
    if (!bytes) return std::nullopt;
    auto object = parse_json_object(*bytes, {.bytes = limits::token, .depth = 4});
    return object ? std::optional{std::move(*object)} : std::nullopt;
  }

  Hmac compare_;
  Mac admin_;
  std::optional<Hmac> jwt_;
};

}  // namespace tribute

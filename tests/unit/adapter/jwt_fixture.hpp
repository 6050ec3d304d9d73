// Makes tokens for tests: any header, any claims, signed or not.
#pragma once

#include <string>
#include <tribute/adapter/crypto.hpp>
#include <tribute/encoding.hpp>

namespace tribute::test {

inline const std::string admin_token(64, 'a');
inline const std::string jwt_secret(32, 'j');

inline std::string make_jwt(const std::string& claims, const std::string& header = R"({"alg":"HS256","typ":"JWT"})",
                            const std::string& secret = jwt_secret) {
  const auto text = to_base64url(header) + "." + to_base64url(claims);
  return text + "." + to_base64url(view(Hmac{secret}(text)));
}

}  // namespace tribute::test

// Any bytes as a bearer token, and as the three parts of a JWT that is signed well: nobody unknown gets in, and whoever
// does has a name and a role.
#include <cstdint>
#include <cstdlib>
#include <tribute/adapter/token.hpp>

namespace {

const std::string secret(32, 'j');

void judge(const tribute::TokenOutcome& outcome) {
  if (outcome.refusal) return;
  const auto& viewer = outcome.identity.viewer;
  if (!viewer.known() || viewer.subject.starts_with(tribute::local_subject_prefix) || viewer.subject.size() > 256) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tribute;
  static const auto tokens = Tokens::make(std::string(64, 'a'), secret);
  static const Hmac mac{secret};
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const Timestamp now{1'800'000'000'000};
  judge(tokens->check(input, now));
  // Behind the signature: header and claims are whatever they are, split at the first line end.
  const auto line = input.find('\n');
  const auto header = line == std::string_view::npos ? std::string_view{R"({"alg":"HS256"})"} : input.substr(0, line);
  const auto claims = line == std::string_view::npos ? input : input.substr(line + 1);
  const auto text = to_base64url(header) + "." + to_base64url(claims);
  judge(tokens->check(text + "." + to_base64url(view(mac(text))), now));
  return 0;
}

// Any bytes as a grant: only those that we gave get in.
#include <cstdint>
#include <cstdlib>
#include <tribute/adapter/grant.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tribute;
  static const Grants grants{{std::string(32, 's'), std::string(32, 'h'), std::string(32, 'g')}};
  const std::string_view grant(reinterpret_cast<const char*>(data), size);
  const GrantScope scope{hls::Door::live, Id{Id::Bytes{1}}, Id{Id::Bytes{2}}, 5};
  const Timestamp now{1'800'000'000'000};
  const bool shared = grants.verify(scope, false, grant, now);
  const bool personal = grants.verify(scope, true, grant, now);
  if (shared && grant.size() == Grants::shared_size && grant != grants.shared(scope)) std::abort();
  if (personal && (!shared || grant.size() != Grants::personal_size)) std::abort();
  return 0;
}

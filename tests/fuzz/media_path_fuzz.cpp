// Any bytes as the path of a media URL: what is accepted must be spelled in exactly one way.
#include <cstdint>
#include <cstdlib>
#include <tribute/hls/path.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view path(reinterpret_cast<const char*>(data), size);
  if (const auto parsed = tribute::hls::parse_media_path(path))
    if (tribute::hls::format_media_path(*parsed) != path) std::abort();
  return 0;
}

// Any bytes as an H.264 sequence header: refused, or an init section that reads back as what was made.
#include <cstdlib>
#include <tribute/cmaf/read.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span{data, size});
  const auto track = tribute::cmaf::make_avc_track(bytes);
  if (track) {
    const auto init = tribute::cmaf::read_init(track->init);
    if (!init || init->config != *track || track->width == 0 || track->height == 0) std::abort();
  }
  static_cast<void>(tribute::flv::parse_sps(bytes));
  return 0;
}

// Any bytes as an AAC sequence header: refused, or an init section that reads back as what was made.
#include <cstdlib>
#include <tribute/cmaf/read.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto track = tribute::cmaf::make_aac_track(std::as_bytes(std::span{data, size}));
  if (track) {
    const auto init = tribute::cmaf::read_init(track->init);
    if (!init || init->config != *track || track->timescale < 4000) std::abort();
  }
  return 0;
}

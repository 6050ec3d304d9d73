// Any bytes as a track file that is scanned: inits and parts one behind the other, none of them beyond the file.
#include <cstdlib>
#include <tribute/cmaf/read.hpp>
#include <tribute/media/resume.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tribute;
  media::Bytes rest = std::as_bytes(std::span{data, size});
  media::ResumePoint resume;
  media::TrackConfig config;
  while (!rest.empty()) {
    std::uint64_t read = 0;
    if (cmaf::starts_with_init(rest)) {
      const auto init = cmaf::read_init(rest);
      if (!init) break;
      config = init->config;
      read = init->size;
    } else {
      const auto chunk = cmaf::read_chunk(rest);
      if (!chunk) break;
      if (chunk->mdat_offset + chunk->mdat_size != chunk->size) std::abort();
      resume.observe(config, *chunk);
      read = chunk->size;
    }
    if (read == 0 || read > rest.size()) std::abort();
    rest = rest.subspan(static_cast<std::size_t>(read));
  }
  return 0;
}

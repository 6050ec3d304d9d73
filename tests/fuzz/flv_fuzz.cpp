// Any bytes as an ingest log: read in windows of odd sizes, packaged, and every part read back. The time line must
// not go back and every part must be what it says, whatever came.
#include <cstdlib>
#include <tribute/flv/reader.hpp>
#include <tribute/media/facts.hpp>
#include <tribute/media/packager.hpp>

namespace {

using namespace tribute;

void require(bool condition) {
  if (!condition) std::abort();
}

struct CheckingSink {
  std::uint64_t end[2] = {0, 0};
  std::uint64_t msn[2] = {0, 0};
  std::uint32_t timescale[2] = {0, 0};
  bool any[2] = {false, false};
  media::ResumePoint resume;
  media::TrackConfig config[2];

  void configure(media::TrackKind kind, const media::TrackConfig& next) {
    const auto i = static_cast<std::size_t>(kind);
    const auto init = cmaf::read_init(next.init);
    require(init && init->config == next);
    if (timescale[i] != 0) end[i] = end[i] / timescale[i] * next.timescale;
    timescale[i] = next.timescale;
    config[i] = next;
  }
  void append(media::TrackKind kind, media::Part&& part) {
    const auto i = static_cast<std::size_t>(kind);
    const auto chunk = cmaf::read_chunk(part.bytes);
    require(chunk && chunk->size == part.bytes.size() && chunk->kind == kind);
    require(chunk->decode_time == part.decode_time && chunk->duration == part.duration && chunk->samples.size() == part.frames);
    require(part.decode_time >= end[i] && part.frames > 0);
    require(!any[i] || part.begins_segment == (part.msn != msn[i]));
    require(!any[i] || part.msn >= msn[i]);
    require(timescale[i] != 0 && part.resume_offset <= part.log_end);
    end[i] = part.decode_time + part.duration;
    msn[i] = part.msn;
    any[i] = true;
    resume.observe(config[i], *chunk);
  }
};

void push_all(media::Packager& packager, flv::Reader& reader, media::Bytes log, std::size_t step, CheckingSink& sink) {
  for (std::size_t seen = 0; seen < log.size(); seen += step) {
    reader.set_window(log.first(std::min(log.size(), seen + step)), 0);
    while (true) {
      const auto tag = reader.next();
      if (!tag && !reader.resync()) break;
      if (!tag) continue;
      if (!*tag) break;
      packager.push(**tag, sink);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto log = std::as_bytes(std::span{data, size}).subspan(1);
  const std::size_t step = data[0] * 64u + 13;
  CheckingSink sink;
  media::Packager packager;
  media::SessionFacts facts{};
  flv::Reader reader;
  packager.begin_session({Id{}, 1, 1'700'000'000'000});
  push_all(packager, reader, log, step, sink);
  media::update(facts, packager.facts(), Timestamp{1});
  packager.finish_session(sink);
  // The encoder comes back and sends the same once more, to another owner.
  media::Packager next{{}, sink.resume};
  Id::Bytes id{};
  id[0] = 1;
  flv::Reader again;
  next.begin_session({Id{id}, 2, 1'700'000'100'000});
  push_all(next, again, log, step, sink);
  next.finish_session(sink);
  return 0;
}

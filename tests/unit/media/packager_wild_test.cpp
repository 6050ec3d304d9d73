// Whatever an encoder sends, the work goes on after an interruption with the same bytes.
#include <media/resume_check.hpp>

namespace tribute::media {
namespace {

using namespace testing;

/// What goes wrong in a log; several may go wrong in one.
struct Trouble {
  const char* name;
  bool headers = false;   ///< sequence headers change
  bool pauses = false;    ///< one track or both stop for up to 9 s, or leap ahead of the other
  bool jumps = false;     ///< the encoder's clock goes elsewhere
  bool disorder = false;  ///< tags in bursts, timestamps up to 8 ms off
};

// Random, but the same in every run.
std::vector<std::byte> wild_log(std::uint32_t seed, const Trouble& trouble) {
  const auto random = [&seed](std::uint32_t below) { return ((seed = seed * 1664525 + 1013904223) >> 12) % below; };
  FlvLog log;
  std::uint32_t video_ms = random(5000), audio_ms = video_ms;
  log.aac_header(audio_ms);
  log.avc_header(video_ms);
  for (int i = 0; i < 400; ++i) {
    const auto what = random(1000);
    if (trouble.headers && what < 4) log.avc_header(video_ms, random(3) == 0 ? other_avc_record : avc_record);
    if (trouble.headers && what >= 4 && what < 8) log.aac_header(audio_ms, random(3) == 0 ? aac_44k : aac_48k);
    if (trouble.pauses && what >= 8 && what < 16) video_ms += random(9000);
    if (trouble.pauses && what >= 16 && what < 24) audio_ms += random(9000);
    if (trouble.pauses && what >= 24 && what < 28) video_ms = audio_ms = std::max(video_ms, audio_ms);
    if (trouble.jumps && what >= 28 && what < 32) video_ms = audio_ms = random(3) * 1'000'000;
    const bool in_order = static_cast<std::int32_t>(video_ms - audio_ms) <= 0;
    const bool video = trouble.disorder && what >= 900 ? random(2) == 0 : in_order;
    const auto off = trouble.disorder ? random(9) : 0;
    if (video) log.video(video_ms + off, random(20) == 0, 1 + random(300));
    if (!video) log.audio(audio_ms + off, 1 + random(30));
    (video ? video_ms : audio_ms) += video ? 40 : 21;
  }
  return log.bytes();
}

class WildEncoder : public ::testing::TestWithParam<Trouble> {};

TEST_P(WildEncoder, go_on_anywhere) {
  for (std::uint32_t seed = 1; seed <= 8 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    expect_resumable({wild_log(seed * 7919, GetParam()), wild_log(seed, GetParam())});
  }
}

INSTANTIATE_TEST_SUITE_P(With, WildEncoder,
                         ::testing::Values(Trouble{"disorder", false, false, false, true}, Trouble{"new_headers", true, false, false, true},
                                           Trouble{"pauses", false, true, false, true}, Trouble{"jumps", false, false, true, true}),
                         [](const auto& trouble) { return std::string(trouble.param.name); });

}  // namespace
}  // namespace tribute::media

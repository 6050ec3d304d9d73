// The facts of an ingest session in shared memory, as the API's health has them: for whoever implements HealthSource.
#pragma once

#include <tribute/adapter/api/services.hpp>
#include <tribute/media/facts.hpp>

namespace tribute::api {

inline IngestHealth read_health(const media::SessionFacts& facts) noexcept {
  const auto get = [](const auto& field) { return field.load(std::memory_order_relaxed); };
  IngestHealth out{.video_codec = flv::video_codec_name_of(get(facts.video_codec)),
                   .audio_codec = flv::audio_codec_name_of(get(facts.audio_codec))};
  out.width = get(facts.width);
  out.height = get(facts.height);
  out.fps_milli = get(facts.fps_milli);
  out.key_interval_ms = get(facts.key_interval_ms);
  out.video_kbps = get(facts.video_kbps);
  out.audio_kbps = get(facts.audio_kbps);
  out.sample_rate = get(facts.sample_rate);
  out.channels = get(facts.channels);
  out.dropped_frames = get(facts.dropped_frames);
  out.last_media = {get(facts.last_media_wall_ms)};
  for (std::size_t i = 0; i < media::problem_count; ++i) out.problem_since[i] = {get(facts.problem_since_ms[i])};
  return out;
}

}  // namespace tribute::api

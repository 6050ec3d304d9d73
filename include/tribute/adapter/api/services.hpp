// What the control API needs of its worker: tokens, stream keys, randomness, and the health of what arrives. Made
// once per worker; requests and their continuations only refer to it.
#pragma once

#include <array>
#include <functional>
#include <span>
#include <tribute/adapter/token.hpp>
#include <tribute/adapter/vault.hpp>
#include <tribute/media/problems.hpp>
#include <tribute/record.hpp>

namespace tribute::api {

/// What arrives from a stream's encoder now, as the packager sees it.
struct IngestHealth {
  std::string_view video_codec, audio_codec;  ///< as people know them, literals; empty: none seen
  std::uint32_t width = 0, height = 0;
  std::uint32_t fps_milli = 0;
  std::uint32_t key_interval_ms = 0;
  std::uint32_t video_kbps = 0, audio_kbps = 0;
  std::uint32_t sample_rate = 0, channels = 0;
  std::uint64_t dropped_frames = 0;
  Timestamp last_media;
  std::array<Timestamp, media::problem_count> problem_since{};  ///< not set: no such problem now
};

class HealthSource {
 public:
  HealthSource() = default;
  HealthSource(const HealthSource&) = delete;
  HealthSource& operator=(const HealthSource&) = delete;
  virtual ~HealthSource() = default;

  /// Nothing when no encoder is there, or nothing is known yet. Never waits: it is asked in the event loop.
  virtual std::optional<IngestHealth> ingest(const Stream& stream) const = 0;
};

struct ApiServices {
  const Tokens& tokens;
  const Vault& vault;
  const HealthSource* health = nullptr;                 ///< null: nothing is ever known
  std::function<void(std::span<std::uint8_t>)> random;  ///< fills it with random bytes
  std::string org = default_org;
  std::size_t body_limit = 64 * 1024;
};

}  // namespace tribute::api

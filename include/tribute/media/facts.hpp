// The health of one ingest session in shared memory: written by the worker that owns the session, read by all. A fixed
// layout of relaxed atomics; each field is right by itself, and nobody needs two of them to fit together.
#pragma once

#include <array>
#include <atomic>
#include <tribute/flv/codec_names.hpp>
#include <tribute/media/packager_facts.hpp>
#include <tribute/time.hpp>
#include <type_traits>

namespace tribute::media {

struct SessionFacts {
  std::atomic<std::uint32_t> video_codec;  ///< flv::codec_id; flv::video_codec_name_of says it in words
  std::atomic<std::uint32_t> audio_codec;
  std::atomic<std::uint32_t> width, height;  ///< pixels
  std::atomic<std::uint32_t> fps_milli;
  std::atomic<std::uint32_t> key_interval_ms;
  std::atomic<std::uint32_t> video_kbps, audio_kbps;
  std::atomic<std::uint32_t> sample_rate, channels;
  std::atomic<std::int64_t> last_media_wall_ms;
  std::atomic<std::uint64_t> video_frames, audio_frames, dropped_frames;
  std::array<std::atomic<std::int64_t>, problem_count> problem_since_ms;  ///< ms since the Unix epoch; 0 = not now
};

static_assert(std::is_standard_layout_v<SessionFacts> && std::is_trivially_destructible_v<SessionFacts>);
static_assert(std::atomic<std::int64_t>::is_always_lock_free && std::atomic<std::uint32_t>::is_always_lock_free);
static_assert(sizeof(SessionFacts) == 10 * 4 + 4 * 8 + problem_count * 8, "zeros are a session of which nothing is known");

/// Begins a problem at `now`, or ends it. One that lasts keeps its beginning.
inline void set_problem(SessionFacts& facts, Problem problem, bool on, Timestamp now) noexcept {
  auto& since = facts.problem_since_ms[static_cast<std::size_t>(problem)];
  if (!on)
    since.store(0, std::memory_order_relaxed);
  else if (since.load(std::memory_order_relaxed) == 0)
    since.store(now.ms, std::memory_order_relaxed);
}

/// nullopt: not now.
inline std::optional<Timestamp> problem_since(const SessionFacts& facts, Problem problem) noexcept {
  const auto ms = facts.problem_since_ms[static_cast<std::size_t>(problem)].load(std::memory_order_relaxed);
  return ms != 0 ? std::optional{Timestamp{ms}} : std::nullopt;
}

/// Those that the packager can see; the others belong to whoever watches the clock and the door.
inline constexpr std::array packager_problems{Problem::no_video,
                                              Problem::no_audio,
                                              Problem::video_codec_unsupported,
                                              Problem::audio_codec_unsupported,
                                              Problem::key_frame_interval_long,
                                              Problem::no_key_frame,
                                              Problem::timestamps_jump};

inline void update(SessionFacts& facts, const PackagerFacts& seen, Timestamp now) noexcept {
  const auto put = [](auto& field, auto value) { field.store(value, std::memory_order_relaxed); };
  put(facts.video_codec, seen.video_codec);
  put(facts.audio_codec, seen.audio_codec);
  put(facts.width, std::uint32_t{seen.width});
  put(facts.height, std::uint32_t{seen.height});
  put(facts.fps_milli, seen.fps_milli);
  put(facts.key_interval_ms, seen.key_interval_ms);
  put(facts.video_kbps, seen.video_kbps);
  put(facts.audio_kbps, seen.audio_kbps);
  put(facts.sample_rate, seen.sample_rate);
  put(facts.channels, std::uint32_t{seen.channels});
  put(facts.last_media_wall_ms, seen.last_media_wall_ms);
  put(facts.video_frames, seen.video_frames);
  put(facts.audio_frames, seen.audio_frames);
  put(facts.dropped_frames, seen.dropped_frames);
  for (const auto problem : packager_problems) set_problem(facts, problem, seen.problems.has(problem), now);
}

}  // namespace tribute::media

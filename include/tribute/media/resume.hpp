// What a new owner must know to go on with a broadcast exactly where its last published parts end. Made by
// reading those parts back, oldest first; nothing else is needed but the ingest log from resume_offset() on.
#pragma once

#include <tribute/cmaf/read.hpp>
#include <tribute/media/timeline.hpp>

namespace tribute::media {

struct TrackResume {
  TrackConfig config;          ///< of the last part
  cmaf::SessionBox last;       ///< of the last part
  std::uint32_t sequence = 0;  ///< of the last part
  std::uint64_t end = 0;       ///< decode time behind the last part, units of config.timescale
};

struct ResumePoint {
  std::optional<TrackResume> video, audio;
  Boundaries boundaries;

  std::optional<TrackResume>& track(TrackKind kind) noexcept { return kind == TrackKind::video ? video : audio; }

  /// A published part of a track and the init that is in force for it. Give each track's parts in their order,
  /// at least one of every segment from the last one of that track on which is furthest behind, and the last
  /// part of each track. An init behind which no part was published does not count.
  void observe(const TrackConfig& config, const cmaf::ChunkInfo& chunk) {
    auto& known = track(chunk.kind);
    if (!known) known.emplace();
    if (known->config != config) known->config = config;
    known->last = chunk.session;
    known->sequence = chunk.sequence;
    known->end = chunk.decode_time + chunk.duration;
    const auto& box = chunk.session;
    if (box.msn > 0) boundaries.insert({box.msn - 1, box.previous_90k, box.previous_discontinuities});
    boundaries.insert({box.msn, box.segment_90k, box.discontinuities});
  }

  /// Where to read the session's ingest log from: 0 when none of its parts was published.
  /// Precondition: parts were published in the order in which the packager gave them.
  std::uint64_t resume_offset(const Id& session) const noexcept {
    const auto* box = newest_box(session);
    return box != nullptr ? box->resume_offset : 0;
  }

  /// The one that was published last; null when none of the session's parts was.
  const cmaf::SessionBox* newest_box(const Id& session) const noexcept {
    const cmaf::SessionBox* out = nullptr;
    for (const auto* known : {&video, &audio})
      if (*known && (*known)->last.session == session && (out == nullptr || (*known)->last.resume_offset > out->resume_offset))
        out = &(*known)->last;
    return out;
  }

  /// Seconds; 0 = was not fixed yet. For playlists: the packager may learn it again only a little later.
  std::uint16_t target_duration() const noexcept {
    std::uint16_t out = 0;
    for (const auto* known : {&video, &audio})
      if (*known) out = std::max(out, (*known)->last.carry.target_duration);
    return out;
  }
};

}  // namespace tribute::media

// From FLV tags to the parts of a broadcast's tracks. Pure: the same tags after the same resume point give the
// same parts, byte for byte, wherever the work was interrupted. Memory is bounded whatever an encoder sends.
#pragma once

#include <tribute/flv/codec_names.hpp>
#include <tribute/flv/tag.hpp>
#include <tribute/media/audio_track.hpp>
#include <tribute/media/packager_facts.hpp>
#include <tribute/media/video_track.hpp>

namespace tribute::media {

/// A Sink has
///   void configure(TrackKind, const TrackConfig&)   before the first part with that init; that part begins a segment
///   void append(TrackKind, Part&&)                  the next part of that track; bytes it does not take are used again
/// and publishes parts in the order in which they come: ResumePoint relies on it.
class Packager {
 public:
  explicit Packager(const PackagerOptions& options = {}) { broadcast_.options = options; }
  Packager(const PackagerOptions& options, ResumePoint resume) : Packager(options) {
    broadcast_.boundaries = resume.boundaries;
    fixed_target_ = resume.target_duration();
    if (resume.video) video_.resume(*resume.video);
    if (resume.audio) audio_.resume(*resume.audio);
    resume_ = std::move(resume);
  }

  /// A new session goes on behind all that there is; one whose parts the resume point knows goes on inside itself:
  /// push its tags from ResumePoint::resume_offset() on. Precondition: the session before was finished.
  void begin_session(const SessionStart& start) {
    const auto* video = part_of(resume_.video, start.session);
    const auto* audio = part_of(resume_.audio, start.session);
    broadcast_.session = start;
    broadcast_.base_90k = std::max(video_.end_90k(), audio_.end_90k());
    if (const auto* known = video != nullptr ? video : audio) {
      broadcast_.base_90k = known->last.session_base_90k;
      broadcast_.session.wall_start_ms = known->last.session_wall_ms;
    }
    const auto* newest = resume_.newest_box(start.session);
    if (newest == nullptr) broadcast_.target_duration = std::max(broadcast_.target_duration, fixed_target_);
    broadcast_.restore(newest != nullptr ? newest->resume : cmaf::LogState{});
    video_.begin_session(video);
    audio_.begin_session(audio);
    anchored_ = broadcast_.video_clock.set || broadcast_.audio_clock.set;
    waiting_.reset();
    waiting_since_ms_.reset();
    video_expected_ = false;
    first_undecodable_ms_.reset();
    watch_.facts.problems = {};
  }

  /// The next tag of the session's log. Precondition: a session is open.
  template <class Sink>
  void push(const flv::Tag& tag, Sink& sink) {
    if (tag.kind == flv::TagKind::video) push_video(tag, sink);
    if (tag.kind == flv::TagKind::audio) push_audio(tag, sink);
  }

  /// Nothing more will come in this session: what is held leaves now, in parts that may be short.
  template <class Sink>
  void finish_session(Sink& sink) {
    if (!anchored_ && waiting_since_ms_) anchor_on_audio();
    video_.finish(broadcast_, audio_pending(), sink);
    audio_.finish(broadcast_, sink);
  }

  /// Seconds, for all playlists; nullopt until it is known. Never changes afterwards.
  std::optional<std::uint32_t> target_duration() const noexcept {
    const std::uint32_t seconds = std::max(broadcast_.target_duration, fixed_target_);
    return seconds != 0 ? std::optional{seconds} : std::nullopt;
  }
  /// Has frames in the session that is open.
  bool has_track(TrackKind kind) const noexcept { return kind == TrackKind::video ? video_.live() : audio_.live(); }
  /// Where the session begins on the broadcast's time line.
  std::uint64_t session_base_90k() const noexcept { return broadcast_.base_90k; }
  const PackagerFacts& facts() const noexcept { return watch_.facts; }

 private:
  static const TrackResume* part_of(const std::optional<TrackResume>& track, const Id& session) noexcept {
    return track && track->last.session == session ? &*track : nullptr;
  }

  LogMark audio_pending() const noexcept { return audio_.pending(broadcast_.video_now_90k); }
  LogMark video_pending() const noexcept {
    return video_.pending(static_cast<std::uint64_t>(std::max<std::int64_t>(0, broadcast_.audio_clock.time_90k)));
  }

  /// As long as the session's time line has no beginning, everything depends on everything from the first tag on.
  LogMark mark_of(const flv::Tag& tag) {
    if (anchored_) return broadcast_.mark(tag.log_offset);
    if (!waiting_) waiting_ = broadcast_.mark(tag.log_offset);
    return *waiting_;
  }

  /// When a sequence header came, by the other track's clock.
  std::uint64_t header_time(const FlvClock& other, std::uint32_t ms) const noexcept {
    const auto base = static_cast<std::int64_t>(broadcast_.base_90k);
    return static_cast<std::uint64_t>(std::max(base, other.set ? other.at(ms) : base));
  }

  template <class Sink>
  void push_video(const flv::Tag& tag, Sink& sink) {
    const auto head = flv::video_head(tag.payload);
    if (!head) return;
    watch_.facts.video_codec = flv::codec_id(head->codec, head->fourcc);
    const bool taken = head->fourcc == 0 && head->codec == flv::codec_avc;
    watch_.facts.problems.set(Problem::video_codec_unsupported, !taken);
    if (!taken || head->data.empty() || head->packet > 1) return;
    video_expected_ = true;
    if (head->packet == 0) return push_avc_config(tag, head->data);
    ++watch_.facts.video_frames;
    const bool published = tag.log_offset < video_.resume_log_end();
    if ((!published && !video_.configured()) || (!broadcast_.video_live && !head->key)) return drop_video(tag);
    first_undecodable_ms_.reset();
    watch_.facts.problems.set(Problem::no_key_frame, false);
    const auto mark = mark_of(tag);
    if (!std::exchange(anchored_, true)) anchor_on_video(tag.timestamp);
    if (published) return pass_video(tag, sink);
    push_frame(tag, *head, mark, sink);
  }

  template <class Sink>
  void push_frame(const flv::Tag& tag, const flv::VideoHead& head, const LogMark& mark, Sink& sink) {
    const auto mapped = map_timestamp(broadcast_.video_clock, broadcast_.audio_clock, tag.timestamp, broadcast_.video_contiguous_90k());
    if (mapped.jumped) {
      video_.want_discontinuity();
      watch_.jumped(mapped.time_90k);
    }
    const Frame frame{head.data, tag.timestamp, mapped.time_90k, head.composition_offset * 90, head.key, tag.next_offset, mark, {}};
    video_.push(frame, broadcast_, audio_pending(), sink);
    const auto& carry = video_.state().carry;
    watch_.video(mapped.time_90k, head.data.size(), carry.key_90k - 1, carry.key_interval, broadcast_);
    release_audio(sink);
  }

  /// A frame that is in a published part already: it only tells audio how far video has come.
  template <class Sink>
  void pass_video(const flv::Tag& tag, Sink& sink) {
    const auto now = broadcast_.video_now_90k;
    const auto said =
        map_timestamp(broadcast_.video_clock, broadcast_.audio_clock, tag.timestamp, broadcast_.video_contiguous_90k()).time_90k;
    const auto next = broadcast_.video_live ? now + 1 : broadcast_.base_90k;
    const auto dts =
        std::min(std::max(static_cast<std::uint64_t>(std::max<std::int64_t>(0, said)), next), std::max(now, video_.published_90k()));
    const auto& carry = resume_.video->last.carry;
    if (carry.target_90k != 0 && dts + 1 >= carry.target_90k) broadcast_.fix_target_duration(carry.target_duration);
    broadcast_.video_came_to(dts);
    release_audio(sink);
  }

  void drop_video(const flv::Tag& tag) noexcept {
    ++watch_.facts.dropped_frames;
    if (!first_undecodable_ms_) first_undecodable_ms_ = tag.timestamp;
    if (tag.timestamp - *first_undecodable_ms_ > key_frame_patience_ms) watch_.facts.problems.set(Problem::no_key_frame);
  }

  void push_avc_config(const flv::Tag& tag, Bytes record) {
    auto config = cmaf::make_avc_track(record);
    watch_.facts.problems.set(Problem::video_codec_unsupported, !config);
    if (!config) return;
    watch_.facts.width = config->width;
    watch_.facts.height = config->height;
    watch_.declared_fps_milli = flv::parse_avc_config(record)->sps.fps_milli;
    video_.push_config(std::move(*config), mark_of(tag), header_time(broadcast_.audio_clock, tag.timestamp));
  }

  template <class Sink>
  void push_audio(const flv::Tag& tag, Sink& sink) {
    const auto head = flv::audio_head(tag.payload);
    if (!head) return;
    watch_.facts.audio_codec = flv::codec_id(head->codec, head->fourcc);
    const bool taken = head->fourcc == 0 && head->codec == flv::codec_aac;
    watch_.facts.problems.set(Problem::audio_codec_unsupported, !taken);
    if (!taken || head->data.empty() || head->packet > 1) return;
    if (head->packet == 0) return push_aac_config(tag, head->data);
    ++watch_.facts.audio_frames;
    if (!audio_.configured()) {
      ++watch_.facts.dropped_frames;
      return;
    }
    Frame frame{head->data, tag.timestamp, 0, 0, true, tag.next_offset, mark_of(tag), {}};
    if (anchored_) frame.time_90k = audio_time(tag.timestamp);
    frame.behind = anchored_ ? broadcast_.mark(tag.next_offset) : frame.mark;
    if (!anchored_ && !waiting_since_ms_) waiting_since_ms_ = tag.timestamp;
    if (!anchored_ || tag.log_offset >= audio_.resume_log_end()) audio_.push(frame);
    if (!anchored_ && waited_enough(tag.timestamp)) anchor_on_audio();
    if (!anchored_) return;
    release_audio(sink);
    watch_.audio(broadcast_.audio_clock.time_90k, head->data.size(), broadcast_);
  }

  void push_aac_config(const flv::Tag& tag, Bytes bytes) {
    auto config = cmaf::make_aac_track(bytes);
    watch_.facts.problems.set(Problem::audio_codec_unsupported, !config);
    if (!config) return;
    watch_.facts.sample_rate = config->sample_rate;
    watch_.facts.channels = config->channels;
    const auto samples = flv::parse_aac_config(bytes)->frame_samples;
    const bool changed = audio_.push_config(std::move(*config), samples, mark_of(tag), header_time(broadcast_.video_clock, tag.timestamp));
    if (changed && audio_.live() && tag.log_offset >= video_.resume_log_end()) video_.want_discontinuity();
  }

  std::int64_t audio_time(std::uint32_t ms) noexcept {
    const auto& clock = broadcast_.audio_clock;
    const auto contiguous = clock.set ? clock.time_90k + audio_.frame_90k() : static_cast<std::int64_t>(broadcast_.base_90k);
    const auto mapped = map_timestamp(broadcast_.audio_clock, broadcast_.video_clock, ms, contiguous);
    if (mapped.jumped) watch_.jumped(mapped.time_90k);
    return mapped.time_90k;
  }

  template <class Sink>
  void release_audio(Sink& sink) {
    if (anchored_) audio_.release(false, broadcast_, video_pending(), sink);
  }

  /// The session's time line begins with this key frame; what audio has waited with an earlier time is left out.
  void anchor_on_video(std::uint32_t ms) {
    broadcast_.video_clock = {true, ms, static_cast<std::int64_t>(broadcast_.base_90k)};
    audio_.map_waiting([this](std::uint32_t audio_ms) { return audio_time(audio_ms); });
  }

  /// No video, or none that can be decoded: audio goes first.
  void anchor_on_audio() {
    anchored_ = true;
    broadcast_.fix_target_duration(4);
    broadcast_.audio_clock = {true, *waiting_since_ms_, static_cast<std::int64_t>(broadcast_.base_90k)};
    audio_.map_waiting([this](std::uint32_t audio_ms) { return audio_time(audio_ms); });
  }

  bool waited_enough(std::uint32_t ms) const noexcept {
    const auto waited = static_cast<std::int32_t>(ms - *waiting_since_ms_);
    return audio_.queue().full() || waited >= static_cast<std::int32_t>(video_expected_ ? key_frame_patience_ms : video_patience_ms);
  }

  static constexpr std::uint32_t video_patience_ms = 2000;        // audio waits that long for any sign of video …
  static constexpr std::uint32_t key_frame_patience_ms = 12'000;  // … and that long for a key frame, when there is video

  Broadcast broadcast_;
  VideoTrack video_;
  AudioTrack audio_;
  ResumePoint resume_;
  FactsKeeper watch_;
  std::optional<std::uint32_t> first_undecodable_ms_;  // timestamp of the first frame that has no key frame before it
  std::optional<LogMark> waiting_;                     // first tag of the session, until there is a time line
  std::optional<std::uint32_t> waiting_since_ms_;      // timestamp of its first audio frame
  std::uint16_t fixed_target_ = 0;                     // that the resume point knows, whether or not the log has come to it
  bool anchored_ = false;
  bool video_expected_ = false;
};

}  // namespace tribute::media

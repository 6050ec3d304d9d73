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
    broadcast_.target_duration = resume.target_duration();
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
    broadcast_.video_clock = broadcast_.audio_clock = {};
    if (const auto* known = video != nullptr ? video : audio) {
      broadcast_.base_90k = known->last.session_base_90k;
      broadcast_.session.wall_start_ms = known->last.session_wall_ms;
    }
    if (video != nullptr) broadcast_.video_clock = clock_of(*video);
    if (audio != nullptr) broadcast_.audio_clock = clock_of(*audio);
    const auto* newest = resume_.newest_box(start.session);
    broadcast_.video_live = newest != nullptr && newest->video_90k != 0;
    broadcast_.video_now_90k = broadcast_.video_live ? newest->video_90k - 1 : broadcast_.base_90k;
    video_.begin_session(video);
    audio_.begin_session(audio);
    anchored_ = video != nullptr || audio != nullptr;
    video_expected_ = false;
    first_undecodable_ms_.reset();
    facts_.problems = {};
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
    if (!anchored_ && !audio_.queue().empty()) anchor_on_audio();
    video_.finish(broadcast_, audio_pending(), sink);
    audio_.finish(broadcast_, sink);
  }

  /// Seconds, for all playlists; nullopt until it is known. Never changes afterwards.
  std::optional<std::uint32_t> target_duration() const noexcept {
    return broadcast_.target_duration != 0 ? std::optional<std::uint32_t>{broadcast_.target_duration} : std::nullopt;
  }
  /// Has frames in the session that is open.
  bool has_track(TrackKind kind) const noexcept { return kind == TrackKind::video ? video_.live() : audio_.live(); }
  /// Where the session begins on the broadcast's time line.
  std::uint64_t session_base_90k() const noexcept { return broadcast_.base_90k; }
  const PackagerFacts& facts() const noexcept { return facts_; }

 private:
  static const TrackResume* part_of(const std::optional<TrackResume>& track, const Id& session) noexcept {
    return track && track->last.session == session ? &*track : nullptr;
  }
  static FlvClock clock_of(const TrackResume& track) noexcept { return {true, track.last.carry.flv_ms, track.last.carry.flv_90k}; }

  LogMark audio_pending() const noexcept { return audio_.pending(broadcast_.video_now_90k); }
  LogMark video_pending() const noexcept {
    return video_.pending(static_cast<std::uint64_t>(std::max<std::int64_t>(0, broadcast_.audio_clock.time_90k)));
  }

  void video_came_to(std::uint64_t time_90k) noexcept {
    broadcast_.video_live = true;
    broadcast_.video_now_90k = std::max(broadcast_.video_now_90k, time_90k);
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
    facts_.video_codec = flv::video_codec_name(head->codec, head->fourcc);
    const bool taken = head->fourcc == 0 && head->codec == flv::codec_avc;
    facts_.problems.set(Problem::video_codec_unsupported, !taken);
    if (!taken || head->data.empty() || head->packet > 1) return;
    video_expected_ = true;
    if (head->packet == 0) return push_avc_config(tag, head->data);
    ++facts_.video_frames;
    if (tag.log_offset < video_.resume_log_end()) return pass_video(tag, sink);
    if (!video_.configured() || (!video_.live() && !head->key)) return drop_video(tag);
    first_undecodable_ms_.reset();
    facts_.problems.set(Problem::no_key_frame, false);
    const bool first = !std::exchange(anchored_, true);
    if (first) anchor_on_video(tag.timestamp);
    push_frame(tag, *head, sink);
  }

  template <class Sink>
  void push_frame(const flv::Tag& tag, const flv::VideoHead& head, Sink& sink) {
    const auto mapped = map_timestamp(broadcast_.video_clock, broadcast_.audio_clock, tag.timestamp, static_cast<std::int64_t>(video_.contiguous_90k()));
    if (mapped.jumped) {
      video_.want_discontinuity();
      note_jump(mapped.time_90k);
    }
    const Frame frame{head.data, tag.timestamp, mapped.time_90k, head.composition_offset * 90, head.key, broadcast_.mark(tag.log_offset), tag.next_offset};
    video_.push(frame, broadcast_, audio_pending(), sink);
    video_came_to(video_.newest_90k());
    note_video(mapped.time_90k, head.data.size());
    release_audio(sink);
  }

  /// A frame that is in a published part already: it only tells audio how far video has come.
  template <class Sink>
  void pass_video(const flv::Tag& tag, Sink& sink) {
    const auto said = static_cast<std::uint64_t>(std::max<std::int64_t>(0, broadcast_.video_clock.at(tag.timestamp)));
    const auto next = broadcast_.video_live ? broadcast_.video_now_90k + 1 : broadcast_.base_90k;
    video_came_to(std::min(std::max(said, next), video_.published_90k()));
    release_audio(sink);
  }

  void drop_video(const flv::Tag& tag) noexcept {
    ++facts_.dropped_frames;
    if (!first_undecodable_ms_) first_undecodable_ms_ = tag.timestamp;
    if (tag.timestamp - *first_undecodable_ms_ > key_frame_patience_ms) facts_.problems.set(Problem::no_key_frame);
  }

  void push_avc_config(const flv::Tag& tag, Bytes record) {
    if (tag.log_offset < video_.resume_log_end()) return;
    auto config = cmaf::make_avc_track(record);
    facts_.problems.set(Problem::video_codec_unsupported, !config);
    if (!config) return;
    facts_.width = config->width;
    facts_.height = config->height;
    declared_fps_milli_ = flv::parse_avc_config(record)->sps.fps_milli;
    video_.push_config(std::move(*config), broadcast_.mark(tag.log_offset), header_time(broadcast_.audio_clock, tag.timestamp));
  }

  template <class Sink>
  void push_audio(const flv::Tag& tag, Sink& sink) {
    const auto head = flv::audio_head(tag.payload);
    if (!head) return;
    facts_.audio_codec = flv::audio_codec_name(head->codec, head->fourcc);
    const bool taken = head->fourcc == 0 && head->codec == flv::codec_aac;
    facts_.problems.set(Problem::audio_codec_unsupported, !taken);
    if (!taken || head->data.empty() || head->packet > 1 || tag.log_offset < audio_.resume_log_end()) return;
    if (head->packet == 0) return push_aac_config(tag, head->data);
    ++facts_.audio_frames;
    if (!audio_.configured()) {
      ++facts_.dropped_frames;
      return;
    }
    Frame frame{head->data, tag.timestamp, 0, 0, true, broadcast_.mark(tag.log_offset), tag.next_offset};
    if (anchored_) frame.time_90k = audio_time(tag.timestamp);
    audio_.push(frame);
    if (!anchored_ && waited_enough(tag.timestamp)) anchor_on_audio();
    if (!anchored_) return;
    release_audio(sink);
    note_audio(broadcast_.audio_clock.time_90k, head->data.size());
  }

  void push_aac_config(const flv::Tag& tag, Bytes bytes) {
    auto config = cmaf::make_aac_track(bytes);
    facts_.problems.set(Problem::audio_codec_unsupported, !config);
    if (!config) return;
    facts_.sample_rate = config->sample_rate;
    facts_.channels = config->channels;
    const auto samples = flv::parse_aac_config(bytes)->frame_samples;
    const bool changed = audio_.push_config(std::move(*config), samples, broadcast_.mark(tag.log_offset), header_time(broadcast_.video_clock, tag.timestamp));
    if (changed && audio_.live() && tag.log_offset >= video_.resume_log_end()) video_.want_discontinuity();
  }

  std::int64_t audio_time(std::uint32_t ms) noexcept {
    const auto& clock = broadcast_.audio_clock;
    const auto contiguous = clock.set ? clock.time_90k + audio_.frame_90k() : static_cast<std::int64_t>(broadcast_.base_90k);
    const auto mapped = map_timestamp(broadcast_.audio_clock, broadcast_.video_clock, ms, contiguous);
    if (mapped.jumped) note_jump(mapped.time_90k);
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
    broadcast_.audio_clock = {true, audio_.queue().oldest().frame.flv_ms, static_cast<std::int64_t>(broadcast_.base_90k)};
    audio_.map_waiting([this](std::uint32_t audio_ms) { return audio_time(audio_ms); });
  }

  bool waited_enough(std::uint32_t ms) const noexcept {
    const auto waited = static_cast<std::int32_t>(ms - audio_.queue().oldest().frame.flv_ms);
    return audio_.queue().full() || waited >= static_cast<std::int32_t>(video_expected_ ? key_frame_patience_ms : video_patience_ms);
  }

  void note_jump(std::int64_t time_90k) noexcept {
    facts_.problems.set(Problem::timestamps_jump);
    jump_90k_ = time_90k;
  }

  void note_video(std::int64_t time_90k, std::size_t bytes) noexcept {
    if (video_meter_.add(bytes, time_90k)) {
      facts_.video_kbps = video_meter_.kbps;
      const auto measured = video_meter_.fps_milli, declared = declared_fps_milli_;
      // Milliseconds make 29.97 look like 29.9 or 30.1: what the encoder says is taken when it is that near.
      facts_.fps_milli = measured > declared - declared / 50 && measured < declared + declared / 50 ? declared : measured;
    }
    facts_.key_interval_ms = video_.state().carry.key_interval / 90;
    const auto since_key = (broadcast_.video_now_90k + 1 - std::min(broadcast_.video_now_90k + 1, video_.state().carry.key_90k)) / 90;
    facts_.problems.set(Problem::key_frame_interval_long, std::max<std::uint64_t>(since_key, facts_.key_interval_ms) > long_key_interval_ms);
    note_time(time_90k);
  }

  void note_audio(std::int64_t time_90k, std::size_t bytes) noexcept {
    if (audio_meter_.add(bytes, time_90k)) facts_.audio_kbps = audio_meter_.kbps;
    note_time(time_90k);
  }

  void note_time(std::int64_t time_90k) noexcept {
    const auto wall = broadcast_.wall_ms(static_cast<std::uint64_t>(std::max<std::int64_t>(0, time_90k)));
    facts_.last_media_wall_ms = std::max(facts_.last_media_wall_ms, wall);
    if (time_90k - jump_90k_ > 60 * second_90k) facts_.problems.set(Problem::timestamps_jump, false);
    const auto age = time_90k - static_cast<std::int64_t>(broadcast_.base_90k);
    const auto quiet = [&](const FlvClock& clock) { return age > 3 * second_90k && (!clock.set || time_90k - clock.time_90k > 3 * second_90k); };
    facts_.problems.set(Problem::no_video, quiet(broadcast_.video_clock) && !facts_.problems.has(Problem::video_codec_unsupported));
    facts_.problems.set(Problem::no_audio, quiet(broadcast_.audio_clock) && !facts_.problems.has(Problem::audio_codec_unsupported));
  }

  static constexpr std::uint32_t video_patience_ms = 2000;        // audio waits that long for any sign of video …
  static constexpr std::uint32_t key_frame_patience_ms = 12'000;  // … and that long for a key frame, when there is video
  static constexpr std::uint64_t long_key_interval_ms = 4450;

  Broadcast broadcast_;
  VideoTrack video_;
  AudioTrack audio_;
  ResumePoint resume_;
  PackagerFacts facts_;
  RateMeter video_meter_, audio_meter_;
  std::uint32_t declared_fps_milli_ = 0;
  std::int64_t jump_90k_ = 0;
  std::optional<std::uint32_t> first_undecodable_ms_;  // timestamp of the first frame that has no key frame before it
  bool anchored_ = false;
  bool video_expected_ = false;
};

}  // namespace tribute::media

// The audio track: frames wait until video has come as far, so that segments begin at the same times; then
// they are snapped to the sample clock. Leads itself when there is no video, or when video has stopped.
#pragma once

#include <tribute/media/frame_queue.hpp>
#include <tribute/media/track_output.hpp>

namespace tribute::media {

class AudioTrack {
 public:
  bool live() const noexcept { return live_; }  ///< has frames in this session
  bool configured() const noexcept { return in_session_; }
  const TrackOutput& output() const noexcept { return output_; }
  const TrackState& state() const noexcept { return state_; }
  const FrameQueue& queue() const noexcept { return queue_; }
  std::uint64_t resume_log_end() const noexcept { return resume_log_end_; }
  std::uint64_t dropped() const noexcept { return dropped_; }
  std::uint64_t end_90k() const noexcept { return output_.configured() ? to_90k(state_.end) : 0; }
  std::int64_t frame_90k() const noexcept { return static_cast<std::int64_t>(latest_samples_ * 90'000ull / latest_rate_); }

  void resume(const TrackResume& from) {
    output_.resume(from);
    state_.end = from.end;
    state_.segment = Boundary{from.last.msn, from.last.segment_90k, from.last.discontinuities};
    samples_ = latest_samples_ = from.last.carry.last_duration;
    latest_rate_ = from.config.timescale;
  }

  void begin_session(const TrackResume* same_session) {
    state_.carry = same_session != nullptr ? same_session->last.carry : cmaf::TrackCarry{};
    resume_log_end_ = same_session != nullptr ? same_session->last.log_end : 0;
    state_.log_end = resume_log_end_;
    state_.behind = {};
    live_ = in_session_ = same_session != nullptr;
    latest_ = active_;
    pending_config_.reset();
    header_.used();
    unpublished_ = {};
  }

  /// A sequence header; `frame_samples`: how many samples a frame of it lasts. True: another one than before.
  bool push_config(TrackConfig config, std::uint16_t frame_samples, const LogMark& mark, std::uint64_t time_90k) {
    if (pending_config_ && config == *pending_config_) return false;
    pending_config_.reset();
    latest_samples_ = frame_samples;
    latest_rate_ = config.timescale;
    in_session_ = true;
    if (config != output_.config()) {
      header_.seen(mark, time_90k);
      pending_config_ = std::move(config);
      latest_ = ++last_number_;
      return true;
    }
    latest_ = active_;
    samples_ = frame_samples;
    if (live_)
      header_.used();  // back to what is in use
    else
      header_.seen(mark, time_90k);
    return false;
  }

  /// Precondition: configured(). Nothing leaves before release().
  void push(const Frame& frame) { queue_.push(frame, latest_); }

  /// The session's time line was just fixed: the frames that wait get their times.
  template <class F>
  void map_waiting(F&& time_of) {
    queue_.for_each([&](Frame& frame) { frame.time_90k = time_of(frame.flv_ms); });
  }

  /// Places what may go: all that video has reached, or everything when video is absent or over a second behind.
  template <class Sink>
  void release(bool everything, Broadcast& broadcast, const LogMark& other_pending, Sink& sink) {
    const auto video_now = static_cast<std::int64_t>(broadcast.video_now_90k);
    while (!queue_.empty()) {
      const bool stalled = queue_.newest().frame.time_90k > video_now + second_90k;
      if (broadcast.video_live && !everything && !stalled && !queue_.full() && queue_.oldest().frame.time_90k > video_now) return;
      const auto entry = queue_.front();
      place(entry.frame, entry.config, broadcast, other_pending, sink);
      queue_.pop();
    }
  }

  template <class Sink>
  void finish(Broadcast& broadcast, Sink& sink) {
    release(true, broadcast, {}, sink);
    close_part(state_, broadcast, {}, sink);
    header_.used();
  }

  void discard_waiting() noexcept { queue_.clear(); }

  /// The first tag that is still needed for this track; none: the largest offset.
  LogMark pending(std::uint64_t now_90k) const noexcept {
    auto first = output_.part_open() ? output_.first_mark() : unpublished_;
    if (!queue_.empty()) first = first.earlier(queue_.oldest().frame.mark);
    return first.earlier(header_.needed(now_90k, !queue_.empty() || output_.part_open()));
  }

 private:
  // A header that waits for its segment stands before what is published meanwhile.
  template <class Sink>
  void close_part(const TrackState& state, const Broadcast& broadcast, const LogMark& other_pending, Sink& sink) {
    const auto own = pending_config_ ? header_.needed(broadcast.video_now_90k, true) : LogMark{};
    output_.close_part(state, broadcast, other_pending.earlier(own), sink);
  }

  std::uint64_t to_90k(std::uint64_t samples) const noexcept {  // rounded up
    const std::uint64_t rate = output_.config().timescale;
    return samples / rate * 90'000 + (samples % rate * 90'000 + rate - 1) / rate;
  }
  static std::uint64_t to_samples(std::uint64_t time_90k, std::uint64_t rate) noexcept {  // to the nearest
    return time_90k / 90'000 * rate + (time_90k % 90'000 * rate + 45'000) / 90'000;
  }

  template <class Sink>
  void place(const Frame& frame, std::uint32_t config, Broadcast& broadcast, const LogMark& other_pending, Sink& sink) {
    if (frame.next_offset <= resume_log_end_) return;  // published before this packager began
    const bool changes = config != active_;
    const bool stale = changes && (!pending_config_ || config != latest_);
    if (frame.time_90k < static_cast<std::int64_t>(broadcast.base_90k) || stale) return drop();
    if (changes && !change_config(frame, broadcast, other_pending, sink)) return drop();
    const auto wanted = to_samples(static_cast<std::uint64_t>(frame.time_90k), output_.config().timescale);
    SampleClock clock{state_.carry.off_frames, state_.carry.off_by};
    const auto placed = live_ ? clock.place(static_cast<std::int64_t>(wanted), state_.end, output_.config().timescale)
                              : SampleClock::Placed{std::max(state_.end, wanted), false};
    if (placed.drop) {
      pass(frame, clock);
      if (!output_.part_open()) unpublished_ = frame.mark.earlier(unpublished_);
      return drop();
    }
    const auto time = to_90k(placed.time);
    const auto segment = choose_segment(time, broadcast);
    const bool begins = !state_.segment || segment.msn != state_.segment->msn;
    if (begins || placed.time != state_.end || !output_.part().has_room(frame.data.size()))
      close_part(state_, broadcast, other_pending, sink);
    state_.segment = segment;
    if (!output_.part_open()) open_part(frame, placed.time, begins, broadcast);
    pass(frame, clock);
    add(frame, placed.time, broadcast);
    if (output_.part().duration() + samples_ > output_.config().timescale * std::uint64_t{broadcast.options.part_target_ms} / 1000)
      close_part(state_, broadcast, other_pending, sink);
  }

  // The state is now behind this frame, whether it is in a part or was left out.
  void pass(const Frame& frame, const SampleClock& clock) noexcept {
    auto& carry = state_.carry;
    carry.off_frames = clock.off_frames;
    carry.off_by = clock.off_by;
    state_.log_end = frame.next_offset;
    state_.behind = frame.behind;
  }

  // Another sample rate or channel count needs another init, and that a new segment in every track: with video, at its
  // next key frame. Until then these frames fit nowhere.
  template <class Sink>
  bool change_config(const Frame& frame, Broadcast& broadcast, const LogMark& other_pending, Sink& sink) {
    const auto time = static_cast<std::uint64_t>(frame.time_90k);
    const auto after = state_.segment ? std::optional{state_.segment->msn} : std::nullopt;
    if (live_ && !broadcast.boundaries.latest(visible(time, broadcast), after)) {
      if (broadcast.video_live) return false;
      broadcast.boundaries.add(std::max(time, to_90k(state_.end)), true);
    }
    close_part(state_, broadcast, other_pending, sink);
    const auto end = end_90k();
    output_.set_config(*std::exchange(pending_config_, std::nullopt));
    active_ = latest_;
    samples_ = latest_samples_;
    const auto rate = output_.config().timescale;
    state_.end = to_samples(end, rate) + (end % 90'000 * rate % 90'000 != 0 ? 1 : 0);
    return true;
  }

  // A boundary counts only once video has come to it, however early it is known: so the order of the log decides alone.
  static std::uint64_t visible(std::uint64_t time, const Broadcast& broadcast) noexcept {
    return broadcast.video_live ? std::min(time, broadcast.video_now_90k) : time;
  }

  Boundary choose_segment(std::uint64_t time, Broadcast& broadcast) const {
    auto& boundaries = broadcast.boundaries;
    const auto after = state_.segment ? std::optional{state_.segment->msn} : std::nullopt;
    if (const auto planned = boundaries.latest(visible(time, broadcast), after)) return *planned;
    if (!live_) return boundaries.add(std::max(time, broadcast.base_90k), true);
    if (broadcast.video_live && boundaries.latest(broadcast.video_now_90k, after)) return *state_.segment;
    const auto age = time - std::min(time, state_.segment->start_90k);
    const bool due = broadcast.video_live ? age > broadcast.segment_limit_90k() : age >= broadcast.options.audio_segment_ms * 90ull;
    if (!due) return *state_.segment;
    const auto known = boundaries.next(state_.segment->msn);
    return known ? *known : boundaries.add(time, false);
  }

  void open_part(const Frame& frame, std::uint64_t time, bool begins, const Broadcast& broadcast) {
    const std::uint64_t rate = output_.config().timescale;
    const auto time_90k = time / rate * 90'000 + time % rate * 90'000 / rate;
    output_.open_part(time, time_90k, *state_.segment, begins, true,
                      frame.mark.earlier(unpublished_).earlier(header_.needed(broadcast.video_now_90k, true)));
    unpublished_ = {};
    if (!pending_config_) header_.used();
  }

  void add(const Frame& frame, std::uint64_t time, const Broadcast& broadcast) {
    output_.part().add(frame.data, {static_cast<std::uint32_t>(frame.data.size()), samples_, 0, true});
    state_.carry.last_duration = samples_;
    if (!broadcast.video_live) state_.carry.target_duration = broadcast.target_duration;  // otherwise video tells
    state_.end = time + samples_;
    live_ = true;
  }

  void drop() noexcept { ++dropped_; }

  TrackOutput output_{TrackKind::audio};
  TrackState state_;
  FrameQueue queue_;
  std::optional<TrackConfig> pending_config_;
  UnusedHeader header_;
  LogMark unpublished_;  // first frame that was left out behind the last part: the sample clock has counted it
  std::uint32_t active_ = 0, latest_ = 0, last_number_ = 0;  // sequence headers by number
  std::uint32_t samples_ = 1024, latest_samples_ = 1024;     // per frame
  std::uint32_t latest_rate_ = 48'000;
  std::uint64_t resume_log_end_ = 0;
  std::uint64_t dropped_ = 0;
  bool live_ = false;
  bool in_session_ = false;
};

}  // namespace tribute::media

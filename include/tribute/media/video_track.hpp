// The video track: decides where segments and parts begin. Holds one frame, since only the next one tells
// how long it lasts. A part's end is always decided by what stands before it in the log.
#pragma once

#include <tribute/media/track_output.hpp>

namespace tribute::media {

class VideoTrack {
 public:
  bool live() const noexcept { return live_; }  ///< has frames in this session
  bool configured() const noexcept { return in_session_; }
  const TrackOutput& output() const noexcept { return output_; }
  const TrackState& state() const noexcept { return state_; }
  std::uint64_t end_90k() const noexcept { return state_.end; }
  /// Of the last frame that was published before this packager began.
  std::uint64_t published_90k() const noexcept { return published_90k_; }
  std::uint64_t resume_log_end() const noexcept { return resume_log_end_; }
  std::uint64_t forced_cuts() const noexcept { return forced_cuts_; }

  void resume(const TrackResume& from) {
    output_.resume(from);
    state_.end = from.end;
    published_90k_ = from.end - std::min<std::uint64_t>(from.end, from.last.carry.last_duration);
    state_.segment = Boundary{from.last.msn, from.last.segment_90k, from.last.discontinuities};
  }

  void begin_session(const TrackResume* same_session) {
    state_.carry = same_session != nullptr ? same_session->last.carry : cmaf::TrackCarry{};
    resume_log_end_ = same_session != nullptr ? same_session->last.log_end : 0;
    state_.log_end = resume_log_end_;
    state_.behind = {};
    live_ = in_session_ = same_session != nullptr;
    pending_config_.reset();
    header_.used();
  }

  /// A sequence header. The same one again changes nothing.
  void push_config(TrackConfig config, const LogMark& mark, std::uint64_t time_90k) {
    if (pending_config_ && config == *pending_config_) return;
    pending_config_.reset();
    if (config != output_.config())
      pending_config_ = std::move(config);
    else if (live_)
      return header_.used();  // back to what is in use
    header_.seen(mark, time_90k);
    in_session_ = true;
  }

  /// The next segment is to begin with a discontinuity, as soon as a key frame allows it.
  void want_discontinuity() noexcept { state_.carry.discontinuity_due = true; }

  /// Precondition: configured(); the first frame of a session is a key frame.
  template <class Sink>
  void push(const Frame& frame, Broadcast& broadcast, const LogMark& other_pending, Sink& sink) {
    const auto dts = static_cast<std::uint64_t>(
        std::max(frame.time_90k, static_cast<std::int64_t>(held_ ? held_dts_ + 1 : std::max(state_.end, live_ ? 0 : broadcast.base_90k))));
    auto carry = state_.carry;
    note_key_frame(carry, dts, frame.key, broadcast);
    const auto planned = broadcast.boundaries.latest(dts, number_of(state_.segment));
    finish_held(dts, planned, broadcast, other_pending, sink);
    carry.last_duration = state_.carry.last_duration;
    const auto segment = choose_segment(dts, frame, planned, broadcast);
    const bool begins = !state_.segment || segment.msn != state_.segment->msn;
    const bool overflows =
        output_.part().duration() + carry.last_duration > part_target(broadcast) || !output_.part().has_room(frame.data.size());
    const bool hole = state_.end != dts;
    if (begins || overflows || hole) close_part(state_, broadcast, other_pending, sink);
    before_held_ = state_;
    if (begins) begin_segment(carry, segment, frame.key);
    place(frame, dts, begins, std::move(carry), broadcast);
  }

  /// The session is over: the held frame lasts as long as the one before it.
  template <class Sink>
  void finish(Broadcast& broadcast, const LogMark& other_pending, Sink& sink) {
    const auto duration = state_.carry.last_duration != 0 ? state_.carry.last_duration : 3000u;
    if (held_) finish_held(held_dts_ + duration, std::nullopt, broadcast, other_pending, sink);
    close_part(state_, broadcast, other_pending, sink);
    header_.used();
  }

  /// The first tag that is still needed for this track; none: the largest offset.
  LogMark pending(std::uint64_t now_90k) const noexcept {
    const auto first = output_.part_open() ? output_.first_mark() : LogMark{};
    return first.earlier(header_.needed(now_90k, output_.part_open()));
  }

 private:
  // A header that waits for its key frame stands before what is published meanwhile.
  template <class Sink>
  void close_part(const TrackState& state, const Broadcast& broadcast, const LogMark& other_pending, Sink& sink) {
    const auto own = pending_config_ ? header_.needed(state.end, true) : LogMark{};
    output_.close_part(state, broadcast, other_pending.earlier(own), sink);
  }

  static std::uint64_t part_target(const Broadcast& broadcast) noexcept { return broadcast.options.part_target_ms * 90ull; }
  static std::optional<std::uint64_t> number_of(const std::optional<Boundary>& segment) noexcept {
    return segment ? std::optional{segment->msn} : std::nullopt;
  }

  // Fixes the target duration: by an interval long enough for a segment, by two short ones that agree (a scene cut makes
  // one odd one, and a long interval may follow), or after 2.5 s for the long one.
  static void note_key_frame(cmaf::TrackCarry& carry, std::uint64_t dts, bool key, Broadcast& broadcast) noexcept {
    if (key && carry.key_90k == 0 && carry.first_key_90k == 0) {
      carry.first_key_90k = carry.key_90k = dts + 1;  // one more than it is, so that 0 means none
    } else if (key) {
      const auto interval = dts + 1 - carry.key_90k;
      const auto before = carry.key_interval;
      carry.key_interval = static_cast<std::uint32_t>(std::min<std::uint64_t>(interval, 0xffffffff));
      carry.key_90k = dts + 1;
      const auto longer = std::max(before, carry.key_interval), shorter = std::min(before, carry.key_interval);
      if (interval >= broadcast.options.min_segment_ms * 90ull)
        broadcast.fix_target_duration(interval <= broadcast.segment_limit_90k() ? 4 : 10);
      if (before != 0 && longer - shorter <= longer / 5) broadcast.fix_target_duration(4);
    }
    if (carry.first_key_90k != 0 && dts + 1 - carry.first_key_90k >= 225'000) broadcast.fix_target_duration(10);
    if (carry.target_duration == 0 && broadcast.target_duration != 0) carry.target_90k = dts + 1;
    carry.target_duration = broadcast.target_duration;
  }

  // A held frame lasts until the next one, but not beyond its segment: over a pause of the video the picture stands to
  // the end of the segment, and then there is a hole.
  template <class Sink>
  void finish_held(std::uint64_t next_dts, const std::optional<Boundary>& planned, const Broadcast& broadcast, const LogMark& other_pending,
                   Sink& sink) {
    if (!held_) return;
    auto end = std::min(next_dts, std::max(held_dts_ + 1, state_.segment->start_90k + broadcast.segment_limit_90k()));
    if (planned) end = std::min(end, std::max(held_dts_ + 1, planned->start_90k));
    const auto duration = static_cast<std::uint32_t>(end - held_dts_);
    if (output_.part().frames() > 1 && output_.part().duration() + duration > part_target(broadcast))
      split_held(broadcast, other_pending, sink);
    output_.part().set_last_duration(duration);
    state_.carry.last_duration = duration;
    state_.end = end;
    held_ = false;
  }

  // It turned out longer than the one before, and the part would be too long with it: it begins the next part.
  template <class Sink>
  void split_held(const Broadcast& broadcast, const LogMark& other_pending, Sink& sink) {
    const auto [sample, data] = output_.part().take_last();
    close_part(before_held_, broadcast, other_pending, sink);
    output_.open_part(held_dts_, held_dts_, *state_.segment, false, sample.key, held_mark_);
    output_.part().add(data, sample);
  }

  Boundary choose_segment(std::uint64_t dts, const Frame& frame, const std::optional<Boundary>& planned, Broadcast& broadcast) {
    const bool breaks = frame.key && (pending_config_ || state_.carry.discontinuity_due);
    const bool break_known = planned && (!live_ || planned->discontinuities != state_.segment->discontinuities);
    if (planned && (!breaks || break_known)) {
      if (!frame.key) ++forced_cuts_;
      return *planned;
    }
    auto& boundaries = broadcast.boundaries;
    if (!live_) return boundaries.add(dts, true);
    if (breaks) {
      const auto known = boundaries.next_break(*state_.segment);
      return known ? *known : boundaries.add(dts, true);
    }
    if (boundaries.has_after(state_.segment->msn)) return *state_.segment;  // audio had to begin one; follow when it is due
    const auto start = state_.segment->start_90k, limit = broadcast.segment_limit_90k();
    const auto age = dts - std::min(dts, start);
    const auto cut = std::min(dts, start + limit);  // behind a hole, audio ends its segment in time
    if (frame.key && age >= broadcast.options.min_segment_ms * 90ull) return boundaries.add(cut, false);
    if (age + state_.carry.last_duration <= limit) return *state_.segment;
    ++forced_cuts_;
    return boundaries.add(cut, false);
  }

  void begin_segment(cmaf::TrackCarry& carry, const Boundary& segment, bool key) {
    if (key) carry.discontinuity_due = false;
    if (key && pending_config_) output_.set_config(*std::exchange(pending_config_, std::nullopt));
    state_.segment = segment;
  }

  void place(const Frame& frame, std::uint64_t dts, bool begins, cmaf::TrackCarry&& carry, Broadcast& broadcast) {
    if (!output_.part_open()) {
      output_.open_part(dts, dts, *state_.segment, begins, frame.key, frame.mark.earlier(header_.needed(dts, true)));
      if (!pending_config_) header_.used();
    }
    const auto composition = frame.time_90k + frame.composition_90k - static_cast<std::int64_t>(dts);
    const auto clamped = std::clamp<std::int64_t>(composition, -10 * second_90k, 10 * second_90k);
    output_.part().add(frame.data, {static_cast<std::uint32_t>(frame.data.size()), 0, static_cast<std::int32_t>(clamped), frame.key});
    state_.carry = carry;
    state_.log_end = frame.next_offset;
    broadcast.video_came_to(dts);
    state_.behind = broadcast.mark(frame.next_offset);
    held_ = true;
    held_dts_ = dts;
    held_mark_ = frame.mark;
    live_ = true;
  }

  TrackOutput output_{TrackKind::video};
  TrackState state_;
  TrackState before_held_;  // what a part is closed with when the held frame is not in it
  bool held_ = false;       // the last frame of the open part has no duration yet
  std::uint64_t held_dts_ = 0;
  LogMark held_mark_;
  std::optional<TrackConfig> pending_config_;
  UnusedHeader header_;
  std::uint64_t resume_log_end_ = 0;
  std::uint64_t published_90k_ = 0;
  std::uint64_t forced_cuts_ = 0;
  bool live_ = false;
  bool in_session_ = false;  // a sequence header of this session is known
};

}  // namespace tribute::media

// The way out of one track: opens a part, gathers its frames, and closes it with everything that a reader, a
// player and the next owner want to know about it. Decides nothing about when.
#pragma once

#include <tribute/media/broadcast.hpp>
#include <tribute/media/part_assembler.hpp>

namespace tribute::media {

class TrackOutput {
 public:
  explicit TrackOutput(TrackKind kind) noexcept : kind_(kind), assembler_(kind) {}

  const TrackConfig& config() const noexcept { return config_; }
  bool configured() const noexcept { return config_.timescale != 0; }
  bool part_open() const noexcept { return !assembler_.empty(); }
  const PartAssembler& part() const noexcept { return assembler_; }
  PartAssembler& part() noexcept { return assembler_; }
  const LogMark& first_mark() const noexcept { return open_.first; }

  void resume(const TrackResume& from) {
    config_ = from.config;
    sequence_ = from.sequence;
    discontinuities_ = from.last.discontinuities;
    any_part_ = true;
  }

  /// Takes effect with the next part, which must begin a segment. Precondition: no part is open.
  void set_config(TrackConfig config) {
    config_ = std::move(config);
    announce_ = true;
  }

  /// Precondition: no part is open. `time_90k` is what wall time is taken from.
  void open_part(std::uint64_t decode_time, std::uint64_t time_90k, const Boundary& segment, bool begins_segment, bool independent,
                 const LogMark& first) noexcept {
    open_ = {decode_time, time_90k, segment, begins_segment, independent, first};
  }

  /// `state`: behind the part's last frame. `other_pending`: the first tag that the other track still needs.
  template <class Sink>
  void close_part(const TrackState& state, const Broadcast& broadcast, const LogMark& other_pending, Sink& sink) {
    if (assembler_.empty()) return;
    cmaf::ChunkHead head;
    head.sequence = ++sequence_;
    head.decode_time = open_.decode_time;
    head.session = session_box(state, broadcast, other_pending);
    Part part;
    part.decode_time = open_.decode_time;
    part.duration = static_cast<std::uint32_t>(assembler_.duration());
    part.frames = static_cast<std::uint32_t>(assembler_.frames());
    part.independent = open_.independent;
    part.begins_segment = open_.begins_segment;
    part.discontinuity = head.session.discontinuity;
    part.msn = open_.segment.msn;
    part.discontinuities = open_.segment.discontinuities;
    part.log_end = state.log_end;
    part.resume_offset = head.session.resume_offset;
    part.wall_ms = head.session.wall_ms;
    part.bytes = assembler_.close(head);
    discontinuities_ = open_.segment.discontinuities;
    any_part_ = true;
    if (std::exchange(announce_, false)) sink.configure(kind_, config_);
    sink.append(kind_, std::move(part));
    assembler_.recycle(std::move(part.bytes));  // NOLINT: what a sink did not take is still ours
  }

 private:
  struct OpenPart {
    std::uint64_t decode_time = 0, time_90k = 0;
    Boundary segment;
    bool begins_segment = false, independent = false;
    LogMark first;
  };

  cmaf::SessionBox session_box(const TrackState& state, const Broadcast& broadcast, const LogMark& other_pending) const {
    cmaf::SessionBox box;
    box.session = broadcast.session.session;
    box.generation = broadcast.session.generation;
    box.session_wall_ms = broadcast.session.wall_start_ms;
    box.session_base_90k = broadcast.base_90k;
    const auto& resume = state.behind.earlier(other_pending);
    box.log_end = state.log_end;
    box.resume_offset = resume.offset;
    box.resume = resume.known;
    box.wall_ms = broadcast.wall_ms(open_.time_90k);
    box.msn = open_.segment.msn;
    box.segment_90k = open_.segment.start_90k;
    box.discontinuities = open_.segment.discontinuities;
    const auto previous = open_.segment.msn > 0 ? broadcast.boundaries.find(open_.segment.msn - 1) : std::nullopt;
    box.previous_90k = previous.value_or(open_.segment).start_90k;
    box.previous_discontinuities = previous.value_or(open_.segment).discontinuities;
    box.timescale = config_.timescale;
    box.independent = open_.independent;
    box.begins_segment = open_.begins_segment;
    box.discontinuity = open_.begins_segment && any_part_ && open_.segment.discontinuities != discontinuities_;
    box.carry = state.carry;
    return box;
  }

  TrackKind kind_;
  TrackConfig config_;
  PartAssembler assembler_;
  OpenPart open_;
  std::uint32_t sequence_ = 0;
  std::uint32_t discontinuities_ = 0;  // of the last part
  bool any_part_ = false;
  bool announce_ = false;
};

/// The sequence header that a session's log holds but no published part has used yet. As long as it may be
/// needed by a new owner, the log must be kept from there on; half a minute, for a track that stays silent.
class UnusedHeader {
 public:
  void seen(const LogMark& mark, std::uint64_t time_90k) noexcept {
    if (mark_) return;
    mark_ = mark;
    time_90k_ = time_90k;
  }
  void used() noexcept { mark_.reset(); }

  /// `has_frames`: frames behind it wait to be published.
  LogMark needed(std::uint64_t now_90k, bool has_frames) const noexcept {
    const bool silent = !has_frames && now_90k > time_90k_ + 30 * 90'000;
    return silent ? LogMark{} : mark_.value_or(LogMark{});
  }

 private:
  std::optional<LogMark> mark_;
  std::uint64_t time_90k_ = 0;
};

}  // namespace tribute::media

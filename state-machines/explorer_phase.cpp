// Every phase that advance() can reach from a new stream, with every signal of the publisher accepted last and of
// an older one. Times count by their order alone (passed or not yet), generations by new and old.
#include <deque>
#include <set>
#include <tuple>

#include "explorer.hpp"
#include "invariants.hpp"

namespace tribute::proof {
namespace {

constexpr Timestamp now{1'000'000'000};
constexpr std::int64_t hour = 3'600'000;
constexpr std::uint64_t newest = 7;  // the generation every normal form has

using Key = std::tuple<int, int, int, int, std::uint32_t, int, int, int>;

int side(Timestamp t) { return !t.is_set() ? 0 : t <= now ? 1 : 2; }
bool reopenable(const Phase& p) { return now - p.ended <= hour; }

Key key_of(const Phase& p) {
  const int flags = p.auto_start << 0 | p.armed << 1 | p.takeover << 2 | p.rehearsal << 3 | p.reopening << 4 | p.has_broadcast << 5;
  return {static_cast<int>(p.status), static_cast<int>(p.ingest), static_cast<int>(p.connection), flags, p.reconnect_window_s, side(p.window_ends),
          side(p.scheduled_start), reopenable(p)};
}

/// The one phase that stands for all with the same key.
Phase normal(Phase p) {
  p.generation = newest;
  if (p.window_ends.is_set()) p.window_ends = p.window_ends <= now ? now : now + 30'000;
  if (p.scheduled_start.is_set()) p.scheduled_start = p.scheduled_start <= now ? now : now + hour;
  p.ended = reopenable(p) ? now : now + -2 * hour;
  return p;
}

struct Move {
  std::string name;
  Phase to;
  bool by_itself;  ///< comes without anybody's wish: time, deadlines, reports, a connection that ends
};

class PhaseWalk {
 public:
  Report run() {
    for (const bool auto_start : {true, false})
      for (const auto status : {StreamStatus::ready, StreamStatus::scheduled}) {
        Phase start;
        start.auto_start = auto_start;
        start.status = status;
        if (status == StreamStatus::scheduled) start.scheduled_start = now + hour;
        reach(normal(start));
      }
    while (!open_.empty() && !report_.failure) {
      const Phase phase = open_.front();
      open_.pop_front();
      for (const auto& move : moves(phase)) reach(move.to);
    }
    if (!report_.failure) all_come_to_rest();
    report_.states = seen_.size();
    return report_;
  }

 private:
  void reach(const Phase& phase) {
    if (const char* why = broken(phase)) fail(phase, why);
    if (seen_.insert(key_of(phase)).second) {
      phases_.push_back(phase);
      open_.push_back(phase);
    }
  }

  void fail(const Phase& phase, const std::string& why) {
    report_.failure = why + " (" + std::string{to_word(phase.status)} + ", " + std::string{to_word(phase.ingest)} + ", " + std::string{to_word(phase.connection)} + ")";
  }

  std::vector<Move> moves(const Phase& from) {
    std::vector<Move> out;
    for (std::size_t i = 0; i < word_count<Signal>; ++i)
      for (const bool old : {false, true})
        for (const bool continuable : {false, true}) take(from, static_cast<Signal>(i), old, continuable, out);
    settings(from, out);
    time_passes(from, out);
    return out;
  }

  void take(const Phase& from, Signal signal, bool old, bool continuable, std::vector<Move>& out) {
    const SignalFacts facts{.now = now, .generation = old ? newest - 1 : newest, .continuable = continuable};
    const Step step = advance(from, signal, facts);
    ++report_.steps;
    const std::string name{to_word(signal)};
    if (step.refusal != Refusal::none && step.next != from) fail(from, name + " was refused and changed something");
    if (step.ignored && step.next != from) fail(from, name + " was ignored and changed something");
    if (step.next.generation < from.generation) fail(from, name + " took the generation back");
    if (step.stream == StreamEffect::finalize_broadcast && (from.status != StreamStatus::live || step.refusal != Refusal::none))
      fail(from, name + " finalizes what is not on air");
    if (from.status == StreamStatus::live && step.next.status != StreamStatus::live && step.stream != StreamEffect::finalize_broadcast)
      fail(from, name + " leaves the air without finalizing");
    if (from.status != StreamStatus::live && step.next.status == StreamStatus::live && step.stream != StreamEffect::begin_broadcast)
      fail(from, name + " goes on air without a broadcast");
    const bool fenced = signal == Signal::media_arrived || signal == Signal::media_stalled || signal == Signal::publish_ended || signal == Signal::broadcast_failed ||
                        signal == Signal::broadcast_finalized || signal == Signal::finalize_failed;
    if (old && fenced && !step.ignored) fail(from, name + " of an older generation counted");
    if (from.ingest == IngestState::connected && signal == Signal::publish_requested && !from.takeover && step.refusal == Refusal::none)
      fail(from, "a second encoder was let in");
    twice(from, signal, facts, step);
    const bool by_itself = signal == Signal::publish_ended || signal == Signal::window_elapsed || signal == Signal::broadcast_finalized;
    if (step.refusal == Refusal::none && !step.ignored) out.push_back({name, normal(step.next), by_itself && !old});
  }

  /// The same report once more changes nothing; a new encoder and a new key are new each time.
  void twice(const Phase& from, Signal signal, const SignalFacts& facts, const Step& step) {
    if (signal == Signal::publish_requested || signal == Signal::key_rotated || step.refusal != Refusal::none) return;
    if (advance(step.next, signal, facts).next != step.next) fail(from, std::string{to_word(signal)} + " twice is not the same as once");
  }

  static void settings(const Phase& from, std::vector<Move>& out) {
    Phase to = from;
    to.auto_start = !to.auto_start;
    out.push_back({"autoStart", to, false});
    to = from;
    to.takeover = !to.takeover;
    out.push_back({"takeover", to, false});
    to = from;
    to.reconnect_window_s = to.reconnect_window_s == 0 ? 60 : 0;
    out.push_back({"reconnectWindow", to, false});
    to = from;
    to.scheduled_start = side(to.scheduled_start) == 2 ? now : now + hour;
    out.push_back({"scheduledStartTime", to, false});
  }

  static void time_passes(const Phase& from, std::vector<Move>& out) {
    Phase to = from;
    if (to.window_ends.is_set()) to.window_ends = now;
    out.push_back({"the window's time comes", normal(to), true});
    to = from;
    if (to.scheduled_start.is_set()) to.scheduled_start = now;
    out.push_back({"the plan's time comes", normal(to), true});
    to = from;
    to.ended = now + -2 * hour;
    out.push_back({"hours pass", normal(to), true});
  }

  /// From everywhere, what happens by itself leads to a stream off air with no encoder.
  void all_come_to_rest() {
    std::set<Key> rests;
    for (bool grew = true; grew;) {
      grew = false;
      for (const auto& phase : phases_) {
        if (rests.contains(key_of(phase))) continue;
        const bool off = phase.status != StreamStatus::live && phase.status != StreamStatus::ending && phase.ingest == IngestState::absent;
        bool good = off;
        if (!good)
          for (const auto& move : moves(phase)) good = good || (move.by_itself && rests.contains(key_of(move.to)));
        if (good) grew = rests.insert(key_of(phase)).second;
      }
    }
    for (const auto& phase : phases_)
      if (!rests.contains(key_of(phase))) return fail(phase, "never comes to rest by itself");
  }

  std::set<Key> seen_;
  std::vector<Phase> phases_;
  std::deque<Phase> open_;
  Report report_;
};

}  // namespace

Report explore_phases() { return PhaseWalk{}.run(); }

}  // namespace tribute::proof

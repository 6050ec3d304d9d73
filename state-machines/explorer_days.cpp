// Random days: encoders of two nginx generations that fight for one key, an owner that reports late, twice or out
// of order, a host who presses everything, deadlines and effects that come again. Afterwards the day is let run out,
// and what is left must be at rest, with every end finalized once and every preview removed once.
#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <vector>

#include "explorer.hpp"
#include "invariants.hpp"

namespace tribute::proof {
namespace {

constexpr Timestamp morning{1'700'000'000'000};

Id id_of(std::uint64_t number) {
  Id::Bytes bytes{};
  for (std::size_t i = 0; i < 8; ++i) bytes[15 - i] = static_cast<std::uint8_t>(number >> i * 8);
  bytes[0] = 2;
  return Id{bytes};
}

/// What the journal tells must be a story: nothing ends that has not begun, nothing is told twice.
Broken told_wrongly(const std::vector<JournalEntry>& journal) {
  bool on_air = false, cut = false;
  bool closing = false, unfinished = false;
  for (const auto& entry : journal) {
    switch (entry.kind) {
      case JournalKind::went_live:
        if (on_air) return "went live twice";
        if (closing) return "went live before its last end was finished";
        on_air = true, cut = false;
        break;
      case JournalKind::broadcast_ended:
        if (!on_air) return "ended off air";
        on_air = false, cut = false, closing = unfinished = true;
        break;
      case JournalKind::broadcast_completed:
        if (!unfinished) return "completed without an end";
        closing = unfinished = false;
        break;
      case JournalKind::broadcast_failed: closing = closing && on_air; break;  // its end may still be mended
      case JournalKind::encoder_interrupted:
        if (on_air && cut) return "interrupted twice";
        cut = true;
        break;
      case JournalKind::encoder_connected:
      case JournalKind::encoder_replaced:
      case JournalKind::encoder_returned:
      case JournalKind::rehearsal_began: cut = false; break;
      default: break;
    }
  }
  return std::nullopt;
}

/// One connection of an encoder, as nginx-rtmp and the owner of its log know it.
struct Sender {
  Id boot;
  std::uint64_t client = 0;
  std::uint64_t generation = 0;  ///< that it was accepted with; 0: refused
  bool open = true;
};

/// Something that was said and has not arrived yet.
struct Message {
  Timestamp arrives;
  std::string name;
  std::optional<StreamSignal> signal;
  std::optional<std::pair<Id, ArchiveSignal>> about_recording;
  std::optional<std::size_t> effect;  ///< number in the history of effects that is to be performed
};

class Day {
 public:
  explicit Day(std::uint64_t seed) : random_(seed) { world_.context.now = morning; }

  Broken run(std::uint64_t& steps) {
    create_stream();
    const int length = 40 + pick(160);
    for (int i = 0; i < length && world_.stream && !why_; ++i) {
      world_.context.now = world_.context.now + pick_pause();
      deliver();
      if (world_.stream && !why_) something_happens();
    }
    if (!why_) let_it_run_out();
    if (!why_) why_ = left_over();
    steps += steps_;
    return why_;
  }

  std::string story() const {
    std::ostringstream out;
    const std::size_t from = lines_.size() > 40 ? lines_.size() - 40 : 0;
    for (std::size_t i = from; i < lines_.size(); ++i) out << "  " << lines_[i] << "\n";
    return out.str();
  }

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<std::uint64_t>(below)); }
  bool one_in(int n) { return pick(n) == 0; }
  std::int64_t pick_pause() {
    static constexpr std::int64_t pauses[] = {0, 1, 20, 300, 1000, 3000, 10'000, 59'000, 61'000, 600'000, 3'599'000, 4'000'000, 90'000'000};
    return pauses[pick(one_in(6) ? 13 : 8)];
  }

  void create_stream() {
    Stream stream;
    stream.id = fresh();
    stream.created_by = "host";
    StreamPatch patch;
    patch.title = "Service";
    patch.auto_start = !one_in(3);
    patch.takeover = one_in(3);
    patch.recording_enabled = !one_in(4);
    if (one_in(3)) patch.reconnect_window_s = one_in(2) ? 0 : 5;
    if (one_in(4)) patch.scheduled_start = morning + 600'000;
    keep_all_effects(world_.outbox.size(), [&] { world_.keep(*create(stream, patch, world_.context)); });
  }

  Id fresh() { return id_of(++ids_); }

  // --- what is said ---

  void say(const std::string& name, StreamSignal signal, bool may_be_doubled = true) {
    const auto delay = one_in(3) ? pick(5000) : pick(50);
    messages_.push_back({world_.context.now + delay, name, signal, std::nullopt, std::nullopt});
    if (may_be_doubled && one_in(5)) messages_.push_back({world_.context.now + delay + pick(20'000), name + " (again)", signal, std::nullopt, std::nullopt});
  }

  void something_happens() {
    switch (pick(24)) {
      case 0: case 1: case 2: case 3: return connect();
      case 4: case 5: case 6: case 7: case 8: return encoder_speaks();
      case 9: case 10: return at_once("start", StartRequested{fresh()});
      case 11: case 12: return at_once("stop", StopRequested{});
      case 13: case 14: return change_settings();
      case 15: return one_in(3) ? at_once("new key", KeyRotated{}) : at_once("window elapses early", WindowElapsed{});
      case 16: return say("due", BecameDue{});
      case 17: case 18: case 19: return about_a_recording();
      case 20: return at_once("refused elsewhere", PublishRefused{Refusal::encoder_busy, "x"});
      case 21: return one_in(40) ? at_once("delete stream", StreamDeleted{}) : perform_again();
      default: return deadlines();
    }
  }

  void connect() {
    // After a restart of nginx the client numbers begin again, beside the old ones that still drain.
    if (one_in(10)) boot_ = fresh(), clients_ = 0;
    Sender sender{boot_, ++clients_, 0, true};
    request_publish(sender);
    if (one_in(6)) request_publish(sender);  // asked twice
    senders_.push_back(sender);
  }

  void request_publish(Sender& sender) {
    const bool already = sender.generation != 0 && world_.stream->phase.generation == sender.generation;
    const auto outcome = perform("publish " + std::to_string(sender.client), PublishRequested{fresh(), fresh(), sender.boot, sender.client, "a"});
    const auto* decision = outcome ? std::get_if<Decision>(&*outcome) : nullptr;
    if (decision == nullptr) return;
    if (already && decision->changed) why_ = "a repeated request got another session";
    sender.generation = world_.stream->phase.generation;
  }

  void encoder_speaks() {
    if (senders_.empty()) return;
    const auto back = static_cast<std::size_t>(pick(std::min<int>(5, static_cast<int>(senders_.size()))));
    auto& sender = senders_[senders_.size() - 1 - back];
    const std::string name = std::to_string(sender.client);
    if (sender.generation == 0) return;
    switch (pick(6)) {
      case 0: case 1: case 2: return say("media of " + name, MediaArrived{sender.generation});
      case 3: return say("silence of " + name, MediaStalled{sender.generation});
      case 4:
        if (one_in(6)) return say("no room for " + name, BroadcastFailed{sender.generation, "no room"});
        [[fallthrough]];
      default:
        if (sender.open) say("end of " + name, PublishEnded{sender.boot, sender.client});
        sender.open = false;
    }
  }

  void change_settings() {
    SettingsChanged event;
    auto& patch = event.patch;
    switch (pick(8)) {
      case 0: patch.auto_start = one_in(2); break;
      case 1: patch.takeover = one_in(2); break;
      case 2: patch.recording_enabled = one_in(2); break;
      case 3: patch.reconnect_window_s = pick(90); break;
      case 4: patch.scheduled_start = one_in(3) ? Timestamp{} : world_.context.now + pick(7'200'000) + -600'000; break;
      case 5: patch.visibility = static_cast<Visibility>(pick(5)); break;
      case 6: patch.is_visible = one_in(2); break;
      default: patch.allowed_users = one_in(2) ? std::vector<std::string>{} : std::vector<std::string>{"anna", "carl"};
    }
    at_once("settings", event);
  }

  void about_a_recording() {
    if (world_.recordings.empty()) return;
    auto it = world_.recordings.begin();
    std::advance(it, pick(static_cast<int>(world_.recordings.size())));
    const auto& entry = it->second;
    const auto later = world_.context.now + (one_in(2) ? 0 : pick(60'000));
    const auto tell = [&](const char* name, ArchiveSignal signal) { messages_.push_back({later, name, std::nullopt, std::pair{entry.id, std::move(signal)}, std::nullopt}); };
    switch (pick(7)) {
      case 0: return tell("delete recording", ArchiveDeleteRequested{});
      case 1: return tell("restore recording", ArchiveRestoreRequested{});
      case 2: return one_in(4) ? tell("retention", ArchiveRetentionElapsed{}) : void();
      case 3: return tell("purge", ArchivePurgeDue{});
      case 4: return tell("hide recording", ArchiveChanged{{std::nullopt, std::nullopt, one_in(2)}});
      default: return tell("repair", ArchiveRepaired{settled_generation(entry), length_of(entry.id), static_cast<std::uint64_t>(length_of(entry.id))});
    }
  }

  void deadlines() {
    const auto& phase = world_.stream->phase;
    if (phase.window_ends.is_set() && phase.window_ends <= world_.context.now) say("window elapses", WindowElapsed{});
    if (phase.status == StreamStatus::scheduled && phase.scheduled_start <= world_.context.now) say("due", BecameDue{});
    if (one_in(3))
      for (const auto& [id, entry] : world_.recordings)
        if (entry.purge_at.is_set() && entry.purge_at <= world_.context.now) messages_.push_back({world_.context.now, "purge", std::nullopt, std::pair{id, ArchivePurgeDue{}}, std::nullopt});
  }

  // --- what arrives ---

  void deliver() {
    // Not in the order in which it was said.
    for (std::size_t i = 0; i < messages_.size() && world_.stream && !why_;) {
      if (messages_[i].arrives > world_.context.now || one_in(4)) {
        ++i;
        continue;
      }
      const Message message = messages_[i];
      messages_.erase(messages_.begin() + static_cast<std::ptrdiff_t>(i));
      if (message.signal) at_once(message.name, *message.signal);
      else if (message.effect) report(*message.effect);
      else if (message.about_recording) tell_recording(message.name, message.about_recording->first, message.about_recording->second);
    }
  }

  void at_once(const std::string& name, const StreamSignal& signal) { perform(name, signal); }

  std::optional<Outcome> perform(const std::string& name, const StreamSignal& signal) {
    const World before = world_;
    std::optional<Outcome> outcome;
    keep_all_effects(world_.outbox.size(), [&] { outcome = world_.send(signal); });
    grow_media();
    if (world_.stream && world_.stream->publisher.media.is_set()) used_.insert(world_.stream->publisher.media);
    check(name, before);
    if (!why_) old_generations_are_mute(name, signal, before);
    if (!why_ && world_.stream) once_more(name, signal);
    return outcome;
  }

  void tell_recording(const std::string& name, const Id& id, const ArchiveSignal& signal) {
    if (!world_.recordings.contains(id)) return;
    const World before = world_;
    keep_all_effects(world_.outbox.size(), [&] { world_.send(id, signal); });
    check(name, before);
    if (why_ || !world_.recordings.contains(id)) return;
    const auto again = world_.decide(id, signal);
    if (const auto* decision = std::get_if<ArchiveDecision>(&again); decision != nullptr && decision->changed) why_ = name + " twice is not the same as once";
  }

  void check(const std::string& name, const World& before) {
    ++steps_;
    note(name);
    why_ = broken(world_);
    if (!why_) why_ = broken(before, world_);
    if (!why_) why_ = told_wrongly(world_.journal);
  }

  void note(const std::string& name) {
    std::ostringstream line;
    line << (world_.context.now - morning) << "ms " << name;
    if (world_.stream) {
      const auto& p = world_.stream->phase;
      line << " -> " << to_word(p.status) << ' ' << to_word(p.ingest) << ' ' << to_word(p.connection) << " generation " << p.generation << (p.rehearsal ? " rehearsal" : "")
           << (p.reopening ? " reopening" : "");
    }
    for (; told_ < world_.journal.size(); ++told_) line << ' ' << to_word(world_.journal[told_].kind);
    lines_.push_back(line.str());
  }

  void old_generations_are_mute(const std::string& name, const StreamSignal& signal, const World& before) {
    std::optional<std::uint64_t> generation;
    if (const auto* media = std::get_if<MediaArrived>(&signal)) generation = media->generation;
    if (const auto* silence = std::get_if<MediaStalled>(&signal)) generation = silence->generation;
    if (const auto* failed = std::get_if<BroadcastFailed>(&signal)) generation = failed->generation;
    if (generation && *generation != before.stream->phase.generation && world_.stream != before.stream) why_ = name + " is of an older generation, and counted";
  }

  void once_more(const std::string& name, const StreamSignal& signal) {
    if (std::holds_alternative<KeyRotated>(signal) || std::holds_alternative<SettingsChanged>(signal)) return;
    const auto again = world_.decide(signal);
    if (const auto* decision = std::get_if<Decision>(&again); decision != nullptr && decision->changed) why_ = name + " twice is not the same as once";
  }

  // --- effects ---

  template <class Step>
  void keep_all_effects(std::size_t before, Step step) {
    step();
    for (std::size_t i = before; i < world_.outbox.size(); ++i) {
      effects_.push_back(world_.outbox[i]);
      failures_.push_back(one_in(5));
      messages_.push_back({world_.context.now + pick(3000), "effect", std::nullopt, std::nullopt, effects_.size() - 1});
    }
  }

  /// How long the media in a broadcast's folder is: it only grows, by what was on air.
  std::int64_t length_of(const Id& media) { return media_ms_[media]; }

  void grow_media() {
    if (world_.stream && world_.stream->phase.status == StreamStatus::live) media_ms_[world_.stream->broadcast_id] += 40;
  }

  /// Performed: what comes of it is reported, and the row leaves the outbox with that.
  void report(std::size_t number) {
    const Effect effect = effects_[number];
    const auto row = std::find(world_.outbox.begin(), world_.outbox.end(), effect);
    if (row != world_.outbox.end()) world_.outbox.erase(row);
    else if (one_in(2)) return;
    const auto* finalize = std::get_if<FinalizeBroadcast>(&effect);
    if (finalize == nullptr) return;
    const auto length = length_of(finalize->broadcast_id);
    BroadcastFinalized event{finalize->broadcast_id, finalize->generation, length, static_cast<std::uint64_t>(length), failures_[number] ? "disk" : ""};
    perform(event.error.empty() ? "finalized" : "finalize failed", event);
  }

  void perform_again() {
    if (effects_.empty()) return;
    messages_.push_back({world_.context.now + pick(5000), "effect again", std::nullopt, std::nullopt, static_cast<std::size_t>(pick(static_cast<int>(effects_.size())))});
  }

  // --- the evening ---

  void let_it_run_out() {
    for (int round = 0; round < 12 && world_.stream && !why_; ++round) {
      for (auto& sender : senders_)
        if (world_.stream && !why_ && sender.open) perform("goes home", PublishEnded{sender.boot, sender.client});
      for (auto& message : messages_) message.arrives = world_.context.now;
      deliver();
      if (!world_.stream || why_) break;
      world_.context.now = world_.context.now + 3'700'000;
      perform("window elapses", WindowElapsed{});
      for (std::size_t i = 0; i < effects_.size() && world_.stream && !why_; ++i)
        if (std::find(world_.outbox.begin(), world_.outbox.end(), effects_[i]) != world_.outbox.end()) report(i);
    }
  }

  Broken left_over() {
    if (world_.stream) {
      const auto status = world_.stream->phase.status;
      if (status == StreamStatus::live || status == StreamStatus::ending) return "never came to rest";
    }
    return ends_were_finalized_once() ? media_was_removed_once() : "an end was not finalized once";
  }

  bool ends_were_finalized_once() const {
    const auto ends = std::count_if(world_.journal.begin(), world_.journal.end(), [](const auto& e) { return e.kind == JournalKind::broadcast_ended; });
    std::set<std::pair<Id, std::uint64_t>> different;
    std::int64_t asked = 0;
    for (const auto& effect : effects_)
      if (const auto* finalize = std::get_if<FinalizeBroadcast>(&effect)) different.insert({finalize->broadcast_id, finalize->generation}), ++asked;
    return asked == ends && static_cast<std::int64_t>(different.size()) == ends;
  }

  Broken media_was_removed_once() const {
    std::map<Id, int> removed;
    for (const auto& effect : effects_)
      if (const auto* remove = std::get_if<RemoveMedia>(&effect)) ++removed[remove->broadcast_id];
    for (const auto& [id, times] : removed) {
      if (times != 1) return "media was removed twice";
      if (world_.recordings.contains(id)) return "the media of a recording was removed";
    }
    for (const auto& id : used_) {
      const bool kept = world_.recordings.contains(id) || (world_.stream && (world_.stream->broadcast_id == id || world_.stream->publisher.media == id));
      if (!kept && !removed.contains(id)) return "media that nobody knows of was left behind";
    }
    return std::nullopt;
  }

  std::mt19937_64 random_;
  World world_;
  std::vector<Sender> senders_;
  std::vector<Message> messages_;
  std::vector<Effect> effects_;
  std::vector<bool> failures_;
  std::map<Id, std::int64_t> media_ms_;
  std::set<Id> used_;
  std::vector<std::string> lines_;
  Broken why_;
  Id boot_ = id_of(1);
  std::uint64_t clients_ = 0, ids_ = 10, steps_ = 0;
  std::size_t told_ = 0;
};

}  // namespace

Report explore_days(std::uint64_t seed, double seconds) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  Report report;
  for (; Clock::now() < end; ++seed) {
    Day day(seed);
    ++report.states;
    if (const auto why = day.run(report.steps)) {
      report.failure = *why + "\n  seed " + std::to_string(seed) + ":\n" + day.story();
      return report;
    }
  }
  return report;
}

}  // namespace tribute::proof

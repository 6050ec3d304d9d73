// The four machines together, through apply(): breadth first over everything that can happen, where two worlds
// count as the same when their ids and times stand in the same relations. One world stands for each.
#include <deque>
#include <functional>
#include <unordered_map>

#include "explorer.hpp"
#include "invariants.hpp"

namespace tribute::proof {
namespace {

constexpr std::int64_t second = 1000, hour = 3'600'000;

Id id_of(std::uint64_t number) {
  Id::Bytes bytes{};
  for (std::size_t i = 0; i < 8; ++i) bytes[15 - i] = static_cast<std::uint8_t>(number >> i * 8);
  bytes[0] = 1;
  return Id{bytes};
}

std::uint64_t last_generation(const ArchiveEntry& entry) { return entry.sessions.empty() ? 0 : entry.sessions.back().generation; }

char side(Timestamp t, Timestamp now) { return !t.is_set() ? '0' : t <= now ? 'p' : 'f'; }

/// What can make a difference to what happens next, and nothing else.
std::string key_of(const World& world) {
  const auto& s = *world.stream;
  const auto& p = s.phase;
  const Timestamp now = world.context.now;
  std::string key;
  const auto put = [&key](auto value) { key += static_cast<char>('A' + static_cast<int>(value)); };
  put(p.status), put(p.ingest), put(p.connection), put(s.visibility), put(s.visible_as);
  put(p.auto_start << 0 | p.armed << 1 | p.takeover << 2 | p.rehearsal << 3);
  put(p.reopening << 0 | p.has_broadcast << 1 | s.recording_enabled << 2 | s.archive_id.is_set() << 3);
  put(s.publisher.boot.is_set() << 0 | s.publisher.session.is_set() << 1 | s.recording_ready << 2 | !s.error.empty() << 3);
  put(!s.publisher.media.is_set() ? 0 : s.publisher.media == s.broadcast_id ? 1 : 2);
  key += side(p.window_ends, now), key += side(p.scheduled_start, now);
  put(now - p.ended <= hour), put(p.reconnect_window_s != 0);
  if (const auto unit = world.unit(); unit.archive) {
    const auto& entry = *unit.archive;
    put(entry.state), put(!entry.error.empty()), key += side(entry.purge_at, now);
    put(!entry.sessions.empty() && !entry.sessions.back().ended.is_set());
    put(last_generation(entry) == p.generation), put(!entry.sessions.empty() && entry.sessions.back().id == s.publisher.session);
  }
  return key;
}

using Event = std::function<void(World&)>;

/// Everything that can happen, each with ids of its own.
class Events {
 public:
  explicit Events(bool with_visibility) {
    publisher();
    host();
    reports();
    recording();
    time();
    if (with_visibility)
      for (auto v : {Visibility::hidden, Visibility::private_, Visibility::registered, Visibility::unlisted, Visibility::public_})
        settings("visibility " + std::string{to_word(v)}, [v](StreamPatch& patch, const World&) { patch.visibility = v; });
  }

  const std::vector<std::pair<std::string, Event>>& all() const { return events_; }

 private:
  void add(std::string name, Event event) { events_.emplace_back(std::move(name), std::move(event)); }
  void signal(std::string name, std::function<StreamSignal(const World&)> make) {
    add(std::move(name), [make](World& w) {
      if (w.stream) w.send(make(w));
    });
  }
  void settings(const std::string& name, std::function<void(StreamPatch&, const World&)> set) {
    signal("settings " + name, [set](const World& w) {
      SettingsChanged event;
      set(event.patch, w);
      return event;
    });
  }
  void on_recording(const std::string& name, std::function<ArchiveSignal(const ArchiveEntry&)> make) {
    add("recording " + name, [make](World& w) {
      if (w.stream && w.recordings.contains(w.stream->archive_id)) w.send(w.stream->archive_id, make(w.recordings.at(w.stream->archive_id)));
    });
  }

  void publisher() {
    signal("publish", [](const World& w) {
      const auto n = w.stream->version * 100 + w.stream->phase.generation;
      return PublishRequested{id_of(n * 4 + 1), id_of(n * 4 + 2), id_of(1), w.stream->publisher.client + 1, "a"};
    });
    signal("publish repeated", [](const World& w) {
      const auto& p = w.stream->publisher;
      return PublishRequested{id_of(9'000'001), id_of(9'000'002), p.boot.is_set() ? p.boot : id_of(1), p.client, "a"};
    });
    signal("publish refused", [](const World&) { return PublishRefused{Refusal::encoder_busy, "b"}; });
    for (const std::uint64_t back : {0u, 1u}) {
      const std::string of = back == 0 ? "" : " of an older one";
      signal("media" + of, [back](const World& w) { return MediaArrived{w.stream->phase.generation - back}; });
      signal("silence" + of, [back](const World& w) { return MediaStalled{w.stream->phase.generation - back}; });
      signal("leaves" + of, [back](const World& w) { return PublishEnded{w.stream->publisher.boot, w.stream->publisher.client - back}; });
      signal("cannot be written" + of, [back](const World& w) { return BroadcastFailed{w.stream->phase.generation - back, "full"}; });
    }
  }

  void host() {
    signal("start", [](const World& w) { return StartRequested{id_of((w.stream->version * 100 + w.stream->phase.generation) * 4 + 3)}; });
    signal("stop", [](const World&) { return StopRequested{}; });
    signal("new key", [](const World&) { return KeyRotated{}; });
    signal("delete stream", [](const World&) { return StreamDeleted{}; });
    settings("autoStart", [](StreamPatch& patch, const World& w) { patch.auto_start = !w.stream->phase.auto_start; });
    settings("takeover", [](StreamPatch& patch, const World& w) { patch.takeover = !w.stream->phase.takeover; });
    settings("recording", [](StreamPatch& patch, const World& w) { patch.recording_enabled = !w.stream->recording_enabled; });
    settings("window", [](StreamPatch& patch, const World& w) { patch.reconnect_window_s = w.stream->phase.reconnect_window_s == 0 ? 60 : 0; });
    settings("later", [](StreamPatch& patch, const World& w) { patch.scheduled_start = w.context.now + hour; });
    settings("no plan", [](StreamPatch& patch, const World&) { patch.scheduled_start = Timestamp{}; });
    settings("hide", [](StreamPatch& patch, const World&) { patch.is_visible = false; });
    settings("show", [](StreamPatch& patch, const World&) { patch.is_visible = true; });
  }

  void reports() {
    signal("window elapses", [](const World&) { return WindowElapsed{}; });
    signal("due", [](const World&) { return BecameDue{}; });
    for (const std::uint64_t back : {0u, 1u})
      for (const char* error : {"", "disk"}) {
        signal(std::string{"finalized "} + error + (back == 0 ? "" : " of an earlier end"), [back, error](const World& w) {
          const auto unit = w.unit();
          const auto length = unit.archive ? last_generation(*unit.archive) - back : 0;
          return BroadcastFinalized{w.stream->broadcast_id, w.stream->phase.generation - back, static_cast<std::int64_t>(length), length, error};
        });
      }
  }

  void recording() {
    on_recording("deleted", [](const ArchiveEntry&) { return ArchiveDeleteRequested{}; });
    on_recording("restored", [](const ArchiveEntry&) { return ArchiveRestoreRequested{}; });
    on_recording("expires", [](const ArchiveEntry&) { return ArchiveRetentionElapsed{}; });
    on_recording("purge", [](const ArchiveEntry&) { return ArchivePurgeDue{}; });
    for (const std::uint64_t back : {0u, 1u})
      on_recording(back == 0 ? "repaired" : "repaired as it was earlier", [back](const ArchiveEntry& entry) {
        const auto length = last_generation(entry) - back;
        return ArchiveRepaired{settled_generation(entry) - back, static_cast<std::int64_t>(length), length};
      });
  }

  void time() {
    for (const auto passed : {61 * second, 2 * hour, 25 * hour})
      add(std::to_string(passed / second) + "s pass", [passed](World& w) { w.context.now = w.context.now + passed; });
  }

  std::vector<std::pair<std::string, Event>> events_;
};

World begin(bool auto_start, bool planned) {
  World world;
  world.context.now = {1'000'000'000};
  Stream stream;
  stream.id = id_of(1'000'000'000);
  stream.phase.auto_start = auto_start;
  StreamPatch patch;
  patch.title = "Service";
  if (planned) patch.scheduled_start = world.context.now + hour;
  world.keep(*create(stream, patch, world.context));
  return world;
}

/// Drops what the past left behind and can matter no more, so that worlds stay small.
void forget_the_past(World& world) {
  world.journal.clear();
  world.stream->journal_seq = 0;
  ++world.stream->version;  // fresh ids
  std::erase_if(world.recordings, [&](const auto& item) { return item.first != world.stream->archive_id; });
  std::erase_if(world.outbox, [&](const Effect& effect) {
    const auto* finalize = std::get_if<FinalizeBroadcast>(&effect);
    return finalize == nullptr || world.stream->phase.status != StreamStatus::ending;
  });
}

}  // namespace

Report explore_products() {
  Report report;
  struct Node {
    World world;
    std::string story;
  };
  std::unordered_map<std::string, bool> seen;
  std::deque<Node> open;
  const auto reach = [&](World world, const std::string& story) {
    if (!seen.emplace(key_of(world), true).second) return;
    open.push_back({std::move(world), story});
  };
  for (const bool auto_start : {true, false})
    for (const bool planned : {true, false}) {
      World world = begin(auto_start, planned);
      forget_the_past(world);
      reach(std::move(world), "create");
    }
  const Events events(true);
  while (!open.empty()) {
    const Node node = std::move(open.front());
    open.pop_front();
    for (const auto& [name, event] : events.all()) {
      World next = node.world;
      event(next);
      ++report.steps;
      auto why = broken(next);
      if (!why) why = broken(node.world, next);
      if (why) {
        report.failure = *why + "\n  " + node.story + "; " + name;
        report.states = seen.size();
        return report;
      }
      if (!next.stream) continue;
      forget_the_past(next);
      reach(std::move(next), node.story + "; " + name);
    }
  }
  report.states = seen.size();
  return report;
}

}  // namespace tribute::proof

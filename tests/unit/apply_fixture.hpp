// A stream that takes one signal after another through apply(), with everything that was told and asked for.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <tribute/apply_archive.hpp>

namespace tribute::test {

inline Id id_of(std::uint8_t number) {
  Id::Bytes bytes{};
  bytes[15] = number;
  return Id{bytes};
}

inline constexpr Timestamp t0{1'700'000'000'000};
inline constexpr Timestamp at(std::int64_t seconds) { return t0 + seconds * 1000; }
inline const Id boot = id_of(250);

struct Scene {
  StreamUnit unit;
  std::vector<JournalKind> told;    ///< by the last signal
  std::vector<Effect> asked;        ///< by the last signal
  std::optional<Rejection> refused; ///< of the last signal
  bool changed = false, deleted = false;

  explicit Scene(const StreamPatch& wish = {}) {
    StreamPatch patch = wish;
    if (!patch.title) patch.title = "Service";
    Stream stream;
    stream.id = id_of(1);
    stream.input_id = id_of(2);
    unit = create(stream, patch, {.now = t0, .actor = {"host", "Host"}})->unit;
  }

  Stream& stream() { return unit.stream; }
  ArchiveEntry& recording() { return *unit.archive; }

  Scene& on(std::int64_t seconds, const StreamSignal& signal, const std::string& by = {}) {
    const ApplyContext context{.now = at(seconds), .actor = {by, by}};
    const auto outcome = apply(unit, signal, context);
    told.clear();
    asked.clear();
    refused.reset();
    changed = deleted = false;
    if (const auto* rejection = std::get_if<Rejection>(&outcome)) return refused = *rejection, *this;
    const auto& decision = std::get<Decision>(outcome);
    changed = decision.changed;
    deleted = decision.deleted;
    if (!changed) {
      EXPECT_EQ(decision.unit, unit);
      EXPECT_TRUE(decision.journal.empty() && decision.effects.empty());
    }
    for (const auto& entry : decision.journal) {
      EXPECT_EQ(entry.seq, unit.stream.journal_seq + told.size() + 1);
      EXPECT_EQ(entry.at, at(seconds));
      EXPECT_EQ(entry.actor, by);
      told.push_back(entry.kind);
    }
    asked = decision.effects;
    unit = decision.unit;
    return *this;
  }

  /// Encoder n asks to publish: session 10+n, media 20+n, client n.
  Scene& publish(std::int64_t seconds, std::uint8_t n) {
    return on(seconds, PublishRequested{id_of(static_cast<std::uint8_t>(10 + n)), id_of(static_cast<std::uint8_t>(20 + n)), boot, n, "10.0.0.1"});
  }
  Scene& media(std::int64_t seconds) { return on(seconds, MediaArrived{unit.stream.phase.generation}); }
  Scene& leave(std::int64_t seconds, std::uint8_t n) { return on(seconds, PublishEnded{boot, n}); }
  Scene& start(std::int64_t seconds, std::uint8_t fresh = 40) { return on(seconds, StartRequested{id_of(fresh)}, "host"); }
  Scene& stop(std::int64_t seconds) { return on(seconds, StopRequested{}, "host"); }
  Scene& finalized(std::int64_t seconds, std::int64_t duration_ms = 9000, std::uint64_t bytes = 900, const std::string& error = {}) {
    return on(seconds, BroadcastFinalized{unit.stream.broadcast_id, unit.stream.phase.generation, duration_ms, bytes, error});
  }
  Scene& settings(std::int64_t seconds, const StreamPatch& patch) { return on(seconds, SettingsChanged{patch}, "host"); }

  /// On air since second 11 with encoder 1.
  Scene& live() { return publish(10, 1).media(11); }
  /// Over since second 20, with a recording of nine seconds.
  Scene& over() { return live().stop(20).finalized(21); }
};

inline StreamPatch patch_with(const std::function<void(StreamPatch&)>& set) {
  StreamPatch patch;
  set(patch);
  return patch;
}

inline StreamPatch rehearsing() {
  return patch_with([](StreamPatch& p) { p.auto_start = false; });
}

using Told = std::vector<JournalKind>;

}  // namespace tribute::test

// A house in a store, for tests: commands with made-up ids and a clock that the test moves, and the check that every
// index and deadline row is exactly what the records say.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tribute/store/memory_store.hpp>
#include <tribute/store/service.hpp>
#include <vector>

namespace tribute::store {

inline Id id_of(std::uint64_t n) {
  Id::Bytes bytes{};
  // Spread, so that neighbours in number are none in order.
  std::uint64_t x = n * 0x9e3779b97f4a7c15u + 1;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    x ^= x >> 29;
    x *= 0xbf58476d1ce4e5b9u;
    bytes[i] = static_cast<std::uint8_t>(x >> 32);
  }
  return Id{bytes};
}

inline Viewer viewer(Role role, std::string subject) { return {.role = role, .subject = std::move(subject), .name = {}, .registered = false}; }
inline SealedKey key_of(const std::string& name) { return {"hmac of " + name, "sealed " + name}; }

/// What the records of an org call for.
template <View V>
struct Called {
  const V& view;
  std::string org;
  std::set<std::string> indexes, deadlines;

  template <class Record>
  void collect() {
    auto cursor = view.cursor(table_of<Record>);
    for (bool there = cursor.seek(""); there; there = cursor.next()) {
      const auto record = read_record<Record>(cursor.value());
      ASSERT_TRUE(record) << to_word(table_of<Record>);
      EXPECT_EQ(cursor.key(), record_key(org, record->id));
      EXPECT_GE(record->version, 1u);
      for (const auto& key : indexes_of(*record)) indexes.insert(key);
      for (const auto& deadline : deadlines_of(*record)) deadlines.insert(deadline_key(org, deadline));
      if constexpr (std::is_same_v<Record, Stream>) check_journal(*record);
    }
  }

  void check_journal(const Stream& stream) {
    const Reader<V> reader(view, org);
    const auto entries = reader.journal(stream.id, std::uint64_t{0}, SIZE_MAX);
    EXPECT_EQ(entries.size(), stream.journal_seq);
    for (std::size_t i = 0; i < entries.size(); ++i) EXPECT_EQ(entries[i].seq, i + 1) << "no gap, no repeat";
  }

  std::set<std::string> stored(Table table) const {
    std::set<std::string> keys;
    auto cursor = view.cursor(table);
    for (bool there = cursor.seek(""); there; there = cursor.next()) keys.insert(std::string{cursor.key()});
    return keys;
  }
};

/// A row is there if and only if a record (or a decision) calls for it.
template <View V>
void expect_consistent(const V& view, const std::string& org = default_org) {
  Called<V> called{view, org, {}, {}};
  called.template collect<Stream>();
  called.template collect<Input>();
  called.template collect<Memorial>();
  called.template collect<ArchiveEntry>();
  EXPECT_EQ(called.stored(Table::index), called.indexes);
  EXPECT_EQ(called.stored(Table::deadline), called.deadlines);
}

/// Works on anything that executes commands: `Execute` is CommandResult(const Command&).
template <class Execute>
class House {
 public:
  explicit House(Execute execute) : execute_(std::move(execute)) {}

  Timestamp now{1'700'000'000'000};
  std::uint64_t next_id = 1;

  Id fresh() { return id_of(next_id++); }
  void pass(std::int64_t ms) { now.ms += ms; }

  template <class What>
  CommandResult run(What what, std::optional<Viewer> who = std::nullopt) {
    Command command{.context = {.now = now}, .authorize = who, .what = std::move(what)};
    if (who) command.context.actor = {who->subject, who->name};
    return execute_(command);
  }

  /// The answer of the kind that is expected; the test fails with the refusal otherwise.
  template <class Kind, class What>
  Kind get(What what, std::optional<Viewer> who = std::nullopt) {
    auto result = run(std::move(what), who);
    if (const auto* rejection = std::get_if<Rejection>(&result)) ADD_FAILURE() << "refused: " << rejection->field << " " << rejection->reason;
    auto* kind = std::get_if<Kind>(&result);
    EXPECT_NE(kind, nullptr) << "answer " << result.index();
    return kind != nullptr ? std::move(*kind) : Kind{};
  }

  template <class What>
  Rejection refused(What what, std::optional<Viewer> who = std::nullopt) {
    auto result = run(std::move(what), who);
    auto* rejection = std::get_if<Rejection>(&result);
    EXPECT_NE(rejection, nullptr) << "was not refused, but answered " << result.index();
    return rejection != nullptr ? *rejection : Rejection{};
  }

  Stream stream(StreamPatch patch = {}, std::optional<Id> shared = std::nullopt, std::optional<Viewer> who = std::nullopt) {
    if (!patch.title) patch.title = "Service";
    const Id id = fresh();
    return get<StreamResult>(CreateStream{id, patch, fresh(), key_of(id.text()), shared}, who).stream;
  }
  Input input(std::string name) {
    const Id id = fresh();
    return get<Input>(CreateInput{id, {.name = name}, key_of(id.text())});
  }
  Memorial memorial(std::string name, std::vector<std::string> managers = {}) {
    return get<Memorial>(CreateMemorial{fresh(), {.name = std::move(name), .managers = std::move(managers)}});
  }

  static std::string key_for(const Stream& stream) { return key_of(stream.id.text()).hmac; }
  PublishByKey publish(std::string hmac, std::uint64_t client = 1) { return {std::move(hmac), {fresh(), fresh(), boot, client, "192.0.2.1"}}; }

  /// From created to on air, with its first media.
  Stream go_live(const Stream& stream, std::uint64_t client = 1) {
    const auto accepted = get<PublishAccepted>(publish(key_for(stream), client));
    return get<StreamResult>(SignalStream{accepted.stream.id, MediaArrived{accepted.stream.phase.generation}}).stream;
  }

  const Id boot = id_of(1'000'000);

 private:
  Execute execute_;
};

/// What the owner reports when it has closed a broadcast's files.
inline StreamSignal finalized(const FinalizeBroadcast& effect, std::int64_t duration_ms) {
  return BroadcastFinalized{.broadcast = effect.broadcast_id, .generation = effect.generation, .duration_ms = duration_ms, .bytes = 1000, .error = {}};
}

/// The house in memory.
class MemoryHouse : public testing::Test {
 protected:
  MemoryStore store;
  ServiceOptions options;
  Touched touched;
  struct Run {
    MemoryHouse* test;
    CommandResult operator()(const Command& command) const {
      test->touched = {};
      return execute(test->store, command, test->options, &test->touched);
    }
  };
  House<Run> house{Run{this}};
  Reader<MemoryStore> read{store};

  void TearDown() override { expect_consistent(store); }

  /// Performs what is in the outbox as the owner would.
  void finalize(std::int64_t duration_ms = 60'000) {
    for (const auto& row : read.outbox(0, 100)) {
      std::optional<StreamSignal> report;
      if (const auto* effect = std::get_if<FinalizeBroadcast>(&row.effect)) report = finalized(*effect, duration_ms);
      house.run(CompleteEffect{row.seq, report});
    }
  }
};

}  // namespace tribute::store

// The unit of work of one command: records are read once, changed as values, and come out as one batch with the
// versions they were read at, their index and deadline rows being the difference between before and after.
// Writes nothing itself.
#pragma once

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "../effect.hpp"
#include "indexes.hpp"
#include "read.hpp"
#include "rows.hpp"

namespace tribute::store {

template <View V>
class Work {
 public:
  Work(const V& view, std::string org) : view_(view), org_(std::move(org)), reader_(view, org_) {}

  const V& view() const { return view_; }
  const std::string& org() const { return org_; }
  /// Reads what is stored, not what this command has changed: for index look-ups.
  const Reader<V>& stored() const { return reader_; }

  /// The record as this command has left it so far, or nullptr. Valid until it is put again.
  template <class Record>
  const Record* find(Id id) {
    if (!id.is_set()) return nullptr;
    auto& slot = load<Record>(id);
    return slot.now ? &*slot.now : nullptr;
  }

  /// Stores the record with a raised version. Returns it as it will be stored.
  template <class Record>
  const Record& put(Record record) {
    auto& slot = load<Record>(record.id);
    record.version = (slot.before ? slot.before->version : 0) + 1;
    slot.dirty = true;
    slot.now = std::move(record);
    return *slot.now;
  }

  template <class Record>
  void erase(Id id) {
    auto& slot = load<Record>(id);
    slot.dirty = slot.before.has_value();
    slot.now.reset();
  }

  void journal(Id stream, const std::vector<JournalEntry>& entries) {
    for (const auto& entry : entries) batch_.writes.push_back({Table::journal, journal_key(org_, stream, entry.seq), encode(entry)});
    if (!entries.empty()) touch(stream);
  }

  /// Appends to the org's outbox; its rows are numbered in the order in which they were decided.
  void perform(const std::vector<Effect>& effects) {
    for (const auto& effect : effects) {
      batch_.writes.push_back({Table::outbox, outbox_key(org_, ++outbox_seq()), effect_row(effect)});
      touched_.effects = true;
    }
  }

  void erase_row(Table table, std::string key) { batch_.writes.push_back({table, std::move(key), std::nullopt}); }

  /// What was done so far is to be stored although the answer is a refusal.
  void store_anyway() { anyway_ = true; }
  bool stores_anyway() const { return anyway_; }

  /// Everything as one batch. Call once, at the end.
  Batch finish() {
    std::apply([this](auto&... slots) { (this->finish(slots), ...); }, slots_);
    if (outbox_seq_ != outbox_before_) {
      batch_.expected.push_back({Table::meta, counter_key(org_, "outbox"), outbox_before_});
      batch_.writes.push_back({Table::meta, counter_key(org_, "outbox"), counter_row(outbox_seq_)});
    }
    return std::move(batch_);
  }

  const Touched& touched() const { return touched_; }

 private:
  template <class Record>
  struct Slot {
    std::optional<Record> before, now;
    bool dirty = false;
  };
  template <class Record>
  using Slots = std::map<Id, Slot<Record>>;

  template <class Record>
  Slot<Record>& load(Id id) {
    auto& slots = std::get<Slots<Record>>(slots_);
    if (const auto found = slots.find(id); found != slots.end()) return found->second;
    std::optional<Record> record;
    if constexpr (std::is_same_v<Record, Stream>) record = reader_.stream(id);
    else if constexpr (std::is_same_v<Record, Input>) record = reader_.input(id);
    else if constexpr (std::is_same_v<Record, Memorial>) record = reader_.memorial(id);
    else record = reader_.archive(id);
    return slots.emplace(id, Slot<Record>{record, record}).first->second;
  }

  void touch(Id stream) {
    auto& all = touched_.streams;
    if (std::find(all.begin(), all.end(), stream) == all.end()) all.push_back(stream);
  }

  std::uint64_t& outbox_seq() {
    if (!outbox_read_) {
      outbox_read_ = true;
      const auto row = view_.get(Table::meta, counter_key(org_, "outbox"));
      outbox_seq_ = outbox_before_ = row ? row_version(*row) : 0;
    }
    return outbox_seq_;
  }

  template <class Record>
  void finish(Slots<Record>& slots) {
    for (auto& [id, slot] : slots) {
      if (!slot.dirty) continue;
      const auto key = record_key(org_, id);
      batch_.expected.push_back({table_of<Record>, key, slot.before ? slot.before->version : 0});
      batch_.writes.push_back({table_of<Record>, key, slot.now ? std::optional{record_row(*slot.now)} : std::nullopt});
      replace(Table::index, slot.before ? indexes_of(*slot.before) : Keys{}, slot.now ? indexes_of(*slot.now) : Keys{});
      const auto due = deadline_keys(slot.now);
      if (replace(Table::deadline, deadline_keys(slot.before), due) && !due.empty()) touched_.deadlines = true;
      if constexpr (std::is_same_v<Record, Stream>) touch(id);
    }
  }

  using Keys = std::vector<std::string>;

  template <class Record>
  Keys deadline_keys(const std::optional<Record>& record) const {
    Keys keys;
    if (record)
      for (const auto& deadline : deadlines_of(*record)) keys.push_back(deadline_key(org_, deadline));
    std::sort(keys.begin(), keys.end());
    return keys;
  }

  /// True when anything differs.
  bool replace(Table table, const Keys& before, const Keys& after) {
    const auto was = batch_.writes.size();
    Keys gone, fresh;
    std::set_difference(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(gone));
    std::set_difference(after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(fresh));
    for (auto& key : gone) batch_.writes.push_back({table, std::move(key), std::nullopt});
    for (auto& key : fresh) batch_.writes.push_back({table, std::move(key), std::string{}});
    return batch_.writes.size() != was;
  }

  const V& view_;
  std::string org_;
  Reader<V> reader_;
  std::tuple<Slots<Stream>, Slots<Input>, Slots<Memorial>, Slots<ArchiveEntry>> slots_;
  Batch batch_;
  Touched touched_;
  std::uint64_t outbox_before_ = 0, outbox_seq_ = 0;
  bool outbox_read_ = false;
  bool anyway_ = false;
};

}  // namespace tribute::store

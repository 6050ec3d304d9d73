// What arrives from the encoders now, for every worker to read: one row per stream in shared memory, written by the
// worker that packages it. A reader may see two moments mixed, which health can bear.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>

#include "tribute/id.hpp"
#include "tribute/media/facts.hpp"
#include "tribute/time.hpp"

namespace tribute::module {

struct FactsRow {
  std::atomic<std::uint64_t> stream{0};   ///< key_of() the stream
  std::atomic<std::uint64_t> session{0};  ///< key_of() the session that the facts are of
  std::atomic<std::int64_t> updated_ms{0};
  media::SessionFacts facts{};
};

class FactsTable {
 public:
  static constexpr std::size_t capacity = 1024;

  /// Eight bytes of an id are random enough to tell the streams of one host apart.
  static std::uint64_t key_of(const Id& id) noexcept {
    std::uint64_t key = 0;
    std::memcpy(&key, id.bytes().data(), sizeof key);
    return key | 1;
  }

  /// What is known of a session; null when nothing is.
  const media::SessionFacts* find(const Id& stream, const Id& session) const noexcept {
    for (std::size_t i = 0; i < probes; ++i) {
      const auto& row = rows_[(key_of(stream) + i) % capacity];
      if (row.stream.load(std::memory_order_acquire) == key_of(stream)) return row.session.load(std::memory_order_acquire) == key_of(session) ? &row.facts : nullptr;
    }
    return nullptr;
  }

  void put(const Id& stream, const Id& session, const media::PackagerFacts& seen, Timestamp now) noexcept {
    if (auto* row = row_of_session(stream, session, now)) media::update(row->facts, seen, now);
  }

  /// A problem that only the clock can see. Nothing where the session has no row yet, unless the problem makes one.
  void set_problem(const Id& stream, const Id& session, media::Problem problem, bool on, Timestamp now) noexcept {
    if (!on && find(stream, session) == nullptr) return;
    if (auto* row = row_of_session(stream, session, now)) media::set_problem(row->facts, problem, on, now);
  }

 private:
  static constexpr std::size_t probes = 16;
  static constexpr std::int64_t forgotten_ms = 600'000;

  /// The stream's row, emptied when it was of another session.
  FactsRow* row_of_session(const Id& stream, const Id& session, Timestamp now) noexcept {
    auto* row = row_of(stream, now);
    if (row == nullptr) return nullptr;
    if (row->session.exchange(key_of(session), std::memory_order_acq_rel) != key_of(session)) media::update(row->facts, {}, now);
    row->updated_ms.store(now.ms, std::memory_order_release);
    return row;
  }

  /// The stream's own row, or one that is free or long forgotten.
  FactsRow* row_of(const Id& stream, Timestamp now) noexcept {
    const auto key = key_of(stream);
    for (std::size_t i = 0; i < probes; ++i)
      if (auto& row = rows_[(key + i) % capacity]; row.stream.load(std::memory_order_acquire) == key) return &row;
    for (std::size_t i = 0; i < probes; ++i) {
      auto& row = rows_[(key + i) % capacity];
      auto other = row.stream.load(std::memory_order_acquire);
      const bool free = other == 0 || now.ms - row.updated_ms.load(std::memory_order_relaxed) > forgotten_ms;
      if (free && row.stream.compare_exchange_strong(other, key, std::memory_order_acq_rel)) return &row;
    }
    return nullptr;
  }

  std::array<FactsRow, capacity> rows_;
};

}  // namespace tribute::module

// State machines as constexpr tables: rows {from, on, to, effect}, one find(), and the proofs that are
// asserted beside every table. No guards: a condition becomes a more precise event before it gets here.
// An absent pair is a rejection; a harmless repeat is an explicit row whose effect is `ignored`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "words.hpp"

namespace tribute {

template <class State, class Event, class Effect>
struct Row {
  State from;
  Event on;
  State to;
  Effect effect;
};

/// A table with a dense index, so that find() is one load whatever the number of rows.
template <class State, class Event, class Effect, std::size_t N>
class Machine {
 public:
  using RowType = Row<State, Event, Effect>;
  static constexpr std::size_t states = word_count<State>;
  static constexpr std::size_t events = word_count<Event>;
  static_assert(N < 255);

  constexpr explicit Machine(const std::array<RowType, N>& table) : table_(table) {
    for (auto& cell : index_) cell = absent;
    for (std::size_t i = 0; i < N; ++i) {
      auto& slot = index_[cell(table[i].from, table[i].on)];
      if (slot != absent) duplicate_ = true;
      slot = static_cast<std::uint8_t>(i);
    }
  }

  constexpr const std::array<RowType, N>& rows() const noexcept { return table_; }

  /// The row for (from, on), or nullptr: then the transition is illegal.
  constexpr const RowType* find(State from, Event on) const noexcept {
    const auto i = index_[cell(from, on)];
    return i == absent ? nullptr : &table_[i];
  }

  constexpr bool has_no_duplicates() const noexcept { return !duplicate_; }

  /// Every state can be reached from `start`.
  constexpr bool reaches_all_from(State start) const noexcept {
    std::array<bool, states> seen{};
    seen[static_cast<std::size_t>(start)] = true;
    close(seen, [](const RowType& row) { return row.from; }, [](const RowType& row) { return row.to; });
    for (bool state : seen)
      if (!state) return false;
    return true;
  }

  /// From every state at least one of `rest` can be reached: nothing is stuck for ever.
  template <std::size_t M>
  constexpr bool all_come_to_rest(const std::array<State, M>& rest) const noexcept {
    std::array<bool, states> seen{};
    for (State state : rest) seen[static_cast<std::size_t>(state)] = true;
    close(seen, [](const RowType& row) { return row.to; }, [](const RowType& row) { return row.from; });
    for (bool state : seen)
      if (!state) return false;
    return true;
  }

  /// Rows that are `ignored` never change the state.
  constexpr bool ignored_rows_stay() const noexcept {
    for (const auto& row : table_)
      if (row.effect == Effect::ignored && row.from != row.to) return false;
    return true;
  }

 private:
  static constexpr std::uint8_t absent = 255;

  static constexpr std::size_t cell(State from, Event on) noexcept {
    return static_cast<std::size_t>(from) * events + static_cast<std::size_t>(on);
  }

  template <class From, class To>
  constexpr void close(std::array<bool, states>& seen, From from, To to) const noexcept {
    for (bool grew = true; grew;) {
      grew = false;
      for (const auto& row : table_) {
        auto& target = seen[static_cast<std::size_t>(to(row))];
        if (seen[static_cast<std::size_t>(from(row))] && !target) target = grew = true;
      }
    }
  }

  std::array<RowType, N> table_;
  std::array<std::uint8_t, states * events> index_{};
  bool duplicate_ = false;
};

}  // namespace tribute

// Writes what a machine does from one state as one line, so that a test can state a whole row of the matrix.
#pragma once

#include <string>
#include <tribute/machine.hpp>

namespace tribute::test {

/// "opened>ready became_due>ready/ignored": every legal event in the order of the words, with its effect unless it is `none`.
template <class State, class Event, class Effect, std::size_t N>
std::string row_of(const Machine<State, Event, Effect, N>& machine, State from) {
  std::string out;
  for (std::size_t i = 0; i < word_count<Event>; ++i) {
    const auto* row = machine.find(from, static_cast<Event>(i));
    if (row == nullptr) continue;
    if (!out.empty()) out += ' ';
    out += std::string{to_word(row->on)} + '>' + std::string{to_word(row->to)};
    if (to_word(row->effect) != "none") out += '/' + std::string{to_word(row->effect)};
  }
  return out;
}

}  // namespace tribute::test

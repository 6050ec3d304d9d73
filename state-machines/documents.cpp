// Derives the documents of this folder from the headers: `documents --check INCLUDE FOLDER [README]` compares,
// `--write` rewrites. Of a README only what stands between the two lifecycle-picture marks is looked at.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <tribute/archive.hpp>
#include <tribute/ingest.hpp>
#include <tribute/lifecycle.hpp>
#include <tribute/visibility.hpp>
#include <vector>

#include "meanings.hpp"

namespace {

using namespace tribute;

struct Document {
  std::string name;
  std::string text;
};

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path);
  if (!in) return {};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// What differs from machine to machine besides its table.
struct Names {
  std::string file, title, header;
  std::string states, events, effects;  ///< names of the enums in the header
  std::string start;                    ///< the state that the diagram begins in
};

template <class Enum>
std::string words_table(const std::string& heading, const std::string& header, const std::string& enum_name) {
  const auto meaning = proof::meanings(header, enum_name);
  std::string out = "| " + heading + " | meaning |\n|---|---|\n";
  for (std::size_t i = 0; i < word_count<Enum>; ++i) {
    const std::string word{to_word(static_cast<Enum>(i))};
    if (!meaning.contains(word)) throw std::runtime_error(enum_name + ": the word " + word + " is no enumerator");
    out += "| `" + word + "` | " + meaning.at(word) + " |\n";
  }
  if (meaning.size() != word_count<Enum>) throw std::runtime_error(enum_name + " has enumerators without a word");
  return out + "\n";
}

/// Arrows that lead nowhere new are left to the matrix: a picture of everything shows nothing.
template <class State, class Event, class Effect, std::size_t N>
std::string diagram(const Machine<State, Event, Effect, N>& machine, const std::string& start) {
  std::string out = "```mermaid\nstateDiagram-v2\n  [*] --> " + start + "\n";
  for (std::size_t from = 0; from < word_count<State>; ++from)
    for (std::size_t to = 0; to < word_count<State>; ++to) {
      std::string label;
      for (const auto& row : machine.rows())
        if (row.from == static_cast<State>(from) && row.to == static_cast<State>(to) && row.from != row.to)
          label += (label.empty() ? "" : "<br/>") + std::string{to_word(row.on)};
      if (!label.empty()) out += "  " + std::string{to_word(static_cast<State>(from))} + " --> " + std::string{to_word(static_cast<State>(to))} + ": " + label + "\n";
    }
  return out + "```\n\n";
}

template <class State, class Event, class Effect, std::size_t N>
std::string cell(const Machine<State, Event, Effect, N>& machine, State from, Event on) {
  const auto* row = machine.find(from, on);
  if (row == nullptr) return "";
  const std::string effect{to_word(row->effect)};
  if (effect == "ignored") return "·";
  return "**" + std::string{to_word(row->to)} + "**" + (effect == "none" ? "" : "<br/>" + effect);
}

template <class State, class Event, class Effect, std::size_t N>
std::string matrix(const Machine<State, Event, Effect, N>& machine) {
  std::string out = "| event \\ state |", line = "|---|";
  for (std::size_t s = 0; s < word_count<State>; ++s) {
    out += " " + std::string{to_word(static_cast<State>(s))} + " |";
    line += "---|";
  }
  out += "\n" + line + "\n";
  for (std::size_t e = 0; e < word_count<Event>; ++e) {
    out += "| `" + std::string{to_word(static_cast<Event>(e))} + "` |";
    for (std::size_t s = 0; s < word_count<State>; ++s) out += " " + cell(machine, static_cast<State>(s), static_cast<Event>(e)) + " |";
    out += "\n";
  }
  return out;
}

template <class State, class Event, class Effect, std::size_t N>
Document document(const std::filesystem::path& include, const Names& names, const Machine<State, Event, Effect, N>& machine) {
  const std::string header = read_file(include / names.header);
  if (header.empty()) throw std::runtime_error((include / names.header).string() + " cannot be read");
  std::string text = "<!-- Derived from include/" + names.header + ". Do not edit: build the target state-machine-docs. -->\n# " + names.title + "\n\n";
  text += proof::opening(header) + "\n\n";
  text += diagram(machine, names.start);
  text += "## States\n" + words_table<State>("state", header, names.states);
  text += "## Events\n" + words_table<Event>("event", header, names.events);
  text += "## Effects\n" + words_table<Effect>("effect", header, names.effects);
  text += "## Every state and every event\nThe new state and the effect. `·` is a harmless repeat; an empty cell is refused.\n\n";
  text += matrix(machine);
  return {names.file, text};
}

/// The lifecycle with only the arrows that somebody outside would tell of.
std::string picture() {
  std::string out = "```mermaid\nstateDiagram-v2\n  direction LR\n  [*] --> scheduled: planned\n  [*] --> ready: created\n";
  const auto arrow = [&](StreamStatus from, StreamEvent on, const char* say) {
    const auto* row = lifecycle.find(from, on);
    if (row == nullptr) throw std::runtime_error("the picture shows a step that the table does not have");
    out += "  " + std::string{to_word(from)} + " --> " + std::string{to_word(row->to)} + ": " + say + "\n";
  };
  using enum StreamStatus;
  arrow(scheduled, StreamEvent::became_due, "its time comes, or start");
  arrow(scheduled, StreamEvent::went_on_air, "the encoder delivers");
  arrow(ready, StreamEvent::rescheduled, "planned for later");
  arrow(ready, StreamEvent::went_on_air, "the encoder delivers<br/>(in a rehearsal - start)");
  arrow(live, StreamEvent::stopped, "stop, or the encoder stays away<br/>longer than the reconnect window");
  arrow(ending, StreamEvent::finalized, "the recording is closed");
  arrow(ending, StreamEvent::finalize_failed, "it cannot be closed");
  arrow(error, StreamEvent::finalized, "repaired");
  arrow(completed, StreamEvent::reopened, "start - within an hour<br/>the same broadcast, later a new one");
  arrow(error, StreamEvent::reopened, "start");
  return out + "```\n";
}

std::vector<Document> documents(const std::filesystem::path& include) {
  return {
      document(include, {"lifecycle.md", "The stream: lifecycle", "tribute/lifecycle.hpp", "StreamStatus", "StreamEvent", "StreamEffect", "ready"}, lifecycle),
      document(include, {"ingest.md", "The encoder: ingest", "tribute/ingest.hpp", "IngestState", "IngestEvent", "IngestEffect", "absent"}, ingest),
      document(include, {"archive.md", "The recording: archive", "tribute/archive.hpp", "ArchiveState", "ArchiveEvent", "ArchiveEffect", "recording"}, archive),
      document(include, {"visibility.md", "Who may see it: visibility", "tribute/visibility.hpp", "Visibility", "VisibilityEvent", "VisibilityEffect", "unlisted"},
               visibility_machine),
      {"picture.md", "<!-- Derived from include/tribute/lifecycle.hpp. Do not edit: build the target state-machine-docs. -->\n" + picture()},
  };
}

/// The README with the picture of today between its marks; unchanged when it has none.
std::string with_picture(const std::string& readme) {
  const std::string open = "<!-- lifecycle picture -->\n", close = "<!-- end of lifecycle picture -->";
  const auto begin = readme.find(open), end = readme.find(close);
  if (begin == std::string::npos || end == std::string::npos) return readme;
  return readme.substr(0, begin + open.size()) + picture() + readme.substr(end);
}

/// True when the file has this text, or has been given it.
bool settle(const std::filesystem::path& path, const std::string& text, bool write) {
  if (read_file(path) == text) return true;
  if (write) {
    std::ofstream(path) << text;
    std::cout << path.string() << ": rewritten\n";
    return true;
  }
  std::cerr << path.string() << " differs from what the headers give. Build the target state-machine-docs and look at the difference.\n";
  return false;
}

int run(const std::vector<std::string>& args) {
  if (args.size() < 3 || (args[0] != "--check" && args[0] != "--write")) throw std::runtime_error("usage: documents --check|--write INCLUDE FOLDER [README]");
  const bool write = args[0] == "--write";
  bool good = true;
  for (const auto& [name, text] : documents(args[1])) good = settle(std::filesystem::path{args[2]} / name, text, write) && good;
  if (args.size() > 3 && std::filesystem::exists(args[3])) good = settle(args[3], with_picture(read_file(args[3])), write) && good;
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
}

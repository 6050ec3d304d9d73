// Replays scenario files and compares what apply() says with what stands in them (as etcd raft's datadriven
// tests). `scenarios FILE…` checks; `scenarios --rewrite FILE…` writes the answers into the files.
#include <fstream>
#include <iostream>
#include <sstream>

#include "scenario.hpp"

namespace {

using tribute::proof::Scenario;

std::string read_file(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot be read");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// A file is: comment lines (#), then blocks of command lines, `----`, answer lines, an empty line. `scenario NAME`
/// begins a new world. Gives the same text with the answers of today.
std::string replay(const std::string& text) {
  std::istringstream in(text);
  std::ostringstream out;
  Scenario scenario;
  std::vector<std::string> answers;
  bool in_answers = false;
  for (std::string line; std::getline(in, line);) {
    if (in_answers) {
      if (!line.empty()) continue;  // the answer that stood here
      in_answers = false;
    } else if (line == "----") {
      out << "----\n";
      for (const auto& answer : answers) out << answer << "\n";
      out << scenario.state();
      answers.clear();
      in_answers = true;
      continue;
    } else if (line.rfind("scenario ", 0) == 0) {
      if (!answers.empty()) throw std::runtime_error("lines without ---- before: " + line);
      scenario = Scenario{};
    } else if (!line.empty() && line[0] != '#') {
      answers.push_back(line.substr(0, line.find(' ')) + " " + scenario.run(line));
    }
    out << line << "\n";
  }
  if (!answers.empty()) throw std::runtime_error("lines without ---- at the end");
  return out.str();
}

void show_first_difference(const std::string& path, const std::string& want, const std::string& have) {
  std::istringstream a(want), b(have);
  int number = 1;
  for (std::string left, right;; ++number) {
    const bool more_left = static_cast<bool>(std::getline(a, left)), more_right = static_cast<bool>(std::getline(b, right));
    if (!more_left) left = "(end of file)";
    if (!more_right) right = "(end of file)";
    if (left == right && more_left && more_right) continue;
    std::cerr << path << ":" << number << "\n  expected: " << left << "\n  but is:   " << right << "\n";
    return;
  }
}

bool check(const std::string& path, bool rewrite) {
  const std::string want = read_file(path);
  const std::string have = replay(want);
  if (want == have) return true;
  if (rewrite) {
    std::ofstream(path) << have;
    std::cout << path << ": rewritten\n";
    return true;
  }
  show_first_difference(path, want, have);
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  const bool rewrite = argc > 1 && std::string{argv[1]} == "--rewrite";
  bool good = argc > (rewrite ? 2 : 1);
  for (int i = rewrite ? 2 : 1; i < argc; ++i) {
    try {
      good = check(argv[i], rewrite) && good;
    } catch (const std::exception& error) {
      std::cerr << argv[i] << ": " << error.what() << "\n";
      good = false;
    }
  }
  if (!good) std::cerr << "The scenarios differ. If the new answers are right: scenarios --rewrite FILE\n";
  return good ? 0 : 1;
}

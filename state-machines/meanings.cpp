#include "meanings.hpp"

#include <sstream>
#include <stdexcept>

namespace tribute::proof {
namespace {

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return std::string{text.substr(first, text.find_last_not_of(" \t\r") - first + 1)};
}

/// `private_` is the word "private": the underscore only keeps a keyword away.
std::string word_of(std::string name) {
  if (name.size() > 1 && name.back() == '_') name.pop_back();
  return name;
}

}  // namespace

std::map<std::string, std::string> meanings(std::string_view header, std::string_view enum_name) {
  const std::string head = "enum class " + std::string{enum_name} + " : std::uint8_t {\n";
  const auto begin = header.find(head);
  if (begin == std::string_view::npos) throw std::runtime_error("no enum " + std::string{enum_name} + " with one enumerator a line");
  const auto body = header.substr(begin + head.size(), header.find("\n};", begin) - begin - head.size());
  std::map<std::string, std::string> out;
  std::istringstream in{std::string{body}};
  for (std::string line; std::getline(in, line);) {
    const auto comment = line.find("///<");
    const auto name = trimmed(std::string_view{line}.substr(0, line.find(',')));
    if (comment == std::string::npos) throw std::runtime_error(std::string{enum_name} + "::" + name + " has no ///< meaning");
    out[word_of(name)] = trimmed(std::string_view{line}.substr(comment + 4));
  }
  return out;
}

std::string opening(std::string_view header) {
  std::string out;
  std::istringstream in{std::string{header}};
  for (std::string line; std::getline(in, line) && line.rfind("//", 0) == 0;) {
    if (!out.empty()) out += ' ';
    out += trimmed(std::string_view{line}.substr(2));
  }
  return out;
}

}  // namespace tribute::proof

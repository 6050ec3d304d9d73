// The one-line meanings of enumerators, read from the headers' own `///<` comments, so that the documents and
// the code cannot tell two stories. An enumerator without one is an error.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace tribute::proof {

/// Word → meaning of `enum class NAME` in a header's text. Throws std::runtime_error when something is missing.
std::map<std::string, std::string> meanings(std::string_view header, std::string_view enum_name);

/// The comment that a header opens with, as one paragraph.
std::string opening(std::string_view header);

}  // namespace tribute::proof

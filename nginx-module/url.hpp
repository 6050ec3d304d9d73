// Is this an address that we can print into answers? Text checks only, for the configuration.
#pragma once

#include <string_view>

namespace tribute::module {

/// scheme://host[:port][/path]: printable, no user, query, fragment, quotes or spaces.
inline bool is_plain_url(std::string_view url, std::string_view scheme) {
  if (url.substr(0, scheme.size()) != scheme) return false;
  url.remove_prefix(scheme.size());
  if (url.empty() || url.front() == '/' || url.front() == ':') return false;
  for (const char c : url)
    if (c <= 0x20 || c >= 0x7f || std::string_view("\"'<>\\^`{|}?#@$").find(c) != std::string_view::npos) return false;
  return true;
}

inline bool is_rtmp_url(std::string_view url) {
  return (is_plain_url(url, "rtmp://") || is_plain_url(url, "rtmps://")) && url.back() != '/' && url.find('/', 8) != std::string_view::npos;
}

inline bool is_http_base_url(std::string_view url) {
  return (is_plain_url(url, "http://") || is_plain_url(url, "https://")) && url.back() != '/';
}

}  // namespace tribute::module

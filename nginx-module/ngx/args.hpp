// What a request says about itself: query arguments and headers. Arguments are decoded as a form is (WHATWG URL,
// application/x-www-form-urlencoded: "+" is a space, a broken "%" stays as it is); of a doubled name the FIRST counts.
// Never looks at the body.
#pragma once

#include "ngx/ngx.hpp"
#include "ngx/str.hpp"

namespace tribute::ngx {

inline int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

inline std::string decode(std::string_view s) {
  std::string out;
  out.reserve(s.size());
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '%' && i + 2 < s.size() && hex_digit(s[i + 1]) >= 0 && hex_digit(s[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(s[i + 1]) * 16 + hex_digit(s[i + 2]));
      i += 2;
    } else {
      out += s[i] == '+' ? ' ' : s[i];
    }
  }
  return out;
}

/// The value of a query argument, or nothing when it is absent. "?x" and "?x=" are both empty.
inline std::optional<std::string> arg(const ngx_http_request_t* r, std::string_view name) {
  std::string_view rest = view(r->args);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (decode(pair.substr(0, equals)) != name) continue;
    return equals == std::string_view::npos ? std::string{} : decode(pair.substr(equals + 1));
  }
  return std::nullopt;
}

/// The first header of that name (any case), as it was sent. The view lives as long as the request.
inline std::optional<std::string_view> header(const ngx_http_request_t* r, std::string_view name) noexcept {
  for (const ngx_list_part_t* part = &r->headers_in.headers.part; part != nullptr; part = part->next) {
    const auto* elements = static_cast<const ngx_table_elt_t*>(part->elts);
    for (ngx_uint_t i = 0; i < part->nelts; ++i)
      if (elements[i].key.len == name.size() && ngx_strncasecmp(elements[i].key.data, bytes(name.data()), name.size()) == 0)
        return view(elements[i].value);
  }
  return std::nullopt;
}

/// True when the peer of the TCP connection is this very machine (127.0.0.0/8, ::1, a unix socket).
inline bool from_loopback(const ngx_http_request_t* r) noexcept {
  const sockaddr* address = r->connection->sockaddr;
  if (address->sa_family == AF_UNIX) return true;
  if (address->sa_family == AF_INET) return (ntohl(reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr) >> 24) == 127;
  if (address->sa_family != AF_INET6) return false;
  const in6_addr& v6 = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

}  // namespace tribute::ngx

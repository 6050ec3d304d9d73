// ngx_str_t and C++ strings, the one place where they meet. view() never owns; borrow() lends a C++ string that
// outlives the call; to copy is Pool's business (pool.hpp). What would dangle does not compile.
#pragma once

#include "ngx/ngx.hpp"

namespace tribute::ngx {

inline std::string_view view(const ngx_str_t& s) noexcept {
  return s.len == 0 ? std::string_view{} : std::string_view{reinterpret_cast<const char*>(s.data), s.len};
}

/// A buffer's bytes in memory.
inline std::string_view view(const ngx_buf_t& b) noexcept {
  return {reinterpret_cast<const char*>(b.pos), static_cast<std::size_t>(b.last - b.pos)};
}

/// nginx takes u_char* where it means const: it never writes through what we lend.
inline u_char* bytes(const char* s) noexcept { return reinterpret_cast<u_char*>(const_cast<char*>(s)); }

/// A literal lives as long as the module.
template <std::size_t N>
ngx_str_t literal(const char (&s)[N]) noexcept {
  return {N - 1, bytes(s)};
}

/// For the length of a call only. Temporaries are refused by the compiler.
inline ngx_str_t borrow(const std::string& s) noexcept { return {s.size(), bytes(s.data())}; }
inline ngx_str_t borrow(std::string_view s) noexcept { return {s.size(), bytes(s.data())}; }
ngx_str_t borrow(std::string&&) = delete;
ngx_str_t borrow(const std::string&&) = delete;
ngx_str_t borrow(const char*) = delete;

template <class T>
concept Borrowable = requires(T&& s) {
  borrow(static_cast<T&&>(s));
};
static_assert(Borrowable<std::string&> && Borrowable<std::string_view>);
static_assert(!Borrowable<std::string>, "a temporary string would be gone before nginx reads it");

}  // namespace tribute::ngx

// Opaque cursors: base64url of what kind of list it is and the index position (or number) of the last item. One
// that no page gave is refused as a value; it can never leave its own list or org.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "../encoding.hpp"
#include "keys.hpp"

namespace tribute::store {

/// What a cursor belongs to. The letter is part of the cursor, so one list's cursor is refused by another.
enum class ListKind : char { streams = 's', memorials = 'm', inputs = 'i', archive = 'a', journal = 'j' };

inline std::string make_cursor(ListKind kind, const Position& last) { return to_base64url(static_cast<char>(kind) + position_bytes(last)); }

inline std::optional<Position> parse_cursor(ListKind kind, std::string_view text) {
  if (text.size() > 64) return std::nullopt;
  const auto bytes = from_base64url(text);
  if (!bytes || bytes->size() != 1 + position_size || bytes->front() != static_cast<char>(kind)) return std::nullopt;
  return position_of(*bytes);
}

inline std::string make_journal_cursor(std::uint64_t seq) {
  std::string bytes(1, static_cast<char>(ListKind::journal));
  detail::put_u64(bytes, seq);
  return to_base64url(bytes);
}

inline std::optional<std::uint64_t> parse_journal_cursor(std::string_view text) {
  if (text.size() > 64) return std::nullopt;
  const auto bytes = from_base64url(text);
  if (!bytes || bytes->size() != 9 || bytes->front() != static_cast<char>(ListKind::journal)) return std::nullopt;
  return detail::take_u64(std::string_view{*bytes}.substr(1));
}

}  // namespace tribute::store

// Keys of rows: every one begins with the org, numbers are big-endian so that bytes sort as numbers do, and none
// is longer than 511 bytes (LMDB's limit) whatever is put into it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "../id.hpp"
#include "../time.hpp"
#include "command.hpp"
#include "table.hpp"

namespace tribute::store {

inline constexpr std::size_t most_key_bytes = 511;
inline constexpr std::size_t most_org_bytes = 63;
inline constexpr std::size_t most_part_bytes = 64;

/// Orgs are names from the operator's configuration.
constexpr bool valid_org(std::string_view org) noexcept { return !org.empty() && org.size() <= most_org_bytes; }

namespace detail {

inline void put_u64(std::string& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 255);
}

/// Precondition: bytes.size() >= 8.
constexpr std::uint64_t take_u64(std::string_view bytes) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

// The sign bit is flipped, so that times before 1970 sort before the others.
constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63;
inline void put_time(std::string& out, Timestamp t) { put_u64(out, static_cast<std::uint64_t>(t.ms) ^ sign_bit); }
constexpr Timestamp take_time(std::string_view bytes) noexcept { return {static_cast<std::int64_t>(take_u64(bytes) ^ sign_bit)}; }

inline void put_id(std::string& out, Id id) { out.append(reinterpret_cast<const char*>(id.bytes().data()), Id::byte_size); }
constexpr Id take_id(std::string_view bytes) noexcept {
  Id::Bytes raw{};
  for (std::size_t i = 0; i < raw.size(); ++i) raw[i] = static_cast<std::uint8_t>(bytes[i]);
  return Id{raw};
}

// FNV-1a with two bases. It only shortens index keys: every hit is checked against its record, so a collision costs
// a lookup and never a wrong answer.
inline std::uint64_t fnv1a(std::string_view bytes, std::uint64_t hash) noexcept {
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

/// A length byte first, so that no part can be the beginning of another; what is long is hashed (length byte 255).
inline void put_part(std::string& out, std::string_view part) {
  if (part.size() <= most_part_bytes) {
    out += static_cast<char>(part.size());
    out += part;
  } else {
    out += static_cast<char>(255);
    put_u64(out, fnv1a(part, 0xcbf29ce484222325u));
    put_u64(out, fnv1a(part, 0x84222325cbf29ce4u));
  }
}

inline std::string org_key(std::string_view org) {
  std::string out;
  out.reserve(96);
  out += static_cast<char>(org.size() <= most_org_bytes ? org.size() : 0);
  if (org.size() <= most_org_bytes) out += org;
  return out;
}

}  // namespace detail

inline std::string record_key(std::string_view org, Id id) {
  auto key = detail::org_key(org);
  detail::put_id(key, id);
  return key;
}

/// All journal rows of a stream begin with this; the entry's number follows.
inline std::string journal_prefix(std::string_view org, Id stream) { return record_key(org, stream); }
inline std::string journal_key(std::string_view org, Id stream, std::uint64_t seq) {
  auto key = journal_prefix(org, stream);
  detail::put_u64(key, seq);
  return key;
}

inline std::string outbox_key(std::string_view org, std::uint64_t seq) {
  auto key = detail::org_key(org);
  detail::put_u64(key, seq);
  return key;
}

inline std::string deadline_key(std::string_view org, const DeadlineKey& deadline) {
  auto key = detail::org_key(org);
  detail::put_time(key, deadline.due);
  key += static_cast<char>(deadline.kind);
  detail::put_id(key, deadline.record);
  return key;
}

/// The deadline that a key of the deadline table names; absent when it is none of this org's.
inline std::optional<DeadlineKey> deadline_of(std::string_view org, std::string_view key) {
  const auto prefix = detail::org_key(org);
  if (key.size() != prefix.size() + 8 + 1 + Id::byte_size || !key.starts_with(prefix)) return std::nullopt;
  key.remove_prefix(prefix.size());
  const auto kind = static_cast<std::uint8_t>(key[8]);
  if (kind >= word_count<DeadlineKind>) return std::nullopt;
  return DeadlineKey{detail::take_time(key), static_cast<DeadlineKind>(kind), detail::take_id(key.substr(9))};
}

/// A counter of an org in the meta table.
inline std::string counter_key(std::string_view org, std::string_view name) { return detail::org_key(org).append(name); }

/// The stored format's version; no org is empty, so no counter has this key.
inline std::string format_key() { return counter_key("", "format"); }

/// Where an index row stands among those with the same parts: by time, then by id.
struct Position {
  Timestamp when;
  Id id;
  friend auto operator<=>(const Position&, const Position&) = default;
};
inline constexpr std::size_t position_size = 8 + Id::byte_size;

inline std::string position_bytes(const Position& position) {
  std::string out;
  detail::put_time(out, position.when);
  detail::put_id(out, position.id);
  return out;
}

/// The position at the end of an index key (or in a cursor); absent when there are too few bytes.
inline std::optional<Position> position_of(std::string_view key) {
  if (key.size() < position_size) return std::nullopt;
  key.remove_prefix(key.size() - position_size);
  return Position{detail::take_time(key), detail::take_id(key.substr(8))};
}

/// All rows of an index with these parts begin with this; a position follows.
template <class... Parts>
std::string index_prefix(std::string_view org, Index index, const Parts&... parts) {
  auto key = detail::org_key(org);
  key += static_cast<char>(index);
  [[maybe_unused]] const auto put = [&key](const auto& part) {
    using Part = std::decay_t<decltype(part)>;
    if constexpr (std::is_same_v<Part, Id>) detail::put_id(key, part);
    else if constexpr (std::is_same_v<Part, StreamStatus>) key += static_cast<char>(part);
    else if constexpr (std::is_same_v<Part, std::uint64_t>) detail::put_u64(key, part);
    else detail::put_part(key, part);
  };
  (put(parts), ...);
  return key;
}

}  // namespace tribute::store

// Records as bytes: a sequence of {number, length, value}. Unknown numbers are skipped and absent ones keep
// their default, so both older and newer programs can read a record. Bounded: never reads past its input.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "id.hpp"
#include "result.hpp"
#include "time.hpp"
#include "words.hpp"

namespace tribute {

template <class T>
concept Fielded = requires(T& t) { T::fields(t, [](int, auto&) {}); };

namespace detail {

// LEB128, 7 bits a byte, at most 10 bytes.
inline void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

inline bool take_varint(std::string_view& in, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (in.empty()) return false;
    const auto byte = static_cast<std::uint8_t>(in.front());
    in.remove_prefix(1);
    if (shift == 63 && byte > 1) return false;
    value |= std::uint64_t{byte & 0x7fu} << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

inline bool take_sized(std::string_view& in, std::string_view& value) {
  std::uint64_t size = 0;
  if (!take_varint(in, size) || size > in.size()) return false;
  value = in.substr(0, static_cast<std::size_t>(size));
  in.remove_prefix(static_cast<std::size_t>(size));
  return true;
}

template <class T>
  requires(std::integral<T> || std::is_enum_v<T>)
void put_value(std::string& out, const T& value) {
  // Zigzag, so that small negative numbers stay small.
  const auto wide = static_cast<std::int64_t>(value);
  put_varint(out, static_cast<std::uint64_t>(wide) << 1 ^ static_cast<std::uint64_t>(wide >> 63));
}

template <class T>
  requires(std::integral<T> || std::is_enum_v<T>)
bool take_value(std::string_view in, T& value) {
  std::uint64_t raw = 0;
  if (!take_varint(in, raw) || !in.empty()) return false;
  const auto wide = static_cast<std::int64_t>(raw >> 1 ^ (~(raw & 1) + 1));
  value = static_cast<T>(wide);
  if constexpr (std::is_enum_v<T>) {
    // The tables are indexed with it: a word that this program does not know must not get in.
    if (wide < 0 || static_cast<std::uint64_t>(wide) >= word_count<T>) return false;
  }
  return static_cast<std::int64_t>(value) == wide;
}

inline void put_value(std::string& out, const std::string& value) { out += value; }
inline bool take_value(std::string_view in, std::string& value) { return value.assign(in), true; }

inline void put_value(std::string& out, const Timestamp& value) { put_value(out, value.ms); }
inline bool take_value(std::string_view in, Timestamp& value) { return take_value(in, value.ms); }

inline void put_value(std::string& out, const Id& value) { out.append(reinterpret_cast<const char*>(value.bytes().data()), Id::byte_size); }
inline bool take_value(std::string_view in, Id& value) {
  if (in.size() != Id::byte_size) return false;
  Id::Bytes bytes;
  std::memcpy(bytes.data(), in.data(), bytes.size());
  value = Id{bytes};
  return true;
}

template <Fielded T>
void put_value(std::string& out, const T& value);
template <Fielded T>
bool take_value(std::string_view in, T& value);
template <class T>
void put_value(std::string& out, const std::vector<T>& values);
template <class T>
bool take_value(std::string_view in, std::vector<T>& values);

template <class T>
void put_sized(std::string& out, const T& value) {
  std::string bytes;
  put_value(bytes, value);
  put_varint(out, bytes.size());
  out += bytes;
}

template <class T>
void put_value(std::string& out, const std::vector<T>& values) {
  for (const auto& value : values) put_sized(out, value);
}

template <class T>
bool take_value(std::string_view in, std::vector<T>& values) {
  values.clear();
  std::string_view element;
  while (!in.empty())
    if (!take_sized(in, element) || !take_value(element, values.emplace_back())) return false;
  return true;
}

template <Fielded T>
void put_value(std::string& out, const T& value) {
  T::fields(value, [&out](int number, const auto& field) {
    put_varint(out, static_cast<std::uint64_t>(number));
    put_sized(out, field);
  });
}

template <Fielded T>
bool take_value(std::string_view in, T& value) {
  // Fields are written in the order in which fields() lists them, so one pass over both mostly suffices;
  // what is missing or unknown costs a skip, not a search.
  bool good = true;
  std::uint64_t number = 0;
  std::string_view bytes;
  bool held = false;
  const auto next = [&] {
    held = !in.empty();
    if (held) good = good && take_varint(in, number) && take_sized(in, bytes);
  };
  next();
  T::fields(value, [&](int wanted, auto& field) {
    while (good && held && number < static_cast<std::uint64_t>(wanted)) next();
    if (!good || !held || number != static_cast<std::uint64_t>(wanted)) return;
    good = take_value(bytes, field);
    next();
  });
  while (good && held) next();
  return good;
}

}  // namespace detail

template <Fielded T>
std::string encode(const T& value) {
  std::string out;
  out.reserve(512);
  detail::put_value(out, value);
  return out;
}

/// Errors: corrupt, when the bytes are not what encode() writes. Numbers must be listed in rising order.
template <Fielded T>
Result<T> decode(std::string_view bytes) {
  T value;
  if (!detail::take_value(bytes, value)) return make_error(Errc::corrupt, "A stored record cannot be read: its bytes are damaged.");
  return value;
}

}  // namespace tribute

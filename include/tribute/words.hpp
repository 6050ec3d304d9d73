// The words of an enumeration: enumerator = JSON word = word in the matrices. One table per enum, beside it.
// Promises that every enumerator from 0 on has a word; never allocates.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace tribute {

/// Specialise with `static constexpr std::array words{std::string_view{...}, ...};` in enumerator order.
template <class Enum>
struct Words;

template <class Enum>
inline constexpr std::size_t word_count = Words<Enum>::words.size();

template <class Enum>
constexpr std::string_view to_word(Enum value) noexcept {
  const auto index = static_cast<std::size_t>(value);
  return index < word_count<Enum> ? Words<Enum>::words[index] : std::string_view{"unknown"};
}

template <class Enum>
constexpr std::optional<Enum> from_word(std::string_view word) noexcept {
  for (std::size_t i = 0; i < word_count<Enum>; ++i)
    if (Words<Enum>::words[i] == word) return static_cast<Enum>(i);
  return std::nullopt;
}

}  // namespace tribute

// The visibility machine: one field instead of the seeds' two booleans, which are read from it and written
// to it. A step that can take a view away raises the policy epoch, which ends the grants given before; one that
// only opens the door wider does not, so nobody who watches is cut by it.
#pragma once

#include <optional>

#include "machine.hpp"

namespace tribute {

enum class Visibility : std::uint8_t {
  hidden,      ///< nobody but managers
  private_,    ///< allowedUsers and managers
  registered,  ///< who registered for this stream
  unlisted,    ///< who knows the address
  public_,     ///< everybody, and listed
};

enum class VisibilityEvent : std::uint8_t {
  was_hidden,                ///< from everybody but managers
  was_made_private,          ///< for those on the list
  was_opened_to_registered,  ///< for those who registered
  was_unlisted,              ///< for those who know the address
  was_published,             ///< for everybody
};

enum class VisibilityEffect : std::uint8_t {
  ignored,      ///< nothing changes
  none,         ///< nobody loses a view
  raise_epoch,  ///< the grants given before end: who watches is cut with the next part
};

template <>
struct Words<Visibility> {
  static constexpr std::array<std::string_view, 5> words{"hidden", "private", "registered", "unlisted", "public"};
};
template <>
struct Words<VisibilityEvent> {
  static constexpr std::array<std::string_view, 5> words{"was_hidden", "was_made_private", "was_opened_to_registered", "was_unlisted", "was_published"};
};
template <>
struct Words<VisibilityEffect> {
  static constexpr std::array<std::string_view, 3> words{"ignored", "none", "raise_epoch"};
};

namespace detail {

constexpr VisibilityEffect visibility_effect(Visibility from, Visibility to) noexcept {
  if (from == to) return VisibilityEffect::ignored;
  // From public to unlisted only the listing goes: whoever watches knows the address already.
  if (from == Visibility::public_ && to == Visibility::unlisted) return VisibilityEffect::none;
  return to < from ? VisibilityEffect::raise_epoch : VisibilityEffect::none;
}

/// Every step is legal, so the rows are computed: five states times five events.
constexpr auto visibility_rows() {
  std::array<Row<Visibility, VisibilityEvent, VisibilityEffect>, 25> rows{};
  for (std::size_t from = 0; from < 5; ++from)
    for (std::size_t on = 0; on < 5; ++on)
      rows[from * 5 + on] = {static_cast<Visibility>(from), static_cast<VisibilityEvent>(on), static_cast<Visibility>(on),
                             visibility_effect(static_cast<Visibility>(from), static_cast<Visibility>(on))};
  return rows;
}

}  // namespace detail

inline constexpr Machine<Visibility, VisibilityEvent, VisibilityEffect, 25> visibility_machine{detail::visibility_rows()};

static_assert(visibility_machine.has_no_duplicates());
static_assert(visibility_machine.ignored_rows_stay());
static_assert(visibility_machine.reaches_all_from(Visibility::unlisted));
static_assert(visibility_machine.all_come_to_rest(std::array{Visibility::hidden}));

/// The event that leads to `wanted`, from anywhere.
constexpr VisibilityEvent event_towards(Visibility wanted) noexcept { return static_cast<VisibilityEvent>(static_cast<std::uint8_t>(wanted)); }

/// The seeds' two booleans (tributestream.md, "Stream Data Model").
struct VisibilityFlags {
  bool is_visible = false;
  bool is_public = false;
  friend bool operator==(VisibilityFlags, VisibilityFlags) = default;
};

/// isPublic says whether a stranger may watch, so it is true for unlisted too; while hidden, it tells what
/// showing again would mean, so that whoever writes back what was read changes nothing more than wanted.
constexpr VisibilityFlags flags_of(Visibility now, Visibility before_hidden) noexcept {
  const Visibility shown = now == Visibility::hidden ? before_hidden : now;
  return {now != Visibility::hidden, shown == Visibility::unlisted || shown == Visibility::public_};
}

/// What a request wants, given what is there: `before_hidden` is where a hidden stream returns to when it is
/// shown again without more being said. Nothing said at all keeps `now`.
constexpr Visibility wanted_visibility(Visibility now, Visibility before_hidden, std::optional<bool> is_visible, std::optional<bool> is_public) noexcept {
  const bool visible = is_visible.value_or(now != Visibility::hidden);
  if (!visible) return Visibility::hidden;
  if (is_public) return *is_public ? Visibility::public_ : Visibility::private_;
  if (now != Visibility::hidden) return now;
  return before_hidden == Visibility::hidden ? Visibility::unlisted : before_hidden;
}

}  // namespace tribute

// The access policy: one pure function that API, playlists, segments, recordings and pages all ask. It fails
// closed: what is not allowed by a line below is refused, and the refusal has a name.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "record.hpp"
#include "result.hpp"

namespace tribute {

/// Rising rights. Nobody without an identity is more than `anonymous`.
enum class Role : std::uint8_t { anonymous, viewer, family, organizer, admin };

template <>
struct Words<Role> {
  static constexpr std::array<std::string_view, 5> words{"anonymous", "viewer", "family", "organizer", "admin"};
};

/// Who asks. `subject` is empty for strangers; `registered` is what the identity's site vouches for.
struct Viewer {
  Role role = Role::anonymous;
  std::string subject;
  std::string name;
  bool registered = false;

  bool known() const noexcept { return role != Role::anonymous && !subject.empty(); }
};

/// What is asked about: borrowed views of a stream's or recording's own fields. Valid as long as those are.
struct Subject {
  Visibility visibility = Visibility::hidden;
  bool shown = true;                                  ///< a recording's own switch
  std::string_view created_by;
  const std::vector<std::string>* allowed_users = nullptr;
  const std::vector<std::string>* managers = nullptr;  ///< of the memorial, if it has one
};

enum class Action : std::uint8_t {
  view,    ///< watch, read the status
  list,    ///< appear in a list of what is there, without knowing the address
  manage,  ///< change, start, stop, preview, see the stream key
};

enum class Verdict : std::uint8_t { allowed, hidden, not_on_list, not_registered, not_listed, not_a_manager, no_identity };

template <>
struct Words<Verdict> {
  static constexpr std::array<std::string_view, 7> words{"allowed", "hidden", "not_on_list", "not_registered", "not_listed", "not_a_manager", "no_identity"};
};

/// What a refusal tells: who gave no identity is asked for one, who may know of the thing is told no, and
/// what is hidden is not there.
constexpr Errc refusal_code(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::no_identity: return Errc::unauthenticated;
    case Verdict::not_on_list:
    case Verdict::not_registered:
    case Verdict::not_a_manager: return Errc::forbidden;
    case Verdict::allowed:
    case Verdict::hidden:
    case Verdict::not_listed: break;
  }
  return Errc::not_found;
}

namespace detail {

inline bool contains(const std::vector<std::string>* list, std::string_view subject) {
  return list != nullptr && std::find(list->begin(), list->end(), subject) != list->end();
}

}  // namespace detail

/// Admins run everything; organizers what they created; and who the memorial names as manager.
inline bool manages(const Viewer& viewer, const Subject& subject) {
  if (viewer.role == Role::admin) return true;
  if (!viewer.known()) return false;
  if (viewer.role == Role::organizer && viewer.subject == subject.created_by) return true;
  return viewer.role >= Role::family && detail::contains(subject.managers, viewer.subject);
}

/// May `viewer` do `action` to `subject`? Cost: a few comparisons and at most two scans of short lists.
inline Verdict decide(const Viewer& viewer, const Subject& subject, Action action) {
  if (manages(viewer, subject)) return Verdict::allowed;
  if (action == Action::manage) return viewer.known() ? Verdict::not_a_manager : Verdict::no_identity;
  if (!subject.shown) return Verdict::hidden;
  switch (subject.visibility) {
    case Visibility::hidden: return Verdict::hidden;
    case Visibility::public_: return Verdict::allowed;
    case Visibility::unlisted: return action == Action::view ? Verdict::allowed : Verdict::not_listed;
    case Visibility::registered:
      if (!viewer.known()) return Verdict::no_identity;
      return viewer.registered || detail::contains(subject.allowed_users, viewer.subject) ? Verdict::allowed : Verdict::not_registered;
    case Visibility::private_:
      if (!viewer.known()) return Verdict::no_identity;
      return detail::contains(subject.allowed_users, viewer.subject) ? Verdict::allowed : Verdict::not_on_list;
  }
  return Verdict::hidden;
}

inline Subject subject_of(const Stream& stream, const Memorial* memorial) {
  return {stream.visibility, true, stream.created_by, &stream.allowed_users, memorial != nullptr ? &memorial->managers : nullptr};
}

/// A recording asks its stream while that exists, and its own copy afterwards; its own switch counts always.
inline Subject subject_of(const ArchiveEntry& entry, const Stream* stream, const Memorial* memorial) {
  const auto* managers = memorial != nullptr ? &memorial->managers : nullptr;
  const bool shown = entry.is_visible && plays(entry.state);
  if (stream != nullptr) return {stream->visibility, shown, stream->created_by, &stream->allowed_users, managers};
  return {entry.visibility, shown, entry.created_by, &entry.allowed_users, managers};
}

/// What grants for a recording are bound to: it grows with the stream's epoch and with the entry's own, and
/// stays the same when the stream is deleted and the entry takes its part over.
inline std::uint64_t policy_epoch(const ArchiveEntry& entry, const Stream* stream) noexcept {
  return entry.policy_epoch + (stream != nullptr ? stream->policy_epoch : 0);
}

/// Restricted streams get personal grants and private caching; the others one grant for everybody.
constexpr bool is_restricted(Visibility visibility) noexcept { return visibility != Visibility::unlisted && visibility != Visibility::public_; }

}  // namespace tribute

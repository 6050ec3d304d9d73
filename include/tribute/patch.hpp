// Which values a request may set, and setting them. A refusal names the field and says what is wrong with it.
#pragma once

#include <string>
#include <string_view>

#include "event.hpp"
#include "result.hpp"

namespace tribute {

namespace limits {
inline constexpr std::size_t title = 300;             ///< bytes of UTF-8
inline constexpr std::size_t text = 10'000;
inline constexpr std::size_t identity = 256;
inline constexpr std::size_t allowed_users = 1000;
inline constexpr std::int64_t reconnect_window_s = 3600;
inline constexpr std::int64_t planned_duration_s = 7 * 86'400;
}  // namespace limits

namespace detail {

inline std::optional<Error> check_text(std::string_view value, std::string_view field, std::size_t most, bool required) {
  if (required && value.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return make_error(Errc::unprocessable, "must not be empty", std::string{field});
  if (value.size() > most) return make_error(Errc::unprocessable, "must not be longer than " + std::to_string(most) + " bytes", std::string{field});
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0x7f || (byte < 0x20 && c != '\n' && c != '\t' && c != '\r'))
      return make_error(Errc::unprocessable, "must not contain control characters", std::string{field});
  }
  return std::nullopt;
}

inline std::optional<Error> check_range(std::int64_t value, std::string_view field, std::int64_t most) {
  if (value >= 0 && value <= most) return std::nullopt;
  return make_error(Errc::unprocessable, "must be between 0 and " + std::to_string(most), std::string{field});
}

inline std::optional<Error> check_identities(const std::vector<std::string>& values, std::string_view field) {
  if (values.size() > limits::allowed_users)
    return make_error(Errc::unprocessable, "must not have more than " + std::to_string(limits::allowed_users) + " entries", std::string{field});
  for (const auto& value : values)
    if (auto error = check_text(value, field, limits::identity, true)) return error;
  return std::nullopt;
}

}  // namespace detail

/// Checks every value that is present. The first that is not acceptable is named (422).
inline Result<Done> check(const StreamPatch& patch) {
  using namespace detail;
  const auto text = [](const std::optional<std::string>& value, std::string_view field, std::size_t most, bool required = false) {
    return value ? check_text(*value, field, most, required) : std::nullopt;
  };
  if (auto e = text(patch.title, "title", limits::title, true)) return *e;
  if (auto e = text(patch.description, "description", limits::text)) return *e;
  if (auto e = text(patch.memorial_name, "memorialName", limits::title)) return *e;
  if (auto e = text(patch.service_id, "serviceId", limits::title)) return *e;
  if (auto e = text(patch.service_name, "serviceName", limits::title)) return *e;
  if (auto e = text(patch.location, "location", limits::title)) return *e;
  if (patch.planned_duration_s)
    if (auto e = check_range(*patch.planned_duration_s, "plannedDuration", limits::planned_duration_s)) return *e;
  if (patch.reconnect_window_s)
    if (auto e = check_range(*patch.reconnect_window_s, "reconnectWindow", limits::reconnect_window_s)) return *e;
  if (patch.allowed_users)
    if (auto e = check_identities(*patch.allowed_users, "allowedUsers")) return *e;
  return Done{};
}

inline Result<Done> check(const ArchivePatch& patch) {
  using namespace detail;
  if (patch.title)
    if (auto e = check_text(*patch.title, "title", limits::title, true)) return *e;
  if (patch.description)
    if (auto e = check_text(*patch.description, "description", limits::text, false)) return *e;
  return Done{};
}

namespace detail {

/// True when somebody who was on the list is not on the new one.
inline bool takes_away(const std::vector<std::string>& before, const std::vector<std::string>& after) {
  for (const auto& user : before) {
    bool kept = false;
    for (const auto& other : after) kept = kept || other == user;
    if (!kept) return true;
  }
  return false;
}

inline void set_access(Stream& stream, const StreamPatch& patch) {
  const Visibility wanted =
      patch.visibility ? *patch.visibility : wanted_visibility(stream.visibility, stream.visible_as, patch.is_visible, patch.is_public);
  const auto* row = visibility_machine.find(stream.visibility, event_towards(wanted));
  bool raise = row->effect == VisibilityEffect::raise_epoch;
  if (wanted != Visibility::hidden) stream.visible_as = wanted;
  else if (patch.is_public) stream.visible_as = *patch.is_public ? Visibility::public_ : Visibility::private_;
  stream.visibility = row->to;
  if (patch.allowed_users) {
    // The list matters only while it opens the door to somebody.
    const bool counts = stream.visibility == Visibility::private_ || stream.visibility == Visibility::registered;
    raise = raise || (counts && takes_away(stream.allowed_users, *patch.allowed_users));
    stream.allowed_users = *patch.allowed_users;
  }
  if (raise) ++stream.policy_epoch;
}

}  // namespace detail

/// Sets what is present and not a matter of the lifecycle. Precondition: check(patch) has passed.
inline void set_fields(Stream& stream, const StreamPatch& patch) {
  if (patch.title) stream.title = *patch.title;
  if (patch.description) stream.description = *patch.description;
  if (patch.memorial_id && *patch.memorial_id != stream.memorial_id) {
    // The managers of the old memorial lose their view of what not everybody may see.
    if (stream.visibility < Visibility::unlisted) ++stream.policy_epoch;
    stream.memorial_id = *patch.memorial_id;
  }
  if (patch.memorial_name) stream.memorial_name = *patch.memorial_name;
  if (patch.service_id) stream.service_id = *patch.service_id;
  if (patch.service_name) stream.service_name = *patch.service_name;
  if (patch.location) stream.location = *patch.location;
  if (patch.planned_duration_s) stream.planned_duration_s = *patch.planned_duration_s;
  if (patch.recording_enabled) stream.recording_enabled = *patch.recording_enabled;
  if (patch.auto_start) stream.phase.auto_start = *patch.auto_start;
  if (patch.takeover) stream.phase.takeover = *patch.takeover;
  if (patch.reconnect_window_s) stream.phase.reconnect_window_s = static_cast<std::uint32_t>(*patch.reconnect_window_s);
  detail::set_access(stream, patch);
}

}  // namespace tribute

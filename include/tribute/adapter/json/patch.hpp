// Bodies of the control API as patches. Types and values are checked here, so that whoever gets a patch can use it:
// errors are invalid (400: not JSON, a wrong type), too_large, unprocessable (422: a value); they name the field.
#pragma once

#include <tribute/adapter/json/fields.hpp>
#include <tribute/patch.hpp>
#include <tribute/store/command.hpp>

namespace tribute {

/// A stream's patch, and the input that it shall use: absent stays, not set means one of its own.
struct StreamBody {
  StreamPatch patch;
  std::optional<Id> input;
};

namespace detail {

template <class T, class Read>
Result<T> read_body(std::string_view body, Read read) {
  const auto object = parse_json_object(body);
  if (!object) return object.error();
  FieldReader fields(*object);
  T out;
  read(fields, out);
  if (fields.error()) return *fields.error();
  return out;
}

inline std::optional<Error> check_protocols(const std::optional<std::vector<std::string>>& protocols) {
  if (!protocols) return std::nullopt;
  if (protocols->empty() || protocols->size() > 8) return make_error(Errc::unprocessable, "must name at least one protocol", "protocols");
  for (const auto& protocol : *protocols)
    if (protocol != "rtmp") return make_error(Errc::unprocessable, "knows only rtmp", "protocols");
  return std::nullopt;
}

}  // namespace detail

inline Result<StreamBody> read_stream_body(std::string_view body) {
  auto out = detail::read_body<StreamBody>(body, [](FieldReader& in, StreamBody& stream) {
    auto& patch = stream.patch;
    in.text("title", patch.title, FieldReader::Null::refused);
    in.text("description", patch.description);
    in.id("memorialId", patch.memorial_id);
    in.text("memorialName", patch.memorial_name);
    in.text("serviceId", patch.service_id);
    in.text("serviceName", patch.service_name);
    in.text("location", patch.location);
    in.time("scheduledStartTime", patch.scheduled_start);
    in.integer("plannedDuration", patch.planned_duration_s);
    in.word("visibility", patch.visibility);
    in.boolean("isVisible", patch.is_visible);
    in.boolean("isPublic", patch.is_public);
    in.texts("allowedUsers", patch.allowed_users);
    in.boolean("recordingEnabled", patch.recording_enabled);
    in.boolean("autoStart", patch.auto_start);
    in.boolean("takeover", patch.takeover);
    in.integer("reconnectWindow", patch.reconnect_window_s, FieldReader::Null::refused);
    in.id("inputId", stream.input);
  });
  if (!out) return out;
  if (const auto checked = check(out->patch); !checked) return checked.error();
  return out;
}

inline Result<ArchivePatch> read_archive_body(std::string_view body) {
  auto out = detail::read_body<ArchivePatch>(body, [](FieldReader& in, ArchivePatch& patch) {
    in.text("title", patch.title, FieldReader::Null::refused);
    in.text("description", patch.description);
    in.boolean("isVisible", patch.is_visible);
  });
  if (!out) return out;
  if (const auto checked = check(*out); !checked) return checked.error();
  return out;
}

inline Result<store::MemorialPatch> read_memorial_body(std::string_view body) {
  auto out = detail::read_body<store::MemorialPatch>(body, [](FieldReader& in, store::MemorialPatch& patch) {
    in.text("name", patch.name, FieldReader::Null::refused);
    in.text("description", patch.description);
    in.texts("managers", patch.managers);
  });
  if (!out) return out;
  if (out->name)
    if (auto e = detail::check_text(*out->name, "name", limits::title, true)) return *e;
  if (out->description)
    if (auto e = detail::check_text(*out->description, "description", limits::text, false)) return *e;
  if (out->managers)
    if (auto e = detail::check_identities(*out->managers, "managers")) return *e;
  return out;
}

inline Result<store::InputPatch> read_input_body(std::string_view body) {
  auto out = detail::read_body<store::InputPatch>(body, [](FieldReader& in, store::InputPatch& patch) {
    in.text("name", patch.name);
    in.texts("protocols", patch.protocols);
  });
  if (!out) return out;
  if (out->name)
    if (auto e = detail::check_text(*out->name, "name", limits::title, false)) return *e;
  if (auto e = detail::check_protocols(out->protocols)) return *e;
  return out;
}

}  // namespace tribute

// Records as JSON, under the names of the seeds' documents. What only managers may know (keys, people, inputs) is
// written only when the caller says that a manager reads. Pure: addresses come in.
#pragma once

#include <string>
#include <string_view>

#include "../effect.hpp"
#include "../record.hpp"
#include "writer.hpp"

namespace tribute {

/// What addresses begin with, as the one who asks should use them.
struct HostFacts {
  std::string public_url;  ///< "https://live.example.org", no slash at the end
  std::string rtmp_url;    ///< "rtmp://live.example.org:1935/live"
};

/// Who reads, and what was found for them beside the record.
struct StreamView {
  const HostFacts& host;
  bool manager = false;
  const ArchiveEntry* archive = nullptr;  ///< of its broadcast; null: none, or this reader may not see it
  std::string_view stream_key{};          ///< empty: not for this reader
};

namespace detail {

inline void url(JsonWriter& json, std::string_view name, const HostFacts& host, std::string_view folder, const Id& id,
                std::string_view tail, bool there) {
  if (!there) {
    json.member(name, nullptr);
    return;
  }
  char text[Id::text_size];
  put_id_text(text, id);
  json.key(name).joined({host.public_url, folder, {text, sizeof text}, tail});
}

/// Thousandths as a number with its fraction; null where nothing was measured.
inline void measured(JsonWriter& json, std::string_view name, std::int64_t thousandths) {
  json.key(name);
  thousandths > 0 ? json.thousandths(thousandths) : json.value(nullptr);
}

inline void sessions(JsonWriter& json, std::string_view name, const ArchiveEntry* entry) {
  json.key(name).begin_array();
  if (entry != nullptr)
    for (const auto& session : entry->sessions)
      json.begin_object()
          .member("generation", session.generation)
          .member("startedAt", session.started)
          .member("endedAt", session.ended)
          .end_object();
  json.end_array();
}

inline void access(JsonWriter& json, const Stream& stream) {
  const auto flags = flags_of(stream.visibility, stream.visible_as);
  json.member("isVisible", flags.is_visible).member("isPublic", flags.is_public).member("visibility", stream.visibility);
}

inline void plan(JsonWriter& json, const Stream& stream) {
  json.member("status", stream.phase.status)
      .member("ingest", stream.phase.ingest)
      .member("scheduledStartTime", stream.phase.scheduled_start);
  json.key("plannedDuration");
  stream.planned_duration_s > 0 ? json.value(stream.planned_duration_s) : json.value(nullptr);
  json.member("actualStartTime", stream.actual_start).member("endTime", stream.end_time);
}

inline void recording(JsonWriter& json, const Stream& stream, const HostFacts& host, const ArchiveEntry* entry) {
  const bool ready = stream.recording_ready && entry != nullptr;
  json.member("recordingEnabled", stream.recording_enabled).member("recordingReady", ready);
  url(json, "recordingUrl", host, "/recordings/", stream.archive_id, "/index.m3u8", ready);
  measured(json, "recordingDuration", ready ? stream.recording_duration_ms : 0);
}

inline void for_managers(JsonWriter& json, const Stream& stream, const StreamView& view) {
  json.member("allowedUsers", stream.allowed_users)
      .member("createdBy", stream.created_by)
      .optional("createdByName", stream.created_by_name);
  json.member("inputId", stream.input_id).member("ownInput", stream.own_input).optional("error", stream.error);
  json.optional("streamKey", view.stream_key);
}

}  // namespace detail

/// The members of a stream, into an object that the caller has opened.
inline void stream_members(JsonWriter& json, const Stream& stream, const StreamView& view) {
  json.member("id", stream.id).member("title", stream.title).optional("description", stream.description);
  json.member("memorialId", stream.memorial_id).optional("memorialName", stream.memorial_name);
  json.optional("serviceId", stream.service_id).optional("serviceName", stream.service_name).optional("location", stream.location);
  detail::plan(json, stream);
  detail::recording(json, stream, view.host, view.archive);
  detail::sessions(json, "recordingSessions", view.archive);
  detail::access(json, stream);
  json.member("generation", stream.phase.generation).member("reconnectWindow", stream.phase.reconnect_window_s);
  json.member("autoStart", stream.phase.auto_start).member("takeover", stream.phase.takeover);
  detail::url(json, "playbackUrl", view.host, "/hls/", stream.id, "/index.m3u8", true);
  json.member("streamUrl", view.host.rtmp_url).member("thumbnailUrl", nullptr).member("cloudflareId", nullptr);
  if (view.manager) detail::for_managers(json, stream, view);
  json.member("createdAt", stream.created).member("updatedAt", stream.updated);
}

inline void render(JsonWriter& json, const Stream& stream, const StreamView& view) {
  json.begin_object();
  stream_members(json, stream, view);
  json.end_object();
}

/// What an encoder needs (the seeds' answer of `start`). `whipEndpoint` is null until there is one.
inline void render_credentials(JsonWriter& json, const Stream& stream, const StreamView& view) {
  json.begin_object().optional("streamKey", view.stream_key).member("streamUrl", view.host.rtmp_url).member("whipEndpoint", nullptr);
  detail::url(json, "playbackUrl", view.host, "/hls/", stream.id, "/index.m3u8", true);
  json.end_object();
}

inline void render(JsonWriter& json, const ArchiveEntry& entry, const HostFacts& host, bool manager) {
  json.begin_object().member("id", entry.id).member("streamId", entry.stream_id).member("memorialId", entry.memorial_id);
  json.member("title", entry.title).optional("description", entry.description).member("state", entry.state);
  entry.cloudflare_id.empty() ? json.member("cloudflareId", entry.id) : json.member("cloudflareId", entry.cloudflare_id);
  const bool ready = entry.state == ArchiveState::ready;
  detail::url(json, "playbackUrl", host, "/recordings/", entry.id, "/index.m3u8", plays(entry.state));
  detail::url(json, "downloadUrl", host, "/recordings/", entry.id, ".mp4", ready);
  json.member("thumbnailUrl", nullptr).member("startedAt", entry.started).member("endedAt", entry.ended);
  detail::measured(json, "duration", entry.duration_ms);
  json.member("isVisible", entry.is_visible).member("recordingReady", ready).member("viewerCount", nullptr);
  detail::sessions(json, "sessions", &entry);
  if (manager) {
    json.member("startedBy", entry.started_by).optional("startedByName", entry.started_by_name).member("bytes", entry.bytes);
    json.optional("error", entry.error).member("purgeAt", entry.purge_at);
  }
  json.member("createdAt", entry.created).member("updatedAt", entry.updated).end_object();
}

inline void render(JsonWriter& json, const Memorial& memorial, bool manager) {
  json.begin_object().member("id", memorial.id).member("name", memorial.name).optional("description", memorial.description);
  if (manager) json.member("managers", memorial.managers).member("createdBy", memorial.created_by);
  json.member("createdAt", memorial.created).member("updatedAt", memorial.updated).end_object();
}

/// Only managers of an input ever see it.
inline void render(JsonWriter& json, const Input& input, const HostFacts& host, std::string_view stream_key) {
  json.begin_object()
      .member("id", input.id)
      .optional("name", input.name)
      .member("protocols", input.protocols)
      .member("streamUrl", host.rtmp_url);
  json.optional("streamKey", stream_key)
      .member("createdBy", input.created_by)
      .member("createdAt", input.created)
      .member("updatedAt", input.updated)
      .end_object();
}

/// Journals are for managers.
inline void render(JsonWriter& json, const JournalEntry& entry) {
  json.begin_object().member("seq", entry.seq).member("at", entry.at).member("kind", entry.kind).member("generation", entry.generation);
  json.member("archiveId", entry.archive_id).optional("actor", entry.actor).optional("detail", entry.detail).end_object();
}

}  // namespace tribute

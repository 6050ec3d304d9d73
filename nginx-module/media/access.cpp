#include "media/access.hpp"

#include "ngx/args.hpp"
#include "runtime.hpp"
#include "tribute/adapter/token.hpp"
#include "tribute/store/read.hpp"

namespace tribute::module {
namespace {

// A token's expiry governs the entry, not a running view: a personal grant lasts for the longest event and its night.
constexpr std::int64_t personal_grant_ms = 24 * 3'600'000;

/// The records behind a media URL, as they are now.
struct Records {
  std::optional<Stream> stream;
  std::optional<ArchiveEntry> entry;
  std::optional<Memorial> memorial;
};

bool is_rehearsal(const Stream& stream) { return stream.phase.rehearsal && stream.phase.ingest != IngestState::absent; }
bool on_air(const Stream& stream) { return stream.phase.status == StreamStatus::live || stream.phase.status == StreamStatus::ending; }

Result<Records> read_records(Runtime& runtime, const hls::MediaPath& path) {
  const auto snapshot = runtime.store().snapshot();
  const store::Reader reader(snapshot);
  Records out;
  if (path.door == hls::Door::recording) {
    out.entry = reader.archive(path.id);
    if (!out.entry) return make_error(Errc::not_found, "There is no such recording.");
    if (!out.entry->stream_deleted) out.stream = reader.stream(out.entry->stream_id);
  } else {
    out.stream = reader.stream(path.id);
    if (!out.stream) return make_error(Errc::not_found, "There is no such stream.");
    if (out.stream->archive_id.is_set()) out.entry = reader.archive(out.stream->archive_id);
  }
  const Id memorial = out.stream ? out.stream->memorial_id : out.entry->memorial_id;
  if (memorial.is_set()) out.memorial = reader.memorial(memorial);
  return out;
}

/// What is to be decided about, and which folder it means.
struct Target {
  Subject subject;
  Action action = Action::view;
  GrantScope scope;
  MediaAccess access;
};

Target recording_target(const Records& records, const hls::MediaPath& path) {
  const auto& entry = *records.entry;
  Target out;
  out.subject = subject_of(entry, records.stream ? &*records.stream : nullptr, records.memorial ? &*records.memorial : nullptr);
  out.scope = {path.door, path.id, entry.id, policy_epoch(entry, records.stream ? &*records.stream : nullptr)};
  out.access = {.stream = entry.stream_id, .broadcast = entry.id, .restricted = is_restricted(out.subject.visibility), .over = true, .title = entry.title};
  return out;
}

/// A stream's own URL: its preview for managers, else its broadcast; once that is over, its recording.
Target stream_target(const Records& records, const hls::MediaPath& path) {
  const auto& stream = *records.stream;
  const auto* memorial = records.memorial ? &*records.memorial : nullptr;
  if (is_rehearsal(stream)) {
    Target out{.subject = subject_of(stream, memorial), .action = Action::manage};
    out.scope = {path.door, path.id, stream.publisher.media, stream.policy_epoch};
    out.access = {.stream = stream.id, .broadcast = stream.publisher.media};
    return out;
  }
  if (records.entry && !on_air(stream)) return recording_target(records, path);
  Target out{.subject = subject_of(stream, memorial)};
  // The recording's epoch from the first part on: who watches to the end must still be let in to read ENDLIST.
  const auto epoch = records.entry ? policy_epoch(*records.entry, &stream) : stream.policy_epoch;
  out.scope = {path.door, path.id, stream.broadcast_id, epoch};
  out.access = {.stream = stream.id, .broadcast = stream.broadcast_id, .restricted = is_restricted(stream.visibility), .title = stream.title};
  return out;
}

/// The Authorization header, or ?token= for players that can send none.
std::string bearer_of(const ngx_http_request_t* r) {
  if (const auto value = ngx::header(r, "Authorization")) {
    constexpr std::string_view scheme = "bearer ";
    if (value->size() > scheme.size() && ngx_strncasecmp(ngx::bytes(value->data()), ngx::bytes(scheme.data()), scheme.size()) == 0)
      return std::string{value->substr(scheme.size())};
    return std::string{*value};  // another scheme is no token of ours, and is refused as one
  }
  return ngx::arg(r, "token").value_or(std::string{});
}

Result<Done> admit_by_identity(Runtime& runtime, const ngx_http_request_t* r, const Records& records, Target& target) {
  Viewer viewer;
  if (const auto bearer = bearer_of(r); !bearer.empty()) {
    const auto outcome = runtime.tokens().check(bearer, Runtime::now());
    if (outcome.refusal) return make_error(Errc::unauthenticated, std::string{token_sentence(*outcome.refusal)});
    viewer = outcome.identity.viewer_of(records.stream ? records.stream->id : records.entry->stream_id);
  }
  const Verdict verdict = decide(viewer, target.subject, target.action);
  if (verdict != Verdict::allowed) return make_error(refusal_code(verdict), "You may not watch this.");
  // A manager may watch what is hidden from the public, and does so with a grant of their own.
  const auto& grants = runtime.grants();
  const bool open = !target.access.restricted && decide({}, target.subject, target.action) == Verdict::allowed;
  target.access.restricted = !open;
  target.access.grant = open ? grants.shared(target.scope) : grants.personal(target.scope, viewer.subject, Runtime::now() + personal_grant_ms);
  return Done{};
}

Result<Done> admit_by_grant(Runtime& runtime, const hls::MediaPath& path, Target& target) {
  const bool open = !target.access.restricted && decide({}, target.subject, target.action) == Verdict::allowed;
  target.access.restricted = !open;
  if (runtime.grants().verify(target.scope, !open, path.grant, Runtime::now())) return Done{};
  if (decide({}, target.subject, Action::view) == Verdict::hidden) return make_error(Errc::not_found, "There is no such media.");
  return make_error(Errc::forbidden, "This address is not valid any more. Load the page again.");
}

}  // namespace

Result<MediaAccess> resolve_media(Runtime& runtime, const ngx_http_request_t* r, const hls::MediaPath& path) {
  const auto records = read_records(runtime, path);
  if (!records) return records.error();
  auto target = path.door == hls::Door::recording ? recording_target(*records, path) : stream_target(*records, path);
  const auto admitted = path.grant.empty() ? admit_by_identity(runtime, r, *records, target) : admit_by_grant(runtime, path, target);
  if (!admitted) return admitted.error();
  if (!target.access.broadcast.is_set()) return make_error(Errc::not_found, "Nothing has been broadcast yet.");
  return std::move(target.access);
}

}  // namespace tribute::module

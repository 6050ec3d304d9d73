#include "api/server.hpp"

#include "ngx/args.hpp"
#include "ngx/body.hpp"
#include "ngx/reply.hpp"
#include "ngx/thread_task.hpp"
#include "problem.hpp"
#include "runtime.hpp"
#include "tribute/adapter/stream_recorder.hpp"

namespace tribute::module::api {
namespace {

using tribute::api::Answer;
using tribute::api::ApiRequest;
using tribute::api::ApiResponse;
using tribute::api::CheckRecordings;
using tribute::api::RunCommand;

/// What an answer is about needs its request once more: by the parked request, after a command or a look at files.
using Parked = std::shared_ptr<ngx::ParkedRequest>;

ngx_int_t send(ngx_http_request_t* r, const ApiResponse& response) {
  ngx::Head head;
  head.status = static_cast<ngx_uint_t>(response.status);
  head.content_type = response.content_type;
  head.cache_control = response.cache_control;
  for (const auto& [name, value] : response.headers) head.headers.push_back({name, value});
  return response.body.empty() ? ngx::send_empty(r, head) : ngx::send(r, head, response.body);
}

void go_on(Runtime& runtime, const Parked& parked, Answer&& answer);

void go_on(Runtime& runtime, const Parked& parked, RunCommand&& run) {
  runtime.submit(std::move(run.command), [&runtime, parked, next = std::move(run.next)](store::Job&& job) { go_on(runtime, parked, next(std::move(job.result))); });
}

/// On a media thread. A broadcast that is being written is left to its owner: it is not to be repaired.
std::optional<tribute::api::RecordingFacts> check_recording(const std::string& media_path, const tribute::api::RecordingPlace& place) {
  const adapter::BroadcastFolder folder(media_path, place.stream, place.entry);
  const auto has = [&](media::TrackKind kind) { return folder.has(adapter::BroadcastFolder::track_file(kind, 1)); };
  if (!has(media::TrackKind::video) && !has(media::TrackKind::audio)) return std::nullopt;
  auto writer = adapter::BroadcastWriter::open(media_path, place.stream, place.entry);
  if (!writer) return std::nullopt;
  (*writer)->end();
  if (!(*writer)->sync()) return std::nullopt;
  const auto total = adapter::total_of(**writer);
  return tribute::api::RecordingFacts{total.duration_ms, total.bytes};
}

void go_on(Runtime& runtime, const Parked& parked, CheckRecordings&& check) {
  using Facts = std::vector<std::optional<tribute::api::RecordingFacts>>;
  const bool posted = ngx::run_on_thread(
      runtime.media_threads(),
      [media = runtime.settings().media_path, places = std::move(check.places)] {
        Facts facts;
        for (const auto& place : places) facts.push_back(check_recording(media, place));
        return facts;
      },
      [&runtime, parked, next = std::move(check.next)](std::optional<Facts>&& facts) {
        if (facts) return go_on(runtime, parked, next(std::move(*facts)));
        parked->answer([](ngx_http_request_t* r) { return send_problem(r, make_error(Errc::unavailable, "The recordings could not be looked at.")); });
      });
  if (!posted) parked->answer([](ngx_http_request_t* r) { return send_problem(r, make_error(Errc::unavailable, "The server has too much to do.")); });
}

void go_on(Runtime& runtime, const Parked& parked, Answer&& answer) {
  std::visit(
      [&](auto&& what) {
        using What = std::remove_cvref_t<decltype(what)>;
        if constexpr (std::is_same_v<What, ApiResponse>) parked->answer([&](ngx_http_request_t* r) { return send(r, what); });
        else if constexpr (std::is_same_v<What, tribute::api::AskServer>) parked->answer([&](ngx_http_request_t* r) { return runtime.health().answer(r); });
        else go_on(runtime, parked, std::move(what));
      },
      std::move(answer).value);
}

ngx_int_t start(Runtime& runtime, ngx_http_request_t* r, Answer&& answer) {
  if (const auto* response = std::get_if<ApiResponse>(&answer.value)) return send(r, *response);
  if (std::holds_alternative<tribute::api::AskServer>(answer.value)) return runtime.health().answer(r);
  go_on(runtime, std::make_shared<ngx::ParkedRequest>(r), std::move(answer));
  return NGX_DONE;
}

std::string host_of(const ngx_http_request_t* r) {
  return r->headers_in.server.len > 0 ? std::string{ngx::view(r->headers_in.server)} : std::string{"localhost"};
}

/// The addresses that answers tell: configured, or as the request came. nginx has validated the Host header.
HostFacts host_facts(const Runtime& runtime, ngx_http_request_t* r) {
  HostFacts out{runtime.settings().public_url, runtime.settings().rtmp_url};
  if (out.rtmp_url.empty()) out.rtmp_url = "rtmp://" + host_of(r) + ":1935/live";
  if (!out.public_url.empty()) return out;
  const bool tls = r->connection->ssl != nullptr;
  const std::string host = r->headers_in.host != nullptr ? std::string{ngx::view(r->headers_in.host->value)} : host_of(r);
  out.public_url = (tls ? "https://" : "http://") + host;
  return out;
}

ngx_int_t dispatch(Runtime& runtime, ngx_http_request_t* r, std::string_view body) {
  const auto facts = host_facts(runtime, r);
  const ApiRequest request{.method = tribute::api::method_of(ngx::view(r->method_name)),
                           .path = ngx::view(r->uri),
                           .query = ngx::view(r->args),
                           .authorization = ngx::header(r, "Authorization").value_or(""),
                           .content_type = ngx::header(r, "Content-Type").value_or(""),
                           .body = body,
                           .host = facts,
                           .now = Runtime::now()};
  const auto snapshot = runtime.store().snapshot();
  return start(runtime, r, tribute::api::handle(request, snapshot, runtime.api().services()));
}

}  // namespace

Server::Server(Runtime& runtime)
    : runtime_(runtime),
      services_{.tokens = runtime.tokens(),
                .vault = runtime.vault(),
                .health = this,
                .random = [](std::span<std::uint8_t> out) { random_bytes(out); },
                .body_limit = static_cast<std::size_t>(runtime.settings().body_limit)} {}

std::optional<tribute::api::IngestHealth> Server::ingest(const Stream& stream) const {
  if (stream.phase.ingest == IngestState::absent || !stream.publisher.session.is_set()) return std::nullopt;
  const auto* facts = runtime_.shared().facts.find(stream.id, stream.publisher.session);
  if (facts == nullptr) return std::nullopt;
  tribute::api::IngestHealth out;
  out.video_codec = flv::video_codec_name_of(facts->video_codec);
  out.audio_codec = flv::audio_codec_name_of(facts->audio_codec);
  out.width = facts->width;
  out.height = facts->height;
  out.fps_milli = facts->fps_milli;
  out.key_interval_ms = facts->key_interval_ms;
  out.video_kbps = facts->video_kbps;
  out.audio_kbps = facts->audio_kbps;
  out.sample_rate = facts->sample_rate;
  out.channels = facts->channels;
  out.dropped_frames = facts->dropped_frames;
  out.last_media = {facts->last_media_wall_ms};
  for (std::size_t i = 0; i < media::problem_count; ++i) out.problem_since[i] = {facts->problem_since_ms[i]};
  return out;
}

ngx_int_t handle(Runtime& runtime, ngx_http_request_t* r, std::string_view) {
  if ((r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD)) != 0) return dispatch(runtime, r, {});
  return ngx::read_body(r, static_cast<std::size_t>(runtime.settings().body_limit), [&runtime](ngx_http_request_t* request, ngx::Body&& body) {
    if (!body.too_large) return dispatch(runtime, request, body.bytes);
    return send_problem(request, make_error(Errc::too_large, "A body may have up to " + std::to_string(runtime.settings().body_limit) + " bytes."));
  });
}

}  // namespace tribute::module::api

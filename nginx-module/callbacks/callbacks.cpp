#include "callbacks/callbacks.hpp"

#include "ngx/args.hpp"
#include "ngx/body.hpp"
#include "ngx/reply.hpp"
#include "problem.hpp"
#include "runtime.hpp"
#include "tribute/adapter/vault.hpp"
#include "tribute/callback.hpp"
#include "tribute/store/read.hpp"
#include "tribute/stream_key.hpp"

namespace tribute::module::callbacks {
namespace {

constexpr std::string_view ingest_app = "live";

ngx_int_t allow(ngx_http_request_t* r) { return ngx::send_empty(r, {.status = NGX_HTTP_NO_CONTENT}); }

ngx_int_t refuse(ngx_http_request_t* r, Refusal refusal) {
  return send_problem(r, make_error(Errc::forbidden, std::string{refusal_sentence(refusal)}));
}

Id random_id() {
  Id::Bytes bytes;
  random_bytes(bytes);
  return Id{bytes};
}

/// The encoder's key never gets into a log; its address and the reason do.
void log_refusal(const std::string& address, Refusal refusal) {
  ngx::log(NGX_LOG_WARN, ngx::cycle_log(), "an encoder at " + address + " was refused: " + std::string{refusal_sentence(refusal)});
}

/// nginx-rtmp renames the stream to what Location says, and so names the ingest log.
ngx_int_t accept(ngx_http_request_t* r, const Id& session) {
  const std::string name = session.text();
  return ngx::send_empty(r, {.status = NGX_HTTP_MOVED_TEMPORARILY, .headers = {{"Location", name}}});
}

ngx_int_t answer_publish(ngx_http_request_t* r, const std::string& address, store::Job&& job) {
  if (const auto* accepted = std::get_if<store::PublishAccepted>(&job.result)) return accept(r, accepted->stream.publisher.session);
  const auto* rejection = std::get_if<Rejection>(&job.result);
  const Refusal refusal = rejection != nullptr ? rejection->refusal : Refusal::illegal;
  log_refusal(address, refusal);
  if (rejection != nullptr && rejection->code == Errc::unavailable) return send_problem(r, make_error(Errc::unavailable, rejection->reason));
  return refuse(r, refusal);
}

/// A key that nobody has: decided by one read, so that guessing costs the store nothing.
ngx_int_t refuse_unknown(Runtime& runtime, ngx_http_request_t* r, const std::string& address, Refusal refusal) {
  if (!runtime.tries().note(address, Runtime::now().ms)) return refuse(r, Refusal::too_many_tries);
  log_refusal(address, refusal);
  return refuse(r, refusal);
}

bool is_known(Runtime& runtime, const std::string& key_hmac) {
  const auto snapshot = runtime.store().snapshot();
  return store::Reader(snapshot).input_by_key(key_hmac).has_value();
}

ngx_int_t on_publish(Runtime& runtime, ngx_http_request_t* r, const RtmpCallback& callback) {
  if (callback.app != ingest_app || !is_stream_key(callback.name)) return refuse_unknown(runtime, r, callback.address, Refusal::bad_name);
  const std::string key_hmac = runtime.vault().hmac(callback.name);
  if (!is_known(runtime, key_hmac)) return refuse_unknown(runtime, r, callback.address, Refusal::unknown_key);
  const PublishRequested request{.session = random_id(),
                                 .fresh_media = random_id(),
                                 .boot = runtime.shared().boot_id,
                                 .client = callback.client,
                                 .address = callback.address};
  auto parked = std::make_shared<ngx::ParkedRequest>(r);
  runtime.submit({.context = Runtime::own_context(), .what = store::PublishByKey{key_hmac, request}},
                 [parked, address = callback.address](store::Job&& job) {
                   parked->answer([&](ngx_http_request_t* waiting) { return answer_publish(waiting, address, std::move(job)); });
                 });
  return NGX_DONE;
}

/// May this connection go on sending? Asked once a second by every encoder, so it is one read and no write.
ngx_int_t on_update(Runtime& runtime, ngx_http_request_t* r, const RtmpCallback& callback) {
  const auto snapshot = runtime.store().snapshot();
  const auto stream = store::Reader(snapshot).stream_by_session(runtime.shared().boot_id, callback.client);
  if (!stream) return refuse(r, Refusal::broadcast_over);
  const auto& publisher = stream->publisher;
  const bool current = publisher.session.is_set() && publisher.boot == runtime.shared().boot_id && publisher.client == callback.client &&
                       stream->phase.ingest != IngestState::absent;
  return current ? allow(r) : refuse(r, Refusal::broadcast_over);
}

ngx_int_t on_publish_done(Runtime& runtime, ngx_http_request_t* r, const RtmpCallback& callback) {
  runtime.submit({.context = Runtime::own_context(), .what = store::EndPublish{runtime.shared().boot_id, callback.client}});
  return allow(r);
}

/// form: the notification as nginx-rtmp posted it, application/x-www-form-urlencoded.
ngx_int_t on_notification(Runtime& runtime, ngx_http_request_t* r, const std::string& form) {
  const auto callback = parse_callback(form);
  if (!callback) return send_problem(r, callback.error());
  switch (callback->call) {
    case RtmpCall::publish: return on_publish(runtime, r, *callback);
    case RtmpCall::publish_done: return on_publish_done(runtime, r, *callback);
    case RtmpCall::update_publish: return on_update(runtime, r, *callback);
    case RtmpCall::connect:
    case RtmpCall::disconnect:
    case RtmpCall::done:
    case RtmpCall::record_done: return allow(r);
    case RtmpCall::play:
    case RtmpCall::play_done:
    case RtmpCall::update:
    case RtmpCall::update_play: break;
  }
  return send_problem(r, make_error(Errc::forbidden, "Nothing is played over RTMP here."));
}

}  // namespace

ngx_int_t handle(ngx_http_request_t* r) {
  if (!ngx::from_loopback(r)) return send_problem(r, make_error(Errc::not_found, "There is nothing at this address."));
  if (r->method != NGX_HTTP_POST) return send_method_not_allowed(r, "POST");
  Runtime* worker = runtime();
  if (worker == nullptr) return send_not_started(r);
  const auto limit = static_cast<std::size_t>(worker->settings().body_limit);
  return ngx::read_body(r, limit, [worker](ngx_http_request_t* request, ngx::Body&& body) {
    if (body.too_large) return send_problem(request, make_error(Errc::too_large, "The notification is larger than tribute_body_limit."));
    return on_notification(*worker, request, body.bytes);
  });
}

}  // namespace tribute::module::callbacks

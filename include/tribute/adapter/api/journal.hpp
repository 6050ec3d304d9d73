// What happened to a stream, and everything that is known about it: for its managers.
#pragma once

#include <tribute/adapter/api/status.hpp>

namespace tribute::api {

template <store::View V>
Answer list_events(Call<V>& call) {
  const auto stream = call.stream_for(Action::manage);
  if (!stream) return problem(stream.error());
  const auto wanted = page_wanted(call.query(), "after");
  if (!wanted) return problem(wanted.error());
  const auto page = call.read().journal(call.id, std::string_view{wanted->cursor}, wanted->limit);
  if (!page) return problem(make_error(page.error().code, page.error().detail, "after"));
  return page_reply(*page, [](JsonWriter& json, const JournalEntry& entry) { render(json, entry); });
}

namespace detail {

inline void put_phase(JsonWriter& json, const Stream& stream) {
  const auto& phase = stream.phase;
  json.begin_object()
      .member("version", stream.version)
      .member("policyEpoch", stream.policy_epoch)
      .member("armed", phase.armed)
      .member("rehearsal", phase.rehearsal);
  json.member("reopening", phase.reopening).member("hasBroadcast", phase.has_broadcast).member("broadcastId", stream.broadcast_id);
  json.member("windowEnds", phase.window_ends).member("ended", phase.ended).member("visibleAs", stream.visible_as).end_object();
}

inline void put_publisher(JsonWriter& json, const Publisher& publisher) {
  json.begin_object()
      .member("session", publisher.session)
      .member("boot", publisher.boot)
      .member("client", publisher.client)
      .member("media", publisher.media);
  json.member("since", publisher.since).optional("address", publisher.address).end_object();
}

inline void put_refused(JsonWriter& json, const RefusedPublisher& refused) {
  if (refused.reason == Refusal::none) {
    json.value(nullptr);
    return;
  }
  json.begin_object().member("reason", refused.reason).member("detail", refusal_sentence(refused.reason)).member("at", refused.at);
  json.optional("address", refused.address).end_object();
}

}  // namespace detail

inline constexpr std::uint64_t debug_journal_entries = 100;

template <store::View V>
Answer debug_stream(Call<V>& call) {
  const auto stream = call.stream_for(Action::manage);
  if (!stream) return problem(stream.error());
  StreamReader<V> reader(call);
  const auto entry = reader.archive(*stream);
  const auto facts = ingest_health(call.services(), *stream);
  const auto after = stream->journal_seq > debug_journal_entries ? stream->journal_seq - debug_journal_entries : 0;
  const auto journal = call.read().journal(call.id, after, debug_journal_entries);
  return reply([&](JsonWriter& json) {
    json.begin_object().key("stream");
    reader.write(json, *stream);  // without its key: this page gets pasted into mails
    detail::put_phase(json.key("phase"), *stream);
    detail::put_publisher(json.key("ingest"), stream->publisher);
    detail::put_refused(json.key("refused"), stream->refused);
    json.key("health");
    render_health(json, *stream, facts, call.request().now);
    json.member("ladder", nullptr).key("recording");
    entry ? render(json, *entry, call.request().host, true) : void(json.value(nullptr));
    json.key("journal").begin_array();
    for (const auto& line : journal) render(json, line);
    json.end_array().end_object();
  });
}

}  // namespace tribute::api

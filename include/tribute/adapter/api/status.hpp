// The status of a stream, what players and desks poll: its state, what arrives, and what is wrong in words that a host
// understands. Cacheable for a second when everybody gets the same.
#pragma once

#include <tribute/adapter/api/streams.hpp>

namespace tribute::api {

/// A refused encoder is a problem for so long, or until one is accepted after it.
inline constexpr std::int64_t refusal_shown_ms = 600'000;

inline bool shows_refusal(const Stream& stream, Timestamp now) {
  const auto& refused = stream.refused;
  return refused.reason != Refusal::none && refused.at.is_set() && now - refused.at < refusal_shown_ms &&
         stream.publisher.since <= refused.at;
}

namespace detail {

inline void put_problem(JsonWriter& json, std::string_view code, Timestamp since, std::string_view text, std::string_view advice) {
  json.begin_object().member("code", code).member("since", since).member("detail", text).member("advice", advice).end_object();
}

inline bool shows(const IngestHealth& facts, media::Problem problem) {
  return problem != media::Problem::encoder_refused && facts.problem_since[static_cast<std::size_t>(problem)].is_set();
}

/// The table's sentence; before it, what the encoder sends, where that is the trouble.
inline std::string detail_of(const media::ProblemText& text, const IngestHealth& facts) {
  const auto* codec = text.problem == media::Problem::video_codec_unsupported   ? &facts.video_codec
                      : text.problem == media::Problem::audio_codec_unsupported ? &facts.audio_codec
                                                                                : nullptr;
  if (codec == nullptr || codec->empty()) return std::string{text.detail};
  return "The encoder sends " + std::string{*codec} + ". " + std::string{text.detail};
}

inline bool is_well(const Stream& stream, const std::optional<IngestHealth>& facts, Timestamp now) {
  bool well = !shows_refusal(stream, now);
  if (facts)
    for (const auto& text : media::problem_texts) well = well && !shows(*facts, text.problem);
  return well;
}

inline void put_problems(JsonWriter& json, const Stream& stream, const std::optional<IngestHealth>& facts, Timestamp now) {
  json.key("problems").begin_array();
  if (facts)
    for (const auto& text : media::problem_texts)
      if (shows(*facts, text.problem))
        put_problem(json, text.code, facts->problem_since[static_cast<std::size_t>(text.problem)], detail_of(text, *facts), text.advice);
  if (shows_refusal(stream, now)) {
    const auto& text = media::text_of(media::Problem::encoder_refused);
    put_problem(json, text.code, stream.refused.at, refusal_sentence(stream.refused.reason), text.advice);
  }
  json.end_array();
}

/// Null for what was not seen (yet).
inline void put_number(JsonWriter& json, std::string_view name, std::uint64_t number) {
  json.key(name);
  number > 0 ? json.value(number) : json.value(nullptr);
}

inline void put_media(JsonWriter& json, const IngestHealth& facts) {
  json.key("video");
  if (facts.video_codec.empty()) {
    json.value(nullptr);
  } else {
    json.begin_object().member("codec", facts.video_codec);
    put_number(json, "width", facts.width), put_number(json, "height", facts.height);
    tribute::detail::measured(json, "fps", facts.fps_milli), tribute::detail::measured(json, "keyFrameInterval", facts.key_interval_ms);
    put_number(json, "bitrate", std::uint64_t{facts.video_kbps} * 1000);
    json.end_object();
  }
  json.key("audio");
  if (facts.audio_codec.empty()) {
    json.value(nullptr);
  } else {
    json.begin_object().member("codec", facts.audio_codec);
    put_number(json, "sampleRate", facts.sample_rate), put_number(json, "channels", facts.channels);
    put_number(json, "bitrate", std::uint64_t{facts.audio_kbps} * 1000);
    json.end_object();
  }
  json.member("lastMediaAt", facts.last_media).member("droppedFrames", facts.dropped_frames);
}

}  // namespace detail

inline std::optional<IngestHealth> ingest_health(const ApiServices& services, const Stream& stream) {
  if (services.health == nullptr || stream.phase.ingest == IngestState::absent) return std::nullopt;
  return services.health->ingest(stream);
}

inline void render_health(JsonWriter& json, const Stream& stream, const std::optional<IngestHealth>& facts, Timestamp now) {
  json.begin_object().member("ok", detail::is_well(stream, facts, now));
  detail::put_problems(json, stream, facts, now);
  if (facts) detail::put_media(json, *facts);
  json.end_object();
}

template <store::View V>
Answer get_status(Call<V>& call) {
  const auto found = call.stream_for(Action::view);
  if (!found) return problem(found.error());
  const Stream& stream = *found;
  StreamReader<V> reader(call);
  const bool manager = reader.may(stream, Action::manage);
  const auto entry = reader.archive(stream);
  const auto& host = call.request().host;
  const auto facts = ingest_health(call.services(), stream);
  auto out = reply([&](JsonWriter& json) {
    json.begin_object().member("id", stream.id).member("status", stream.phase.status).member("ingest", stream.phase.ingest);
    json.member("generation", stream.phase.generation).member("viewerCount", nullptr);  // nobody counts viewers yet: null is the truth
    json.member("scheduledStartTime", stream.phase.scheduled_start)
        .member("startedAt", stream.actual_start)
        .member("endTime", stream.end_time);
    json.member("reconnectUntil", stream.phase.window_ends);
    render_health(json.key("health"), stream, facts, call.request().now);
    tribute::detail::recording(json, stream, host, entry ? &*entry : nullptr);
    tribute::detail::url(json, "playbackUrl", host, "/hls/", stream.id, "/index.m3u8", true);
    if (manager)
      json.member("rehearsal", stream.phase.rehearsal)
          .optional("encoderAddress", stream.publisher.session.is_set() ? stream.publisher.address : "")
          .optional("error", stream.error);
    json.member("updatedAt", stream.updated).end_object();
  });
  if (!is_restricted(stream.visibility) && !call.viewer().known()) {
    out.cache_control = "public, max-age=1";
    out.headers.emplace_back("Vary", "Authorization");
  }
  return out;
}

}  // namespace tribute::api

// The service's part for encoders: which stream a key feeds now, and whose connection ended.
#pragma once

#include "service_stream.hpp"

namespace tribute::store::detail {

/// How well a stream fits an encoder that comes now with a shared input's key; smaller is better.
struct Fit {
  int rank = 0;
  std::int64_t distance_ms = 0;
  friend auto operator<=>(const Fit&, const Fit&) = default;
};

/// Absent: the stream is not meant. Ranks: on air and waiting for its encoder; on air; with an encoder (a rehearsal);
/// started by a person; ready and not long past its time; scheduled soon; ready, but long past its time.
inline std::optional<Fit> fit_of(const Stream& stream, Timestamp now, const ServiceOptions& options) {
  const auto& phase = stream.phase;
  const std::int64_t distance = list_time(stream) > now ? list_time(stream) - now : now - list_time(stream);
  if (phase.status == StreamStatus::live) return Fit{phase.ingest == IngestState::connected ? 1 : 0, distance};
  const bool waits = phase.status == StreamStatus::ready || phase.status == StreamStatus::scheduled;
  if (!waits) return std::nullopt;
  if (phase.ingest != IngestState::absent) return Fit{2, distance};
  if (phase.armed) return Fit{3, distance};
  if (phase.status == StreamStatus::ready) {
    const bool missed = phase.scheduled_start.is_set() && now - phase.scheduled_start > options.shared_input_late_ms;
    return Fit{missed ? 6 : 4, distance};
  }
  if (phase.scheduled_start - now > options.shared_input_early_ms) return std::nullopt;
  return Fit{5, distance};
}

/// The stream that a shared input feeds now. Reads the input's live, ready and scheduled streams only: a weekly
/// show's past ones cost nothing.
template <View V>
std::optional<Stream> stream_fed_by(Call<V>& call, const Input& input) {
  std::optional<Stream> best;
  std::optional<Fit> best_fit;
  for (const auto status : {StreamStatus::live, StreamStatus::ready, StreamStatus::scheduled}) {
    const auto& org = call.work.org();
    IndexWalk<V> walk(call.work.view(), {index_prefix(org, Index::stream_by_input, input.id), index_prefix(org, Index::stream_by_status, status)},
                      status == StreamStatus::scheduled ? Order::oldest_first : Order::newest_first);
    for (std::size_t seen = 0; seen < call.options.most_touched; ++seen) {
      const auto position = walk.next();
      if (!position) break;
      if (status == StreamStatus::scheduled && position->when - call.context.now > call.options.shared_input_early_ms) break;
      const auto* stream = call.work.template find<Stream>(position->id);
      const auto fit = stream != nullptr ? fit_of(*stream, call.context.now, call.options) : std::nullopt;
      if (fit && (!best_fit || *fit < *best_fit)) best = *stream, best_fit = fit;
    }
  }
  return best;
}

/// Notes why in the stream's health. apply() leaves repeats of the same refusal out.
template <View V>
Rejection refuse_publisher(Call<V>& call, const Stream& stream, Rejection rejection, const std::string& address) {
  const auto noted = step_stream(call, stream, PublishRefused{rejection.refusal, address});
  if (const auto* result = std::get_if<StreamResult>(&noted); result != nullptr && result->changed) call.work.store_anyway();
  return rejection;
}

inline Rejection refused_with(Errc code, Refusal refusal) {
  return {.code = code, .refusal = refusal, .event = "publish_requested", .reason = std::string{refusal_sentence(refusal)}};
}

template <View V>
CommandResult on(Call<V>& call, const PublishByKey& publish) {
  const auto input = call.work.stored().input_by_key(publish.key_hmac);
  if (!input) return refused_with(Errc::forbidden, Refusal::unknown_key);
  std::optional<Stream> stream;
  if (input->shared) stream = stream_fed_by(call, *input);
  else if (const auto* own = call.work.template find<Stream>(input->stream_id)) stream = *own;
  if (!stream) return refused_with(Errc::conflict, Refusal::no_stream);
  if (publish.refuse != Refusal::none) return refuse_publisher(call, *stream, refused_with(Errc::unavailable, publish.refuse), publish.request.address);
  auto result = step_stream(call, *stream, publish.request);
  if (auto* rejection = std::get_if<Rejection>(&result)) return refuse_publisher(call, *stream, std::move(*rejection), publish.request.address);
  return PublishAccepted{std::get<StreamResult>(std::move(result)).stream, *input};
}

template <View V>
CommandResult on(Call<V>& call, const EndPublish& end) {
  const auto stream = call.work.stored().stream_by_session(end.boot, end.client);
  if (!stream) return Nothing{};
  return step_stream(call, *stream, PublishEnded{end.boot, end.client});
}

}  // namespace tribute::store::detail

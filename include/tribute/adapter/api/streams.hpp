// Streams: create, read, change, delete, start, stop, new key.
#pragma once

#include <tribute/adapter/api/stream_reader.hpp>
#include <tribute/adapter/json/patch.hpp>

namespace tribute::api {

/// A command's stream as its manager sees it. `with_credentials`: also as the seeds have it, at top level.
inline Answer managed_stream(const ApiServices& services, const HostFacts& host, store::CommandResult&& result, int status,
                             bool with_credentials) {
  auto done = expect<store::StreamResult>(std::move(result));
  if (auto* refused = std::get_if<ApiResponse>(&done)) return std::move(*refused);
  const auto& kept = std::get<store::StreamResult>(done);
  const auto& stream = kept.stream;
  const auto key = open_key(services.vault, kept.input);
  const StreamView view{host, true, kept.archive ? &*kept.archive : nullptr, key};
  auto out = reply(
      [&](JsonWriter& json) {
        json.begin_object();
        stream_members(json, stream, view);
        if (with_credentials) render_credentials(json.key("credentials"), stream, view);
        json.end_object();
      },
      [&](JsonWriter& json) {
        if (with_credentials) render_credentials(json.key("credentials"), stream, view);
      },
      status);
  if (status == 201) out.headers.emplace_back("Location", "/api/streams/" + stream.id.text());
  return out;
}

template <store::View V>
Answer run_on_stream(const Call<V>& call, store::Command command, int status = 200, bool with_credentials = false) {
  return RunCommand{std::move(command),
                    [&services = call.services(), host = call.request().host, status, with_credentials](store::CommandResult&& result) {
                      return managed_stream(services, host, std::move(result), status, with_credentials);
                    }};
}

template <store::View V>
Answer create_stream(Call<V>& call) {
  if (!call.viewer().known()) return problem(refusal(Verdict::no_identity, "stream"));
  if (auto refused = call.check_body()) return *std::move(refused);
  auto body = read_stream_body(call.request().body);
  if (!body) return problem(body.error());
  store::CreateStream create{.id = call.fresh_id(), .patch = std::move(body->patch), .own_input_id = call.fresh_id()};
  auto key = call.fresh_key(create.own_input_id);
  create.key = {std::move(key.hmac), std::move(key.sealed)};
  if (body->input && body->input->is_set()) create.shared_input = body->input;
  return run_on_stream(call, call.command(std::move(create)), 201);
}

template <store::View V>
Answer get_stream(Call<V>& call) {
  const auto stream = call.stream_for(Action::view);
  if (!stream) return problem(stream.error());
  StreamReader<V> reader(call);
  const auto key =
      reader.may(*stream, Action::manage) ? open_key(call.services().vault, call.read().input(stream->input_id)) : std::string{};
  return reply([&](JsonWriter& json) { reader.write(json, *stream, key); });
}

template <store::View V>
Answer change_stream(Call<V>& call) {
  const auto stream = call.stream_for(Action::manage);
  if (!stream) return problem(stream.error());
  if (auto refused = call.check_body()) return *std::move(refused);
  auto body = read_stream_body(call.request().body);
  if (!body) return problem(body.error());
  store::ChangeStream change{.stream = call.id, .patch = std::move(body->patch), .input = body->input};
  if (change.input && !change.input->is_set()) {
    change.own_input_id = call.fresh_id();
    auto key = call.fresh_key(change.own_input_id);
    change.key = {std::move(key.hmac), std::move(key.sealed)};
  }
  return run_on_stream(call, call.command(std::move(change)));
}

/// The answer to a delete: what is gone.
template <store::View V>
Answer run_delete(const Call<V>& call, store::Command command) {
  return RunCommand{std::move(command), [id = call.id](store::CommandResult&& result) -> Answer {
                      auto done = expect<store::Nothing>(std::move(result));
                      if (auto* refused = std::get_if<ApiResponse>(&done)) return std::move(*refused);
                      return reply([&id](JsonWriter& json) { json.begin_object().member("id", id).member("deleted", true).end_object(); });
                    }};
}

template <store::View V>
Answer delete_stream(Call<V>& call) {
  const auto stream = call.stream_for(Action::manage);
  if (!stream) return problem(stream.error());
  return run_delete(call, call.command(store::SignalStream{call.id, StreamDeleted{}}));
}

template <store::View V>
Answer start_stream(Call<V>& call) {
  const auto stream = call.stream_for(Action::manage);
  if (!stream) return problem(stream.error());
  return run_on_stream(call, call.command(store::SignalStream{call.id, StartRequested{call.fresh_id()}}), 200, true);
}

template <store::View V>
Answer stop_stream(Call<V>& call) {
  const auto stream = call.stream_for(Action::manage);
  if (!stream) return problem(stream.error());
  return run_on_stream(call, call.command(store::SignalStream{call.id, StopRequested{}}));
}

template <store::View V>
Answer rotate_stream_key(Call<V>& call) {
  const auto stream = call.stream_for(Action::manage);
  if (!stream) return problem(stream.error());
  auto key = call.fresh_key(stream->input_id);
  return run_on_stream(call, call.command(store::RotateStreamKey{call.id, {std::move(key.hmac), std::move(key.sealed)}}), 200, true);
}

}  // namespace tribute::api

// Shared inputs: the chapel's fixed encoder, a weekly show. Only who created one, and administrators, see them here.
#pragma once

#include <tribute/adapter/api/streams.hpp>

namespace tribute::api {

template <store::View V>
Result<Input> input_for_manager(const Call<V>& call) {
  if (!call.viewer().known()) return refusal(Verdict::no_identity, "input");
  auto input = call.read().input(call.id);
  // A stream's own input is part of its stream.
  if (!input || !input->shared || !manages(call.viewer(), subject_of(*input))) return refusal(Verdict::hidden, "input");
  return *std::move(input);
}

template <store::View V>
Answer run_on_input(const Call<V>& call, store::Command command, int status = 200) {
  return RunCommand{std::move(command),
                    [&services = call.services(), host = call.request().host, status](store::CommandResult&& result) -> Answer {
                      auto done = expect<Input>(std::move(result));
                      if (auto* refused = std::get_if<ApiResponse>(&done)) return std::move(*refused);
                      const auto& input = std::get<Input>(done);
                      auto out = reply([&](JsonWriter& json) { render(json, input, host, open_key(services.vault, input)); }, status);
                      if (status == 201) out.headers.emplace_back("Location", "/api/inputs/" + input.id.text());
                      return out;
                    }};
}

template <store::View V>
Answer create_input(Call<V>& call) {
  if (!call.viewer().known()) return problem(refusal(Verdict::no_identity, "input"));
  if (auto refused = call.check_body()) return *std::move(refused);
  auto patch = read_input_body(call.request().body);
  if (!patch) return problem(patch.error());
  const Id id = call.fresh_id();
  auto key = call.fresh_key(id);
  return run_on_input(call, call.command(store::CreateInput{id, std::move(*patch), {std::move(key.hmac), std::move(key.sealed)}}), 201);
}

template <store::View V>
Answer list_inputs(Call<V>& call) {
  if (!call.viewer().known()) return problem(refusal(Verdict::no_identity, "input"));
  if (call.viewer().role < Role::organizer) return problem(make_error(Errc::forbidden, "Shared inputs are for organizers."));
  const auto wanted = page_wanted(call.query());
  if (!wanted) return problem(wanted.error());
  const auto page = call.read().list_inputs(wanted->cursor, wanted->limit,
                                            [&call](const Input& input) { return manages(call.viewer(), subject_of(input)); });
  if (!page) return problem(page.error());
  return page_reply(*page, [&call](JsonWriter& json, const Input& input) { render(json, input, call.request().host, ""); });
}

template <store::View V>
Answer get_input(Call<V>& call) {
  const auto input = input_for_manager(call);
  if (!input) return problem(input.error());
  return reply([&](JsonWriter& json) { render(json, *input, call.request().host, open_key(call.services().vault, *input)); });
}

template <store::View V>
Answer change_input(Call<V>& call) {
  if (const auto input = input_for_manager(call); !input) return problem(input.error());
  if (auto refused = call.check_body()) return *std::move(refused);
  auto patch = read_input_body(call.request().body);
  if (!patch) return problem(patch.error());
  return run_on_input(call, call.command(store::ChangeInput{call.id, std::move(*patch)}));
}

template <store::View V>
Answer delete_input(Call<V>& call) {
  if (const auto input = input_for_manager(call); !input) return problem(input.error());
  return run_delete(call, call.command(store::DeleteInput{call.id}));
}

template <store::View V>
Answer rotate_input_key(Call<V>& call) {
  if (const auto input = input_for_manager(call); !input) return problem(input.error());
  auto key = call.fresh_key(call.id);
  return run_on_input(call, call.command(store::RotateInputKey{call.id, {std::move(key.hmac), std::move(key.sealed)}}));
}

}  // namespace tribute::api

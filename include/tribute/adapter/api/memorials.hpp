// Memorials: whoever knows the address of one sees its name, and of its streams what the policy lets them list.
#pragma once

#include <tribute/adapter/api/streams.hpp>

namespace tribute::api {

inline constexpr std::size_t memorial_streams = 200;  ///< of each kind on a memorial's page; the lists have the rest

inline Answer run_on_memorial(store::Command command, int status = 200) {
  return RunCommand{std::move(command), [status](store::CommandResult&& result) -> Answer {
                      auto done = expect<Memorial>(std::move(result));
                      if (auto* refused = std::get_if<ApiResponse>(&done)) return std::move(*refused);
                      const auto& memorial = std::get<Memorial>(done);
                      auto out = reply([&](JsonWriter& json) { render(json, memorial, true); }, status);
                      if (status == 201) out.headers.emplace_back("Location", "/api/memorials/" + memorial.id.text());
                      return out;
                    }};
}

template <store::View V>
Answer create_memorial(Call<V>& call) {
  if (!call.viewer().known()) return problem(refusal(Verdict::no_identity, "memorial"));
  if (auto refused = call.check_body()) return *std::move(refused);
  auto patch = read_memorial_body(call.request().body);
  if (!patch) return problem(patch.error());
  return run_on_memorial(call.command(store::CreateMemorial{call.fresh_id(), std::move(*patch)}), 201);
}

/// Those that one manages: memorials have no visibility of their own, so nobody may walk through all of them.
template <store::View V>
Answer list_memorials(Call<V>& call) {
  if (!call.viewer().known()) return problem(refusal(Verdict::no_identity, "memorial"));
  const auto wanted = page_wanted(call.query());
  if (!wanted) return problem(wanted.error());
  const auto page = call.read().list_memorials(wanted->cursor, wanted->limit,
                                               [&call](const Memorial& memorial) { return manages(call.viewer(), subject_of(memorial)); });
  if (!page) return problem(page.error());
  return page_reply(*page, [](JsonWriter& json, const Memorial& memorial) { render(json, memorial, true); });
}

namespace detail {

template <store::View V, class Keep>
std::optional<Error> put_streams(JsonWriter& json, std::string_view name, Call<V>& call, const store::StreamFilter& filter, Keep keep) {
  StreamReader<V> reader(call);
  const auto page = call.read().list_streams(filter, {}, memorial_streams,
                                             [&](const Stream& stream) { return keep(stream) && reader.may(stream, Action::list); });
  if (!page) return page.error();
  json.key(name).begin_array();
  for (const auto& stream : page->items) reader.write(json, stream);
  json.end_array();
  return std::nullopt;
}

}  // namespace detail

template <store::View V>
Answer get_memorial(Call<V>& call) {
  const auto memorial = call.read().memorial(call.id);
  if (!memorial) return problem(refusal(Verdict::hidden, "memorial"));
  const auto all = [](const Stream&) { return true; };
  const auto recorded = [](const Stream& stream) { return stream.recording_ready; };
  std::optional<Error> error;
  auto out = reply([&](JsonWriter& json) {
    json.begin_object().key("memorial");
    render(json, *memorial, manages(call.viewer(), subject_of(*memorial)));
    error = detail::put_streams(json, "live", call, {.statuses = {StreamStatus::live}, .memorial = call.id}, all);
    if (!error)
      error = detail::put_streams(
          json, "upcoming", call,
          {.statuses = {StreamStatus::scheduled, StreamStatus::ready}, .memorial = call.id, .order = store::Order::oldest_first}, all);
    if (!error) error = detail::put_streams(json, "recorded", call, {.statuses = {StreamStatus::completed}, .memorial = call.id}, recorded);
    json.end_object();
  });
  if (error) return problem(*error);
  return out;
}

template <store::View V>
Result<Memorial> memorial_for_manager(const Call<V>& call) {
  auto memorial = call.read().memorial(call.id);
  if (!memorial) return refusal(Verdict::hidden, "memorial");
  if (const auto verdict = decide(call.viewer(), subject_of(*memorial), Action::manage); verdict != Verdict::allowed)
    return refusal(verdict, "memorial");
  return *std::move(memorial);
}

template <store::View V>
Answer change_memorial(Call<V>& call) {
  if (const auto memorial = memorial_for_manager(call); !memorial) return problem(memorial.error());
  if (auto refused = call.check_body()) return *std::move(refused);
  auto patch = read_memorial_body(call.request().body);
  if (!patch) return problem(patch.error());
  return run_on_memorial(call.command(store::ChangeMemorial{call.id, std::move(*patch)}));
}

template <store::View V>
Answer delete_memorial(Call<V>& call) {
  if (const auto memorial = memorial_for_manager(call); !memorial) return problem(memorial.error());
  return run_delete(call, call.command(store::DeleteMemorial{call.id}));
}

}  // namespace tribute::api

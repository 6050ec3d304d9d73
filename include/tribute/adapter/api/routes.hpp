// The control API's routes, and its one door: handle(). A row reads left to right: method, path, who answers. A known
// path with another method is 405 with Allow, an unknown one 404. HEAD is answered as GET.
#pragma once

#include <tribute/adapter/api/inputs.hpp>
#include <tribute/adapter/api/journal.hpp>
#include <tribute/adapter/api/memorials.hpp>
#include <tribute/adapter/api/recordings.hpp>
#include <tribute/adapter/api/status.hpp>
#include <tribute/adapter/api/stream_lists.hpp>
#include <tribute/adapter/api/streams.hpp>

namespace tribute::api {

template <store::View V>
struct Route {
  Method method;
  std::string_view path;  ///< "{id}" stands for an id
  Answer (*handler)(Call<V>&);
};

template <store::View V>
Answer ask_server(Call<V>&) {
  return AskServer{"health"};
}

/// What is asked most often stands first.
template <store::View V>
inline constexpr std::array<Route<V>, 30> routes{{
    {Method::get, "/api/streams/{id}/status", get_status<V>},
    {Method::get, "/api/streams/{id}", get_stream<V>},
    {Method::get, "/api/streams", list_streams<V>},
    {Method::post, "/api/streams", create_stream<V>},
    {Method::put, "/api/streams/{id}", change_stream<V>},
    {Method::delete_, "/api/streams/{id}", delete_stream<V>},
    {Method::post, "/api/streams/{id}/start", start_stream<V>},
    {Method::post, "/api/streams/{id}/stop", stop_stream<V>},
    {Method::post, "/api/streams/{id}/key", rotate_stream_key<V>},
    {Method::get, "/api/streams/{id}/recordings", list_recordings<V>},
    {Method::post, "/api/streams/{id}/recordings", sync_recordings<V>},
    {Method::get, "/api/streams/{id}/events", list_events<V>},
    {Method::get, "/api/streams/{id}/debug", debug_stream<V>},
    {Method::get, "/api/memorials/{id}", get_memorial<V>},
    {Method::get, "/api/memorials/{id}/archive", list_memorial_archive<V>},
    {Method::get, "/api/memorials", list_memorials<V>},
    {Method::post, "/api/memorials", create_memorial<V>},
    {Method::put, "/api/memorials/{id}", change_memorial<V>},
    {Method::delete_, "/api/memorials/{id}", delete_memorial<V>},
    {Method::get, "/api/archive/{id}", get_archive<V>},
    {Method::put, "/api/archive/{id}", change_archive<V>},
    {Method::delete_, "/api/archive/{id}", delete_archive<V>},
    {Method::post, "/api/archive/{id}/restore", restore_archive<V>},
    {Method::get, "/api/inputs", list_inputs<V>},
    {Method::post, "/api/inputs", create_input<V>},
    {Method::get, "/api/inputs/{id}", get_input<V>},
    {Method::put, "/api/inputs/{id}", change_input<V>},
    {Method::delete_, "/api/inputs/{id}", delete_input<V>},
    {Method::post, "/api/inputs/{id}/key", rotate_input_key<V>},
    {Method::get, "/api/health", ask_server<V>},
}};

namespace detail {

/// Does the path have the pattern's form? Gives the id in it, as text.
constexpr bool matches(std::string_view pattern, std::string_view path, std::string_view& id) noexcept {
  constexpr std::string_view hole = "{id}";
  const auto at = pattern.find(hole);
  if (at == std::string_view::npos) return pattern == path;
  const auto before = pattern.substr(0, at), after = pattern.substr(at + hole.size());
  if (!path.starts_with(before)) return false;
  path.remove_prefix(before.size());
  if (path.size() != Id::text_size + after.size() || path.substr(Id::text_size) != after) return false;
  id = path.substr(0, Id::text_size);
  return true;
}

constexpr std::string_view word_of(Method method) noexcept {
  switch (method) {
    case Method::get: return "GET, HEAD";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::delete_: return "DELETE";
    default: return "";
  }
}

}  // namespace detail

/// Answers a request, or says what has to be done first. The view is a consistent one and stays for the call.
template <store::View V>
Answer handle(const ApiRequest& request, const V& view, const ApiServices& services) {
  const auto wanted = request.method == Method::head ? Method::get : request.method;
  std::string allow;
  for (const auto& route : routes<V>) {
    std::string_view id_text;
    if (!detail::matches(route.path, request.path, id_text)) continue;
    std::optional<Id> id{Id{}};
    if (!id_text.empty() && !(id = Id::parse(id_text))) continue;
    if (route.method != wanted) {
      if (!allow.empty()) allow += ", ";
      allow += detail::word_of(route.method);
      continue;
    }
    Call<V> call(request, services, view);
    call.id = *id;
    if (auto refused = call.open()) return *std::move(refused);
    try {
      return route.handler(call);
    } catch (const store::DamagedRecord& damage) {
      return problem(make_error(Errc::corrupt, damage.what()));
    }
  }
  if (!allow.empty()) return method_not_allowed(std::move(allow));
  return problem(make_error(Errc::not_found, "There is nothing at this address."));
}

}  // namespace tribute::api

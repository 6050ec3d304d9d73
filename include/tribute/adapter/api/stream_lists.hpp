// Lists of streams: the filters that a query may set, and the page that answers it.
#pragma once

#include <tribute/adapter/api/stream_reader.hpp>

namespace tribute::api {

namespace detail {

inline std::optional<Error> read_time(const Form& query, std::string_view name, std::optional<Timestamp>& out) {
  const auto* text = query.find(name);
  if (text == nullptr) return std::nullopt;
  auto spelled = *text;
  // "+02:00" that was not escaped arrives as a space.
  if (spelled.size() > 6 && spelled[spelled.size() - 6] == ' ') spelled[spelled.size() - 6] = '+';
  out = parse_rfc3339(spelled);
  if (out) return std::nullopt;
  return make_error(Errc::unprocessable, "must be a time as in 2026-10-15T14:00:00Z", std::string{name});
}

inline std::optional<Error> read_id(const Form& query, std::string_view name, std::optional<Id>& out) {
  const auto* text = query.find(name);
  if (text == nullptr) return std::nullopt;
  out = Id::parse(*text);
  if (out) return std::nullopt;
  return make_error(Errc::unprocessable, "is not an id of this server", std::string{name});
}

inline std::optional<Error> read_statuses(const Form& query, std::vector<StreamStatus>& out) {
  auto text = query.get("status");
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto status = from_word<StreamStatus>(text.substr(0, comma));
    if (!status) return make_error(Errc::unprocessable, "must be of scheduled, ready, live, ending, completed, error", "status");
    if (std::find(out.begin(), out.end(), *status) == out.end()) out.push_back(*status);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return std::nullopt;
}

}  // namespace detail

inline Result<store::StreamFilter> stream_filter(const Form& query, const Viewer& viewer) {
  store::StreamFilter filter;
  if (auto e = detail::read_statuses(query, filter.statuses)) return *e;
  if (auto e = detail::read_id(query, "memorialId", filter.memorial)) return *e;
  if (auto e = detail::read_id(query, "inputId", filter.input)) return *e;
  if (auto e = detail::read_time(query, "from", filter.from)) return *e;
  if (auto e = detail::read_time(query, "to", filter.to)) return *e;
  const auto order = query.get("order");
  if (order == "oldest")
    filter.order = store::Order::oldest_first;
  else if (!order.empty() && order != "newest")
    return make_error(Errc::unprocessable, "must be newest or oldest", "order");
  if (const auto* creator = query.find("createdBy")) {
    // Who created a stream is for managers: nobody may find it out by asking name after name.
    if (viewer.role != Role::admin && (!viewer.known() || *creator != viewer.subject))
      return make_error(viewer.known() ? Errc::forbidden : Errc::unauthenticated, "Only administrators may ask for what others created.");
    filter.created_by = *creator;
  }
  return filter;
}

template <store::View V>
Answer list_streams(Call<V>& call) {
  const auto filter = stream_filter(call.query(), call.viewer());
  if (!filter) return problem(filter.error());
  const auto wanted = page_wanted(call.query());
  if (!wanted) return problem(wanted.error());
  StreamReader<V> reader(call);
  const auto page = call.read().list_streams(*filter, wanted->cursor, wanted->limit,
                                             [&reader](const Stream& stream) { return reader.may(stream, Action::list); });
  if (!page) return problem(page.error());
  return page_reply(*page, [&reader](JsonWriter& json, const Stream& stream) { reader.write(json, stream); });
}

}  // namespace tribute::api

// Streams: create, list, read, change, delete, start, stop, new key.
#pragma once

#include <tribute/adapter/api/call.hpp>
#include <tribute/adapter/json/patch.hpp>

namespace tribute::api {

/// The stream key of an input, for those who may see it.
inline std::string open_key(const Vault& vault, const std::optional<Input>& input) {
  return input ? vault.open_key(input->id, input->key_sealed).value_or("") : std::string{};
}

/// A command's stream as its manager sees it. `with_credentials`: also as the seeds have it, at top level.
inline Answer managed_stream(const ApiServices& services, const HostFacts& host, store::CommandResult&& result, int status, bool with_credentials) {
  auto done = expect<store::StreamResult>(std::move(result));
  if (auto* refused = std::get_if<ApiResponse>(&done)) return std::move(*refused);
  const auto& [stream, archive, input, changed] = std::get<store::StreamResult>(done);
  const auto key = open_key(services.vault, input);
  const StreamView view{host, true, archive ? &*archive : nullptr, key};
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
  return RunCommand{std::move(command), [&services = call.services(), host = call.request().host, status, with_credentials](store::CommandResult&& result) {
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

/// What of a stream's recording this reader may see, and as whom.
template <store::View V>
class StreamReader {
 public:
  explicit StreamReader(const Call<V>& call) : call_(call) {}

  const std::optional<Memorial>& memorial(const Stream& stream) {
    if (stream.memorial_id != memorial_id_) {
      memorial_id_ = stream.memorial_id;
      memorial_ = call_.memorial_of(memorial_id_);
    }
    return memorial_;
  }

  bool may(const Stream& stream, Action action) {
    const auto& memorial_of_it = memorial(stream);
    return decide(call_.who().viewer_of(stream.id), tribute::subject_of(stream, memorial_of_it ? &*memorial_of_it : nullptr), action) == Verdict::allowed;
  }

  std::optional<ArchiveEntry> archive(const Stream& stream) {
    if (!stream.archive_id.is_set()) return std::nullopt;
    auto entry = call_.read().archive(stream.archive_id);
    if (!entry) return entry;
    const auto& memorial_of_it = memorial(stream);
    const auto subject = tribute::subject_of(*entry, &stream, memorial_of_it ? &*memorial_of_it : nullptr);
    if (decide(call_.who().viewer_of(stream.id), subject, Action::view) != Verdict::allowed) entry.reset();
    return entry;
  }

  /// In lists keys are left out: who wants one reads the one stream.
  void write(JsonWriter& json, const Stream& stream, std::string_view stream_key = {}) {
    const auto entry = archive(stream);
    render(json, stream, StreamView{call_.request().host, call_.manages_it(stream, memorial(stream)), entry ? &*entry : nullptr, stream_key});
  }

 private:
  const Call<V>& call_;
  Id memorial_id_;
  std::optional<Memorial> memorial_;
};

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
  if (order == "oldest") filter.order = store::Order::oldest_first;
  else if (!order.empty() && order != "newest") return make_error(Errc::unprocessable, "must be newest or oldest", "order");
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
  const auto page = call.read().list_streams(*filter, wanted->cursor, wanted->limit, [&reader](const Stream& stream) { return reader.may(stream, Action::list); });
  if (!page) return problem(page.error());
  return page_reply(*page, [&reader](JsonWriter& json, const Stream& stream) { reader.write(json, stream); });
}

template <store::View V>
Answer get_stream(Call<V>& call) {
  const auto stream = call.stream_for(Action::view);
  if (!stream) return problem(stream.error());
  StreamReader<V> reader(call);
  const auto key = reader.may(*stream, Action::manage) ? open_key(call.services().vault, call.read().input(stream->input_id)) : std::string{};
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

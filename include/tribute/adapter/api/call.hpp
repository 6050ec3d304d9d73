// One request being answered: who asks, what the store shows, and the questions that every handler puts: is it there,
// may they. Lives on the stack of handle(); continuations take copies out of it.
#pragma once

#include <tribute/adapter/api/problem.hpp>
#include <tribute/adapter/api/services.hpp>
#include <tribute/form.hpp>
#include <tribute/policy.hpp>
#include <tribute/store/read.hpp>

namespace tribute::api {

inline Subject subject_of(const Memorial& memorial) { return {Visibility::hidden, true, memorial.created_by, nullptr, &memorial.managers}; }
inline Subject subject_of(const Input& input) { return {Visibility::hidden, true, input.created_by, nullptr, nullptr}; }
using tribute::subject_of;

/// The refusal of a verdict, in words for people.
inline Error refusal(Verdict verdict, std::string_view what) {
  const auto code = refusal_code(verdict);
  switch (code) {
    case Errc::unauthenticated: return make_error(code, "Say who you are: send a bearer token.");
    case Errc::forbidden: return make_error(code, "This identity may not do that.");
    default: return make_error(code, "There is no such " + std::string{what} + ".");
  }
}

template <store::View V>
class Call {
 public:
  Call(const ApiRequest& request, const ApiServices& services, const V& view)
      : request_(request), services_(services), read_(view, services.org) {}

  const ApiRequest& request() const noexcept { return request_; }
  const ApiServices& services() const noexcept { return services_; }
  const store::Reader<V>& read() const noexcept { return read_; }
  const Identity& who() const noexcept { return who_; }
  const Viewer& viewer() const noexcept { return who_.viewer; }
  const Form& query() const noexcept { return query_; }
  Id id{};  ///< the one in the path, if its pattern has one

  /// Reads identity and query. The answer, if it is a refusal.
  std::optional<ApiResponse> open() {
    if (auto refused = authenticate()) return refused;
    auto query = parse_form(request_.query);
    if (!query) return problem(make_error(Errc::invalid, query.error().detail));
    query_ = std::move(*query);
    return std::nullopt;
  }

  /// Why there is no body to be used, if so.
  std::optional<ApiResponse> check_body() const {
    if (request_.body.size() > services_.body_limit)
      return problem(make_error(Errc::too_large, "A body may have up to " + std::to_string(services_.body_limit) + " bytes."));
    if (!is_json(request_.content_type)) return problem(make_error(Errc::unsupported_type, "The body must be application/json."));
    return std::nullopt;
  }

  std::optional<Memorial> memorial_of(const Id& id_of_it) const { return id_of_it.is_set() ? read_.memorial(id_of_it) : std::nullopt; }

  bool manages_it(const Stream& stream, const std::optional<Memorial>& memorial) const {
    return manages(viewer(), subject_of(stream, memorial ? &*memorial : nullptr));
  }

  /// The stream of the path if the policy allows the action. What they may not even know of is not there.
  Result<Stream> stream_for(Action action) const {
    auto stream = read_.stream(id);
    if (!stream) return refusal(Verdict::hidden, "stream");
    const auto memorial = memorial_of(stream->memorial_id);
    if (auto refused = judge(who_.viewer_of(id), subject_of(*stream, memorial ? &*memorial : nullptr), action, "stream")) return *refused;
    return *std::move(stream);
  }

  Result<ArchiveEntry> archive_for(Action action) const {
    auto entry = read_.archive(id);
    if (!entry) return refusal(Verdict::hidden, "recording");
    const auto stream = read_.stream(entry->stream_id);
    const auto memorial = memorial_of(stream ? stream->memorial_id : entry->memorial_id);
    const auto subject = subject_of(*entry, stream ? &*stream : nullptr, memorial ? &*memorial : nullptr);
    if (auto refused = judge(who_.viewer_of(entry->stream_id), subject, action, "recording")) return *refused;
    return *std::move(entry);
  }

  /// `what` of the store, authorised again inside its transaction.
  template <class What>
  store::Command command(What what) const {
    return {.context = {.org = services_.org, .actor = {viewer().subject, viewer().name}, .now = request_.now},
            .authorize = viewer(),
            .what = std::move(what)};
  }

  Id fresh_id() const {
    Id::Bytes bytes;
    services_.random(bytes);
    return Id{bytes};
  }
  Vault::NewKey fresh_key(const Id& input) const {
    std::array<std::uint8_t, Vault::random_size> bytes;
    services_.random(bytes);
    return services_.vault.make_key(input, bytes);
  }

 private:
  std::optional<ApiResponse> authenticate() {
    auto header = request_.authorization;
    if (header.empty()) return std::nullopt;
    constexpr std::string_view scheme = "bearer ";
    bool bearer = header.size() > scheme.size();
    for (std::size_t i = 0; bearer && i < scheme.size(); ++i)
      bearer = (header[i] >= 'A' && header[i] <= 'Z' ? header[i] + 32 : header[i]) == scheme[i];
    if (!bearer) return bad_token("The Authorization header must be \"Bearer\" and a token.");
    header.remove_prefix(scheme.size());
    header.remove_prefix(std::min(header.find_first_not_of(' '), header.size()));
    auto outcome = services_.tokens.check(header, request_.now);
    if (outcome.refusal) return bad_token(token_sentence(*outcome.refusal));
    who_ = std::move(outcome.identity);
    return std::nullopt;
  }

  static bool is_json(std::string_view content_type) {
    std::string type{content_type.substr(0, content_type.find(';'))};
    while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.pop_back();
    for (auto& c : type) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return type == "application/json";
  }

  /// Nothing when it is allowed.
  static std::optional<Error> judge(const Viewer& viewer, const Subject& subject, Action action, std::string_view what) {
    const auto verdict = decide(viewer, subject, action);
    if (verdict == Verdict::allowed) return std::nullopt;
    const auto sees = decide(viewer, subject, Action::view);
    return refusal(sees == Verdict::hidden ? sees : verdict, what);
  }

  const ApiRequest& request_;
  const ApiServices& services_;
  store::Reader<V> read_;
  Identity who_;
  Form query_;
};

/// `limit` and `cursor` of a list.
struct PageWanted {
  std::size_t limit = 50;
  std::string cursor;
};

inline Result<PageWanted> page_wanted(const Form& query, std::string_view cursor_name = "cursor") {
  PageWanted out{.cursor = std::string{query.get(cursor_name)}};
  const auto* limit = query.find("limit");
  if (limit == nullptr) return out;
  const auto [end, error] = std::from_chars(limit->data(), limit->data() + limit->size(), out.limit);
  if (error != std::errc{} || end != limit->data() + limit->size() || out.limit < 1 || out.limit > 1000)
    return make_error(Errc::unprocessable, "must be a number from 1 to 1000", "limit");
  return out;
}

/// {"items":[…],"next":…}
template <class T, class Item>
ApiResponse page_reply(const store::Page<T>& page, Item item) {
  return reply([&](JsonWriter& json) {
    json.begin_object().key("items").begin_array();
    for (const auto& record : page.items) item(json, record);
    json.end_array().optional("next", page.next.value_or("")).end_object();
  });
}

/// The result if it is a T; else the refusal (or that the store answered what it never should).
template <class T>
std::variant<T, ApiResponse> expect(store::CommandResult&& result) {
  if (auto* wanted = std::get_if<T>(&result)) return std::move(*wanted);
  if (const auto* rejection = std::get_if<Rejection>(&result)) return problem(*rejection);
  return problem(make_error(Errc::corrupt, "The store gave another answer than was asked for."));
}

}  // namespace tribute::api

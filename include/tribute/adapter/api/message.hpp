// What goes into the control API and what comes out, without a server: a request becomes an answer at once, or a
// command for the store (or a look at recordings) and what makes an answer of its result. Continuations own what they
// need but for ApiServices, which live as long as the worker.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tribute/json/render.hpp>
#include <tribute/store/command.hpp>
#include <utility>
#include <variant>
#include <vector>

namespace tribute::api {

enum class Method : std::uint8_t { get, head, post, put, delete_, other };

constexpr Method method_of(std::string_view word) noexcept {
  constexpr std::pair<std::string_view, Method> known[] = {
      {"GET", Method::get}, {"HEAD", Method::head}, {"POST", Method::post}, {"PUT", Method::put}, {"DELETE", Method::delete_}};
  for (const auto& [name, method] : known)
    if (name == word) return method;
  return Method::other;
}

/// All views are only read during handle().
struct ApiRequest {
  Method method = Method::get;
  std::string_view path;           ///< "/api/…", decoded, without its query
  std::string_view query;          ///< as it came
  std::string_view authorization;  ///< the header's value; empty: there is none
  std::string_view content_type;
  std::string_view body;
  HostFacts host;
  Timestamp now;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

/// HEAD gets what GET gets: whoever sends it leaves the body out.
struct ApiResponse {
  int status = 200;
  std::string_view content_type = "application/json";
  std::string_view cache_control = "no-store";
  Headers headers;
  std::string body;
};

struct Answer;

/// Run it in the store; then `next` makes the answer (or wants one more).
struct RunCommand {
  store::Command command;
  std::function<Answer(store::CommandResult&&)> next;
};

struct RecordingPlace {
  Id stream;
  Id entry;  ///< also the name of its media folder
};
/// What the files on disk say about a recording.
struct RecordingFacts {
  std::int64_t duration_ms = 0;
  std::uint64_t bytes = 0;
};
/// Look at the files, mend what can be mended (this takes time: on a pool thread), and tell what is there; nothing where
/// no media is, or where it cannot be read. One answer for each place, in their order.
struct CheckRecordings {
  std::vector<RecordingPlace> places;
  std::function<Answer(std::vector<std::optional<RecordingFacts>>&&)> next;
};

/// A route that the server itself answers (health: it knows its disks and workers).
struct AskServer {
  std::string_view route;
};

struct Answer {
  std::variant<ApiResponse, RunCommand, CheckRecordings, AskServer> value;

  template <class T>
  requires(!std::same_as<std::remove_cvref_t<T>, Answer>) Answer(T&& what) : value(std::forward<T>(what)) {}
};

}  // namespace tribute::api

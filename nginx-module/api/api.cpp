#include "api/api.hpp"

#include "problem.hpp"
#include "runtime.hpp"

namespace tribute::module::api {
namespace {

struct Row {
  std::string_view word;
  router::Handler handler;  ///< gets what follows the word: "" or "/…"
};

ngx_int_t health(Runtime& runtime, ngx_http_request_t* r, std::string_view rest) {
  if (!rest.empty()) return send_problem(r, make_error(Errc::not_found, "There is nothing at this address."));
  return runtime.health().answer(r);
}

constexpr Row rows[] = {
    {"health", health},
};

}  // namespace

ngx_int_t handle(Runtime& runtime, ngx_http_request_t* r, std::string_view path) {
  const std::string_view word = path.substr(0, path.find('/'));
  for (const Row& row : rows)
    if (row.word == word) return row.handler(runtime, r, path.substr(word.size()));
  return send_problem(r, make_error(Errc::not_found, "The API has no route of this name."));
}

}  // namespace tribute::module::api

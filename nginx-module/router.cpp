#include "router.hpp"

#include "api/server.hpp"
#include "media/media.hpp"
#include "metrics/metrics.hpp"
#include "ngx/str.hpp"
#include "problem.hpp"
#include "runtime.hpp"

namespace tribute::module::router {
namespace {

struct Row {
  std::string_view prefix;
  Handler handler;
};

constexpr Row rows[] = {
    {"/api/", api::handle},
    {"/hls/", media_door::handle},
    {"/recordings/", media_door::handle},
    {"/metrics", metrics::handle},
};

}  // namespace

ngx_int_t handle(ngx_http_request_t* r) {
  Runtime* worker = runtime();
  if (worker == nullptr) return send_not_started(r);
  const std::string_view path = ngx::view(r->uri);
  for (const Row& row : rows)
    if (path.substr(0, row.prefix.size()) == row.prefix) return row.handler(*worker, r, path.substr(row.prefix.size()));
  return send_problem(r, make_error(Errc::not_found, "There is nothing at this address."));
}

}  // namespace tribute::module::router

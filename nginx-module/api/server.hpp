// The control API on nginx: a request becomes an ApiRequest, the core's handle() answers it or names a command, and the
// command's result becomes the answer. No route and no rule of the API is here.
#pragma once

#include "ngx/ngx.hpp"
#include "tribute/adapter/api/routes.hpp"

namespace tribute::module {

class Runtime;

namespace api {

class Server final : public tribute::api::HealthSource {
 public:
  explicit Server(Runtime& runtime);

  const tribute::api::ApiServices& services() const noexcept { return services_; }
  std::optional<tribute::api::IngestHealth> ingest(const Stream& stream) const override;

 private:
  Runtime& runtime_;
  tribute::api::ApiServices services_;
};

/// Router handler for /api/.
ngx_int_t handle(Runtime& runtime, ngx_http_request_t* r, std::string_view path);

}  // namespace api
}  // namespace tribute::module

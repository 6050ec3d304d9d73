// GET /api/health: is the server alive, and what is wrong with the machine under it. The checks write to the real
// folders, on a pool thread, at most once a second however often somebody asks.
#pragma once

#include <string>
#include <vector>

#include "ngx/ngx.hpp"

namespace tribute::module {

class Runtime;

namespace api {

struct HealthProblem {
  std::string code;
  std::string detail;
  std::string advice;
};
using HealthProblems = std::vector<HealthProblem>;

class Health {
 public:
  explicit Health(Runtime& runtime) : runtime_(runtime) {}

  ngx_int_t answer(ngx_http_request_t* r);

 private:
  ngx_int_t send(ngx_http_request_t* r) const;

  Runtime& runtime_;
  HealthProblems last_;
  ngx_msec_t checked_ = 0;  ///< ngx_current_msec of the last check's end
  bool known_ = false;
  bool checking_ = false;
};

/// Blocks on the disk: for pool threads.
HealthProblems check_folders(const std::string& data, const std::string& media, const std::string& ingest);

}  // namespace api
}  // namespace tribute::module

// Successful answers of the control API: {"success":true,"data":…}, never cached by anybody in between.
#pragma once

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "ngx/reply.hpp"

namespace tribute::module {

/// `more` adds members at the top level (`credentials` of start, as the seed has it).
inline ngx_int_t send_data(ngx_http_request_t* r, boost::json::value data, ngx_uint_t status = NGX_HTTP_OK, boost::json::object more = {}) {
  boost::json::object body{{"success", true}, {"data", std::move(data)}};
  for (auto& [key, value] : more) body[key] = std::move(value);
  ngx::Head head;
  head.status = status;
  head.content_type = "application/json";
  head.cache_control = "no-store";
  return ngx::send(r, head, boost::json::serialize(body));
}

}  // namespace tribute::module

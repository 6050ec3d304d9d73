// Answers: text from memory, or ranges of files behind an optional head. Range requests, HEAD, conditional requests
// (ETag, Last-Modified) and keep-alive are nginx's own filters' work. Each returns what a content handler returns;
// an unread request body is discarded first. Texts are copied into the request's pool unless they come shared.
#pragma once

#include "ngx/ngx.hpp"

namespace tribute::ngx {

/// Both are copied; a name must not be a header that a field below is for.
struct Header {
  std::string_view name;
  std::string_view value;
};

struct Head {
  ngx_uint_t status = NGX_HTTP_OK;
  std::string_view content_type{};   ///< copied
  std::string_view cache_control{};  ///< e.g. "no-store"; empty: no such header
  std::string_view etag{};           ///< with its quotes; empty: none
  time_t last_modified = -1;         ///< -1: none
  std::vector<Header> headers{};
};

/// The body is copied.
ngx_int_t send(ngx_http_request_t* r, const Head& head, std::string_view body);

/// The body is kept until it has been sent: for texts rendered once and sent to many.
ngx_int_t send(ngx_http_request_t* r, const Head& head, std::shared_ptr<const std::string> body);

/// Status and headers alone (204, 304, redirects).
ngx_int_t send_empty(ngx_http_request_t* r, const Head& head);

/// `length` bytes of an open file from `offset`. They must be there: a file shorter than promised cuts the connection.
struct FileRange {
  int fd;
  off_t offset;
  off_t length;
};

/// `front` (may be null), then the ranges in their order, as one entity with byte ranges. `owner` keeps the descriptors
/// open; it is released when the request is over.
ngx_int_t send_files(ngx_http_request_t* r, const Head& head, std::shared_ptr<const std::string> front,
                     const std::vector<FileRange>& ranges, std::shared_ptr<const void> owner);

/// Adds a header of our own choosing to the answer.
void add_header(ngx_http_request_t* r, std::string_view name, std::string_view value);

}  // namespace tribute::ngx

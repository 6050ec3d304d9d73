// The whole request body in one string, up to a limit. read_body() is called from a content handler, whose return
// value it gives; the callable gets the body, now or later, and returns what a content handler would. Too large is
// a value, so that the caller chooses the words of its 413. Memory stays within the limit plus nginx's one buffer.
#pragma once

#include "ngx/ngx.hpp"
#include "ngx/pool.hpp"

namespace tribute::ngx {

struct Body {
  bool too_large = false;
  std::string bytes{};  ///< empty when too large
};

namespace detail {

class BodyReader {
 public:
  explicit BodyReader(std::size_t limit) : limit_(limit) {}
  BodyReader(const BodyReader&) = delete;
  BodyReader& operator=(const BodyReader&) = delete;
  virtual ~BodyReader() = default;

  static ngx_int_t start(ngx_http_request_t* r, std::unique_ptr<BodyReader> reader);

 private:
  using Kept = std::unique_ptr<BodyReader>;

  virtual ngx_int_t deliver(ngx_http_request_t* r, Body&& body) = 0;

  static BodyReader& of(ngx_http_request_t* r);
  static void on_body(ngx_http_request_t* r);
  static void on_more(ngx_http_request_t* r);
  void take(ngx_http_request_t* r);
  void take_file(ngx_buf_t* b);
  void finish(ngx_http_request_t* r);

  std::size_t limit_;
  Body body_;
};

template <class F>
class BodyReaderFor final : public BodyReader {
 public:
  BodyReaderFor(std::size_t limit, F handler) : BodyReader(limit), handler_(std::move(handler)) {}

 private:
  ngx_int_t deliver(ngx_http_request_t* r, Body&& body) override { return handler_(r, std::move(body)); }

  F handler_;
};

}  // namespace detail

/// F: ngx_int_t(ngx_http_request_t*, Body&&). It owns what it captured (copies, never references into the stack).
template <class F>
ngx_int_t read_body(ngx_http_request_t* r, std::size_t limit, F handler) {
  return detail::BodyReader::start(r, std::make_unique<detail::BodyReaderFor<F>>(limit, std::move(handler)));
}

}  // namespace tribute::ngx

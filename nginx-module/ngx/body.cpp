#include "ngx/body.hpp"

#include "ngx/guard.hpp"
#include "ngx/str.hpp"

namespace tribute::ngx::detail {

ngx_int_t BodyReader::start(ngx_http_request_t* r, std::unique_ptr<BodyReader> reader) {
  if (r->headers_in.content_length_n > static_cast<off_t>(reader->limit_)) {
    r->expect_tested = 1;  // no "100 Continue" for a body that nobody will read (RFC 9110 section 10.1.1)
    return reader->deliver(r, Body{true, {}});
  }
  pool_new<Kept>(r->pool, std::move(reader));
  // Unbuffered: we count for ourselves, and nothing is spooled into files that nobody asked for.
  r->request_body_no_buffering = 1;
  const ngx_int_t rc = ngx_http_read_client_request_body(r, request_event<&BodyReader::on_body>);
  return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}

BodyReader& BodyReader::of(ngx_http_request_t* r) {
  Kept* kept = pool_find<Kept>(r->pool);
  if (kept == nullptr) throw std::logic_error("body handler without its reader");
  return **kept;
}

void BodyReader::on_body(ngx_http_request_t* r) {
  BodyReader& self = of(r);
  self.take(r);
  if (!r->reading_body || self.body_.too_large) {
    self.finish(r);
    return;
  }
  r->read_event_handler = request_event<&BodyReader::on_more>;
  on_more(r);
}

void BodyReader::on_more(ngx_http_request_t* r) {
  BodyReader& self = of(r);
  for (;;) {
    const ngx_int_t rc = ngx_http_read_unbuffered_request_body(r);
    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {  // 400 the client went, 408 it fell silent
      ngx_http_finalize_request(r, rc);
      return;
    }
    const bool got_some = r->request_body->bufs != nullptr;
    self.take(r);
    if (rc == NGX_OK || self.body_.too_large) {
      self.finish(r);
      return;
    }
    if (!got_some || !r->connection->read->ready) return;  // the next read event goes on
  }
}

void BodyReader::take(ngx_http_request_t* r) {
  ngx_http_request_body_t* rb = r->request_body;
  while (rb != nullptr && rb->bufs != nullptr) {
    ngx_chain_t* link = rb->bufs;
    ngx_buf_t* b = link->buf;
    const auto size = static_cast<std::size_t>(ngx_buf_size(b));
    if (body_.too_large || size > limit_ - body_.bytes.size()) {
      body_ = Body{true, {}};
    } else if (ngx_buf_in_memory(b)) {
      body_.bytes.append(view(*b));
    } else if (b->in_file) {
      take_file(b);
    }
    b->pos = b->last;  // tells nginx that the bytes are used up
    b->file_pos = b->file_last;
    rb->bufs = link->next;
    ngx_free_chain(r->pool, link);
  }
}

void BodyReader::take_file(ngx_buf_t* b) {
  // Only where another module asked for a body in a file (client_body_in_file_only); never more than the limit.
  const auto size = static_cast<std::size_t>(b->file_last - b->file_pos);
  const std::size_t before = body_.bytes.size();
  body_.bytes.resize(before + size);
  const ssize_t n = ngx_read_file(b->file, bytes(body_.bytes.data() + before), size, b->file_pos);
  if (n != static_cast<ssize_t>(size)) throw std::runtime_error("cannot read the request body back from its file");
}

void BodyReader::finish(ngx_http_request_t* r) {
  r->read_event_handler = ngx_http_block_reading;
  ngx_http_finalize_request(r, deliver(r, std::move(body_)));
}

}  // namespace tribute::ngx::detail

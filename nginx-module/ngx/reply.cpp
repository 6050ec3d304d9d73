#include "ngx/reply.hpp"

#include "ngx/pool.hpp"
#include "ngx/str.hpp"

namespace tribute::ngx {
namespace {

ngx_table_elt_t* push_header(ngx_http_request_t* r, std::string_view name, std::string_view value) {
  const ngx_str_t key = pool_copy(r->pool, name);
  const ngx_str_t text = pool_copy(r->pool, value);
  auto* element = static_cast<ngx_table_elt_t*>(ngx_list_push(&r->headers_out.headers));
  if (element == nullptr) throw std::bad_alloc();
  element->hash = 1;
  element->key = key;
  element->value = text;
  element->lowcase_key = nullptr;
  return element;
}

void set_head(ngx_http_request_t* r, const Head& head, off_t length) {
  r->headers_out.status = head.status;
  r->headers_out.content_length_n = length;
  if (!head.content_type.empty()) {
    r->headers_out.content_type = pool_copy(r->pool, head.content_type);
    // Filters (gzip, charset) compare the type without its parameters, by this length.
    r->headers_out.content_type_len = std::min(head.content_type.find(';'), head.content_type.size());
    r->headers_out.content_type_lowcase = nullptr;
  }
  if (!head.etag.empty()) r->headers_out.etag = push_header(r, "ETag", head.etag);
  if (!head.cache_control.empty()) push_header(r, "Cache-Control", head.cache_control);
  r->headers_out.last_modified_time = head.last_modified;
  for (const Header& h : head.headers) add_header(r, h.name, h.value);
}

/// What to return at once, or nothing when a body follows.
std::optional<ngx_int_t> send_head(ngx_http_request_t* r, const Head& head, off_t length) {
  // Nothing happens when the body was read already. Without this the rest of a body would be the next request.
  if (const ngx_int_t rc = ngx_http_discard_request_body(r); rc != NGX_OK) return rc;
  set_head(r, head, length);
  if (length == 0) r->header_only = 1;
  const ngx_int_t rc = ngx_http_send_header(r);
  if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) return rc;
  return std::nullopt;
}

ngx_buf_t* new_buffer(ngx_http_request_t* r) { return pool_zeroed<ngx_buf_t>(r->pool); }

ngx_buf_t* memory_buffer(ngx_http_request_t* r, std::string_view body) {
  ngx_buf_t* b = new_buffer(r);
  b->start = b->pos = bytes(body.data());
  b->end = b->last = b->pos + body.size();
  b->memory = 1;
  return b;
}

ngx_int_t send_last(ngx_http_request_t* r, ngx_buf_t* b) {
  b->last_buf = 1;
  b->last_in_chain = 1;
  ngx_chain_t out{b, nullptr};
  return ngx_http_output_filter(r, &out);
}

/// One ngx_file_t for all ranges of the same descriptor.
class Files {
 public:
  explicit Files(ngx_http_request_t* r) : r_(r) {}

  ngx_file_t* of(int fd) {
    for (ngx_file_t* f : files_)
      if (f->fd == fd) return f;
    auto* f = pool_zeroed<ngx_file_t>(r_->pool);
    f->fd = fd;
    f->name = literal("tribute track file");
    f->log = r_->connection->log;
    files_.push_back(f);
    return f;
  }

 private:
  ngx_http_request_t* r_;
  std::vector<ngx_file_t*> files_;
};

class Chain {
 public:
  explicit Chain(ngx_pool_t* pool) : pool_(pool) {}

  void append(ngx_buf_t* b) {
    ngx_chain_t* link = ngx_alloc_chain_link(pool_);
    if (link == nullptr) throw std::bad_alloc();
    link->buf = b;
    link->next = nullptr;
    *end_ = link;
    end_ = &link->next;
    last_ = b;
  }
  ngx_chain_t* finish() {
    last_->last_buf = 1;
    last_->last_in_chain = 1;
    return first_;
  }

 private:
  ngx_pool_t* pool_;
  ngx_chain_t* first_ = nullptr;
  ngx_chain_t** end_ = &first_;
  ngx_buf_t* last_ = nullptr;
};

}  // namespace

void add_header(ngx_http_request_t* r, std::string_view name, std::string_view value) {
  ngx_table_elt_t* element = push_header(r, name, value);
  // nginx's filters look at these through pointers of their own.
  if (name == "Content-Encoding") r->headers_out.content_encoding = element;
  if (name == "Location") r->headers_out.location = element;
  if (name == "WWW-Authenticate") r->headers_out.www_authenticate = element;
}

ngx_int_t send(ngx_http_request_t* r, const Head& head, std::string_view body) {
  if (const auto done = send_head(r, head, static_cast<off_t>(body.size()))) return *done;
  return send_last(r, memory_buffer(r, view(pool_copy(r->pool, body))));
}

ngx_int_t send(ngx_http_request_t* r, const Head& head, std::shared_ptr<const std::string> body) {
  if (const auto done = send_head(r, head, static_cast<off_t>(body->size()))) return *done;
  const auto* kept = pool_new<std::shared_ptr<const std::string>>(r->pool, std::move(body));
  return send_last(r, memory_buffer(r, **kept));
}

ngx_int_t send_empty(ngx_http_request_t* r, const Head& head) {
  const auto done = send_head(r, head, 0);
  return done.value_or(NGX_OK);
}

ngx_int_t send_files(ngx_http_request_t* r, const Head& head, std::shared_ptr<const std::string> front,
                     const std::vector<FileRange>& ranges, std::shared_ptr<const void> owner) {
  off_t total = front ? static_cast<off_t>(front->size()) : 0;
  for (const FileRange& range : ranges) total += range.length;
  r->allow_ranges = 1;
  r->single_range = 1;  // nginx serves several ranges at once only out of one single buffer
  if (const auto done = send_head(r, head, total)) return *done;

  pool_new<std::shared_ptr<const void>>(r->pool, std::move(owner));
  Chain chain(r->pool);
  if (front && !front->empty()) {
    const auto* kept = pool_new<std::shared_ptr<const std::string>>(r->pool, std::move(front));
    chain.append(memory_buffer(r, **kept));
  }
  Files files(r);
  for (const FileRange& range : ranges) {
    if (range.length == 0) continue;
    ngx_buf_t* b = new_buffer(r);
    b->file = files.of(range.fd);
    b->file_pos = range.offset;
    b->file_last = range.offset + range.length;
    b->in_file = 1;
    chain.append(b);
  }
  return ngx_http_output_filter(r, chain.finish());
}

}  // namespace tribute::ngx

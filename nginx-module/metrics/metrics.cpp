#include "metrics/metrics.hpp"

#include "ngx/reply.hpp"
#include "problem.hpp"
#include "router.hpp"
#include "runtime.hpp"
#include "tribute/store/read.hpp"
#include "tribute/version.hpp"

namespace tribute::module::metrics {
namespace {

class Page {
 public:
  void gauge(std::string_view name, std::string_view help) {
    ((((text_ += "# HELP ") += name) += ' ') += help) += '\n';
    ((text_ += "# TYPE ") += name) += " gauge\n";
    name_ = name;
  }
  void sample(std::string_view labels, std::uint64_t value) { ((((text_ += name_) += labels) += ' ') += std::to_string(value)) += '\n'; }
  const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
  std::string_view name_;
};

template <class Word>
std::string label(std::string_view name, Word word) {
  return "{" + std::string{name} + "=\"" + std::string{to_word(word)} + "\"}";
}

void put_streams(Page& page, const std::vector<Stream>& active) {
  std::array<std::uint64_t, word_count<StreamStatus>> by_status{};
  std::array<std::uint64_t, word_count<IngestState>> by_ingest{};
  for (const auto& stream : active) {
    ++by_status[static_cast<std::size_t>(stream.phase.status)];
    ++by_ingest[static_cast<std::size_t>(stream.phase.ingest)];
  }
  page.gauge("tribute_active_streams", "Streams that are live, ending, or have an encoder, by status");
  for (std::size_t i = 0; i < by_status.size(); ++i) page.sample(label("status", static_cast<StreamStatus>(i)), by_status[i]);
  page.gauge("tribute_active_ingests", "The same streams by the state of their encoder");
  for (std::size_t i = 0; i < by_ingest.size(); ++i) page.sample(label("ingest", static_cast<IngestState>(i)), by_ingest[i]);
}

}  // namespace

ngx_int_t handle(Runtime& runtime, ngx_http_request_t* r, std::string_view path) {
  if (!path.empty()) return send_problem(r, make_error(Errc::not_found, "There is nothing at this address."));
  if (!router::is_read(r)) return send_method_not_allowed(r, "GET, HEAD");
  Page page;
  page.gauge("tribute_info", "The version that runs");
  page.sample("{version=\"" TRIBUTE_VERSION "\"}", 1);
  page.gauge("tribute_start_time_seconds", "When nginx was started, seconds since the epoch");
  page.sample("", static_cast<std::uint64_t>(runtime.shared().started.ms / 1000));
  page.gauge("tribute_workers", "Worker processes as configured");
  page.sample("", runtime.configured_workers());
  {
    const auto snapshot = runtime.store().snapshot();
    put_streams(page, store::Reader(snapshot).active_streams());
  }
  const auto usage = runtime.store().usage();
  page.gauge("tribute_store_used_bytes", "Size of the store, pages that wait for reuse included");
  page.sample("", usage.used_bytes);
  page.gauge("tribute_store_limit_bytes", "tribute_store_map_size");
  page.sample("", usage.map_bytes);
  return ngx::send(r, {.content_type = "text/plain; version=0.0.4", .cache_control = "no-store"}, page.text());
}

}  // namespace tribute::module::metrics

#include "api/health.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <system_error>

#include "json_reply.hpp"
#include "problem.hpp"
#include "router.hpp"
#include "runtime.hpp"
#include "tribute/version.hpp"
#include "unique_fd.hpp"

namespace tribute::module::api {
namespace {

constexpr ngx_msec_t fresh_ms = 1000;
constexpr std::uint64_t low_media_space = std::uint64_t{1} << 30;    // about 20 minutes at 6 Mbit/s
constexpr std::uint64_t low_ingest_space = std::uint64_t{64} << 20;  // the logs of some 10 streams with a slow reader

/// 0, or why one cannot write there.
int try_to_write(const std::string& folder) {
  const UniqueFd file(open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
  if (!file && errno == EOPNOTSUPP) return faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0 ? 0 : errno;
  if (!file) return errno;
  const char page[4096] = {};
  return write(file.get(), page, sizeof page) == static_cast<ssize_t>(sizeof page) ? 0 : errno;
}

void check_folder(HealthProblems& problems, const char* what, const std::string& folder, std::uint64_t low_space) {
  if (const int error = try_to_write(folder); error != 0) {
    problems.push_back({std::string(what) + "_not_writable", folder + ": " + std::generic_category().message(error),
                        error == ENOSPC ? "Free some space." : "Let the worker user write there: owner, mode, mount."});
    return;
  }
  struct statvfs space {};
  if (statvfs(folder.c_str(), &space) != 0) return;
  const std::uint64_t free = std::uint64_t{space.f_bavail} * space.f_frsize;
  if (free < low_space)
    problems.push_back({std::string(what) + "_space_low", folder + " has " + std::to_string(free >> 20) + " MiB left", "Free some space."});
}

boost::json::array to_json(const HealthProblems& problems) {
  boost::json::array out;
  for (const HealthProblem& p : problems) out.push_back(boost::json::object{{"code", p.code}, {"detail", p.detail}, {"advice", p.advice}});
  return out;
}

}  // namespace

HealthProblems check_folders(const std::string& data, const std::string& media, const std::string& ingest) {
  HealthProblems problems;
  check_folder(problems, "data", data + "/store", 0);
  check_folder(problems, "media", media, low_media_space);
  check_folder(problems, "ingest", ingest, low_ingest_space);
  return problems;
}

ngx_int_t Health::answer(ngx_http_request_t* r) {
  if (!router::is_read(r)) return send_method_not_allowed(r, "GET, HEAD");
  if (known_ && (checking_ || ngx_current_msec - checked_ < fresh_ms)) return send(r);
  const Settings& s = runtime_.settings();
  checking_ = true;
  auto check = [data = s.data, media = s.media_path, ingest = s.ingest_path] { return check_folders(data, media, ingest); };
  const ngx_int_t rc = ngx::answer_from_thread(r, runtime_.media_threads(), std::move(check),
                                               [this](ngx_http_request_t* request, std::optional<HealthProblems>&& problems) {
                                                 checking_ = false;
                                                 if (!problems) return static_cast<ngx_int_t>(NGX_HTTP_INTERNAL_SERVER_ERROR);
                                                 last_ = *std::move(problems);
                                                 known_ = true;
                                                 checked_ = ngx_current_msec;
                                                 return send(request);
                                               });
  if (rc == NGX_DONE) return rc;
  checking_ = false;
  return send_problem(r, make_error(Errc::unavailable, "Too much is waiting for the disk."));
}

ngx_int_t Health::send(ngx_http_request_t* r) const {
  const Timestamp started = runtime_.shared().started;
  return send_data(r, boost::json::object{{"status", last_.empty() ? "ok" : "degraded"},
                                          {"version", TRIBUTE_VERSION},
                                          {"workers", runtime_.configured_workers()},
                                          {"startedAt", to_rfc3339(started)},
                                          {"uptime", (Runtime::now() - started) / 1000},
                                          {"problems", to_json(last_)}});
}

}  // namespace tribute::module::api

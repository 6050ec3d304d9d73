// What nginx-rtmp asks and tells over HTTP (its notify module): the form as a typed value. nginx-rtmp writes its
// own fields first, escaped, and appends the publisher's "?a=b" raw: the first field of a name is therefore its
// own. Where it may leave a name out, the form's is not believed: a session is known by its client number.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "form.hpp"
#include "words.hpp"

namespace tribute {

enum class RtmpCall : std::uint8_t {
  connect,
  disconnect,
  publish,
  publish_done,
  play,
  play_done,
  done,
  update,
  update_publish,
  update_play,
  record_done
};

template <>
struct Words<RtmpCall> {
  static constexpr std::array<std::string_view, 11> words{"connect",        "disconnect",  "publish",    "publish_done",
                                                          "play",           "play_done",   "done",       "update",
                                                          "update_publish", "update_play", "record_done"};
};

struct RtmpCallback {
  RtmpCall call = RtmpCall::connect;
  std::string app;
  std::string name;          ///< publish, play, record_done: what the encoder typed in as its key; else empty
  std::string address;       ///< of the encoder
  std::uint64_t client = 0;  ///< counts up per start of nginx, over all workers; not told with connect
  std::string path;          ///< record_done: the file

  friend bool operator==(const RtmpCallback&, const RtmpCallback&) = default;
};

namespace limits {
inline constexpr std::size_t rtmp_name = 255;  ///< nginx-rtmp cuts names there (NGX_RTMP_MAX_NAME)
}

namespace detail {

constexpr bool always_has_name(RtmpCall call) noexcept {
  return call == RtmpCall::publish || call == RtmpCall::play || call == RtmpCall::record_done;
}

inline bool parse_client(std::string_view text, std::uint64_t& client) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), client);
  return !text.empty() && error == std::errc{} && end == text.data() + text.size();
}

}  // namespace detail

/// Errors: invalid (names the field), too_large. A name that can be no key is still a callback: that is for who decides.
inline Result<RtmpCallback> parse_callback(std::string_view body) {
  const auto form = parse_form(body);
  if (!form) return form.error();
  const auto call = from_word<RtmpCall>(form->get("call"));
  if (!call) return make_error(Errc::invalid, "This is not a callback of nginx-rtmp.", "call");
  RtmpCallback out{.call = *call};
  if (*call != RtmpCall::connect && !detail::parse_client(form->get("clientid"), out.client))
    return make_error(Errc::invalid, "A client number is missing.", "clientid");
  out.app = form->get("app");
  out.address = form->get("addr");
  if (detail::always_has_name(*call)) {
    out.name = form->get("name");
    if (out.name.empty()) return make_error(Errc::invalid, "A stream key is missing.", "name");
    if (out.name.size() > limits::rtmp_name) return make_error(Errc::too_large, "The name is too long to be a stream key.", "name");
  }
  if (*call == RtmpCall::record_done) out.path = form->get("path");
  return out;
}

}  // namespace tribute

// What a media URL asks for. Strict: one spelling for each thing, so that caches and access rules see the same;
// everything else is not_found. Never touches the disk: no piece of a path becomes part of a file name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tribute/id.hpp>
#include <tribute/media/part.hpp>
#include <tribute/result.hpp>

namespace tribute::hls {

enum class Door : std::uint8_t {
  live,       ///< /hls/{streamId}/…
  recording,  ///< /recordings/{archiveId}/… and /recordings/{archiveId}.mp4
};

enum class Thing : std::uint8_t {
  multivariant,  ///< index.m3u8
  playlist,      ///< {grant}/{track}.m3u8
  init,          ///< {grant}/{track}/init-{number}.mp4
  segment,       ///< {grant}/{track}/{number}.m4s
  part,          ///< {grant}/{track}/{number}.{part}.m4s
  download,      ///< /recordings/{archiveId}.mp4
};

struct MediaPath {
  Door door = Door::live;
  Thing thing = Thing::multivariant;
  Id id;                   ///< stream or archive entry
  std::string_view grant;  ///< empty with multivariant and download; points into the path
  media::TrackKind track = media::TrackKind::video;
  std::uint64_t number = 0;  ///< init number or media sequence number
  std::uint32_t part = 0;

  friend bool operator==(const MediaPath&, const MediaPath&) = default;
};

inline constexpr std::size_t max_grant_size = 128;

namespace detail {

/// Decimal without sign or leading zero, at most `max`.
constexpr std::optional<std::uint64_t> plain_number(std::string_view text, std::uint64_t max) noexcept {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (max - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

constexpr bool take_prefix(std::string_view& text, std::string_view prefix) noexcept {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

constexpr bool take_suffix(std::string_view& text, std::string_view suffix) noexcept {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

constexpr std::optional<media::TrackKind> known_track(std::string_view name) noexcept {
  for (const auto kind : {media::TrackKind::video, media::TrackKind::audio})
    if (name == media::track_name(kind)) return kind;
  return std::nullopt;
}

/// The characters of base64url: what grants are made of.
constexpr bool is_grant(std::string_view text) noexcept {
  if (text.empty() || text.size() > max_grant_size) return false;
  for (const char c : text)
    if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_')) return false;
  return true;
}

// "init-3.mp4", "123.m4s", "123.4.m4s"
constexpr bool parse_file(std::string_view name, MediaPath& out) noexcept {
  if (take_prefix(name, "init-")) {
    if (!take_suffix(name, ".mp4")) return false;
    const auto number = plain_number(name, UINT32_MAX);
    if (!number) return false;
    out.thing = Thing::init;
    out.number = *number;
    return true;
  }
  if (!take_suffix(name, ".m4s")) return false;
  out.thing = Thing::segment;
  if (const auto dot = name.find('.'); dot != std::string_view::npos) {
    const auto part = plain_number(name.substr(dot + 1), UINT32_MAX);
    if (!part) return false;
    out.thing = Thing::part;
    out.part = static_cast<std::uint32_t>(*part);
    name = name.substr(0, dot);
  }
  const auto msn = plain_number(name, UINT64_MAX);
  if (!msn) return false;
  out.number = *msn;
  return true;
}

// What follows "{id}/".
constexpr bool parse_below(std::string_view rest, MediaPath& out) noexcept {
  if (rest == "index.m3u8") {
    out.thing = Thing::multivariant;
    return true;
  }
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos || !is_grant(rest.substr(0, slash))) return false;
  out.grant = rest.substr(0, slash);
  rest.remove_prefix(slash + 1);
  const auto deeper = rest.find('/');
  auto track = rest.substr(0, deeper);
  if (deeper == std::string_view::npos && !take_suffix(track, ".m3u8")) return false;
  const auto kind = known_track(track);
  if (!kind) return false;
  out.track = *kind;
  out.thing = Thing::playlist;
  return deeper == std::string_view::npos || parse_file(rest.substr(deeper + 1), out);
}

constexpr bool parse_all(std::string_view path, MediaPath& out) noexcept {
  if (take_prefix(path, "/hls/")) {
    out.door = Door::live;
  } else if (take_prefix(path, "/recordings/")) {
    out.door = Door::recording;
  } else {
    return false;
  }
  const auto id = Id::parse(path.substr(0, Id::text_size));
  if (!id) return false;
  out.id = *id;
  path.remove_prefix(Id::text_size);
  if (out.door == Door::recording && path == ".mp4") {
    out.thing = Thing::download;
    return true;
  }
  return take_prefix(path, "/") && parse_below(path, out);
}

}  // namespace detail

/// The path of a URL, undecoded or decoded, without its query ("/hls/…", "/recordings/…"). The answer's grant points
/// into it.
inline Result<MediaPath> parse_media_path(std::string_view path) {
  MediaPath out;
  if (!detail::parse_all(path, out)) return make_error(Errc::not_found, "there is no such media");
  return out;
}

/// The same path again: format(parse(x)) == x.
inline std::string format_media_path(const MediaPath& path) {
  std::string out = path.door == Door::live ? "/hls/" : "/recordings/";
  out += path.id.text();
  if (path.thing == Thing::download) return out + ".mp4";
  if (path.thing == Thing::multivariant) return out + "/index.m3u8";
  ((out += '/') += path.grant) += '/';
  out += media::track_name(path.track);
  switch (path.thing) {
    case Thing::playlist: return out + ".m3u8";
    case Thing::init: return out + "/init-" + std::to_string(path.number) + ".mp4";
    case Thing::part: return out + '/' + std::to_string(path.number) + '.' + std::to_string(path.part) + ".m4s";
    default: return out + '/' + std::to_string(path.number) + ".m4s";
  }
}

}  // namespace tribute::hls

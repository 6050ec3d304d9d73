// Points in time and their RFC 3339 form. Pure: nothing here asks a clock.
#pragma once

#include <charconv>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tribute {

/// Milliseconds since 1970-01-01T00:00:00Z, leap seconds ignored as POSIX does. 0 means "never".
struct Timestamp {
  std::int64_t ms = 0;

  constexpr bool is_set() const noexcept { return ms != 0; }
  friend constexpr auto operator<=>(Timestamp, Timestamp) = default;
  friend constexpr Timestamp operator+(Timestamp t, std::int64_t add_ms) { return {t.ms + add_ms}; }
  friend constexpr std::int64_t operator-(Timestamp a, Timestamp b) { return a.ms - b.ms; }
};

namespace detail {

// Days <-> civil date: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
constexpr std::int64_t days_from_civil(std::int64_t y, unsigned m, unsigned d) noexcept {
  y -= m <= 2;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const auto yoe = static_cast<unsigned>(y - era * 400);
  const unsigned doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
  const unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + static_cast<std::int64_t>(doe) - 719468;
}

struct Civil {
  std::int64_t year;
  unsigned month, day;
};

constexpr Civil civil_from_days(std::int64_t z) noexcept {
  z += 719468;
  const std::int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const auto doe = static_cast<unsigned>(z - era * 146097);
  const unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const unsigned mp = (5 * doy + 2) / 153;
  const unsigned month = mp < 10 ? mp + 3 : mp - 9;
  return {static_cast<std::int64_t>(yoe) + era * 400 + (month <= 2), month, doy - (153 * mp + 2) / 5 + 1};
}

constexpr unsigned days_in_month(std::int64_t y, unsigned m) noexcept {
  const bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
  constexpr unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return m == 2 && leap ? 29 : days[m - 1];
}

inline std::optional<unsigned> digits(std::string_view s, std::size_t at, std::size_t n) {
  if (s.size() < at + n) return std::nullopt;
  unsigned value = 0;
  for (std::size_t i = at; i < at + n; ++i) {
    if (s[i] < '0' || s[i] > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(s[i] - '0');
  }
  return value;
}

inline void put_digits(std::string& out, std::int64_t value, int width) {
  char buffer[20];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  for (auto n = end - buffer; n < width; ++n) out += '0';
  out.append(buffer, end);
}

}  // namespace detail

/// "2024-10-15T14:00:00.000Z" (RFC 3339 section 5.6, always UTC, always milliseconds).
inline std::string to_rfc3339(Timestamp t) {
  std::int64_t days = t.ms / 86'400'000;
  std::int64_t rest = t.ms % 86'400'000;
  if (rest < 0) {
    rest += 86'400'000;
    --days;
  }
  const auto date = detail::civil_from_days(days);
  std::string out;
  out.reserve(24);
  detail::put_digits(out, date.year, 4);
  out += '-';
  detail::put_digits(out, date.month, 2);
  out += '-';
  detail::put_digits(out, date.day, 2);
  out += 'T';
  detail::put_digits(out, rest / 3'600'000, 2);
  out += ':';
  detail::put_digits(out, rest / 60'000 % 60, 2);
  out += ':';
  detail::put_digits(out, rest / 1000 % 60, 2);
  out += '.';
  detail::put_digits(out, rest % 1000, 3);
  out += 'Z';
  return out;
}

/// Reads RFC 3339 section 5.6 date-time with any offset and any number of fraction digits (kept to the
/// millisecond). Years 1970 to 9999. Nothing else: no missing offset, no trailing bytes.
inline std::optional<Timestamp> parse_rfc3339(std::string_view s) {
  const auto year = detail::digits(s, 0, 4), month = detail::digits(s, 5, 2), day = detail::digits(s, 8, 2);
  const auto hour = detail::digits(s, 11, 2), minute = detail::digits(s, 14, 2), second = detail::digits(s, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (s[4] != '-' || s[7] != '-' || (s[10] != 'T' && s[10] != 't') || s[13] != ':' || s[16] != ':') return std::nullopt;
  if (*year < 1970 || *month < 1 || *month > 12 || *day < 1 || *day > detail::days_in_month(*year, *month)) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  std::size_t at = 19;
  std::int64_t milliseconds = 0;
  if (at < s.size() && s[at] == '.') {
    std::int64_t scale = 100;
    const std::size_t first = ++at;
    for (; at < s.size() && s[at] >= '0' && s[at] <= '9'; ++at, scale /= 10) milliseconds += (s[at] - '0') * scale;
    if (at == first) return std::nullopt;
  }
  std::int64_t offset_minutes = 0;
  if (at + 1 == s.size() && (s[at] == 'Z' || s[at] == 'z')) {
    at += 1;
  } else if (at + 6 == s.size() && (s[at] == '+' || s[at] == '-') && s[at + 3] == ':') {
    const auto h = detail::digits(s, at + 1, 2), m = detail::digits(s, at + 4, 2);
    if (!h || !m || *h > 23 || *m > 59) return std::nullopt;
    offset_minutes = (s[at] == '-' ? -1 : 1) * static_cast<std::int64_t>(*h * 60 + *m);
    at += 6;
  }
  if (at != s.size() || at == 19) return std::nullopt;
  const std::int64_t days = detail::days_from_civil(*year, *month, *day);
  const std::int64_t seconds = days * 86'400 + *hour * 3600 + *minute * 60 + *second - offset_minutes * 60;
  return Timestamp{seconds * 1000 + milliseconds};
}

}  // namespace tribute

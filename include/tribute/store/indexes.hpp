// Which index rows and which deadlines a record has: pure functions of the record alone. The service writes the
// difference between before and after, a migration rebuilds them, a checker compares them with what is stored.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "../record.hpp"
#include "keys.hpp"

namespace tribute::store {

/// Which table keeps a type of record.
template <class Record>
inline constexpr Table table_of = Table::meta;
template <>
inline constexpr Table table_of<Stream> = Table::stream;
template <>
inline constexpr Table table_of<Input> = Table::input;
template <>
inline constexpr Table table_of<Memorial> = Table::memorial;
template <>
inline constexpr Table table_of<ArchiveEntry> = Table::archive;

/// A stream's place in lists: when it is planned, or else when it was made.
inline Timestamp list_time(const Stream& stream) { return stream.phase.scheduled_start.is_set() ? stream.phase.scheduled_start : stream.created; }

/// What the server has to look after: on air, being closed, with an encoder, or with an ingest log not yet done with.
inline bool is_active(const Stream& stream) {
  const auto& phase = stream.phase;
  return phase.status == StreamStatus::live || phase.status == StreamStatus::ending || phase.ingest != IngestState::absent ||
         stream.publisher.session.is_set();
}

namespace detail {

/// Collects the keys of one record.
class IndexKeys {
 public:
  IndexKeys(std::string_view org, Position position) : org_(org), position_(position) {}

  template <class... Parts>
  void add(Index index, const Parts&... parts) {
    auto key = index_prefix(org_, index, parts...);
    put_time(key, position_.when);
    put_id(key, position_.id);
    keys_.push_back(std::move(key));
  }

  /// Rising, as set_difference wants them.
  std::vector<std::string> sorted() && {
    std::sort(keys_.begin(), keys_.end());
    return std::move(keys_);
  }

 private:
  std::string_view org_;
  Position position_;
  std::vector<std::string> keys_;
};

}  // namespace detail

inline std::vector<std::string> indexes_of(const Stream& stream) {
  const Timestamp when = list_time(stream);
  detail::IndexKeys keys(stream.org, {when, stream.id});
  keys.add(Index::stream_by_when);
  keys.add(Index::stream_by_status, stream.phase.status);
  keys.add(Index::stream_by_creator, stream.created_by);
  if (stream.memorial_id.is_set()) keys.add(Index::stream_by_memorial, stream.memorial_id);
  if (stream.input_id.is_set()) keys.add(Index::stream_by_input, stream.input_id);
  if (is_active(stream)) keys.add(Index::stream_active);
  auto sorted = std::move(keys).sorted();
  if (stream.publisher.boot.is_set()) {
    detail::IndexKeys session(stream.org, {{}, stream.id});
    session.add(Index::stream_by_session, stream.publisher.boot, stream.publisher.client);
    for (auto& key : std::move(session).sorted()) sorted.insert(std::upper_bound(sorted.begin(), sorted.end(), key), key);
  }
  return sorted;
}

inline std::vector<std::string> indexes_of(const Input& input) {
  std::vector<std::string> all;
  detail::IndexKeys by_key(input.org, {{}, input.id});
  by_key.add(Index::input_by_key, input.key_hmac);
  all = std::move(by_key).sorted();
  if (input.shared) {
    detail::IndexKeys by_when(input.org, {input.created, input.id});
    by_when.add(Index::input_by_when);
    for (auto& key : std::move(by_when).sorted()) all.push_back(key);
  }
  std::sort(all.begin(), all.end());
  return all;
}

inline std::vector<std::string> indexes_of(const Memorial& memorial) {
  detail::IndexKeys keys(memorial.org, {memorial.created, memorial.id});
  keys.add(Index::memorial_by_when);
  return std::move(keys).sorted();
}

inline std::vector<std::string> indexes_of(const ArchiveEntry& entry) {
  detail::IndexKeys keys(entry.org, {entry.started, entry.id});
  keys.add(Index::archive_by_stream, entry.stream_id);
  if (entry.memorial_id.is_set()) keys.add(Index::archive_by_memorial, entry.memorial_id);
  return std::move(keys).sorted();
}

/// Only what apply() will act on when it is due: a deadline that fires changes its record, and thereby goes.
inline std::vector<DeadlineKey> deadlines_of(const Stream& stream) {
  std::vector<DeadlineKey> all;
  const auto& phase = stream.phase;
  if (phase.status == StreamStatus::live && phase.window_ends.is_set()) all.push_back({phase.window_ends, DeadlineKind::reconnect_window, stream.id});
  if (phase.status == StreamStatus::scheduled) all.push_back({phase.scheduled_start, DeadlineKind::became_due, stream.id});
  return all;
}

inline std::vector<DeadlineKey> deadlines_of(const ArchiveEntry& entry) {
  const bool gone = entry.state == ArchiveState::deleted || entry.state == ArchiveState::expired;
  if (!gone || !entry.purge_at.is_set()) return {};
  return {{entry.purge_at, DeadlineKind::archive_purge, entry.id}};
}

inline std::vector<DeadlineKey> deadlines_of(const Input&) { return {}; }
inline std::vector<DeadlineKey> deadlines_of(const Memorial&) { return {}; }

}  // namespace tribute::store

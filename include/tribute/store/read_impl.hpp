// The bodies of read.hpp. Included by it, and by nobody else.
#pragma once

#include "read.hpp"

namespace tribute::store {

namespace detail {

inline constexpr std::size_t most_items = 1000;       ///< of one page
inline constexpr std::size_t most_examined = 4000;    ///< records read for one page, kept or not

inline bool matches(const Stream& stream, const StreamFilter& filter) {
  const auto& wanted = filter.statuses;
  if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), stream.phase.status) == wanted.end()) return false;
  if (filter.memorial && stream.memorial_id != *filter.memorial) return false;
  if (filter.input && stream.input_id != *filter.input) return false;
  return !filter.created_by || stream.created_by == *filter.created_by;
}

/// The indexes whose common rows answer the filter. Several statuses are left to matches().
inline std::vector<std::string> indexes_for(const std::string& org, const StreamFilter& filter) {
  std::vector<std::string> prefixes;
  if (filter.memorial) prefixes.push_back(index_prefix(org, Index::stream_by_memorial, *filter.memorial));
  if (filter.input) prefixes.push_back(index_prefix(org, Index::stream_by_input, *filter.input));
  if (filter.statuses.size() == 1) prefixes.push_back(index_prefix(org, Index::stream_by_status, filter.statuses.front()));
  if (filter.created_by) prefixes.push_back(index_prefix(org, Index::stream_by_creator, *filter.created_by));
  if (prefixes.empty()) prefixes.push_back(index_prefix(org, Index::stream_by_when));
  return prefixes;
}

/// Where a list's time range ends, seen from where the walk begins.
inline bool outside(const StreamFilter& filter, Timestamp when) {
  return filter.order == Order::oldest_first ? filter.to && when >= *filter.to : filter.from && when < *filter.from;
}

}  // namespace detail

template <View V>
template <class Record>
std::optional<Record> Reader<V>::record(Id id) const {
  const auto row = view_.get(table_of<Record>, record_key(org_, id));
  if (!row) return std::nullopt;
  auto record = read_record<Record>(*row);
  if (!record) throw DamagedRecord(record.error().detail + " (" + std::string{to_word(table_of<Record>)} + " " + id.text() + ")");
  return *std::move(record);
}

template <View V>
std::optional<Stream> Reader<V>::stream(Id id) const { return record<Stream>(id); }
template <View V>
std::optional<Input> Reader<V>::input(Id id) const { return record<Input>(id); }
template <View V>
std::optional<Memorial> Reader<V>::memorial(Id id) const { return record<Memorial>(id); }
template <View V>
std::optional<ArchiveEntry> Reader<V>::archive(Id id) const { return record<ArchiveEntry>(id); }

template <View V>
std::optional<Input> Reader<V>::input_by_key(std::string_view key_hmac) const {
  IndexWalk<V> walk(view_, {index_prefix(org_, Index::input_by_key, key_hmac)}, Order::oldest_first);
  while (const auto position = walk.next())
    if (auto found = input(position->id); found && found->key_hmac == key_hmac) return found;
  return std::nullopt;
}

template <View V>
std::optional<Stream> Reader<V>::stream_by_session(Id boot, std::uint64_t client) const {
  IndexWalk<V> walk(view_, {index_prefix(org_, Index::stream_by_session, boot, client)}, Order::oldest_first);
  while (const auto position = walk.next())
    if (auto found = stream(position->id); found && found->publisher.boot == boot && found->publisher.client == client) return found;
  return std::nullopt;
}

template <View V>
template <class Record, class Match, class Keep>
Result<Page<Record>> Reader<V>::list(ListKind kind, IndexWalk<V> walk, std::string_view cursor, std::size_t limit, Match match, Keep keep) const {
  if (!cursor.empty()) {
    const auto last = parse_cursor(kind, cursor);
    if (!last) return make_error(Errc::unprocessable, "is not a cursor that this list gave", "cursor");
    walk.start_behind(*last);
  }
  limit = std::clamp<std::size_t>(limit, 1, detail::most_items);
  Page<Record> page;
  std::optional<Position> last;
  for (std::size_t examined = 0; const auto position = walk.next(); ++examined) {
    if (!match.in_range(position->when)) return page;
    // The page is full (or has cost enough) and there is more: only now is a next page promised.
    if (page.items.size() == limit || examined == detail::most_examined) {
      page.next = make_cursor(kind, *last);
      return page;
    }
    last = position;
    const auto row = view_.get(table_of<Record>, record_key(org_, position->id));
    auto record = row ? read_record<Record>(*row) : Result<Record>{make_error(Errc::corrupt, "An index row has no record.")};
    if (!record) ++page.damaged;
    else if (match(*record) && keep(std::as_const(*record))) page.items.push_back(*std::move(record));
  }
  return page;
}

namespace detail {
struct MatchAll {
  template <class T>
  bool operator()(const T&) const noexcept { return true; }
  bool in_range(Timestamp) const noexcept { return true; }
};
struct MatchStream {
  const StreamFilter& filter;
  bool operator()(const Stream& stream) const { return matches(stream, filter); }
  bool in_range(Timestamp when) const noexcept { return !outside(filter, when); }
};
}  // namespace detail

template <View V>
template <class Keep>
Result<Page<Stream>> Reader<V>::list_streams(const StreamFilter& filter, std::string_view cursor, std::size_t limit, Keep keep) const {
  IndexWalk<V> walk(view_, detail::indexes_for(org_, filter), filter.order);
  const auto& start = filter.order == Order::oldest_first ? filter.from : filter.to;
  if (start) walk.start_at(*start);
  return list<Stream>(ListKind::streams, std::move(walk), cursor, limit, detail::MatchStream{filter}, std::move(keep));
}

template <View V>
template <class Keep>
Result<Page<Memorial>> Reader<V>::list_memorials(std::string_view cursor, std::size_t limit, Keep keep) const {
  return list<Memorial>(ListKind::memorials, {view_, {index_prefix(org_, Index::memorial_by_when)}, Order::newest_first}, cursor, limit, detail::MatchAll{},
                        std::move(keep));
}

template <View V>
template <class Keep>
Result<Page<Input>> Reader<V>::list_inputs(std::string_view cursor, std::size_t limit, Keep keep) const {
  return list<Input>(ListKind::inputs, {view_, {index_prefix(org_, Index::input_by_when)}, Order::newest_first}, cursor, limit, detail::MatchAll{}, std::move(keep));
}

template <View V>
template <class Keep>
Result<Page<ArchiveEntry>> Reader<V>::archive_of_memorial(Id memorial, std::string_view cursor, std::size_t limit, Keep keep) const {
  return list<ArchiveEntry>(ListKind::archive, {view_, {index_prefix(org_, Index::archive_by_memorial, memorial)}, Order::newest_first}, cursor, limit,
                            detail::MatchAll{}, std::move(keep));
}

template <View V>
template <class Keep>
Result<Page<ArchiveEntry>> Reader<V>::archive_of_stream(Id stream, std::string_view cursor, std::size_t limit, Keep keep) const {
  return list<ArchiveEntry>(ListKind::archive, {view_, {index_prefix(org_, Index::archive_by_stream, stream)}, Order::newest_first}, cursor, limit,
                            detail::MatchAll{}, std::move(keep));
}

template <View V>
std::vector<JournalEntry> Reader<V>::journal(Id stream, std::uint64_t after, std::size_t limit) const {
  std::vector<JournalEntry> entries;
  if (after == UINT64_MAX) return entries;
  const auto prefix = journal_prefix(org_, stream);
  auto cursor = view_.cursor(Table::journal);
  for (bool there = cursor.seek(journal_key(org_, stream, after + 1)); there && cursor.key().starts_with(prefix) && entries.size() < limit; there = cursor.next())
    if (auto entry = decode<JournalEntry>(cursor.value())) entries.push_back(*std::move(entry));
  return entries;
}

template <View V>
Result<Page<JournalEntry>> Reader<V>::journal(Id stream, std::string_view cursor, std::size_t limit) const {
  const auto after = cursor.empty() ? std::optional<std::uint64_t>{0} : parse_journal_cursor(cursor);
  if (!after) return make_error(Errc::unprocessable, "is not a cursor that this list gave", "cursor");
  Page<JournalEntry> page{.items = journal(stream, *after, std::clamp<std::size_t>(limit, 1, detail::most_items))};
  if (!page.items.empty()) page.next = make_journal_cursor(page.items.back().seq);
  return page;
}

template <View V>
std::vector<Stream> Reader<V>::active_streams() const {
  std::vector<Stream> streams;
  IndexWalk<V> walk(view_, {index_prefix(org_, Index::stream_active)}, Order::oldest_first);
  while (const auto position = walk.next())
    if (auto found = stream(position->id)) streams.push_back(*std::move(found));
  return streams;
}

template <View V>
std::vector<DeadlineKey> Reader<V>::due_deadlines(Timestamp now, std::size_t limit) const {
  std::vector<DeadlineKey> due;
  auto cursor = view_.cursor(Table::deadline);
  for (bool there = cursor.seek(detail::org_key(org_)); there && due.size() < limit; there = cursor.next()) {
    const auto deadline = deadline_of(org_, cursor.key());
    if (!deadline || deadline->due > now) break;
    due.push_back(*deadline);
  }
  return due;
}

template <View V>
std::optional<Timestamp> Reader<V>::next_deadline() const {
  auto cursor = view_.cursor(Table::deadline);
  if (!cursor.seek(detail::org_key(org_))) return std::nullopt;
  const auto deadline = deadline_of(org_, cursor.key());
  return deadline ? std::optional{deadline->due} : std::nullopt;
}

template <View V>
std::vector<OutboxRow> Reader<V>::outbox(std::uint64_t after, std::size_t limit) const {
  std::vector<OutboxRow> rows;
  if (after == UINT64_MAX) return rows;
  const auto prefix = detail::org_key(org_);
  auto cursor = view_.cursor(Table::outbox);
  for (bool there = cursor.seek(outbox_key(org_, after + 1)); there && rows.size() < limit; there = cursor.next()) {
    if (cursor.key().size() != prefix.size() + 8 || !cursor.key().starts_with(prefix)) break;
    if (auto effect = read_effect(cursor.value())) rows.push_back({detail::take_u64(cursor.key().substr(prefix.size())), *std::move(effect)});
  }
  return rows;
}

}  // namespace tribute::store

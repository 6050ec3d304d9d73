// Typed reads over one consistent view: what the API, the pages, the media side and the server's own work look
// up. Every read is a key or a declared index, never a scan of a table; lists come in pages with opaque cursors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../effect.hpp"
#include "../record.hpp"
#include "command.hpp"
#include "cursor.hpp"
#include "indexes.hpp"
#include "rows.hpp"
#include "walk.hpp"

namespace tribute::store {

/// Every condition that is set must hold. `from` (inclusive) and `to` (exclusive) are about the stream's time: its
/// scheduled start, or else its creation.
struct StreamFilter {
  std::vector<StreamStatus> statuses;  ///< any of these; empty: all
  std::optional<Id> memorial;
  std::optional<Id> input;
  std::optional<std::string> created_by;
  std::optional<Timestamp> from, to;
  Order order = Order::newest_first;
};

/// A page may be shorter than asked for, even empty, and still have a `next`: the work for one page is bounded.
template <class T>
struct Page {
  std::vector<T> items;
  std::optional<std::string> next;  ///< cursor of the page after this one; absent: that was all
  std::size_t damaged = 0;          ///< rows left out because their record cannot be read
};

struct OutboxRow {
  std::uint64_t seq = 0;
  Effect effect;
};

struct KeepAll {
  template <class T>
  bool operator()(const T&) const noexcept { return true; }
};

/// Valid as long as its view. Not found is nullopt; a record whose bytes are damaged throws DamagedRecord (lists leave
/// it out and count it). `cursor`: empty for the first page; one that no page gave is Errc::unprocessable, field "cursor".
template <View V>
class Reader {
 public:
  explicit Reader(const V& view, std::string_view org = default_org) : view_(view), org_(org) {}
  explicit Reader(V&&, std::string_view = default_org) = delete;  // the view would be gone at once

  std::optional<Stream> stream(Id id) const;
  std::optional<Input> input(Id id) const;
  std::optional<Memorial> memorial(Id id) const;
  std::optional<ArchiveEntry> archive(Id id) const;

  std::optional<Input> input_by_key(std::string_view key_hmac) const;
  /// The stream whose encoder is this connection.
  std::optional<Stream> stream_by_session(Id boot, std::uint64_t client) const;

  /// `keep` filters further (the policy); what it leaves out does not count towards `limit`.
  template <class Keep = KeepAll>
  Result<Page<Stream>> list_streams(const StreamFilter& filter, std::string_view cursor, std::size_t limit, Keep keep = {}) const;
  template <class Keep = KeepAll>
  Result<Page<Memorial>> list_memorials(std::string_view cursor, std::size_t limit, Keep keep = {}) const;
  /// Shared inputs only.
  template <class Keep = KeepAll>
  Result<Page<Input>> list_inputs(std::string_view cursor, std::size_t limit, Keep keep = {}) const;
  /// Newest first, as the next.
  template <class Keep = KeepAll>
  Result<Page<ArchiveEntry>> archive_of_memorial(Id memorial, std::string_view cursor, std::size_t limit, Keep keep = {}) const;
  template <class Keep = KeepAll>
  Result<Page<ArchiveEntry>> archive_of_stream(Id stream, std::string_view cursor, std::size_t limit, Keep keep = {}) const;

  /// Entries after number `after`, in order. It outlives its stream.
  std::vector<JournalEntry> journal(Id stream, std::uint64_t after, std::size_t limit) const;
  /// The same with a cursor; `next` is always set when there are items, so that a caller can come back for more.
  Result<Page<JournalEntry>> journal(Id stream, std::string_view cursor, std::size_t limit) const;

  /// Live, ending, or with an encoder: oldest first.
  std::vector<Stream> active_streams() const;
  /// Due at `now` or before, earliest first.
  std::vector<DeadlineKey> due_deadlines(Timestamp now, std::size_t limit) const;
  /// When the next one is due, if there is any.
  std::optional<Timestamp> next_deadline() const;
  /// Effects not completed yet, in the order in which they were decided.
  std::vector<OutboxRow> outbox(std::uint64_t after, std::size_t limit) const;

 private:
  template <class Record>
  std::optional<Record> record(Id id) const;
  template <class Record, class Match, class Keep>
  Result<Page<Record>> list(ListKind kind, IndexWalk<V> walk, std::string_view cursor, std::size_t limit, Match match, Keep keep) const;

  const V& view_;
  std::string org_;
};

}  // namespace tribute::store

#include "read_impl.hpp"

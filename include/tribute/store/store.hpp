// The Store concept: what the service needs from whatever keeps the rows. Reads are gets and ordered ranges over
// declared tables and indexes; writes are one batch inside one partition (an org). An embedded or a distributed
// database can stand behind it: nothing here hands a closure into a transaction.
#pragma once

#include <concepts>
#include <optional>
#include <string_view>

#include "../result.hpp"
#include "batch.hpp"
#include "rows.hpp"
#include "table.hpp"

namespace tribute::store {

/// An ordered walk over one table. A row's bytes are valid until the cursor moves or its view ends.
template <class C>
concept RowCursor = requires(C& cursor, const C& here, std::string_view key) {
  { cursor.seek(key) } -> std::same_as<bool>;         // the first row at or after key
  { cursor.seek_before(key) } -> std::same_as<bool>;  // the last row strictly before key
  { cursor.next() } -> std::same_as<bool>;            // precondition: the last call returned true
  { cursor.previous() } -> std::same_as<bool>;
  { here.key() } -> std::same_as<std::string_view>;
  { here.value() } -> std::same_as<std::string_view>;
};

/// One consistent state of all tables. "Not found" is a value; a broken disk is an exception.
template <class V>
concept View = requires(const V& view, Table table, std::string_view key) {
  { view.get(table, key) } -> std::same_as<std::optional<std::string_view>>;
  { view.cursor(table) } -> RowCursor;
};

/// A view that can take a batch. Errors: conflict when a version is not the expected one, and nothing of it was
/// written. No room, a broken disk: an exception, and the transaction must be given up.
template <class T>
concept Transaction = View<T> && requires(T& transaction, const Batch& batch) {
  { transaction.write(batch) } -> std::same_as<Result<Done>>;
};

/// What keeps the rows: conditional batches in, consistent views out.
template <class S>
concept Store = requires(S& store, const S& seen, const Batch& batch) {
  { store.commit(batch) } -> std::same_as<Result<Done>>;
  { seen.snapshot() } -> View;
};

/// The version that the row of an expectation has now; 0 when there is none.
template <View V>
std::uint64_t stored_version(const V& view, const Expected& expected) {
  const auto row = view.get(expected.table, expected.key);
  return row ? row_version(*row) : 0;
}

inline Error version_conflict() { return make_error(Errc::conflict, "Somebody else changed this at the same time. Read it again and repeat the request."); }

}  // namespace tribute::store

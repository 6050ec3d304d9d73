// The store's tables as LMDB has them, and a write transaction over them: the Transaction concept of store.hpp.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "../store/store.hpp"
#include "lmdb.hpp"

namespace tribute::store {

/// LMDB's number of each table; found once, when the store is opened.
class Tables {
 public:
  MDB_dbi operator[](Table table) const { return numbers_[static_cast<std::size_t>(table)]; }

  /// Finds the table, or makes it. Plain keys only: never MDB_DUPSORT (LMDB 0.9.24 lacks ITS#9376 and #9461).
  void open(lmdb::WriteTransaction& txn, Table table) {
    const std::string name{to_word(table)};
    lmdb::check(mdb_dbi_open(txn.handle(), name.c_str(), MDB_CREATE, &numbers_[static_cast<std::size_t>(table)]), "open a table");
  }

 private:
  std::array<MDB_dbi, word_count<Table>> numbers_{};
};

class WriteView {
 public:
  WriteView(lmdb::Environment& environment, const Tables& tables) : txn_(environment), tables_(tables) {}

  std::optional<std::string_view> get(Table table, std::string_view key) const { return txn_.get(tables_[table], key); }
  lmdb::Cursor cursor(Table table) const { return txn_.cursor(tables_[table]); }
  void put(Table table, std::string_view key, std::string_view value) { txn_.put(tables_[table], key, value); }
  void erase(Table table, std::string_view key) { txn_.erase(tables_[table], key); }

  /// Errors: conflict, before anything is written. No room is a lmdb::Failure: the transaction is lost.
  Result<Done> write(const Batch& batch) {
    for (const auto& expected : batch.expected)
      if (stored_version(*this, expected) != expected.version) return version_conflict();
    for (const auto& write : batch.writes) {
      if (write.value) put(write.table, write.key, *write.value);
      else erase(write.table, write.key);
    }
    return Done{};
  }

  void commit() { txn_.commit(); }
  lmdb::WriteTransaction& transaction() noexcept { return txn_; }

 private:
  lmdb::WriteTransaction txn_;
  const Tables& tables_;
};
static_assert(Transaction<WriteView>);

}  // namespace tribute::store

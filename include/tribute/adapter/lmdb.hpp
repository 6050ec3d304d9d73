// LMDB's transactions with its rules made impossible to break: writers stay on their thread and never nest, cursors
// end before their transaction, no row outlives it, no MDB_DUPSORT. "Not found" is a value; what must not happen is a
// Failure, thrown. Knows nothing of records.
#pragma once

#include <lmdb.h>

#include <exception>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "lmdb_environment.hpp"

namespace tribute::lmdb {

namespace detail {

inline MDB_val val(std::string_view bytes) { return {bytes.size(), const_cast<char*>(bytes.data())}; }
inline std::string_view view(const MDB_val& value) { return {static_cast<const char*>(value.mv_data), value.mv_size}; }

}  // namespace detail

class Cursor {
 public:
  Cursor(MDB_txn* txn, MDB_dbi table, unsigned& open) : open_(&open) {
    check(mdb_cursor_open(txn, table, &cursor_), "open a cursor");
    ++*open_;
  }
  Cursor(Cursor&& other) noexcept : cursor_(std::exchange(other.cursor_, nullptr)), open_(other.open_), key_(other.key_), value_(other.value_) {}
  Cursor& operator=(Cursor&&) = delete;
  ~Cursor() {
    if (cursor_ == nullptr) return;
    mdb_cursor_close(cursor_);
    --*open_;
  }

  /// The first row at or after key. An empty key: the first row.
  bool seek(std::string_view key) {
    key_ = detail::val(key);
    return move(key.empty() ? MDB_FIRST : MDB_SET_RANGE);
  }
  /// The last row strictly before key.
  bool seek_before(std::string_view key) { return move(seek(key) ? MDB_PREV : MDB_LAST); }
  bool next() { return move(MDB_NEXT); }
  bool previous() { return move(MDB_PREV); }

  /// Valid until the cursor moves or the transaction ends.
  std::string_view key() const { return detail::view(key_); }
  std::string_view value() const { return detail::view(value_); }

 private:
  bool move(MDB_cursor_op op) {
    const int code = mdb_cursor_get(cursor_, &key_, &value_, op);
    if (code == MDB_NOTFOUND) return false;
    check(code, "walk over rows");
    return true;
  }

  MDB_cursor* cursor_ = nullptr;
  unsigned* open_;
  MDB_val key_{}, value_{};
};

/// One consistent state. As short as possible: what it sees cannot be reused by writers. Any thread, one at a time.
class ReadTransaction {
 public:
  explicit ReadTransaction(Environment& environment) : environment_(environment), txn_(environment.lend()) {}
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;
  ~ReadTransaction() {
    if (cursors_ != 0) std::terminate();
    environment_.take_back(txn_);
  }

  std::optional<std::string_view> get(MDB_dbi table, std::string_view key) const {
    MDB_val wanted = detail::val(key), found{};
    const int code = mdb_get(txn_, table, &wanted, &found);
    if (code == MDB_NOTFOUND) return std::nullopt;
    check(code, "read a row");
    return detail::view(found);
  }
  Cursor cursor(MDB_dbi table) const { return Cursor{txn_, table, cursors_}; }
  MDB_txn* handle() const noexcept { return txn_; }

 private:
  Environment& environment_;
  MDB_txn* txn_;
  mutable unsigned cursors_ = 0;
};

/// The one writer of all processes. Given up unless commit() is called. Stays on the thread that began it.
class WriteTransaction {
 public:
  explicit WriteTransaction(Environment& environment) {
    if (busy()) throw std::logic_error("this thread has a write transaction open already: it would wait for itself");
    check(mdb_txn_begin(environment.get(), nullptr, 0, &txn_), "begin to write");
    busy() = true;
  }
  WriteTransaction(const WriteTransaction&) = delete;
  WriteTransaction& operator=(const WriteTransaction&) = delete;
  ~WriteTransaction() {
    if (cursors_ != 0) std::terminate();
    if (txn_ == nullptr) return;
    mdb_txn_abort(txn_);
    busy() = false;
  }

  std::optional<std::string_view> get(MDB_dbi table, std::string_view key) const {
    MDB_val wanted = detail::val(key), found{};
    const int code = mdb_get(txn_, table, &wanted, &found);
    if (code == MDB_NOTFOUND) return std::nullopt;
    check(code, "read a row");
    return detail::view(found);
  }
  Cursor cursor(MDB_dbi table) const { return Cursor{txn_, table, cursors_}; }

  void put(MDB_dbi table, std::string_view key, std::string_view value) {
    MDB_val to = detail::val(key), bytes = detail::val(value);
    check(mdb_put(txn_, table, &to, &bytes, 0), "write a row");
  }
  /// A row that is not there is gone already.
  void erase(MDB_dbi table, std::string_view key) {
    MDB_val at = detail::val(key);
    const int code = mdb_del(txn_, table, &at, nullptr);
    if (code != MDB_NOTFOUND) check(code, "erase a row");
  }

  /// Returns when everything is on disk. After a Failure nothing of it is there.
  void commit() {
    if (cursors_ != 0) std::terminate();
    busy() = false;
    check(mdb_txn_commit(std::exchange(txn_, nullptr)), "commit");
  }
  MDB_txn* handle() const noexcept { return txn_; }

 private:
  static bool& busy() {
    thread_local bool busy = false;
    return busy;
  }

  MDB_txn* txn_ = nullptr;
  mutable unsigned cursors_ = 0;
};

}  // namespace tribute::lmdb

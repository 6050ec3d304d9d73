// LMDB with its rules made impossible to break: one environment per folder and process, none across a fork, write
// transactions stay on their thread and never nest, cursors end before their transaction, no row outlives it, no
// MDB_DUPSORT. "Not found" is a value; what must not happen is a Failure, thrown. Knows nothing of records.
#pragma once

#include <lmdb.h>
#include <pthread.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tribute::lmdb {

class Failure : public std::runtime_error {
 public:
  Failure(int code, const char* doing) : std::runtime_error(std::string{doing} + ": " + mdb_strerror(code)), code_(code) {}
  int code() const noexcept { return code_; }

 private:
  int code_;
};

inline void check(int code, const char* doing) {
  if (code != MDB_SUCCESS) throw Failure(code, doing);
}

namespace detail {

inline MDB_val val(std::string_view bytes) { return {bytes.size(), const_cast<char*>(bytes.data())}; }
inline std::string_view view(const MDB_val& value) { return {static_cast<const char*>(value.mv_data), value.mv_size}; }

/// How often this process is a fork of the one that started: an environment of before belongs to the parent.
inline std::atomic<unsigned> forks{0};
inline unsigned watch_forks() {
  static const int watching = pthread_atfork(nullptr, nullptr, [] { ++forks; });
  return watching == 0 ? forks.load(std::memory_order_relaxed) : 0;
}

/// Folders that this process has open. A second opening would lose the first one's file locks at its close.
struct OpenFolders {
  std::mutex mutex;
  std::set<std::pair<dev_t, ino_t>> folders;
  unsigned forks = 0;

  static OpenFolders& instance() {
    static OpenFolders all;
    return all;
  }
};

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

struct EnvironmentOptions {
  std::string folder;
  std::size_t map_size = std::size_t{64} << 30;  ///< a limit, not a size: the file is sparse and grows as it is used
  unsigned max_readers = 1024;
  unsigned max_tables = 32;
  unsigned flags = 0;  ///< beside MDB_NOTLS
};

class Environment {
 public:
  /// Throws Failure. The folder must exist; its data file is made (mode 0600) if it is not there or empty.
  explicit Environment(const EnvironmentOptions& options) : forks_(detail::watch_forks()) {
    enter(options.folder);
    MDB_env* env = nullptr;
    int code = mdb_env_create(&env);
    if (code == MDB_SUCCESS) {
      env_.reset(env);
      code = mdb_env_set_mapsize(env, options.map_size);
    }
    if (code == MDB_SUCCESS) code = mdb_env_set_maxreaders(env, options.max_readers);
    if (code == MDB_SUCCESS) code = mdb_env_set_maxdbs(env, options.max_tables);
    if (code == MDB_SUCCESS) code = mdb_env_open(env, options.folder.c_str(), options.flags | MDB_NOTLS, 0600);
    if (code == MDB_SUCCESS) return;
    env_.reset();
    leave();
    throw Failure(code, "open the store");
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() {
    // In a fork everything belongs to the parent: closing would clear the parent's reader slots.
    if (forked()) {
      static_cast<void>(env_.release());
      return;
    }
    if (lent_ != 0) std::terminate();
    for (auto* txn : idle_) mdb_txn_abort(txn);
    env_.reset();
    leave();
  }

  MDB_env* get() const {
    if (forked()) throw std::logic_error("a store that was opened before a fork was used behind it");
    return env_.get();
  }

  /// Clears the slots of readers that died: their pages could never be used again. Returns how many.
  int clear_dead_readers() const {
    int dead = 0;
    check(mdb_reader_check(get(), &dead), "look for dead readers");
    return dead;
  }

 private:
  friend class ReadTransaction;
  struct Close {
    void operator()(MDB_env* env) const { mdb_env_close(env); }
  };

  bool forked() const noexcept { return detail::forks.load(std::memory_order_relaxed) != forks_; }

  void enter(const std::string& folder) {
    struct stat status {};
    if (stat(folder.c_str(), &status) != 0) throw Failure(errno, "open the store's folder");
    identity_ = {status.st_dev, status.st_ino};
    auto& all = detail::OpenFolders::instance();
    const std::lock_guard lock(all.mutex);
    if (all.forks != forks_) all.folders.clear(), all.forks = forks_;
    if (!all.folders.insert(identity_).second) throw std::logic_error("this process has the store open already: " + folder);
  }
  void leave() {
    auto& all = detail::OpenFolders::instance();
    const std::lock_guard lock(all.mutex);
    all.folders.erase(identity_);
  }

  /// Reader slots are kept and renewed: taking one costs a lock over all processes.
  MDB_txn* lend() {
    auto* env = get();
    MDB_txn* txn = nullptr;
    {
      const std::lock_guard lock(mutex_);
      idle_.reserve(idle_.size() + lent_ + 1);  // so that taking back cannot fail
      ++lent_;
      if (!idle_.empty()) txn = idle_.back(), idle_.pop_back();
    }
    int code = MDB_SUCCESS;
    if (txn != nullptr) {
      code = mdb_txn_renew(txn);
      if (code != MDB_SUCCESS) mdb_txn_abort(txn);
    } else {
      code = mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn);
      if (int dead = 0; code == MDB_READERS_FULL && mdb_reader_check(env, &dead) == MDB_SUCCESS && dead > 0) code = mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn);
    }
    if (code == MDB_SUCCESS) return txn;
    const std::lock_guard lock(mutex_);
    --lent_;
    throw Failure(code, "begin to read");
  }
  void take_back(MDB_txn* txn) noexcept {
    if (forked()) return;
    mdb_txn_reset(txn);
    const std::lock_guard lock(mutex_);
    idle_.push_back(txn);
    --lent_;
  }

  unsigned forks_;
  std::pair<dev_t, ino_t> identity_{};
  std::unique_ptr<MDB_env, Close> env_;
  std::mutex mutex_;
  std::vector<MDB_txn*> idle_;
  unsigned lent_ = 0;
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

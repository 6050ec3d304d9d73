// An LMDB environment whose rules cannot be broken: one per folder and process, none across a fork, reader slots kept
// and given back, always fully synced. What must not happen is a Failure, thrown.
#pragma once

#include <lmdb.h>
#include <pthread.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <exception>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
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

struct EnvironmentOptions {
  std::string folder;
  std::size_t map_size = std::size_t{64} << 30;  ///< a limit, not a size: the file is sparse and grows as it is used
  unsigned max_readers = 1024;
  unsigned max_tables = 32;
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
    // No other flags: without sync a power cut damages the file, and with MDB_WRITEMAP a full disk is a SIGBUS.
    if (code == MDB_SUCCESS) code = mdb_env_open(env, options.folder.c_str(), MDB_NOTLS, 0600);
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

}  // namespace tribute::lmdb

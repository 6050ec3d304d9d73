// The store on disk: the Store concept over LMDB. Many commands become one write transaction with one synced
// commit; a refused command writes nothing and sinks nobody; what a caller was told is done survives a power cut.
// run() belongs on a pool thread, snapshots on any. Opened once per process, after its last fork.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "../store/service.hpp"
#include "lmdb_open.hpp"

namespace tribute::store {

/// One consistent state, read in place: a View. Keep it for as long as one request needs, not longer.
class Snapshot {
 public:
  Snapshot(lmdb::Environment& environment, const Tables& tables) : txn_(environment), tables_(tables) {}

  std::optional<std::string_view> get(Table table, std::string_view key) const { return txn_.get(tables_[table], key); }
  lmdb::Cursor cursor(Table table) const { return txn_.cursor(tables_[table]); }

 private:
  lmdb::ReadTransaction txn_;
  const Tables& tables_;
};
static_assert(View<Snapshot>);

/// Reads a snapshot that outlives it: `const auto snapshot = store.snapshot(); const StoreReader read{snapshot};`
using StoreReader = Reader<Snapshot>;

/// How full it is, for health and metrics.
struct StoreUsage {
  std::size_t used_bytes = 0;  ///< of the file, pages that wait for reuse included
  std::size_t map_bytes = 0;   ///< the limit
  unsigned readers = 0;
};

class LmdbStore {
 public:
  /// Opens, makes (options.create) or migrates the store in `folder`. Errors: not_found (nothing there, and create is
  /// off), corrupt (damaged, or not ours), unsupported_type (written by a newer version), unavailable (no room, no right, …). In
  /// every error the files are as they were.
  static Result<std::unique_ptr<LmdbStore>> open(const std::string& folder, StoreOptions options = {}) {
    auto opened = open_environment(folder, options);
    if (!opened) return opened.error();
    return std::unique_ptr<LmdbStore>(new LmdbStore(*std::move(opened), std::move(options)));
  }

  /// Group commit: all jobs in one transaction; when that fails as a whole (no room for all of them), each in its own,
  /// so that a small one still succeeds. When it returns, every job's result is on disk or is a Rejection: unavailable
  /// (cannot be written now), corrupt (a record it needs is damaged). Never throws. Blocks for the disk: pool thread only.
  void run(std::span<Job> jobs) noexcept {
    if (jobs.empty() || attempt(jobs) || jobs.size() == 1) return;
    for (auto& job : jobs) attempt({&job, 1});
  }
  CommandResult run(Command command) {
    Job job{.command = std::move(command)};
    run({&job, 1});
    return std::move(job.result);
  }

  /// The Store concept's own door: a batch made elsewhere. Errors: conflict, unavailable.
  Result<Done> commit(const Batch& batch) {
    try {
      WriteView txn(*environment_, tables_);
      check_format(txn);
      auto written = txn.write(batch);
      if (written) txn.commit();
      return written;
    } catch (const lmdb::Failure& failure) {
      return error_of(failure);
    } catch (const OtherFormat& other) {
      return make_error(Errc::unavailable, other.what());
    }
  }

  /// Throws lmdb::Failure when no reader slot is free. The store must outlive it.
  Snapshot snapshot() const { return Snapshot{*environment_, tables_}; }

  /// Call about once a minute: a reader that was killed holds its pages for ever otherwise. Returns how many there were.
  int clear_dead_readers() const { return environment_->clear_dead_readers(); }

  StoreUsage usage() const {
    MDB_envinfo info{};
    lmdb::check(mdb_env_info(environment_->get(), &info), "read the store's size");
    return {lmdb::extent_of(*environment_).claimed, info.me_mapsize, info.me_numreaders};
  }

 private:
  /// A newer version of this program has migrated the store while we still run, as after a reload with an upgrade.
  struct OtherFormat : std::runtime_error {
    OtherFormat() : std::runtime_error("The store was brought up to date by a newer version of this program; this process can only read until it ends.") {}
  };

  void check_format(const WriteView& txn) const {
    const auto row = txn.get(Table::meta, format_key());
    if (!row || row_version(*row) != options_.format) throw OtherFormat{};
  }

  LmdbStore(OpenedEnvironment opened, StoreOptions options)
      : environment_(std::move(opened.environment)), tables_(opened.tables), options_(std::move(options)) {}

  /// False: nothing of it was written, and every job has been told why.
  bool attempt(std::span<Job> jobs) noexcept {
    try {
      WriteView txn(*environment_, tables_);
      check_format(txn);
      bool wrote = false;
      for (auto& job : jobs) wrote = step(txn, job) || wrote;
      if (wrote) txn.commit();
      return true;
    } catch (const lmdb::Failure& failure) {
      refuse(jobs, error_of(failure));
    } catch (const OtherFormat& other) {
      refuse(jobs, make_error(Errc::unavailable, other.what()));
    } catch (const std::exception& impossible) {
      refuse(jobs, make_error(Errc::unavailable, std::string{"The store could not do this: "} + impossible.what()));
    }
    return false;
  }

  /// Everything of one job, or (an error in planning it) nothing. What fails after that concerns the transaction.
  bool step(WriteView& txn, Job& job) const {
    Plan made;
    try {
      made = plan(txn, job.command, options_.service);
    } catch (const DamagedRecord& damaged) {
      made.result = detail::rejection_of(make_error(Errc::corrupt, damaged.what()));
    }
    if (const auto written = txn.write(made.batch); !written) {
      made.result = detail::rejection_of(written.error());
      made.touched = {};
      made.batch = {};
    }
    job.result = std::move(made.result);
    job.touched = std::move(made.touched);
    return !made.batch.empty();
  }

  static void refuse(std::span<Job> jobs, const Error& error) noexcept {
    for (auto& job : jobs) {
      job.result = detail::rejection_of(error);
      job.touched = {};
    }
  }

  std::unique_ptr<lmdb::Environment> environment_;
  Tables tables_;
  StoreOptions options_;
};
static_assert(Store<LmdbStore>);

}  // namespace tribute::store

// Opening the store's folder: what may be in it and what is done then. Makes nothing over something that is there,
// refuses what a newer version wrote, and brings what an older one wrote up to date in one transaction.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <memory>
#include <span>
#include <string>

#include "../store/call.hpp"
#include "lmdb_check.hpp"
#include "lmdb_view.hpp"

namespace tribute::store {

/// The version of what this program writes. Raise it with a migration, never without.
inline constexpr std::uint64_t store_format = 1;

/// One step from a format to the next, inside the transaction that opens the store.
struct Migration {
  std::uint64_t from = 0;
  void (*run)(WriteView& txn) = nullptr;
};

namespace detail {

template <class Record>
void index_again(WriteView& txn) {
  std::vector<std::pair<Table, std::string>> rows;
  {
    auto cursor = txn.cursor(table_of<Record>);
    for (bool there = cursor.seek(""); there; there = cursor.next()) {
      const auto record = read_record<Record>(cursor.value());
      if (!record) throw DamagedRecord(record.error().detail);
      for (auto& key : indexes_of(*record)) rows.emplace_back(Table::index, std::move(key));
      for (const auto& deadline : deadlines_of(*record)) rows.emplace_back(Table::deadline, deadline_key(record->org, deadline));
    }
  }
  for (const auto& [table, key] : rows) txn.put(table, key, "");
}

inline void clear(WriteView& txn, Table table) {
  std::vector<std::string> keys;
  {
    auto cursor = txn.cursor(table);
    for (bool there = cursor.seek(""); there; there = cursor.next()) keys.emplace_back(cursor.key());
  }
  for (const auto& key : keys) txn.erase(table, key);
}

}  // namespace detail

/// Makes every index and deadline row again from the records. Also the migration for a new or changed index.
inline void rebuild_indexes(WriteView& txn) {
  detail::clear(txn, Table::index);
  detail::clear(txn, Table::deadline);
  detail::index_again<Stream>(txn);
  detail::index_again<Input>(txn);
  detail::index_again<Memorial>(txn);
  detail::index_again<ArchiveEntry>(txn);
}

/// Format 0 had the records without indexes.
inline constexpr std::array store_migrations{Migration{0, rebuild_indexes}};

struct StoreOptions {
  std::size_t map_size = std::size_t{64} << 30;  ///< a limit; the file is sparse
  bool create = true;
  unsigned max_readers = 1024;
  std::size_t check_up_to = std::size_t{64} << 20;  ///< a data file up to this size is read through when it is opened
  std::uint64_t format = store_format;
  std::span<const Migration> migrations = store_migrations;
  ServiceOptions service;
};

struct OpenedEnvironment {
  std::unique_ptr<lmdb::Environment> environment;
  Tables tables;
};

/// LMDB's codes as refusals with a sentence.
inline Error error_of(const lmdb::Failure& failure) {
  switch (failure.code()) {
    case MDB_MAP_FULL:
      return make_error(Errc::unavailable, "The store is full: its size limit is reached. Raise tribute_store_map_size and reload, or delete old streams.");
    case ENOSPC:
    case EDQUOT: return make_error(Errc::unavailable, "The store cannot grow: the disk is full. Free space; it goes on by itself.");
    case MDB_MAP_RESIZED: return make_error(Errc::unavailable, "The store's size limit was raised by another process. Reload the server.");
    case MDB_READERS_FULL: return make_error(Errc::unavailable, "Too many processes read the store at once.");
    case MDB_INVALID: return make_error(Errc::corrupt, "The store's file is damaged or is not an LMDB file. Nothing was changed; restore it from a backup.");
    case MDB_VERSION_MISMATCH: return make_error(Errc::unsupported_type, "The store's file was written by another version of LMDB. Nothing was changed.");
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_PANIC: return make_error(Errc::corrupt, "The store's file is damaged. Nothing was changed; restore it from a backup.");
    default: return make_error(Errc::unavailable, std::string{"The store cannot be used now: "} + failure.what() + ".");
  }
}

namespace detail {

inline constexpr const char* marker_name = "/tribute-store";

inline std::optional<std::size_t> size_of(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return static_cast<std::size_t>(status.st_size);
}

/// The folder, for us alone; and whether what is in it may be opened or made.
inline Result<Done> prepare_folder(const std::string& folder, bool create) {
  struct stat status {};
  if (stat(folder.c_str(), &status) != 0) {
    if (errno != ENOENT) return make_error(Errc::unavailable, "The folder " + folder + " cannot be reached: " + strerror(errno) + ".");
    if (!create) return make_error(Errc::not_found, "There is no store in " + folder + ".");
    if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
      return make_error(Errc::unavailable, "The folder " + folder + " cannot be made: " + strerror(errno) + ".");
  } else if (!S_ISDIR(status.st_mode)) {
    return make_error(Errc::unavailable, folder + " is not a folder.");
  } else if (status.st_uid == geteuid() && (status.st_mode & 077) != 0) {
    chmod(folder.c_str(), 0700);
  }
  const auto data = size_of(folder + "/data.mdb");
  const bool held_one = size_of(folder + marker_name).has_value();
  // LMDB takes a missing or empty file for a new one. Where a store has been, that is a loss and not a beginning.
  if (held_one && data.value_or(0) == 0)
    return make_error(Errc::corrupt, "The store's data file in " + folder + " is missing or empty, though a store has been here. Restore data.mdb from a backup.");
  if (!create && data.value_or(0) == 0) return make_error(Errc::not_found, "There is no store in " + folder + ".");
  return Done{};
}

/// Remembers that this folder holds a store. Made after the first commit.
inline void mark_folder(const std::string& folder) {
  const int file = ::open((folder + marker_name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return;
  constexpr std::string_view text = "This folder is a tribute store. Back it up as a whole; delete nothing in it.\n";
  if (write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size())) fsync(file);
  close(file);
}

/// Absent: the file has never been used. Errors: it is somebody else's.
inline Result<std::optional<std::uint64_t>> stored_format(lmdb::Environment& environment) {
  const lmdb::ReadTransaction txn(environment);
  MDB_dbi names = 0;
  MDB_stat status{};
  lmdb::check(mdb_dbi_open(txn.handle(), nullptr, 0, &names), "look at the store");
  lmdb::check(mdb_stat(txn.handle(), names, &status), "look at the store");
  if (status.ms_entries == 0) return std::optional<std::uint64_t>{};
  MDB_dbi meta = 0;
  const int code = mdb_dbi_open(txn.handle(), to_word(Table::meta).data(), 0, &meta);
  if (code != MDB_NOTFOUND && code != MDB_INCOMPATIBLE) lmdb::check(code, "open the table meta");
  const auto row = code == MDB_SUCCESS ? txn.get(meta, format_key()) : std::nullopt;
  if (!row || row->size() != 8) return make_error(Errc::corrupt, "The store's file is an LMDB file, but not of this program. Nothing was changed.");
  return std::optional{row_version(*row)};
}

/// Tables, migrations and the format's version, in one transaction.
inline Tables settle(lmdb::Environment& environment, const StoreOptions& options) {
  Tables tables;
  WriteView txn(environment, tables);
  for (std::size_t i = 0; i < word_count<Table>; ++i) tables.open(txn.transaction(), static_cast<Table>(i));
  const auto row = txn.get(Table::meta, format_key());
  const std::uint64_t found = row ? row_version(*row) : options.format;
  if (found > options.format) throw std::logic_error("The store was brought up to date by a newer version of this program just now.");
  for (auto at = found; at < options.format; ++at)
    for (const auto& migration : options.migrations)
      if (migration.from == at) migration.run(txn);
  if (!row || found != options.format) txn.put(Table::meta, format_key(), counter_row(options.format));
  txn.commit();
  return tables;
}

inline Result<Done> check_format(const std::optional<std::uint64_t>& found, const StoreOptions& options) {
  if (!found) return Done{};
  if (*found > options.format)
    return make_error(Errc::unsupported_type, "The store was written by a newer version (format " + std::to_string(*found) + ", this one knows " +
                                                  std::to_string(options.format) + "). Nothing was changed; install that version again.");
  for (auto at = *found; at < options.format; ++at) {
    bool known = false;
    for (const auto& migration : options.migrations) known = known || migration.from == at;
    if (!known) return make_error(Errc::unsupported_type, "The store has format " + std::to_string(at) + ", which this version cannot bring up to date.");
  }
  return Done{};
}

}  // namespace detail

/// Everything of LmdbStore::open that is not the store itself.
inline Result<OpenedEnvironment> open_environment(const std::string& folder, const StoreOptions& options) {
  if (auto prepared = detail::prepare_folder(folder, options.create); !prepared) return prepared.error();
  try {
    auto environment = std::make_unique<lmdb::Environment>(
        lmdb::EnvironmentOptions{.folder = folder, .map_size = options.map_size, .max_readers = options.max_readers});
    const auto extent = lmdb::extent_of(*environment);
    const bool suspect = extent.present < extent.claimed;
    const bool damaged = (suspect || extent.present <= options.check_up_to) && !lmdb::is_sound(folder);
    environment->clear_dead_readers();
    if (damaged) return make_error(Errc::corrupt, "The store's file in " + folder + " is damaged. Nothing was changed; restore data.mdb from a backup.");
    const auto found = detail::stored_format(*environment);
    if (!found) return found.error();
    if (auto good = detail::check_format(*found, options); !good) return good.error();
    const auto tables = detail::settle(*environment, options);
    if (!detail::size_of(folder + detail::marker_name)) detail::mark_folder(folder);
    return OpenedEnvironment{std::move(environment), tables};
  } catch (const lmdb::Failure& failure) {
    return error_of(failure);
  } catch (const DamagedRecord& damaged) {
    return make_error(Errc::corrupt, std::string{"The store could not be brought up to date: "} + damaged.what());
  } catch (const std::logic_error& misuse) {
    return make_error(Errc::unavailable, misuse.what());
  }
}

}  // namespace tribute::store

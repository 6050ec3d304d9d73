// Is a data file sound? LMDB believes what it maps: a page that is missing kills the reader with SIGBUS, a page of
// garbage may do worse. So every row is read once in a child process, whose end tells. Changes nothing.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "lmdb.hpp"

namespace tribute::lmdb {

namespace detail {

/// Touches every page of every row of a table: they rise, each is found by its key, and there are as many as the table
/// says. Returns 0 or LMDB's code.
inline int read_table(MDB_txn* txn, MDB_dbi table, unsigned& sum) {
  constexpr MDB_dbi free_pages = 0;  // its keys are integers
  MDB_cursor* cursor = nullptr;
  MDB_stat status{};
  if (const int code = mdb_stat(txn, table, &status)) return code;
  if (const int code = mdb_cursor_open(txn, table, &cursor)) return code;
  MDB_val key{}, value{}, found{};
  std::string last;
  std::size_t rows = 0;
  int code = MDB_SUCCESS;
  while ((code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == MDB_SUCCESS) {
    const auto* bytes = static_cast<const volatile unsigned char*>(value.mv_data);
    for (std::size_t i = 0; i < value.mv_size; i += 4096) sum += bytes[i];
    if (value.mv_size > 0) sum += bytes[value.mv_size - 1];
    if (table != free_pages) {
      if (rows > 0 && view(key) <= last) return MDB_CORRUPTED;
      last = view(key);
      if (mdb_get(txn, table, &key, &found) != MDB_SUCCESS || found.mv_data != value.mv_data) return MDB_CORRUPTED;
    }
    if (++rows > status.ms_entries) return MDB_CORRUPTED;
  }
  mdb_cursor_close(cursor);
  if (code != MDB_NOTFOUND) return code;
  return rows == status.ms_entries ? MDB_SUCCESS : MDB_CORRUPTED;
}

/// The list of tables is itself a table; the list of free pages is number 0.
inline int read_tables(MDB_txn* txn) {
  MDB_dbi names = 0;
  unsigned sum = 0;
  if (const int code = mdb_dbi_open(txn, nullptr, 0, &names)) return code;
  if (const int code = read_table(txn, 0, sum)) return code;
  MDB_cursor* cursor = nullptr;
  if (const int code = mdb_cursor_open(txn, names, &cursor)) return code;
  MDB_val key{}, value{};
  int code = MDB_SUCCESS;
  while ((code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == MDB_SUCCESS) {
    MDB_dbi table = 0;
    const int opened = mdb_dbi_open(txn, std::string{view(key)}.c_str(), 0, &table);
    if (opened == MDB_INCOMPATIBLE) continue;  // a plain row of somebody else's file
    if (opened != MDB_SUCCESS) return opened;
    if (const int read = read_table(txn, table, sum)) return read;
  }
  mdb_cursor_close(cursor);
  return code == MDB_NOTFOUND ? MDB_SUCCESS : code;
}

inline bool reads_everything(const std::string& folder, unsigned max_tables) {
  MDB_env* env = nullptr;
  MDB_txn* txn = nullptr;
  if (mdb_env_create(&env) != MDB_SUCCESS || mdb_env_set_maxdbs(env, max_tables) != MDB_SUCCESS) return false;
  if (mdb_env_open(env, folder.c_str(), MDB_RDONLY | MDB_NOTLS, 0600) != MDB_SUCCESS) return false;
  if (mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn) != MDB_SUCCESS || read_tables(txn) != MDB_SUCCESS) return false;
  // Given back in order: the slot of a reader that only ends would pin its pages.
  mdb_txn_abort(txn);
  mdb_env_close(env);
  return true;
}

[[noreturn]] inline void report_and_exit(int pipe, const std::string& folder, unsigned max_tables) {
  for (const int signal : {SIGBUS, SIGSEGV, SIGABRT, SIGFPE, SIGALRM}) ::signal(signal, SIG_DFL);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  // What a damaged file makes a library say is not for our log: the answer is.
  if (const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC); nowhere >= 0) dup2(nowhere, STDERR_FILENO);
  alarm(300);  // pages that point at each other in a circle
  const char answer = reads_everything(folder, max_tables) ? 'y' : 'n';
  _exit(write(pipe, &answer, 1) == 1 ? 0 : 1);
}

}  // namespace detail

/// Reads the whole store once. False: it is damaged. Throws Failure when no child can be made. Cost: one pass over the
/// file. For a moment of the process's life when it may fork: before it has threads that hold locks.
inline bool is_sound(const std::string& folder, unsigned max_tables = 32) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw Failure(errno, "make a pipe");
  const pid_t child = fork();
  if (child < 0) {
    const int code = errno;
    close(ends[0]), close(ends[1]);
    throw Failure(code, "make a process that checks the store");
  }
  if (child == 0) {
    close(ends[0]);
    detail::report_and_exit(ends[1], folder, max_tables);
  }
  close(ends[1]);
  char answer = 'n';
  ssize_t got = -1;
  while ((got = read(ends[0], &answer, 1)) < 0 && errno == EINTR) {
  }
  close(ends[0]);
  // A host with a SIGCHLD handler may have taken the child's end already; the pipe has told the answer.
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return got == 1 && answer == 'y';
}

/// Bytes that the newest state may reach, and that the file has. The file may lawfully be shorter: pages at its end
/// that were taken and given back in one transaction are never written.
struct FileExtent {
  std::size_t claimed = 0;
  std::size_t present = 0;
};

inline FileExtent extent_of(const Environment& environment) {
  MDB_envinfo info{};
  MDB_stat status{};
  check(mdb_env_info(environment.get(), &info), "read the store's size");
  check(mdb_env_stat(environment.get(), &status), "read the store's page size");
  mdb_filehandle_t file = -1;
  check(mdb_env_get_fd(environment.get(), &file), "find the store's file");
  struct stat now {};
  if (fstat(file, &now) != 0) throw Failure(errno, "read the store's file size");
  return {(info.me_last_pgno + 1) * status.ms_psize, static_cast<std::size_t>(now.st_size)};
}

}  // namespace tribute::lmdb

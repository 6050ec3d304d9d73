// Is a data file sound? LMDB believes what it maps: a page that is missing kills the reader with SIGBUS, a page of
// garbage may do worse. So every row is read once in a child process, whose end tells. Changes nothing.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "lmdb.hpp"

namespace tribute::lmdb {

namespace detail {

/// Touches every page of every row of a table. Returns 0 or LMDB's code.
inline int read_table(MDB_txn* txn, MDB_dbi table, unsigned& sum) {
  MDB_cursor* cursor = nullptr;
  if (const int code = mdb_cursor_open(txn, table, &cursor)) return code;
  MDB_val key{}, value{};
  int code = MDB_SUCCESS;
  while ((code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == MDB_SUCCESS) {
    const auto* bytes = static_cast<const volatile unsigned char*>(value.mv_data);
    for (std::size_t i = 0; i < value.mv_size; i += 4096) sum += bytes[i];
    if (value.mv_size > 0) sum += bytes[value.mv_size - 1];
  }
  mdb_cursor_close(cursor);
  return code == MDB_NOTFOUND ? MDB_SUCCESS : code;
}

/// The list of tables is itself a table; the list of free pages is number 0.
inline int read_everything(MDB_env* env, const std::string& folder, unsigned max_tables) {
  MDB_txn* txn = nullptr;
  MDB_dbi names = 0;
  unsigned sum = 0;
  if (int code = mdb_env_set_maxdbs(env, max_tables)) return code;
  if (int code = mdb_env_open(env, folder.c_str(), MDB_RDONLY | MDB_NOTLS, 0600)) return code;
  if (int code = mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn)) return code;
  if (int code = mdb_dbi_open(txn, nullptr, 0, &names)) return code;
  if (int code = read_table(txn, 0, sum)) return code;
  MDB_cursor* cursor = nullptr;
  if (int code = mdb_cursor_open(txn, names, &cursor)) return code;
  MDB_val key{}, value{};
  int code = MDB_SUCCESS;
  while ((code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT_NODUP)) == MDB_SUCCESS) {
    MDB_dbi table = 0;
    if (const int opened = mdb_dbi_open(txn, std::string{view(key)}.c_str(), 0, &table)) return opened;
    if (const int read = read_table(txn, table, sum)) return read;
  }
  return code == MDB_NOTFOUND ? MDB_SUCCESS : code;
}

[[noreturn]] inline void report_and_exit(int pipe, const std::string& folder, unsigned max_tables) {
  for (const int signal : {SIGBUS, SIGSEGV, SIGABRT, SIGFPE, SIGALRM}) ::signal(signal, SIG_DFL);
  alarm(300);  // pages that point at each other in a circle
  MDB_env* env = nullptr;
  const bool sound = mdb_env_create(&env) == MDB_SUCCESS && read_everything(env, folder, max_tables) == MDB_SUCCESS;
  const char answer = sound ? 'y' : 'n';
  const bool told = write(pipe, &answer, 1) == 1;
  _exit(told && sound ? 0 : 1);
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

// The data folder: what is made in it when the server starts, and the secrets that are kept there. Everything is owned
// by the worker user and closed to others; secrets are written once, durably, and never replaced. Follows no symbolic
// link below DATA: the master may be root and the folder belongs to somebody else.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <string>

#include "config.hpp"
#include "tribute/result.hpp"

namespace tribute::module {

struct WorkerUser {
  uid_t uid;
  gid_t gid;
};

using SecretKey = std::array<std::byte, 32>;

/// All from files in DATA; never logged.
struct Secrets {
  SecretKey key_encryption{};  ///< stream keys in the store
  SecretKey hmac{};            ///< finding a stream key, and what else is compared by HMAC
  SecretKey grant{};           ///< viewers' grants
  std::string admin_token;     ///< 64 hexadecimal digits: bearer token with role admin
};

/// In the master. Makes DATA, DATA/{store,media,secrets}, the media and ingest folders (0700) and missing secrets (0600).
/// The error's detail is a sentence that says what to do.
Result<Done> prepare_data_folder(const Settings& settings, WorkerUser user);

/// In a worker.
Result<Secrets> load_secrets(const Settings& settings);

/// A file of at most 64 KiB, white space at its end removed.
Result<std::string> read_small_file(const std::string& path);

}  // namespace tribute::module

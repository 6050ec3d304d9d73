#include "data_folder.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "unique_fd.hpp"

namespace tribute::module {
namespace {

constexpr std::size_t small_file_limit = 64 << 10;

Error failure(const std::string& what, int error) {
  return make_error(Errc::unavailable, what + ": " + std::generic_category().message(error));
}

Error cannot_make(const std::string& path, int error) {
  Error e = failure("cannot make the folder " + path, error);
  e.detail += error == ENOENT ? " (make its parent folder first)" : " (make it yourself for the worker user, or name another one)";
  return e;
}

/// Ours by owner and closed to others, whatever it was before; or the reason why not. Only what root owns is handed on.
Result<Done> claim_folder(int fd, const std::string& path, WorkerUser user) {
  struct stat st {};
  if (fstat(fd, &st) != 0) return failure("cannot look at " + path, errno);
  if (st.st_uid != user.uid) {
    if (st.st_uid != 0 || geteuid() != 0)
      return make_error(Errc::unavailable, path + " belongs to user " + std::to_string(st.st_uid) + ", but the workers run as user " +
                                               std::to_string(user.uid) + ": chown it, or name another folder");
    if (fchown(fd, user.uid, user.gid) != 0) return failure("cannot give " + path + " to the worker user", errno);
  }
  if ((st.st_mode & 07777) != 0700 && fchmod(fd, 0700) != 0) return failure("cannot close " + path + " to others (chmod 0700)", errno);
  return Done{};
}

/// parent may be AT_FDCWD for a path that the operator wrote: its last part may then be a link that root or the worker made.
Result<UniqueFd> make_folder(int parent, const char* name, const std::string& path, WorkerUser user) {
  if (mkdirat(parent, name, 0700) != 0 && errno != EEXIST) return cannot_make(path, errno);
  const int follow = parent == AT_FDCWD ? 0 : O_NOFOLLOW;
  UniqueFd folder(openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | follow));
  if (!folder) return failure("cannot open the folder " + path, errno);
  if (auto ok = claim_folder(folder.get(), path, user); !ok) return std::move(ok).error();
  return folder;
}

/// DATA itself may be anything that the operator chose; only a new one is made ours.
Result<UniqueFd> make_data(const std::string& path, WorkerUser user) {
  const bool made = mkdir(path.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) return cannot_make(path, errno);
  UniqueFd folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return failure("cannot open the folder " + path, errno);
  if (made)
    if (auto ok = claim_folder(folder.get(), path, user); !ok) return std::move(ok).error();
  return folder;
}

Result<std::string> random_hex(std::size_t size) {
  std::string bytes(size, '\0');
  if (getrandom(bytes.data(), size, 0) != static_cast<ssize_t>(size)) return failure("no random bytes", errno);
  std::string out;
  for (const char c : bytes)
    for (const int shift : {4, 0}) out += "0123456789abcdef"[static_cast<unsigned char>(c) >> shift & 15];
  return out;
}

Result<Done> write_all(int fd, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t n = write(fd, text.data() + at, text.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failure("cannot write a secret", errno);
    at += static_cast<std::size_t>(n);
  }
  return Done{};
}

/// A whole file or none, also after a power cut; one that is there is never touched.
Result<Done> write_once(int folder, const std::string& name, const std::string& path, WorkerUser user, const std::string& text) {
  if (faccessat(folder, name.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) return Done{};
  const std::string temporary = name + "." + std::to_string(getpid()) + ".new";
  unlinkat(folder, temporary.c_str(), 0);  // of a start that a power cut ended here
  const UniqueFd file(openat(folder, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return failure("cannot write " + path, errno);
  if (geteuid() == 0 && fchown(file.get(), user.uid, user.gid) != 0) return failure("cannot give " + path + " to the worker user", errno);
  if (auto ok = write_all(file.get(), text); !ok) return std::move(ok).error();
  if (fsync(file.get()) != 0) return failure("cannot sync " + path, errno);
  // NOREPLACE: of two servers started at once on one folder, both must use the secret of the first.
  if (renameat2(folder, temporary.c_str(), folder, name.c_str(), RENAME_NOREPLACE) != 0) {
    const int error = errno;
    unlinkat(folder, temporary.c_str(), 0);
    if (error != EEXIST) return failure("cannot write " + path, error);
  }
  if (fsync(folder) != 0) return failure("cannot sync the folder of " + path, errno);
  return Done{};
}

struct SecretFile {
  const char* name;
  SecretKey Secrets::*member;
};
constexpr SecretFile secret_files[] = {
    {"key-encryption.key", &Secrets::key_encryption},
    {"hmac.key", &Secrets::hmac},
    {"grant.key", &Secrets::grant},
};

Result<Done> make_secrets(int data, int secrets, const Settings& settings, WorkerUser user) {
  for (const SecretFile& file : secret_files) {
    const auto text = random_hex(sizeof(SecretKey));
    if (!text) return text.error();
    if (auto ok = write_once(secrets, file.name, settings.data + "/secrets/" + file.name, user, *text + "\n"); !ok) return ok;
  }
  const auto token = random_hex(32);
  if (!token) return token.error();
  return write_once(data, "admin.token", settings.data + "/admin.token", user, *token + "\n");
}

/// 64 hexadecimal digits.
bool parse_key(const std::string& text, SecretKey& key) {
  if (text.size() != key.size() * 2) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = std::string_view("0123456789abcdef").find(text[i]);
    if (digit == std::string_view::npos) return false;
    key[i / 2] = key[i / 2] << 4 | static_cast<std::byte>(digit);
  }
  return true;
}

}  // namespace

Result<Done> prepare_data_folder(const Settings& settings, WorkerUser user) {
  const auto data = make_data(settings.data, user);
  if (!data) return data.error();
  const auto in_data = [&](const char* name) { return make_folder(data->get(), name, settings.data + "/" + name, user); };
  const auto store = in_data("store");
  if (!store) return store.error();
  const auto secrets = in_data("secrets");
  if (!secrets) return secrets.error();
  const auto media = settings.media_path == settings.data + "/media"
                         ? in_data("media")
                         : make_folder(AT_FDCWD, settings.media_path.c_str(), settings.media_path, user);
  if (!media) return media.error();
  const auto ingest = make_folder(AT_FDCWD, settings.ingest_path.c_str(), settings.ingest_path, user);
  if (!ingest) return ingest.error();
  return make_secrets(data->get(), secrets->get(), settings, user);
}

Result<std::string> read_small_file(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) {
    const int error = errno;
    Error e = failure("cannot open " + path, error);
    if (error == EACCES) e.detail += " (the worker user must own it and be able to enter every folder above it)";
    return e;
  }
  struct stat st {};
  if (fstat(file.get(), &st) != 0 || !S_ISREG(st.st_mode)) return make_error(Errc::unavailable, path + " is not a file");
  std::string text(small_file_limit, '\0');
  const ssize_t n = read(file.get(), text.data(), text.size());
  if (n < 0) return failure("cannot read " + path, errno);
  text.resize(static_cast<std::size_t>(n));
  text.resize(text.find_last_not_of(" \t\r\n") + 1);
  return text;
}

Result<Secrets> load_secrets(const Settings& settings) {
  Secrets secrets;
  for (const SecretFile& file : secret_files) {
    const std::string path = settings.data + "/secrets/" + file.name;
    const auto text = read_small_file(path);
    if (!text) return text.error();
    if (!parse_key(*text, secrets.*file.member))
      return make_error(Errc::corrupt,
                        path + " does not hold 64 hexadecimal digits: bring it back from a backup, what it encrypted is lost otherwise");
  }
  const auto token = read_small_file(settings.data + "/admin.token");
  if (!token) return token.error();
  secrets.admin_token = *token;
  if (secrets.admin_token.size() < 32)
    return make_error(Errc::corrupt, settings.data + "/admin.token is damaged: remove it and restart, a new one is made");
  return secrets;
}

}  // namespace tribute::module

// Stores on disk for tests: a folder that goes with the test, its file as bytes, and work in other processes.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <tribute/adapter/lmdb_store.hpp>

#include "store/store_fixture.hpp"

namespace tribute::store {

class OnDisk : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "tribute-store-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root = name;
    folder = name + "/store";
  }
  void TearDown() override { std::filesystem::remove_all(root); }

  std::string data() const { return folder + "/data.mdb"; }
  std::string bytes() const {
    std::ifstream file(data(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void overwrite(const std::string& bytes) const { std::ofstream(data(), std::ios::binary | std::ios::trunc) << bytes; }

  std::unique_ptr<LmdbStore> open(StoreOptions options = small()) const {
    auto opened = LmdbStore::open(folder, std::move(options));
    EXPECT_TRUE(opened) << opened.error().detail;
    return opened ? *std::move(opened) : nullptr;
  }
  Error refused(const StoreOptions& options = small()) const {
    const auto opened = LmdbStore::open(folder, options);
    EXPECT_FALSE(opened) << "was opened";
    return opened ? Error{} : opened.error();
  }
  static StoreOptions small() { return {.map_size = std::size_t{64} << 20}; }

  /// Runs in another process; returns its number. It ends when the work returns (exit status 0) or throws.
  static pid_t elsewhere(const std::function<void()>& work) {
    const pid_t child = fork();
    if (child != 0) return child;
    try {
      work();
    } catch (...) {
      _exit(3);
    }
    _exit(testing::Test::HasFailure() ? 1 : 0);
  }
  static int status_of(pid_t child) {
    int status = -1;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
  }

  struct Run {
    LmdbStore* store;
    CommandResult operator()(const Command& command) const { return store->run(command); }
  };
  static House<Run> house_in(LmdbStore& store, std::uint64_t first_id = 1) {
    House<Run> house{Run{&store}};
    house.next_id = first_id;
    return house;
  }

  std::string root, folder;
};

}  // namespace tribute::store

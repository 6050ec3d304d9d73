// What was acknowledged is there: after the death of any process at any moment.
#include <poll.h>

#include <random>
#include <tribute/adapter/lmdb_store.hpp>

#include "adapter/store_fixture.hpp"

namespace tribute::store {
namespace {

class Crash : public OnDisk {
 protected:
  /// Commits groups for ever and tells the first number of each after run() has returned.
  pid_t writer(int pipe, std::uint64_t first) const {
    return elsewhere([this, pipe, first] {
      const auto store = open();
      for (std::uint64_t n = first;; n += group) {
        std::vector<Job> jobs(group);
        for (std::uint64_t i = 0; i < group; ++i) {
          jobs[i].command.context.now = {1'700'000'000'000 + static_cast<std::int64_t>(n)};
          jobs[i].command.what = CreateStream{id_of(n + i), {.title = "Service"}, id_of(n + i + 10'000'000), key_of(std::to_string(n + i)), std::nullopt};
        }
        store->run(jobs);
        for (const auto& job : jobs)
          if (std::holds_alternative<Rejection>(job.result)) _exit(9);
        if (write(pipe, &n, sizeof n) != sizeof n) _exit(8);
      }
    });
  }

  static constexpr std::uint64_t group = 3;
  std::vector<std::uint64_t> acknowledged;

  /// Everything that the pipe has, once `least` of it came.
  void listen(int pipe, std::size_t least) {
    const auto wanted = acknowledged.size() + least;
    std::uint64_t n = 0;
    for (;;) {
      pollfd ready{pipe, POLLIN, 0};
      if (acknowledged.size() >= wanted && poll(&ready, 1, 0) == 0) return;
      ASSERT_EQ(read(pipe, &n, sizeof n), static_cast<ssize_t>(sizeof n));
      acknowledged.push_back(n);
    }
  }

  void expect_all(const LmdbStore& store) const {
    const auto snapshot = store.snapshot();
    const StoreReader read{snapshot};
    for (const auto first : acknowledged)
      for (std::uint64_t i = 0; i < group; ++i) ASSERT_TRUE(read.stream(id_of(first + i))) << first + i;
    std::size_t streams = 0;
    auto cursor = snapshot.cursor(Table::stream);
    for (bool there = cursor.seek(""); there; there = cursor.next()) ++streams;
    EXPECT_EQ(streams % group, 0u) << "a group is there whole or not at all";
    expect_consistent(snapshot);
  }
};

TEST_F(Crash, killed_writers_lose_nothing_that_they_acknowledged) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::mt19937 random(std::random_device{}());
  for (std::uint64_t round = 0; round < 12; ++round) {
    // Two at once: one may be killed while it holds the write lock, and the other goes on.
    const pid_t one = writer(ends[1], 1 + round * 1'000'000), two = writer(ends[1], 500'001 + round * 1'000'000);
    listen(ends[0], 2 + random() % 10);
    kill(one, SIGKILL);
    EXPECT_EQ(WTERMSIG(status_of(one)), SIGKILL) << "it ended by itself";
    listen(ends[0], 6);
    kill(two, SIGKILL);
    EXPECT_EQ(WTERMSIG(status_of(two)), SIGKILL) << "it ended by itself";
    listen(ends[0], 0);
    expect_all(*open());
  }
  close(ends[0]), close(ends[1]);
}

}  // namespace
}  // namespace tribute::store

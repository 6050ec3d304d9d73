#include <tribute/adapter/lmdb_store.hpp>

#include <sys/resource.h>

#include <atomic>
#include <random>
#include <set>
#include <thread>

#include "adapter/store_fixture.hpp"
#include "store/random_commands.hpp"

namespace tribute::store {
namespace {

class LmdbStoreTest : public OnDisk {
 protected:
  static Job create(std::uint64_t n, StreamPatch patch = {}) {
    if (!patch.title) patch.title = "Service";
    Job job;
    job.command.context.now = {1'700'000'000'000 + static_cast<std::int64_t>(n)};
    job.command.what = CreateStream{id_of(n), patch, id_of(n + 500'000), key_of(std::to_string(n)), std::nullopt};
    return job;
  }
  static bool done(const Job& job) { return !std::holds_alternative<Rejection>(job.result); }
  static std::optional<Stream> stream_in(const LmdbStore& store, std::uint64_t n) {
    const auto snapshot = store.snapshot();
    return StoreReader{snapshot}.stream(id_of(n));
  }
  /// About half a megabyte of record.
  static StreamPatch huge() {
    return {.description = std::string(10'000, 'd'), .allowed_users = std::vector<std::string>(1000, std::string(256, 'u'))};
  }
};

TEST_F(LmdbStoreTest, random_commands_in_groups_leave_it_as_consistent_as_the_one_in_memory) {
  const auto store = open();
  MemoryStore memory;
  RandomCommands commands(7);
  std::mt19937 random(1);
  for (int round = 0; round < 120; ++round) {
    std::vector<Job> jobs(1 + random() % 12);
    std::vector<CommandResult> expected;
    for (auto& job : jobs) {
      job.command = commands.next(memory);
      expected.push_back(execute(memory, job.command, ServiceOptions{}));
    }
    store->run(jobs);
    for (std::size_t i = 0; i < jobs.size(); ++i) ASSERT_EQ(jobs[i].result.index(), expected[i].index()) << "round " << round;
  }
  const auto snapshot = store->snapshot();
  expect_consistent(snapshot);
  for (std::size_t t = 1; t < word_count<Table>; ++t) {
    MemoryStore::Rows rows;
    auto cursor = snapshot.cursor(static_cast<Table>(t));
    for (bool there = cursor.seek(""); there; there = cursor.next()) rows.emplace(cursor.key(), cursor.value());
    EXPECT_EQ(rows, memory.rows(static_cast<Table>(t))) << to_word(static_cast<Table>(t));
  }
}

TEST_F(LmdbStoreTest, a_refused_command_sinks_nobody) {
  const auto store = open();
  std::vector<Job> jobs{create(1), create(1), create(2, {.title = ""}), create(3)};
  store->run(jobs);
  EXPECT_TRUE(done(jobs[0]));
  EXPECT_EQ(std::get<Rejection>(jobs[1].result).code, Errc::conflict) << "sees what the one before it wrote";
  EXPECT_EQ(std::get<Rejection>(jobs[2].result).field, "title");
  EXPECT_TRUE(done(jobs[3]));
  EXPECT_EQ(jobs[3].touched.streams, std::vector{id_of(3)});
  EXPECT_TRUE(jobs[2].touched.streams.empty());
  EXPECT_TRUE(stream_in(*store, 1));
  EXPECT_FALSE(stream_in(*store, 2));
  EXPECT_TRUE(stream_in(*store, 3));
  store->run(std::span<Job>{});
}

TEST_F(LmdbStoreTest, when_it_is_full_the_small_goes_on_and_nothing_is_lost) {
  auto options = small();
  options.map_size = 3 << 20;
  const auto store = open(options);
  std::vector<Job> jobs;
  for (std::uint64_t n = 1; n <= 4; ++n) jobs.push_back(create(n));
  for (std::uint64_t n = 100; n < 130; ++n) jobs.push_back(create(n, huge()));
  store->run(jobs);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(done(jobs[i])) << i;
  std::size_t fitted = 0;
  for (std::size_t i = 4; i < jobs.size(); ++i) {
    const auto* rejection = std::get_if<Rejection>(&jobs[i].result);
    EXPECT_EQ(stream_in(*store, 100 + i - 4).has_value(), rejection == nullptr);
    if (rejection == nullptr) {
      ++fitted;
      continue;
    }
    EXPECT_EQ(rejection->code, Errc::unavailable);
    EXPECT_NE(rejection->reason.find("tribute_store_map_size"), std::string::npos) << rejection->reason;
  }
  EXPECT_GE(fitted, 2u);
  EXPECT_LT(fitted, 26u);
  expect_consistent(store->snapshot());
  // Making room works while it is full, and then everything does.
  std::vector<Job> removals(1);
  for (std::uint64_t n = 100; n < 100 + fitted; ++n) {
    removals[0].command = {.context = {.now = {1'700'000'001'000}}, .authorize = std::nullopt, .what = SignalStream{id_of(n), StreamDeleted{}}};
    store->run(removals);
    EXPECT_TRUE(done(removals[0])) << std::get<Rejection>(removals[0].result).reason;
  }
  std::vector<Job> again{create(500, huge())};
  store->run(again);
  EXPECT_TRUE(done(again[0]));
  expect_consistent(store->snapshot());
}

TEST_F(LmdbStoreTest, when_the_disk_refuses_it_says_so_and_goes_on_afterwards) {
  const pid_t child = elsewhere([&] {
    signal(SIGXFSZ, SIG_IGN);
    const auto store = open();
    std::vector<Job> before{create(1)};
    store->run(before);
    rlimit limit{};
    getrlimit(RLIMIT_FSIZE, &limit);
    const auto had = limit;
    limit.rlim_cur = std::filesystem::file_size(data());
    setrlimit(RLIMIT_FSIZE, &limit);
    std::vector<Job> jobs{create(2, huge()), create(3, huge())};
    store->run(jobs);
    for (const auto& job : jobs) EXPECT_EQ(std::get<Rejection>(job.result).code, Errc::unavailable);
    EXPECT_TRUE(stream_in(*store, 1));
    EXPECT_FALSE(stream_in(*store, 2));
    setrlimit(RLIMIT_FSIZE, &had);
    std::vector<Job> after{create(4, huge())};
    store->run(after);
    EXPECT_TRUE(done(after[0])) << std::get<Rejection>(after[0].result).reason;
    expect_consistent(store->snapshot());
  });
  EXPECT_EQ(status_of(child), 0);
}

TEST_F(LmdbStoreTest, a_damaged_record_is_told_and_hurts_nobody_else) {
  const auto store = open();
  std::vector<Job> jobs{create(1), create(2)};
  store->run(jobs);
  ASSERT_TRUE(store->commit({{}, {{Table::stream, record_key("main", id_of(1)), "not a record"}}}));
  const SignalStream rename{id_of(1), SettingsChanged{{.title = "x"}}}, other{id_of(2), SettingsChanged{{.title = "y"}}};
  std::vector<Job> more(2);
  more[0].command.what = rename;
  more[1].command.what = other;
  store->run(more);
  EXPECT_EQ(std::get<Rejection>(more[0].result).code, Errc::corrupt);
  EXPECT_TRUE(done(more[1]));
  const auto snapshot = store->snapshot();
  const StoreReader read{snapshot};
  EXPECT_EQ(read.list_streams({}, "", 10)->damaged, 1u);
  EXPECT_EQ(read.stream(id_of(2))->title, "y");
  EXPECT_EQ(snapshot.get(Table::stream, record_key("main", id_of(1))), "not a record") << "nothing is made of it";
}

TEST_F(LmdbStoreTest, a_snapshot_stays_as_it_was) {
  const auto store = open();
  std::vector<Job> first{create(1)}, second{create(2)};
  store->run(first);
  const auto old = store->snapshot();
  store->run(second);
  EXPECT_FALSE(StoreReader{old}.stream(id_of(2)));
  EXPECT_EQ(StoreReader{old}.list_streams({}, "", 10)->items.size(), 1u);
  EXPECT_TRUE(stream_in(*store, 2));
}

TEST_F(LmdbStoreTest, a_batch_with_an_old_version_is_a_conflict) {
  const auto store = open();
  std::vector<Job> jobs{create(1)};
  store->run(jobs);
  Batch batch{{{Table::stream, record_key("main", id_of(1)), 7}}, {{Table::meta, "x", "y"}}};
  EXPECT_EQ(store->commit(batch).error().code, Errc::conflict);
  EXPECT_FALSE(store->snapshot().get(Table::meta, "x"));
  batch.expected[0].version = 1;
  EXPECT_TRUE(store->commit(batch));
  EXPECT_EQ(store->snapshot().get(Table::meta, "x"), "y");
}

TEST_F(LmdbStoreTest, a_fork_is_refused_and_told) {
  const auto store = open();
  const pid_t child = elsewhere([&] {
    std::vector<Job> jobs{create(1)};
    store->run(jobs);
    EXPECT_EQ(std::get<Rejection>(jobs[0].result).code, Errc::unavailable);
    EXPECT_THROW(store->snapshot(), std::logic_error);
  });
  EXPECT_EQ(status_of(child), 0);
  EXPECT_FALSE(stream_in(*store, 1));
}

TEST_F(LmdbStoreTest, one_thread_writes_while_others_read) {
  const auto store = open();
  std::atomic<bool> over{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      while (!over) {
        const auto snapshot = store->snapshot();
        const StoreReader read{snapshot};
        const auto page = read.list_streams({}, "", 1000);
        for (const auto& stream : page->items) EXPECT_EQ(read.journal(stream.id, std::uint64_t{0}, 100).size(), stream.journal_seq);
      }
    });
  std::thread([&] {
    for (std::uint64_t n = 1; n <= 60; n += 3) {
      std::vector<Job> jobs{create(n), create(n + 1), create(n + 2)};
      store->run(jobs);
      for (const auto& job : jobs) EXPECT_TRUE(done(job));
    }
  }).join();
  over = true;
  for (auto& reader : readers) reader.join();
  expect_consistent(store->snapshot());
}

TEST_F(LmdbStoreTest, two_processes_write_at_once) {
  open().reset();
  std::vector<pid_t> children;
  for (std::uint64_t p = 0; p < 2; ++p)
    children.push_back(elsewhere([&, p] {
      const auto store = open();
      for (std::uint64_t n = 0; n < 60; n += 4) {
        std::vector<Job> jobs;
        for (std::uint64_t i = 0; i < 4; ++i) jobs.push_back(create(1 + p * 1000 + n + i));
        store->run(jobs);
        for (const auto& job : jobs) EXPECT_TRUE(done(job));
        // Both also want the same stream: each change counts once.
        Job shared;
        shared.command.context.now = {1'700'000'100'000 + static_cast<std::int64_t>(p * 1000 + n)};
        shared.command.what = SignalStream{id_of(1), SettingsChanged{{.title = std::to_string(p) + " " + std::to_string(n)}}};
        store->run({&shared, 1});
      }
    }));
  for (const pid_t child : children) EXPECT_EQ(status_of(child), 0);
  const auto store = open();
  const auto snapshot = store->snapshot();
  const StoreReader read{snapshot};
  EXPECT_EQ(read.list_streams({}, "", 1000)->items.size(), 120u);
  expect_consistent(snapshot);
  EXPECT_GE(read.stream(id_of(1))->version, 16u);
}

}  // namespace
}  // namespace tribute::store

#include <tribute/adapter/lmdb.hpp>

#include <thread>

#include "adapter/store_fixture.hpp"

namespace tribute::lmdb {
namespace {

class Lmdb : public store::OnDisk {
 protected:
  void SetUp() override {
    OnDisk::SetUp();
    environment = std::make_unique<Environment>(EnvironmentOptions{.folder = root, .map_size = 16 << 20});
    WriteTransaction txn(*environment);
    check(mdb_dbi_open(txn.handle(), "t", MDB_CREATE, &table), "open");
    for (const char* key : {"b", "d", "f"}) txn.put(table, key, std::string{"value "} + key);
    txn.commit();
  }
  void TearDown() override {
    environment.reset();
    OnDisk::TearDown();
  }
  std::unique_ptr<Environment> environment;
  MDB_dbi table = 0;
};

TEST_F(Lmdb, not_found_is_a_value) {
  const ReadTransaction txn(*environment);
  EXPECT_EQ(txn.get(table, "b"), "value b");
  EXPECT_FALSE(txn.get(table, "c"));
}

TEST_F(Lmdb, cursors_walk_both_ways_from_anywhere) {
  const ReadTransaction txn(*environment);
  auto cursor = txn.cursor(table);
  EXPECT_TRUE(cursor.seek("c"));
  EXPECT_EQ(cursor.key(), "d");
  EXPECT_TRUE(cursor.next());
  EXPECT_EQ(cursor.value(), "value f");
  EXPECT_FALSE(cursor.next());
  EXPECT_FALSE(cursor.seek("g"));
  EXPECT_TRUE(cursor.seek_before("g"));
  EXPECT_EQ(cursor.key(), "f");
  EXPECT_TRUE(cursor.seek_before("d"));
  EXPECT_EQ(cursor.key(), "b");
  EXPECT_FALSE(cursor.seek_before("b"));
  EXPECT_TRUE(cursor.seek(""));
  EXPECT_EQ(cursor.key(), "b");
}

TEST_F(Lmdb, what_is_not_committed_never_was) {
  {
    WriteTransaction txn(*environment);
    txn.put(table, "x", "1");
    txn.erase(table, "b");
  }
  const ReadTransaction txn(*environment);
  EXPECT_FALSE(txn.get(table, "x"));
  EXPECT_TRUE(txn.get(table, "b"));
}

TEST_F(Lmdb, a_thread_cannot_wait_for_itself) {
  const WriteTransaction txn(*environment);
  EXPECT_THROW(WriteTransaction{*environment}, std::logic_error);
}

TEST_F(Lmdb, a_process_opens_a_folder_once) {
  EXPECT_THROW(Environment({.folder = root}), std::logic_error);
  environment.reset();
  environment = std::make_unique<Environment>(EnvironmentOptions{.folder = root});
}

TEST_F(Lmdb, a_fork_cannot_use_it_and_does_not_harm_it) {
  const ReadTransaction before(*environment);
  const pid_t child = elsewhere([&] {
    EXPECT_THROW(environment->get(), std::logic_error);
    EXPECT_THROW(ReadTransaction{*environment}, std::logic_error);
    EXPECT_THROW(WriteTransaction{*environment}, std::logic_error);
    environment.reset();
    Environment own({.folder = root});  // may open it for itself
    EXPECT_EQ(own.clear_dead_readers(), 0);
  });
  EXPECT_EQ(status_of(child), 0);
  EXPECT_EQ(before.get(table, "b"), "value b");
  EXPECT_EQ(environment->clear_dead_readers(), 0);
}

TEST_F(Lmdb, every_commit_is_synced) {
  unsigned flags = 0;
  check(mdb_env_get_flags(environment->get(), &flags), "read the flags");
  EXPECT_EQ(flags & (MDB_NOSYNC | MDB_NOMETASYNC | MDB_MAPASYNC | MDB_WRITEMAP), 0u) << "a power cut would cost acknowledged writes";
}

TEST_F(Lmdb, reader_slots_are_used_again) {
  for (int i = 0; i < 1000; ++i) {
    const ReadTransaction one(*environment), two(*environment);
    EXPECT_TRUE(two.get(table, "b"));
  }
  MDB_envinfo info{};
  mdb_env_info(environment->get(), &info);
  EXPECT_LE(info.me_numreaders, 2u);
}

TEST_F(Lmdb, a_readers_state_stays_while_others_write) {
  const ReadTransaction old(*environment);
  std::thread([&] {
    WriteTransaction txn(*environment);
    txn.put(table, "b", "new");
    txn.commit();
  }).join();
  EXPECT_EQ(old.get(table, "b"), "value b");
  EXPECT_EQ(ReadTransaction{*environment}.get(table, "b"), "new");
}

TEST_F(Lmdb, the_slot_of_a_killed_reader_is_cleared) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = elsewhere([&] {
    Environment own({.folder = root});
    const ReadTransaction held(own);
    EXPECT_EQ(write(ends[1], "r", 1), 1);
    for (;;) pause();
  });
  char ready = 0;
  ASSERT_EQ(read(ends[0], &ready, 1), 1);
  EXPECT_EQ(environment->clear_dead_readers(), 0) << "it lives";
  kill(child, SIGKILL);
  status_of(child);
  EXPECT_EQ(environment->clear_dead_readers(), 1);
  EXPECT_EQ(environment->clear_dead_readers(), 0);
  close(ends[0]), close(ends[1]);
}

}  // namespace
}  // namespace tribute::lmdb

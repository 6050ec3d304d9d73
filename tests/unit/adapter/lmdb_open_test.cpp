#include <tribute/adapter/lmdb_open.hpp>

#include <sys/stat.h>

#include <random>

#include "adapter/store_fixture.hpp"

namespace tribute::store {
namespace {

namespace fs = std::filesystem;

class Opening : public OnDisk {
 protected:
  /// A store with a few hundred records, closed.
  void fill(int streams = 200) {
    const auto store = open();
    auto house = house_in(*store);
    const auto memorial = house.memorial("A", {"eve"});
    for (int i = 0; i < streams; ++i) house.stream({.description = std::string(static_cast<std::size_t>(i * 20), 'x'), .memorial_id = memorial.id});
    house.go_live(house.stream());
  }
  std::size_t streams_in(const LmdbStore& store) const {
    const auto snapshot = store.snapshot();
    const StoreReader read{snapshot};
    return read.list_streams({}, "", 1000)->items.size();
  }
  unsigned mode_of(const std::string& path) const {
    struct stat status {};
    EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 0777;
  }
};

TEST_F(Opening, makes_a_folder_for_us_alone_and_a_sparse_file) {
  const auto store = open({});
  EXPECT_EQ(mode_of(folder), 0700u);
  EXPECT_EQ(mode_of(data()), 0600u);
  EXPECT_EQ(mode_of(folder + "/lock.mdb"), 0600u);
  EXPECT_LT(fs::file_size(data()), 1u << 20);
  EXPECT_EQ(store->usage().map_bytes, std::size_t{64} << 30);
}

TEST_F(Opening, tightens_a_folder_that_others_could_read) {
  fs::create_directory(folder);
  fs::permissions(folder, fs::perms::all);
  const auto store = open();
  EXPECT_EQ(mode_of(folder), 0700u);
}

TEST_F(Opening, finds_again_what_was_there) {
  fill();
  const auto store = open();
  EXPECT_EQ(streams_in(*store), 201u);
  expect_consistent(store->snapshot());
}

TEST_F(Opening, makes_nothing_unless_asked) {
  EXPECT_EQ(refused({.create = false}).code, Errc::not_found);
  EXPECT_FALSE(fs::exists(folder));
  fs::create_directory(folder);
  EXPECT_EQ(refused({.create = false}).code, Errc::not_found);
  EXPECT_TRUE(fs::is_empty(folder));
}

TEST_F(Opening, an_older_format_is_brought_up_to_date) {
  fill(20);
  {  // As format 0 was: records, and no indexes.
    const auto store = open();
    const auto snapshot = store->snapshot();
    Batch batch;
    for (const auto table : {Table::index, Table::deadline}) {
      auto cursor = snapshot.cursor(table);
      for (bool there = cursor.seek(""); there; there = cursor.next()) batch.writes.push_back({table, std::string{cursor.key()}, std::nullopt});
    }
    batch.writes.push_back({Table::meta, format_key(), counter_row(0)});
    ASSERT_TRUE(store->commit(batch));
  }
  const auto store = open();
  expect_consistent(store->snapshot());
  EXPECT_EQ(streams_in(*store), 21u);
  EXPECT_EQ(store->snapshot().get(Table::meta, format_key()), counter_row(1));
}

TEST_F(Opening, migrations_run_in_order_once_and_whole) {
  fill(3);
  static constexpr Migration steps[] = {
      {2, [](WriteView& txn) { txn.put(Table::meta, counter_key("main", "second"), std::string{*txn.get(Table::meta, counter_key("main", "first"))}); }},
      {1, [](WriteView& txn) { txn.put(Table::meta, counter_key("main", "first"), counter_row(7)); }}};
  auto newer = small();
  newer.format = 3;
  newer.migrations = steps;
  {
    const auto store = open(newer);
    EXPECT_EQ(store->snapshot().get(Table::meta, counter_key("main", "second")), counter_row(7));
    EXPECT_EQ(store->snapshot().get(Table::meta, format_key()), counter_row(3));
    ASSERT_TRUE(store->commit({{}, {{Table::meta, counter_key("main", "first"), counter_row(8)}}}));
  }
  const auto store = open(newer);
  EXPECT_EQ(store->snapshot().get(Table::meta, counter_key("main", "first")), counter_row(8)) << "not run again";
  EXPECT_EQ(streams_in(*store), 4u);
}

TEST_F(Opening, a_migration_that_fails_changes_nothing) {
  fill(3);
  const auto before = bytes();
  static constexpr Migration steps[] = {{1, [](WriteView& txn) {
    txn.put(Table::meta, counter_key("main", "half"), counter_row(1));
    throw DamagedRecord("a record cannot be read");
  }}};
  auto newer = small();
  newer.format = 2;
  newer.migrations = steps;
  EXPECT_EQ(refused(newer).code, Errc::corrupt);
  EXPECT_EQ(bytes(), before);
  EXPECT_EQ(streams_in(*open()), 4u);
}

TEST_F(Opening, what_a_newer_version_wrote_is_refused_and_left_alone) {
  fill(3);
  auto newer = small();
  newer.format = 9;
  static constexpr Migration steps[] = {{1, [](WriteView&) {}}, {2, [](WriteView&) {}}, {3, [](WriteView&) {}}, {4, [](WriteView&) {}},
                                        {5, [](WriteView&) {}}, {6, [](WriteView&) {}}, {7, [](WriteView&) {}}, {8, [](WriteView&) {}}};
  newer.migrations = steps;
  open(newer).reset();
  const auto before = bytes();
  const auto error = refused();
  EXPECT_EQ(error.code, Errc::unsupported_type);
  EXPECT_NE(error.detail.find("format 9"), std::string::npos) << error.detail;
  EXPECT_EQ(bytes(), before);
}

TEST_F(Opening, a_format_that_nobody_can_migrate_is_refused) {
  fill(3);
  auto newer = small();
  newer.format = 3;
  newer.migrations = {};
  const auto before = bytes();
  EXPECT_EQ(refused(newer).code, Errc::unsupported_type);
  EXPECT_EQ(bytes(), before);
}

TEST_F(Opening, a_process_of_the_old_version_reads_on_but_writes_no_more) {
  fill(3);
  const auto old = open();
  const pid_t child = elsewhere([&] {
    static constexpr Migration steps[] = {{1, [](WriteView&) {}}};
    auto newer = small();
    newer.format = 2;
    newer.migrations = steps;
    EXPECT_TRUE(LmdbStore::open(folder, newer));
  });
  ASSERT_EQ(status_of(child), 0);
  auto house = house_in(*old, 5000);
  EXPECT_EQ(house.refused(CreateMemorial{house.fresh(), {.name = "x"}}).code, Errc::unavailable);
  EXPECT_EQ(old->commit({{}, {{Table::meta, "x", "y"}}}).error().code, Errc::unavailable);
  EXPECT_EQ(streams_in(*old), 4u);
}

TEST_F(Opening, files_that_are_no_store_are_refused_and_left_alone) {
  fs::create_directory(folder);
  std::string noise(100'000, '\0');
  std::mt19937 random(3);
  for (char& c : noise) c = static_cast<char>(random());
  for (const std::string& content : {std::string{"hello\n"}, std::string(8192, '\0'), noise}) {
    overwrite(content);
    EXPECT_EQ(refused().code, Errc::corrupt);
    EXPECT_EQ(bytes(), content);
  }
  fs::remove(data());
  fs::create_directory(data());
  EXPECT_EQ(refused().code, Errc::unavailable);
}

TEST_F(Opening, another_programs_lmdb_file_is_refused_and_left_alone) {
  fs::create_directory(folder);
  for (const char* name : {"theirs", "meta"}) {
    {
      lmdb::Environment theirs({.folder = folder, .map_size = 1 << 20});
      lmdb::WriteTransaction txn(theirs);
      MDB_dbi table = 0;
      lmdb::check(mdb_dbi_open(txn.handle(), name, MDB_CREATE, &table), "open");
      txn.put(table, "key", "value");
      txn.commit();
    }
    const auto before = bytes();
    const auto error = refused();
    EXPECT_EQ(error.code, Errc::corrupt);
    EXPECT_NE(error.detail.find("not of this program"), std::string::npos) << error.detail;
    EXPECT_EQ(bytes(), before);
  }
}

TEST_F(Opening, a_file_that_lost_its_end_is_refused_and_left_alone) {
  fill();
  const auto whole = bytes();
  for (const std::size_t keep : {whole.size() / 2, whole.size() / 4, std::size_t{8192}, std::size_t{5000}, std::size_t{100}}) {
    overwrite(whole.substr(0, keep));
    auto options = small();
    options.check_up_to = 0;
    EXPECT_EQ(refused(options).code, Errc::corrupt) << keep;
    EXPECT_EQ(bytes(), whole.substr(0, keep));
  }
  overwrite(whole);
  EXPECT_EQ(streams_in(*open()), 201u);
}

TEST_F(Opening, where_a_store_has_been_nothing_is_begun_anew) {
  fill(3);
  overwrite("");
  EXPECT_EQ(refused().code, Errc::corrupt);
  EXPECT_EQ(fs::file_size(data()), 0u);
  fs::remove(data());
  EXPECT_EQ(refused().code, Errc::corrupt);
  EXPECT_FALSE(fs::exists(data()));
}

TEST_F(Opening, a_page_of_garbage_anywhere_is_an_error_and_never_a_crash) {
  fill(30);
  const auto whole = bytes();
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::size_t told = 0;
  const std::size_t pages = whole.size() / 4096;
  for (std::size_t page = 2; page < pages; ++page) {
    auto damaged = whole;
    for (std::size_t i = 0; i < 4096; ++i) damaged[page * 4096 + i] = static_cast<char>(random());
    overwrite(damaged);
    auto opened = LmdbStore::open(folder, small());
    if (opened) {  // a page that waits for reuse, or a value: then its record is the one that cannot be read
      EXPECT_LE(streams_in(**opened), 31u);
      continue;
    }
    ++told;
    EXPECT_EQ(opened.error().code, Errc::corrupt);
    EXPECT_EQ(bytes(), damaged);
  }
  EXPECT_GT(told, pages / 5);
}

TEST_F(Opening, says_when_the_folder_cannot_be_used) {
  std::ofstream(folder) << "a file";
  EXPECT_EQ(refused().code, Errc::unavailable);
  folder += "/below";
  EXPECT_EQ(refused().code, Errc::unavailable);
  folder = root + "/missing/parent";
  EXPECT_EQ(refused().code, Errc::unavailable);
}

TEST_F(Opening, twice_in_one_process_is_refused) {
  const auto store = open();
  EXPECT_EQ(refused().code, Errc::unavailable);
}

TEST_F(Opening, by_many_processes_at_once_makes_one_store) {
  std::vector<pid_t> children;
  for (std::uint64_t i = 0; i < 6; ++i)
    children.push_back(elsewhere([&, i] {
      const auto store = open();
      ASSERT_TRUE(store);
      house_in(*store, 1000 * (i + 1)).stream();
    }));
  for (const pid_t child : children) EXPECT_EQ(status_of(child), 0);
  const auto store = open();
  EXPECT_EQ(streams_in(*store), 6u);
  expect_consistent(store->snapshot());
}

}  // namespace
}  // namespace tribute::store

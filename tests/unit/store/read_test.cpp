#include <tribute/store/read.hpp>

#include <random>

#include "store/store_fixture.hpp"

namespace tribute::store {
namespace {

class Reading : public MemoryHouse {
 protected:
  /// All pages of a list, with what happens between them.
  template <class List, class Between>
  std::vector<Id> all(List list, Between between) {
    std::vector<Id> ids;
    std::string cursor;
    for (int pages = 0; pages < 1000; ++pages) {
      const auto page = list(cursor);
      EXPECT_TRUE(page);
      if (!page) return ids;
      for (const auto& item : page->items) ids.push_back(item.id);
      if (!page->next) return ids;
      cursor = *page->next;
      between();
    }
    ADD_FAILURE() << "pages without end";
    return ids;
  }
  template <class List>
  std::vector<Id> all(List list) { return all(std::move(list), [] {}); }

  /// What a list has to give, found the slow way.
  std::vector<Id> expected(const StreamFilter& filter) {
    std::vector<std::pair<std::pair<Timestamp, Id>, Id>> found;
    for (const auto& [key, row] : store.rows(Table::stream)) {
      const auto stream = *read_record<Stream>(row);
      const auto when = list_time(stream);
      if (!detail::matches(stream, filter) || (filter.from && when < *filter.from) || (filter.to && when >= *filter.to)) continue;
      found.push_back({{when, stream.id}, stream.id});
    }
    std::sort(found.begin(), found.end());
    if (filter.order == Order::newest_first) std::reverse(found.begin(), found.end());
    std::vector<Id> ids;
    for (const auto& [position, id] : found) ids.push_back(id);
    return ids;
  }
};

TEST_F(Reading, every_combination_of_filters_in_both_orders_and_all_page_sizes) {
  std::mt19937 random(5);
  const Memorial memorials[] = {house.memorial("A"), house.memorial("B")};
  const auto chapel = house.input("Chapel");
  for (int i = 0; i < 60; ++i) {
    house.pass(static_cast<std::int64_t>(random() % 3) * 1000);  // some at the same time
    StreamPatch patch;
    if (random() % 3 != 0) patch.memorial_id = memorials[random() % 2].id;
    if (random() % 2 == 0) patch.scheduled_start = house.now + (static_cast<std::int64_t>(random() % 100'000) - 50'000);
    const auto who = viewer(Role::admin, random() % 2 == 0 ? "ann" : "anna");
    house.stream(patch, random() % 3 == 0 ? std::optional{chapel.id} : std::nullopt, who);
  }
  for (int i = 0; i < 400; ++i) {
    StreamFilter filter;
    if (random() % 2 == 0) filter.memorial = memorials[random() % 2].id;
    if (random() % 3 == 0) filter.input = chapel.id;
    if (random() % 2 == 0) filter.created_by = random() % 2 == 0 ? "ann" : "anna";
    if (random() % 2 == 0) filter.statuses.push_back(random() % 2 == 0 ? StreamStatus::ready : StreamStatus::scheduled);
    if (random() % 4 == 0) filter.statuses.push_back(StreamStatus::scheduled);
    if (random() % 3 == 0) filter.from = house.now + (static_cast<std::int64_t>(random() % 100'000) - 80'000);
    if (random() % 3 == 0) filter.to = house.now + (static_cast<std::int64_t>(random() % 100'000) - 20'000);
    filter.order = random() % 2 == 0 ? Order::newest_first : Order::oldest_first;
    const std::size_t limit = 1 + random() % 20;
    const auto list = [&](const std::string& cursor) { return read.list_streams(filter, cursor, limit); };
    ASSERT_EQ(all(list), expected(filter)) << "filter " << i;
  }
}

TEST_F(Reading, pages_lose_and_repeat_nothing_while_streams_come_and_change) {
  for (int i = 0; i < 50; ++i) house.pass(1000), house.stream();
  const auto there = expected({});
  const auto list = [&](const std::string& cursor) { return read.list_streams({}, cursor, 7); };
  int n = 0;
  const auto ids = all(list, [&] {
    house.pass(1000);
    house.stream();                                                                             // newer: not in the pages to come
    house.run(SignalStream{there[static_cast<std::size_t>(n * 5 % 50)], SettingsChanged{{.title = "x"}}});  // changed
    house.run(SignalStream{there[static_cast<std::size_t>(++n)], StreamDeleted{}});             // gone, already shown
  });
  EXPECT_EQ(ids, there);
}

TEST_F(Reading, a_cursor_whose_stream_is_gone_still_stands) {
  for (int i = 0; i < 9; ++i) house.pass(1000), house.stream();
  const auto there = expected({});
  const auto first = read.list_streams({}, "", 3);
  house.run(SignalStream{there[2], StreamDeleted{}});
  EXPECT_EQ(read.list_streams({}, *first->next, 1)->items.at(0).id, there[3]);
}

TEST_F(Reading, a_page_that_is_exactly_full_and_last_has_no_next) {
  for (int i = 0; i < 6; ++i) house.pass(1000), house.stream();
  EXPECT_TRUE(read.list_streams({}, "", 5)->next);
  EXPECT_FALSE(read.list_streams({}, "", 6)->next);
  EXPECT_EQ(read.list_streams({}, "", 0)->items.size(), 1u) << "a limit below one is one";
}

TEST_F(Reading, what_the_policy_leaves_out_does_not_count_but_work_is_bounded) {
  for (std::size_t i = 0; i < detail::most_examined + 10; ++i) house.pass(1000), house.stream({.title = i < 5 ? "old" : "new"});
  const auto old = [](const Stream& stream) { return stream.title == "old"; };
  const auto first = read.list_streams({}, "", 50, old);
  EXPECT_TRUE(first->items.empty());
  ASSERT_TRUE(first->next) << "it gave up for this page, not for good";
  EXPECT_EQ(read.list_streams({}, *first->next, 50, old)->items.size(), 5u);
  const auto list = [&](const std::string& cursor) { return read.list_streams({}, cursor, 3, old); };
  EXPECT_EQ(all(list).size(), 5u);
}

TEST_F(Reading, garbage_cursors_are_refused_by_every_list) {
  const auto stream = house.stream();
  for (const std::string& cursor : {std::string{"x"}, std::string{"AAAA"}, std::string{"\xff\0%", 3}, std::string(5000, 'A')}) {
    EXPECT_EQ(read.list_streams({}, cursor, 10).error().field, "cursor");
    EXPECT_EQ(read.list_streams({}, cursor, 10).error().code, Errc::unprocessable);
    EXPECT_EQ(read.list_memorials(cursor, 10).error().field, "cursor");
    EXPECT_EQ(read.list_inputs(cursor, 10).error().field, "cursor");
    EXPECT_EQ(read.archive_of_memorial(id_of(1), cursor, 10).error().field, "cursor");
    EXPECT_EQ(read.archive_of_stream(stream.id, cursor, 10).error().field, "cursor");
    EXPECT_EQ(read.journal(stream.id, cursor, 10).error().field, "cursor");
  }
}

TEST_F(Reading, archives_come_newest_first) {
  const auto memorial = house.memorial("A");
  auto stream = house.stream({.memorial_id = memorial.id});
  std::vector<Id> entries;
  for (int i = 0; i < 5; ++i) {
    house.pass(4'000'000);  // past the reopen window: another broadcast
    house.run(SignalStream{stream.id, StartRequested{house.fresh()}});
    entries.insert(entries.begin(), house.go_live(stream, static_cast<std::uint64_t>(i)).archive_id);
    house.run(SignalStream{stream.id, StopRequested{}});
    house.run(EndPublish{house.boot, static_cast<std::uint64_t>(i)});
    finalize();
  }
  EXPECT_EQ(all([&](const std::string& cursor) { return read.archive_of_memorial(memorial.id, cursor, 2); }), entries);
  EXPECT_EQ(all([&](const std::string& cursor) { return read.archive_of_stream(stream.id, cursor, 3); }), entries);
  EXPECT_TRUE(read.archive_of_stream(id_of(7777), "", 3)->items.empty());
}

TEST_F(Reading, the_journal_goes_on_where_it_was_left) {
  const auto stream = house.stream(), other = house.stream();
  auto page = read.journal(stream.id, std::string_view{}, 100);
  ASSERT_EQ(page->items.size(), 1u);
  const auto cursor = *page->next;
  EXPECT_TRUE(read.journal(stream.id, cursor, 100)->items.empty());
  house.run(SignalStream{other.id, SettingsChanged{{.title = "x"}}});
  house.run(SignalStream{stream.id, SettingsChanged{{.title = "x"}}});
  page = read.journal(stream.id, cursor, 100);
  ASSERT_EQ(page->items.size(), 1u);
  EXPECT_EQ(page->items[0].seq, 2u);
  EXPECT_TRUE(read.journal(stream.id, UINT64_MAX, 100).empty());
}

TEST_F(Reading, lists_leave_a_damaged_record_out_and_say_so) {
  const auto good = house.stream(), bad = house.stream();
  const auto row = store.rows(Table::stream).at(record_key("main", bad.id));
  const auto put = [&](std::string value) { return store.write({{}, {{Table::stream, record_key("main", bad.id), std::move(value)}}}); };
  for (const auto& damage : {std::string{"short"}, row.substr(0, row.size() / 2), row.substr(0, 8) + std::string(100, '\xff')}) {
    ASSERT_TRUE(put(damage));
    const auto page = read.list_streams({}, "", 10);
    ASSERT_EQ(page->items.size(), 1u);
    EXPECT_EQ(page->items[0].id, good.id);
    EXPECT_EQ(page->damaged, 1u);
    EXPECT_THROW(read.stream(bad.id), DamagedRecord);
  }
  ASSERT_TRUE(put(row));
}

}  // namespace
}  // namespace tribute::store

#include <tribute/store/keys.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <tribute/store/cursor.hpp>

#include "store/store_fixture.hpp"

namespace tribute::store {
namespace {

TEST(Keys, none_is_too_long_whatever_goes_in) {
  const std::string long_org(5000, 'o'), long_name(5000, 'n');
  Stream stream{.id = id_of(1), .org = std::string(most_org_bytes, 'o')};
  stream.created_by = long_name;
  stream.memorial_id = stream.input_id = stream.publisher.boot = id_of(2);
  stream.phase.status = StreamStatus::live;
  Input input{.id = id_of(3), .org = stream.org, .shared = true, .key_hmac = long_name};
  auto keys = indexes_of(stream);
  for (auto& key : indexes_of(input)) keys.push_back(key);
  keys.push_back(journal_key(stream.org, stream.id, UINT64_MAX));
  keys.push_back(deadline_key(stream.org, {{INT64_MAX}, DeadlineKind::archive_purge, stream.id}));
  keys.push_back(counter_key(stream.org, "outbox"));
  keys.push_back(index_prefix(long_org, Index::stream_by_creator, long_name));
  EXPECT_EQ(keys.size(), 13u);
  for (const auto& key : keys) EXPECT_LE(key.size(), most_key_bytes);
}

TEST(Keys, long_names_stay_apart) {
  const std::string a = std::string(200, 'n') + "a", b = std::string(200, 'n') + "b";
  EXPECT_NE(index_prefix("main", Index::stream_by_creator, a), index_prefix("main", Index::stream_by_creator, b));
}

TEST(Keys, no_name_is_the_beginning_of_another) {
  const auto ann = index_prefix("main", Index::stream_by_creator, std::string{"ann"});
  const auto anna = index_prefix("main", Index::stream_by_creator, std::string{"anna"});
  EXPECT_FALSE(std::string_view{anna}.starts_with(ann));
  EXPECT_FALSE(std::string_view{record_key("mainly", id_of(1))}.starts_with(detail::org_key("main")));
}

TEST(Keys, bytes_sort_as_times_and_numbers_do) {
  const Timestamp times[] = {{INT64_MIN}, {-1}, {0}, {1}, {255}, {256}, {1'700'000'000'000}, {INT64_MAX}};
  for (std::size_t i = 1; i < std::size(times); ++i) {
    EXPECT_LT(position_bytes({times[i - 1], id_of(7)}), position_bytes({times[i], id_of(3)}));
    EXPECT_LT(deadline_key("main", {times[i - 1], DeadlineKind::archive_purge, id_of(7)}), deadline_key("main", {times[i], DeadlineKind::reconnect_window, id_of(3)}));
  }
  EXPECT_LT(outbox_key("main", 255), outbox_key("main", 256));
  EXPECT_EQ(position_of(position_bytes({times[1], id_of(9)})), (Position{times[1], id_of(9)}));
}

TEST(Keys, a_deadline_is_read_back_only_from_its_own_org) {
  const DeadlineKey deadline{{1'700'000'000'000}, DeadlineKind::became_due, id_of(5)};
  const auto key = deadline_key("main", deadline);
  EXPECT_EQ(deadline_of("main", key), deadline);
  EXPECT_FALSE(deadline_of("mai", key));
  EXPECT_FALSE(deadline_of("main", key + "x"));
  auto foreign_kind = key;
  foreign_kind[foreign_kind.size() - Id::byte_size - 1] = 77;
  EXPECT_FALSE(deadline_of("main", foreign_kind));
}

TEST(Cursors, come_back_as_they_were) {
  const Position position{{1'700'000'000'000}, id_of(4)};
  EXPECT_EQ(parse_cursor(ListKind::streams, make_cursor(ListKind::streams, position)), position);
  EXPECT_EQ(parse_journal_cursor(make_journal_cursor(77)), 77u);
}

TEST(Cursors, others_are_refused) {
  const auto cursor = make_cursor(ListKind::streams, {{1}, id_of(4)});
  EXPECT_FALSE(parse_cursor(ListKind::archive, cursor)) << "of another list";
  EXPECT_FALSE(parse_cursor(ListKind::streams, cursor + "A"));
  EXPECT_FALSE(parse_cursor(ListKind::streams, cursor.substr(1)));
  EXPECT_FALSE(parse_journal_cursor(cursor));
  for (const char* text : {"", "x", "!!!!", "AAAA", "../../etc", "%00"}) {
    EXPECT_FALSE(parse_cursor(ListKind::streams, text)) << text;
    EXPECT_FALSE(parse_journal_cursor(text)) << text;
  }
  EXPECT_FALSE(parse_cursor(ListKind::streams, std::string(100'000, 'A')));
}

}  // namespace
}  // namespace tribute::store

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <tribute/codec.hpp>
#include <tribute/effect.hpp>
#include <tribute/record.hpp>

namespace tribute {
namespace {

Id id_of(std::uint8_t n) { return Id{{n, 1, 2, 3}}; }

/// A stream in which no field has its default.
Stream full_stream() {
  Stream s;
  s.id = id_of(1), s.org = "house", s.version = 7, s.title = "T", s.description = std::string("a\0b", 3), s.memorial_id = id_of(2), s.memorial_name = "M";
  s.service_id = "si", s.service_name = "sn", s.location = "L", s.planned_duration_s = -90, s.visibility = Visibility::hidden, s.visible_as = Visibility::public_;
  s.policy_epoch = 9, s.allowed_users = {"anna", "", "carl"}, s.recording_enabled = false, s.input_id = id_of(3), s.own_input = false;
  s.publisher = {id_of(4), id_of(5), 6, id_of(7), {8}, "10.0.0.1"}, s.refused = {Refusal::storage_full, {9}, "10.0.0.2"};
  s.broadcast_id = id_of(8), s.archive_id = id_of(9), s.actual_start = {10}, s.end_time = {11}, s.recording_ready = true, s.recording_duration_ms = 12;
  s.error = "E", s.created_by = "cb", s.created_by_name = "cbn", s.created = {13}, s.updated = {14}, s.journal_seq = 15;
  s.phase = {StreamStatus::error, IngestState::interrupted, false, true, true, true, true, true, Connection::unheard, 3600, std::numeric_limits<std::uint64_t>::max(), {16}, {-17}, {18}};
  return s;
}

ArchiveEntry full_entry() {
  ArchiveEntry e;
  e.id = id_of(1), e.org = "house", e.version = 2, e.stream_id = id_of(2), e.stream_deleted = true, e.memorial_id = id_of(3), e.state = ArchiveState::deleted;
  e.title = "T", e.description = "D", e.cloudflare_id = "C", e.is_visible = false, e.started = {1}, e.ended = {2}, e.duration_ms = 3, e.bytes = 4, e.started_by = "sb";
  e.started_by_name = "sbn", e.viewer_count = 5, e.sessions = {{id_of(6), 7, {8}, {9}}, {id_of(10), 11, {12}, {}}}, e.error = "E", e.purge_at = {13};
  e.visibility = Visibility::registered, e.allowed_users = {"anna"}, e.created_by = "cb", e.policy_epoch = 14, e.created = {15}, e.updated = {16};
  return e;
}

template <class T>
void comes_back(const T& value) {
  const auto decoded = decode<T>(encode(value));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, value);
}

/// The numbers of the fields, in the order in which they are listed.
template <class T>
std::vector<int> numbers() {
  std::vector<int> out;
  T value;
  T::fields(value, [&](int number, auto&) { out.push_back(number); });
  return out;
}

TEST(Codec, records_come_back_as_they_were) {
  comes_back(full_stream());
  comes_back(Stream{});
  comes_back(full_entry());
  comes_back(ArchiveEntry{});
  comes_back(Memorial{id_of(1), "house", 2, "N", "D", {"a", "b"}, "cb", {3}, {4}});
  comes_back(Input{id_of(1), "house", 2, "N", true, id_of(3), std::string(32, '\xff'), std::string(64, '\0'), {"rtmp", "whip"}, "cb", {4}, {5}});
  comes_back(JournalEntry{1, {2}, JournalKind::start_withdrawn, 3, id_of(4), "A", "D"});
  comes_back(FinalizeBroadcast{id_of(1), id_of(2), id_of(3), 4});
  comes_back(RemoveMedia{id_of(1), id_of(2)});
}

TEST(Codec, every_field_is_stored) {
  // A field that fields() forgets would come back with its default, and the full records have none.
  EXPECT_EQ(numbers<Stream>().size(), 46u);
  EXPECT_EQ(numbers<ArchiveEntry>().size(), 27u);
  const auto stream = full_stream(), fresh = Stream{};
  std::vector<std::string> defaults;
  Stream::fields(fresh, [&](int, const auto& field) { detail::put_value(defaults.emplace_back(), field); });
  std::size_t i = 0;
  Stream::fields(stream, [&](int number, const auto& field) {
    std::string bytes;
    detail::put_value(bytes, field);
    EXPECT_NE(bytes, defaults[i++]) << "field " << number << " has its default in the test";
  });
}

TEST(Codec, numbers_rise_and_are_not_used_twice) {
  for (const auto& list : {numbers<Stream>(), numbers<ArchiveEntry>(), numbers<Memorial>(), numbers<Input>(), numbers<Publisher>(), numbers<RefusedPublisher>(),
                           numbers<RecordingSession>(), numbers<JournalEntry>(), numbers<FinalizeBroadcast>(), numbers<RemoveMedia>()})
    for (std::size_t i = 0; i < list.size(); ++i) {
      EXPECT_GT(list[i], 0);
      EXPECT_TRUE(i == 0 || list[i] > list[i - 1]) << list[i];
    }
}

// What is on disk: these numbers may never change their meaning.
TEST(Codec, the_bytes_of_a_small_record_stay_what_they_are) {
  RecordingSession session{id_of(0xab), 300, {5}, {-1}};
  const std::string expected = std::string("\x01\x10\xab\x01\x02\x03", 6) + std::string(12, '\0') + std::string("\x02\x02\xd8\x04\x03\x01\x0a\x04\x01\x01", 10);
  EXPECT_EQ(encode(session), expected);
  EXPECT_EQ(*decode<RecordingSession>(expected), session);
}

struct Older {
  std::uint64_t number = 1;
  std::string text = "default";

  template <class Self, class Visit>
  static constexpr void fields(Self& s, Visit&& f) {
    f(2, s.number), f(5, s.text);
  }
  friend bool operator==(const Older&, const Older&) = default;
};

struct Newer {
  std::int32_t first = 11;
  std::uint64_t number = 1;
  std::vector<std::string> between{"x"};
  std::string text = "default";
  Id last = id_of(3);

  template <class Self, class Visit>
  static constexpr void fields(Self& s, Visit&& f) {
    f(1, s.first), f(2, s.number), f(4, s.between), f(5, s.text), f(9, s.last);
  }
  friend bool operator==(const Newer&, const Newer&) = default;
};

TEST(Codec, a_newer_program_reads_what_an_older_one_wrote) {
  const auto read = decode<Newer>(encode(Older{42, "hello"}));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, (Newer{11, 42, {"x"}, "hello", id_of(3)})) << "what was not there keeps its default";
}

TEST(Codec, an_older_program_reads_what_a_newer_one_wrote) {
  const auto read = decode<Older>(encode(Newer{-5, 43, {"a", "b"}, "there", id_of(4)}));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, (Older{43, "there"}));
}

TEST(Codec, nothing_at_all_is_all_defaults) {
  const auto read = decode<Newer>("");
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, Newer{});
}

struct Numbers {
  std::int64_t wide = 0;
  std::uint64_t positive = 0;
  std::uint16_t narrow = 0;
  std::int8_t tiny = 0;
  bool flag = false;
  Visibility visibility = Visibility::hidden;

  template <class Self, class Visit>
  static constexpr void fields(Self& s, Visit&& f) {
    f(1, s.wide), f(2, s.positive), f(3, s.narrow), f(4, s.tiny), f(5, s.flag), f(6, s.visibility);
  }
  friend bool operator==(const Numbers&, const Numbers&) = default;
};

TEST(Codec, extremes_of_numbers) {
  for (const std::int64_t wide : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1}, std::int64_t{0}, std::int64_t{63}, std::int64_t{64},
                                  std::numeric_limits<std::int64_t>::max()})
    comes_back(Numbers{wide, static_cast<std::uint64_t>(wide), 65535, -128, true, Visibility::public_});
}

std::string field(char number, const std::string& value) { return std::string{number} + static_cast<char>(value.size()) + value; }

TEST(Codec, numbers_that_do_not_fit_are_damage) {
  EXPECT_TRUE(decode<Numbers>(field(3, "\xfe\xff\x07")));       // 65535
  EXPECT_FALSE(decode<Numbers>(field(3, "\x80\x80\x08")));      // 65536
  EXPECT_FALSE(decode<Numbers>(field(3, "\x01")));              // -1
  EXPECT_FALSE(decode<Numbers>(field(4, "\x80\x02")));          // 128
  EXPECT_FALSE(decode<Numbers>(field(5, "\x04")));              // 2 is neither true nor false
  EXPECT_FALSE(decode<Numbers>(field(3, std::string("\x02\x00", 2)))) << "bytes behind the number";
  EXPECT_FALSE(decode<Numbers>(field(3, ""))) << "no number";
}

TEST(Codec, a_word_that_this_program_does_not_know_is_refused) {
  EXPECT_TRUE(decode<Numbers>(field(6, "\x08")));   // 4: public
  EXPECT_FALSE(decode<Numbers>(field(6, "\x0a")));  // 5
  EXPECT_FALSE(decode<Numbers>(field(6, "\x01")));  // -1
  Stream stream;
  stream.phase.status = static_cast<StreamStatus>(6);
  EXPECT_FALSE(decode<Stream>(encode(stream)));
}

TEST(Codec, an_id_has_sixteen_bytes) {
  EXPECT_FALSE(decode<RemoveMedia>(field(1, std::string(15, 'x'))));
  EXPECT_FALSE(decode<RemoveMedia>(field(1, std::string(17, 'x'))));
  EXPECT_TRUE(decode<RemoveMedia>(field(1, std::string(16, 'x'))));
}

TEST(Codec, too_long_numbers_and_sizes_are_damage) {
  const std::string eleven(11, '\x80');
  EXPECT_FALSE(decode<Older>(eleven));
  EXPECT_FALSE(decode<Older>(std::string("\x05") + "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
  EXPECT_FALSE(decode<Older>(std::string("\x02\x0a") + "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02")) << "65 bits";
}

TEST(Codec, every_cut_is_damage_or_ends_between_two_fields) {
  const auto bytes = encode(full_stream());
  std::size_t whole = 0;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto read = decode<Stream>(std::string_view{bytes}.substr(0, size));
    if (read) ++whole;
    else EXPECT_EQ(read.error().code, Errc::corrupt);
  }
  EXPECT_EQ(whole, numbers<Stream>().size()) << "one for each border of two fields, and the empty one";
}

TEST(Codec, garbage_never_gives_words_outside_of_the_tables) {
  std::mt19937 random(7);
  const auto good = encode(full_stream());
  int read = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = good;
    for (int n = 0; n < 1 + i % 3; ++n) bytes[random() % bytes.size()] = static_cast<char>(random());
    const auto stream = decode<Stream>(bytes);
    if (!stream) continue;
    ++read;
    EXPECT_NE(to_word(stream->phase.status), "unknown");
    EXPECT_NE(to_word(stream->phase.ingest), "unknown");
    EXPECT_NE(to_word(stream->visibility), "unknown");
    EXPECT_NE(to_word(stream->refused.reason), "unknown");
  }
  EXPECT_GT(read, 100);
}

}  // namespace
}  // namespace tribute

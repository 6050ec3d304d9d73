#include "apply_fixture.hpp"

namespace tribute {
namespace {

using namespace test;
using enum JournalKind;

/// A recording that is over, and what happens to it.
struct Shelf {
  ArchiveUnit unit;
  Told told;
  std::vector<Effect> asked;
  std::optional<Rejection> refused;
  bool changed = false, deleted = false;

  explicit Shelf(Scene scene) : unit{scene.recording(), scene.stream()} {}
  Shelf() : Shelf(Scene{}.over()) {}

  ArchiveEntry& entry() { return unit.entry; }

  Shelf& on(std::int64_t seconds, const ArchiveSignal& signal) {
    const auto outcome = apply(unit, signal, {.now = at(seconds), .actor = {"host", "Host"}, .purge_after_ms = 100'000});
    told.clear(), asked.clear(), refused.reset();
    changed = deleted = false;
    if (const auto* rejection = std::get_if<Rejection>(&outcome)) return refused = *rejection, *this;
    const auto& decision = std::get<ArchiveDecision>(outcome);
    changed = decision.changed, deleted = decision.deleted, asked = decision.effects;
    if (!changed) {
      EXPECT_EQ(decision.unit, unit);
    }
    for (const auto& entry : decision.journal) {
      EXPECT_EQ(entry.seq, unit.stream->journal_seq + told.size() + 1);
      EXPECT_EQ(entry.archive_id, unit.entry.id);
      EXPECT_EQ(entry.actor, "host");
      told.push_back(entry.kind);
    }
    unit = decision.unit;
    return *this;
  }
  Shelf& repaired(std::int64_t seconds, std::int64_t duration_ms, std::uint64_t bytes) {
    return on(seconds, ArchiveRepaired{settled_generation(unit.entry), duration_ms, bytes});
  }
};

Shelf failed() { return Shelf(Scene{}.live().stop(20).finalized(21, 0, 0, "disk")); }

TEST(ApplyArchive, a_deleted_recording_can_be_taken_back) {
  Shelf shelf;
  const auto epoch = shelf.entry().policy_epoch;
  shelf.on(100, ArchiveDeleteRequested{});
  EXPECT_EQ(shelf.told, Told{recording_deleted});
  EXPECT_EQ(shelf.entry().state, ArchiveState::deleted);
  EXPECT_EQ(shelf.entry().purge_at, at(200));
  EXPECT_FALSE(shelf.unit.stream->recording_ready);
  EXPECT_GT(shelf.entry().policy_epoch, epoch) << "who watches is cut";
  EXPECT_FALSE(shelf.on(110, ArchiveDeleteRequested{}).changed);
  shelf.on(150, ArchiveRestoreRequested{});
  EXPECT_EQ(shelf.told, Told{recording_restored});
  EXPECT_EQ(shelf.entry().state, ArchiveState::ready);
  EXPECT_FALSE(shelf.entry().purge_at.is_set());
  EXPECT_TRUE(shelf.unit.stream->recording_ready);
}

TEST(ApplyArchive, the_purge_comes_at_its_time_and_only_for_what_is_deleted) {
  Shelf shelf;
  EXPECT_FALSE(shelf.on(99'999, ArchivePurgeDue{}).changed);
  shelf.on(100, ArchiveDeleteRequested{});
  EXPECT_FALSE(shelf.on(199, ArchivePurgeDue{}).changed);
  shelf.on(200, ArchivePurgeDue{});
  EXPECT_TRUE(shelf.deleted);
  EXPECT_EQ(shelf.asked, std::vector<Effect>{(RemoveMedia{id_of(1), id_of(21)})});
  const auto& stream = *shelf.unit.stream;
  EXPECT_FALSE(stream.archive_id.is_set() || stream.broadcast_id.is_set() || stream.phase.has_broadcast);
  EXPECT_EQ(stream.recording_duration_ms, 0);
}

TEST(ApplyArchive, an_older_recording_leaves_the_stream_alone) {
  Shelf shelf;
  shelf.unit.stream->archive_id = shelf.unit.stream->broadcast_id = id_of(88);
  shelf.on(100, ArchiveDeleteRequested{});
  EXPECT_TRUE(shelf.unit.stream->recording_ready);
  shelf.on(200, ArchivePurgeDue{});
  EXPECT_TRUE(shelf.deleted);
  EXPECT_EQ(shelf.unit.stream->broadcast_id, id_of(88));
}

TEST(ApplyArchive, retention_expires_and_a_person_may_take_it_back) {
  Shelf shelf;
  shelf.on(100, ArchiveRetentionElapsed{});
  EXPECT_EQ(shelf.told, Told{recording_expired});
  EXPECT_EQ(shelf.entry().state, ArchiveState::expired);
  EXPECT_EQ(shelf.on(110, ArchiveRestoreRequested{}).entry().state, ArchiveState::ready);
}

TEST(ApplyArchive, what_never_closed_comes_back_as_failed) {
  Shelf shelf = failed();
  shelf.on(100, ArchiveDeleteRequested{}).on(110, ArchiveRestoreRequested{});
  EXPECT_EQ(shelf.entry().state, ArchiveState::failed);
  EXPECT_FALSE(shelf.unit.stream->recording_ready);
}

TEST(ApplyArchive, a_repair_mends_the_recording_and_its_stream) {
  Shelf shelf = failed();
  shelf.repaired(100, 9000, 900);
  EXPECT_EQ(shelf.told, (Told{recording_repaired, broadcast_completed}));
  EXPECT_EQ(shelf.entry().state, ArchiveState::ready);
  EXPECT_EQ(shelf.entry().duration_ms, 9000);
  EXPECT_EQ(shelf.entry().bytes, 900u);
  EXPECT_EQ(shelf.entry().error, "");
  const auto& stream = *shelf.unit.stream;
  EXPECT_EQ(stream.phase.status, StreamStatus::completed);
  EXPECT_EQ(stream.error, "");
  EXPECT_TRUE(stream.recording_ready);
  EXPECT_EQ(stream.recording_duration_ms, 9000);
}

TEST(ApplyArchive, a_check_that_finds_everything_right_changes_nothing) {
  Shelf shelf;
  EXPECT_FALSE(shelf.repaired(100, 9000, 900).changed);
  shelf.repaired(100, 9040, 901);
  EXPECT_EQ(shelf.told, Told{recording_repaired});
  EXPECT_EQ(shelf.unit.stream->recording_duration_ms, 9040);
}

TEST(ApplyArchive, an_older_measurement_changes_nothing) {
  Scene scene = Scene{}.over();
  const auto measured = settled_generation(scene.recording());
  scene.start(30).publish(31, 2).media(32);
  EXPECT_EQ(settled_generation(scene.recording()), 0u);
  scene.stop(40).finalized(41, 17000, 1700);
  Shelf shelf(scene);
  EXPECT_FALSE(shelf.on(42, ArchiveRepaired{measured, 9000, 900}).changed);
  EXPECT_FALSE(shelf.on(42, ArchiveRepaired{0, 9000, 900}).changed);
}

TEST(ApplyArchive, what_is_still_written_is_neither_repaired_nor_deleted) {
  for (Shelf shelf : {Shelf(Scene{}.live()), Shelf(Scene{}.live().stop(20))}) {
    shelf.repaired(25, 3000, 300);
    EXPECT_FALSE(shelf.changed);
    EXPECT_FALSE(shelf.refused);
    shelf.on(25, ArchiveDeleteRequested{});
    ASSERT_TRUE(shelf.refused);
    EXPECT_EQ(shelf.refused->code, Errc::conflict);
    EXPECT_EQ(shelf.refused->event, "delete_requested");
    EXPECT_EQ(shelf.refused->state, to_word(shelf.entry().state));
    EXPECT_FALSE(shelf.refused->reason.empty());
  }
}

TEST(ApplyArchive, what_is_about_to_go_on_is_kept) {
  Shelf shelf(Scene{}.over().start(30));
  EXPECT_TRUE(shelf.on(31, ArchiveDeleteRequested{}).refused);
  EXPECT_TRUE(shelf.on(31, ArchiveRetentionElapsed{}).refused);
  EXPECT_EQ(shelf.entry().state, ArchiveState::ready);
}

TEST(ApplyArchive, a_deleted_recording_is_not_reopened) {
  Scene scene = Scene{}.over();
  scene.unit.archive = Shelf(scene).on(30, ArchiveDeleteRequested{}).entry();
  scene.start(40);
  EXPECT_EQ(scene.told, Told{stream_opened});
  EXPECT_FALSE(scene.stream().archive_id.is_set());
}

TEST(ApplyArchive, names_and_its_own_switch) {
  Shelf shelf;
  const auto epoch = shelf.entry().policy_epoch;
  shelf.on(30, ArchiveChanged{{"Farewell", "of a friend", std::nullopt}});
  EXPECT_EQ(shelf.told, Told{recording_changed});
  EXPECT_EQ(shelf.entry().title, "Farewell");
  EXPECT_EQ(shelf.entry().description, "of a friend");
  EXPECT_EQ(shelf.entry().policy_epoch, epoch);
  EXPECT_FALSE(shelf.on(31, ArchiveChanged{{"Farewell", std::nullopt, true}}).changed);
  EXPECT_EQ(shelf.on(32, ArchiveChanged{{std::nullopt, std::nullopt, false}}).entry().policy_epoch, epoch + 1);
  EXPECT_EQ(shelf.on(33, ArchiveChanged{{std::nullopt, std::nullopt, true}}).entry().policy_epoch, epoch + 1);
  shelf.on(34, ArchiveChanged{{"", std::nullopt, std::nullopt}});
  ASSERT_TRUE(shelf.refused);
  EXPECT_EQ(shelf.refused->field, "title");
}

TEST(ApplyArchive, works_without_its_stream) {
  Shelf shelf;
  shelf.unit.stream.reset();
  shelf.on(100, ArchiveDeleteRequested{});
  EXPECT_TRUE(shelf.changed);
  EXPECT_TRUE(shelf.told.empty());
  shelf.on(200, ArchivePurgeDue{});
  EXPECT_TRUE(shelf.deleted);
  EXPECT_EQ(shelf.asked.size(), 1u);
}

}  // namespace
}  // namespace tribute

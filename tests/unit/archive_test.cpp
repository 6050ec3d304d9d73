#include <gtest/gtest.h>

#include <tribute/archive.hpp>

#include "matrix.hpp"

namespace tribute {
namespace {

using test::row_of;

TEST(Archive, a_running_recording_can_only_end) {
  EXPECT_EQ(row_of(archive, ArchiveState::recording), "broadcast_ended>finalizing/finalize_media reopened>recording/ignored repaired>recording/ignored");
}

TEST(Archive, closing_ends_ready_or_failed) {
  EXPECT_EQ(row_of(archive, ArchiveState::finalizing),
            "broadcast_ended>finalizing/ignored finalized>ready finalize_failed>failed repaired>finalizing/ignored");
}

TEST(Archive, a_ready_recording_leaves_only_by_a_person_a_rule_or_a_reopening) {
  EXPECT_EQ(row_of(archive, ArchiveState::ready),
            "finalized>ready/ignored finalize_failed>ready/ignored reopened>recording/reopen_media repaired>ready/ignored "
            "retention_elapsed>expired/schedule_purge delete_requested>deleted/schedule_purge");
}

TEST(Archive, a_failed_one_can_be_repaired) {
  EXPECT_EQ(row_of(archive, ArchiveState::failed),
            "finalized>ready finalize_failed>failed/ignored reopened>recording/reopen_media repaired>ready "
            "retention_elapsed>expired/schedule_purge delete_requested>deleted/schedule_purge");
}

TEST(Archive, before_the_purge_everything_can_be_taken_back) {
  EXPECT_EQ(row_of(archive, ArchiveState::expired),
            "retention_elapsed>expired/ignored delete_requested>deleted restored>ready/cancel_purge restored_failed>failed/cancel_purge");
  EXPECT_EQ(row_of(archive, ArchiveState::deleted),
            "retention_elapsed>deleted/ignored delete_requested>deleted/ignored restored>ready/cancel_purge restored_failed>failed/cancel_purge");
}

TEST(Archive, only_what_is_there_and_not_taken_away_plays) {
  EXPECT_TRUE(plays(ArchiveState::recording));
  EXPECT_TRUE(plays(ArchiveState::finalizing));
  EXPECT_TRUE(plays(ArchiveState::ready));
  EXPECT_FALSE(plays(ArchiveState::failed));
  EXPECT_FALSE(plays(ArchiveState::expired));
  EXPECT_FALSE(plays(ArchiveState::deleted));
}

}  // namespace
}  // namespace tribute

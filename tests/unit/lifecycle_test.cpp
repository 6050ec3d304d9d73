#include <gtest/gtest.h>

#include <tribute/lifecycle.hpp>

#include "matrix.hpp"

namespace tribute {
namespace {

using test::row_of;

TEST(Lifecycle, a_planned_stream_opens_goes_on_air_or_fails) {
  EXPECT_EQ(row_of(lifecycle, StreamStatus::scheduled),
            "opened>ready went_on_air>live/begin_broadcast became_due>ready rescheduled>scheduled failed>error");
}

TEST(Lifecycle, a_stream_that_waits) {
  EXPECT_EQ(row_of(lifecycle, StreamStatus::ready),
            "opened>ready/ignored went_on_air>live/begin_broadcast became_due>ready/ignored rescheduled>scheduled withdrawn>ready "
            "closed_again>completed finalized>ready/ignored finalize_failed>ready/ignored failed>error");
}

TEST(Lifecycle, what_ends_a_broadcast_finalizes_it) {
  EXPECT_EQ(row_of(lifecycle, StreamStatus::live),
            "opened>live/ignored went_on_air>live/ignored became_due>live/ignored window_elapsed>ending/finalize_broadcast "
            "stopped>ending/finalize_broadcast failed>ending/finalize_broadcast");
}

TEST(Lifecycle, while_it_is_being_closed_only_its_end_counts) {
  EXPECT_EQ(row_of(lifecycle, StreamStatus::ending),
            "became_due>ending/ignored window_elapsed>ending/ignored stopped>ending/ignored finalized>completed/complete_broadcast "
            "finalize_failed>error failed>ending/ignored");
}

TEST(Lifecycle, what_is_over_is_opened_again_or_begun_anew) {
  EXPECT_EQ(row_of(lifecycle, StreamStatus::completed),
            "became_due>completed/ignored window_elapsed>completed/ignored finalized>completed/ignored finalize_failed>completed/ignored "
            "reopened>ready/reopen_broadcast renewed>ready/forget_broadcast");
}

TEST(Lifecycle, an_error_can_be_mended) {
  EXPECT_EQ(row_of(lifecycle, StreamStatus::error),
            "became_due>error/ignored window_elapsed>error/ignored finalized>completed/complete_broadcast finalize_failed>error/ignored "
            "reopened>ready/reopen_broadcast renewed>ready/forget_broadcast");
}

}  // namespace
}  // namespace tribute

#include <gtest/gtest.h>

#include <tribute/ingest.hpp>

#include "matrix.hpp"

namespace tribute {
namespace {

using test::row_of;

TEST(Ingest, without_an_encoder) {
  EXPECT_EQ(row_of(ingest, IngestState::absent), "publish_accepted>connecting media_found>interrupted/open_window publisher_left>absent/ignored put_off>absent/ignored");
}

TEST(Ingest, an_encoder_that_delivers_nothing_yet_gives_way_to_another) {
  EXPECT_EQ(row_of(ingest, IngestState::connecting),
            "publish_accepted>connecting/put_off_publisher media_arrived>connected/close_window media_stalled>connecting/ignored "
            "media_paused>connecting/ignored publisher_lost>interrupted/open_window publisher_left>absent window_elapsed>absent/put_off_publisher "
            "put_off>absent/put_off_publisher");
}

TEST(Ingest, an_encoder_that_delivers_is_only_replaced_by_a_takeover) {
  EXPECT_EQ(row_of(ingest, IngestState::connected),
            "publisher_replaced>connecting/put_off_publisher media_arrived>connected/ignored media_stalled>interrupted/open_window "
            "media_paused>connecting publisher_lost>interrupted/open_window publisher_left>absent put_off>absent/put_off_publisher");
}

TEST(Ingest, inside_the_reconnect_window) {
  EXPECT_EQ(row_of(ingest, IngestState::interrupted),
            "publish_accepted>connecting/put_off_publisher media_arrived>connected/close_window media_stalled>interrupted/ignored "
            "media_found>interrupted/open_window publisher_lost>interrupted/ignored publisher_left>absent window_elapsed>absent/put_off_publisher "
            "put_off>absent/put_off_publisher");
}

}  // namespace
}  // namespace tribute

// The stream lifecycle: what a broadcast is to its host, in the six words of the seeds. The table is the
// whole truth about which step is legal; who may ask, and when, is decided before an event gets here.
#pragma once

#include "machine.hpp"

namespace tribute {

enum class StreamStatus : std::uint8_t {
  scheduled,  ///< planned for later
  ready,      ///< waits for its encoder
  live,       ///< on air, also while the encoder is away inside the reconnect window
  ending,     ///< off air, the recording is being closed
  completed,  ///< over; the recording plays
  error,      ///< something has to be mended by a person
};

enum class StreamEvent : std::uint8_t {
  opened,          ///< `start`, and no encoder delivers media
  went_on_air,     ///< media is there and may be shown: an encoder with autoStart, or `start` during a rehearsal
  became_due,      ///< the scheduled time came
  rescheduled,     ///< the start was moved into the future
  window_elapsed,  ///< the encoder was away for longer than the reconnect window
  stopped,         ///< `stop`
  withdrawn,       ///< `stop` takes back a `start` for which no encoder came
  closed_again,    ///< the same, after a broadcast that was over had been opened again
  finalized,       ///< the recording is closed and synced
  finalize_failed, ///< the recording could not be closed
  reopened,        ///< `start` within the reopen window after the end
  renewed,         ///< `start` later than that: another broadcast
  failed,          ///< the broadcast cannot go on: no room for its media
};

enum class StreamEffect : std::uint8_t {
  ignored,             ///< a harmless repeat
  none,                ///< the state alone changes
  begin_broadcast,     ///< the archive entry exists from here
  finalize_broadcast,  ///< drain, ENDLIST, sync
  complete_broadcast,  ///< the recording plays, or what was not recorded goes
  reopen_broadcast,    ///< the next media continues the same archive entry
  forget_broadcast,    ///< the next media begins another one
};

template <>
struct Words<StreamStatus> {
  static constexpr std::array<std::string_view, 6> words{"scheduled", "ready", "live", "ending", "completed", "error"};
};
template <>
struct Words<StreamEvent> {
  static constexpr std::array<std::string_view, 13> words{"opened",       "went_on_air", "became_due",      "rescheduled", "window_elapsed", "stopped", "withdrawn",
                                                          "closed_again", "finalized",   "finalize_failed", "reopened",    "renewed",        "failed"};
};
template <>
struct Words<StreamEffect> {
  static constexpr std::array<std::string_view, 7> words{"ignored",          "none",           "begin_broadcast", "finalize_broadcast", "complete_broadcast",
                                                         "reopen_broadcast", "forget_broadcast"};
};

namespace detail {

using enum StreamStatus;
using LifecycleRow = Row<StreamStatus, StreamEvent, StreamEffect>;
using LifecycleOn = StreamEvent;
using LifecycleDo = StreamEffect;

inline constexpr std::array lifecycle_rows{
    // from        on                           to          effect
    LifecycleRow{scheduled, LifecycleOn::opened,         ready,     LifecycleDo::none},
    LifecycleRow{scheduled, LifecycleOn::became_due,     ready,     LifecycleDo::none},
    LifecycleRow{scheduled, LifecycleOn::rescheduled,    scheduled, LifecycleDo::none},
    LifecycleRow{scheduled, LifecycleOn::went_on_air,    live,      LifecycleDo::begin_broadcast},
    LifecycleRow{scheduled, LifecycleOn::failed,         error,     LifecycleDo::none},

    LifecycleRow{ready,     LifecycleOn::opened,         ready,     LifecycleDo::ignored},
    LifecycleRow{ready,     LifecycleOn::became_due,     ready,     LifecycleDo::ignored},
    LifecycleRow{ready,     LifecycleOn::rescheduled,    scheduled, LifecycleDo::none},
    LifecycleRow{ready,     LifecycleOn::went_on_air,    live,      LifecycleDo::begin_broadcast},
    LifecycleRow{ready,     LifecycleOn::withdrawn,      ready,     LifecycleDo::none},
    LifecycleRow{ready,     LifecycleOn::closed_again,   completed, LifecycleDo::none},
    LifecycleRow{ready,     LifecycleOn::finalized,      ready,     LifecycleDo::ignored},
    LifecycleRow{ready,     LifecycleOn::finalize_failed, ready,    LifecycleDo::ignored},
    LifecycleRow{ready,     LifecycleOn::failed,         error,     LifecycleDo::none},

    LifecycleRow{live,      LifecycleOn::opened,         live,      LifecycleDo::ignored},
    LifecycleRow{live,      LifecycleOn::became_due,     live,      LifecycleDo::ignored},
    LifecycleRow{live,      LifecycleOn::went_on_air,    live,      LifecycleDo::ignored},
    LifecycleRow{live,      LifecycleOn::window_elapsed, ending,    LifecycleDo::finalize_broadcast},
    LifecycleRow{live,      LifecycleOn::stopped,        ending,    LifecycleDo::finalize_broadcast},
    LifecycleRow{live,      LifecycleOn::failed,         ending,    LifecycleDo::finalize_broadcast},

    LifecycleRow{ending,    LifecycleOn::stopped,        ending,    LifecycleDo::ignored},
    LifecycleRow{ending,    LifecycleOn::window_elapsed, ending,    LifecycleDo::ignored},
    LifecycleRow{ending,    LifecycleOn::became_due,     ending,    LifecycleDo::ignored},
    LifecycleRow{ending,    LifecycleOn::failed,         ending,    LifecycleDo::ignored},
    LifecycleRow{ending,    LifecycleOn::finalized,      completed, LifecycleDo::complete_broadcast},
    LifecycleRow{ending,    LifecycleOn::finalize_failed, error,    LifecycleDo::none},

    LifecycleRow{completed, LifecycleOn::reopened,       ready,     LifecycleDo::reopen_broadcast},
    LifecycleRow{completed, LifecycleOn::renewed,        ready,     LifecycleDo::forget_broadcast},
    LifecycleRow{completed, LifecycleOn::finalized,      completed, LifecycleDo::ignored},
    LifecycleRow{completed, LifecycleOn::finalize_failed, completed, LifecycleDo::ignored},
    LifecycleRow{completed, LifecycleOn::became_due,     completed, LifecycleDo::ignored},
    LifecycleRow{completed, LifecycleOn::window_elapsed, completed, LifecycleDo::ignored},

    LifecycleRow{error,     LifecycleOn::reopened,       ready,     LifecycleDo::reopen_broadcast},
    LifecycleRow{error,     LifecycleOn::renewed,        ready,     LifecycleDo::forget_broadcast},
    LifecycleRow{error,     LifecycleOn::finalized,      completed, LifecycleDo::complete_broadcast},
    LifecycleRow{error,     LifecycleOn::finalize_failed, error,    LifecycleDo::ignored},
    LifecycleRow{error,     LifecycleOn::became_due,     error,     LifecycleDo::ignored},
    LifecycleRow{error,     LifecycleOn::window_elapsed, error,     LifecycleDo::ignored},
};

}  // namespace detail

inline constexpr Machine<StreamStatus, StreamEvent, StreamEffect, detail::lifecycle_rows.size()> lifecycle{detail::lifecycle_rows};

static_assert(lifecycle.has_no_duplicates());
static_assert(lifecycle.ignored_rows_stay());
static_assert(lifecycle.reaches_all_from(StreamStatus::scheduled));
static_assert(lifecycle.reaches_all_from(StreamStatus::ready));
static_assert(lifecycle.all_come_to_rest(std::array{StreamStatus::completed}));

}  // namespace tribute

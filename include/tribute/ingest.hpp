// The ingest machine: where a stream's encoder is. Every accepted publisher gets a higher generation in the
// store; callbacks of an older generation are dropped before they get here, so a name never decides.
#pragma once

#include "machine.hpp"

namespace tribute {

enum class IngestState : std::uint8_t {
  absent,       ///< no encoder
  connecting,   ///< accepted, nothing playable yet or, in a rehearsal, not any more
  connected,    ///< delivers media
  interrupted,  ///< gone or silent during a broadcast; the reconnect window runs
};

enum class IngestEvent : std::uint8_t {
  publish_accepted,    ///< an encoder may send; whatever was there before delivers nothing
  publisher_replaced,  ///< a takeover: the one that delivers is put off for another
  media_arrived,       ///< the first playable part, or media again after silence
  media_stalled,       ///< nothing for three seconds, though the connection seems open
  media_paused,        ///< the same, and nothing is on air: it keeps its place until another encoder comes
  media_found,         ///< first seen after the connection had ended: the log of a quick encoder held it
  publisher_lost,      ///< the connection ended during a broadcast
  publisher_left,      ///< the connection ended, and nothing was on air
  window_elapsed,      ///< the reconnect window passed
  put_off,             ///< the host stopped the broadcast, or the key was changed
};

enum class IngestEffect : std::uint8_t {
  ignored,            ///< a harmless repeat
  none,               ///< the state alone changes
  put_off_publisher,  ///< refuse its next update; it is cut within a second
  open_window,        ///< a deadline: now + reconnect window
  close_window,       ///< the deadline is forgotten
};

template <>
struct Words<IngestState> {
  static constexpr std::array<std::string_view, 4> words{"absent", "connecting", "connected", "interrupted"};
};
template <>
struct Words<IngestEvent> {
  static constexpr std::array<std::string_view, 10> words{"publish_accepted", "publisher_replaced", "media_arrived",  "media_stalled",  "media_paused",
                                                          "media_found",      "publisher_lost",     "publisher_left", "window_elapsed", "put_off"};
};
template <>
struct Words<IngestEffect> {
  static constexpr std::array<std::string_view, 5> words{"ignored", "none", "put_off_publisher", "open_window", "close_window"};
};

namespace detail {

using IngestRow = Row<IngestState, IngestEvent, IngestEffect>;
using IngestAt = IngestState;
using IngestOn = IngestEvent;
using IngestDo = IngestEffect;

inline constexpr std::array ingest_rows{
    // from                on                                to                     effect
    IngestRow{IngestAt::absent,      IngestOn::publish_accepted,   IngestAt::connecting,  IngestDo::none},
    IngestRow{IngestAt::absent,      IngestOn::media_found,        IngestAt::interrupted, IngestDo::open_window},
    IngestRow{IngestAt::absent,      IngestOn::publisher_left,     IngestAt::absent,      IngestDo::ignored},
    IngestRow{IngestAt::absent,      IngestOn::put_off,            IngestAt::absent,      IngestDo::ignored},

    IngestRow{IngestAt::connecting,  IngestOn::publish_accepted,   IngestAt::connecting,  IngestDo::put_off_publisher},
    IngestRow{IngestAt::connecting,  IngestOn::media_arrived,      IngestAt::connected,   IngestDo::close_window},
    IngestRow{IngestAt::connecting,  IngestOn::media_stalled,      IngestAt::connecting,  IngestDo::ignored},
    IngestRow{IngestAt::connecting,  IngestOn::media_paused,       IngestAt::connecting,  IngestDo::ignored},
    IngestRow{IngestAt::connecting,  IngestOn::publisher_lost,     IngestAt::interrupted, IngestDo::open_window},
    IngestRow{IngestAt::connecting,  IngestOn::publisher_left,     IngestAt::absent,      IngestDo::none},
    IngestRow{IngestAt::connecting,  IngestOn::window_elapsed,     IngestAt::absent,      IngestDo::put_off_publisher},
    IngestRow{IngestAt::connecting,  IngestOn::put_off,            IngestAt::absent,      IngestDo::put_off_publisher},

    IngestRow{IngestAt::connected,   IngestOn::publisher_replaced, IngestAt::connecting,  IngestDo::put_off_publisher},
    IngestRow{IngestAt::connected,   IngestOn::media_arrived,      IngestAt::connected,   IngestDo::ignored},
    IngestRow{IngestAt::connected,   IngestOn::media_stalled,      IngestAt::interrupted, IngestDo::open_window},
    IngestRow{IngestAt::connected,   IngestOn::media_paused,       IngestAt::connecting,  IngestDo::none},
    IngestRow{IngestAt::connected,   IngestOn::publisher_lost,     IngestAt::interrupted, IngestDo::open_window},
    IngestRow{IngestAt::connected,   IngestOn::publisher_left,     IngestAt::absent,      IngestDo::none},
    IngestRow{IngestAt::connected,   IngestOn::put_off,            IngestAt::absent,      IngestDo::put_off_publisher},

    IngestRow{IngestAt::interrupted, IngestOn::publish_accepted,   IngestAt::connecting,  IngestDo::put_off_publisher},
    IngestRow{IngestAt::interrupted, IngestOn::media_arrived,      IngestAt::connected,   IngestDo::close_window},
    IngestRow{IngestAt::interrupted, IngestOn::media_found,        IngestAt::interrupted, IngestDo::open_window},
    IngestRow{IngestAt::interrupted, IngestOn::media_stalled,      IngestAt::interrupted, IngestDo::ignored},
    IngestRow{IngestAt::interrupted, IngestOn::publisher_lost,     IngestAt::interrupted, IngestDo::ignored},
    IngestRow{IngestAt::interrupted, IngestOn::publisher_left,     IngestAt::absent,      IngestDo::none},
    IngestRow{IngestAt::interrupted, IngestOn::window_elapsed,     IngestAt::absent,      IngestDo::put_off_publisher},
    IngestRow{IngestAt::interrupted, IngestOn::put_off,            IngestAt::absent,      IngestDo::put_off_publisher},
};

}  // namespace detail

inline constexpr Machine<IngestState, IngestEvent, IngestEffect, detail::ingest_rows.size()> ingest{detail::ingest_rows};

static_assert(ingest.has_no_duplicates());
static_assert(ingest.ignored_rows_stay());
static_assert(ingest.reaches_all_from(IngestState::absent));
static_assert(ingest.all_come_to_rest(std::array{IngestState::absent}));

}  // namespace tribute

// The archive machine: what became of one broadcast's recording. An entry exists from the first media that
// is on air; nothing but a person's delete or a retention rule ever takes its media away.
#pragma once

#include "machine.hpp"

namespace tribute {

enum class ArchiveState : std::uint8_t {
  recording,   ///< the broadcast runs
  finalizing,  ///< the broadcast is over, the files are being closed
  ready,       ///< plays and downloads
  failed,      ///< could not be closed; the files are kept, `POST recordings` tries again
  expired,     ///< past its retention; kept until the purge
  deleted,     ///< deleted by a person; kept until the purge
};

enum class ArchiveEvent : std::uint8_t {
  broadcast_ended,    ///< off air
  finalized,          ///< its files are closed and synced
  finalize_failed,    ///< they could not be closed
  reopened,           ///< the same broadcast goes on
  repaired,           ///< rebuilt from its files
  retention_elapsed,  ///< a rule says that it has been kept long enough
  delete_requested,   ///< a person deletes it
  restored,           ///< taken back before the purge
  restored_failed,    ///< the same, and its files had never been closed
};

enum class ArchiveEffect : std::uint8_t {
  ignored,          ///< a harmless repeat
  none,             ///< the state alone changes
  finalize_media,   ///< ENDLIST, sync
  reopen_media,     ///< take the ENDLIST away again
  schedule_purge,   ///< a deadline, after which the files go
  cancel_purge,     ///< the deadline is forgotten
};

template <>
struct Words<ArchiveState> {
  static constexpr std::array<std::string_view, 6> words{"recording", "finalizing", "ready", "failed", "expired", "deleted"};
};
template <>
struct Words<ArchiveEvent> {
  static constexpr std::array<std::string_view, 9> words{"broadcast_ended",   "finalized",        "finalize_failed", "reopened",       "repaired",
                                                         "retention_elapsed", "delete_requested", "restored",        "restored_failed"};
};
template <>
struct Words<ArchiveEffect> {
  static constexpr std::array<std::string_view, 6> words{"ignored", "none", "finalize_media", "reopen_media", "schedule_purge", "cancel_purge"};
};

namespace detail {

using ArchiveRow = Row<ArchiveState, ArchiveEvent, ArchiveEffect>;
using ArchiveAt = ArchiveState;
using ArchiveOn = ArchiveEvent;
using ArchiveDo = ArchiveEffect;

inline constexpr std::array archive_rows{
    // from                  on                               to                     effect
    ArchiveRow{ArchiveAt::recording,  ArchiveOn::broadcast_ended,   ArchiveAt::finalizing, ArchiveDo::finalize_media},
    ArchiveRow{ArchiveAt::recording,  ArchiveOn::reopened,          ArchiveAt::recording,  ArchiveDo::ignored},
    ArchiveRow{ArchiveAt::recording,  ArchiveOn::repaired,          ArchiveAt::recording,  ArchiveDo::ignored},

    ArchiveRow{ArchiveAt::finalizing, ArchiveOn::broadcast_ended,   ArchiveAt::finalizing, ArchiveDo::ignored},
    ArchiveRow{ArchiveAt::finalizing, ArchiveOn::finalized,         ArchiveAt::ready,      ArchiveDo::none},
    ArchiveRow{ArchiveAt::finalizing, ArchiveOn::finalize_failed,   ArchiveAt::failed,     ArchiveDo::none},
    ArchiveRow{ArchiveAt::finalizing, ArchiveOn::repaired,          ArchiveAt::finalizing, ArchiveDo::ignored},

    ArchiveRow{ArchiveAt::ready,      ArchiveOn::finalized,         ArchiveAt::ready,      ArchiveDo::ignored},
    ArchiveRow{ArchiveAt::ready,      ArchiveOn::finalize_failed,   ArchiveAt::ready,      ArchiveDo::ignored},
    ArchiveRow{ArchiveAt::ready,      ArchiveOn::repaired,          ArchiveAt::ready,      ArchiveDo::ignored},
    ArchiveRow{ArchiveAt::ready,      ArchiveOn::reopened,          ArchiveAt::recording,  ArchiveDo::reopen_media},
    ArchiveRow{ArchiveAt::ready,      ArchiveOn::retention_elapsed, ArchiveAt::expired,    ArchiveDo::schedule_purge},
    ArchiveRow{ArchiveAt::ready,      ArchiveOn::delete_requested,  ArchiveAt::deleted,    ArchiveDo::schedule_purge},

    ArchiveRow{ArchiveAt::failed,     ArchiveOn::finalized,         ArchiveAt::ready,      ArchiveDo::none},
    ArchiveRow{ArchiveAt::failed,     ArchiveOn::finalize_failed,   ArchiveAt::failed,     ArchiveDo::ignored},
    ArchiveRow{ArchiveAt::failed,     ArchiveOn::repaired,          ArchiveAt::ready,      ArchiveDo::none},
    ArchiveRow{ArchiveAt::failed,     ArchiveOn::reopened,          ArchiveAt::recording,  ArchiveDo::reopen_media},
    ArchiveRow{ArchiveAt::failed,     ArchiveOn::retention_elapsed, ArchiveAt::expired,    ArchiveDo::schedule_purge},
    ArchiveRow{ArchiveAt::failed,     ArchiveOn::delete_requested,  ArchiveAt::deleted,    ArchiveDo::schedule_purge},

    ArchiveRow{ArchiveAt::expired,    ArchiveOn::restored,          ArchiveAt::ready,      ArchiveDo::cancel_purge},
    ArchiveRow{ArchiveAt::expired,    ArchiveOn::restored_failed,   ArchiveAt::failed,     ArchiveDo::cancel_purge},
    ArchiveRow{ArchiveAt::expired,    ArchiveOn::delete_requested,  ArchiveAt::deleted,    ArchiveDo::none},
    ArchiveRow{ArchiveAt::expired,    ArchiveOn::retention_elapsed, ArchiveAt::expired,    ArchiveDo::ignored},

    ArchiveRow{ArchiveAt::deleted,    ArchiveOn::restored,          ArchiveAt::ready,      ArchiveDo::cancel_purge},
    ArchiveRow{ArchiveAt::deleted,    ArchiveOn::restored_failed,   ArchiveAt::failed,     ArchiveDo::cancel_purge},
    ArchiveRow{ArchiveAt::deleted,    ArchiveOn::delete_requested,  ArchiveAt::deleted,    ArchiveDo::ignored},
    ArchiveRow{ArchiveAt::deleted,    ArchiveOn::retention_elapsed, ArchiveAt::deleted,    ArchiveDo::ignored},
};

}  // namespace detail

inline constexpr Machine<ArchiveState, ArchiveEvent, ArchiveEffect, detail::archive_rows.size()> archive{detail::archive_rows};

static_assert(archive.has_no_duplicates());
static_assert(archive.ignored_rows_stay());
static_assert(archive.reaches_all_from(ArchiveState::recording));
static_assert(archive.all_come_to_rest(std::array{ArchiveState::ready}));
static_assert(archive.all_come_to_rest(std::array{ArchiveState::deleted}));

/// The recording's media may be shown in these states, if the policy allows it.
constexpr bool plays(ArchiveState state) noexcept {
  return state == ArchiveState::recording || state == ArchiveState::finalizing || state == ArchiveState::ready;
}

}  // namespace tribute

// The tables and the declared indexes. Their numbers and names are part of the stored format: they are only ever
// added to, and never given a second meaning.
#pragma once

#include <cstdint>

#include "../words.hpp"

namespace tribute::store {

enum class Table : std::uint8_t {
  meta,      ///< format version; counters per org
  stream,    ///< org, id → version, Stream
  input,     ///< org, id → version, Input
  memorial,  ///< org, id → version, Memorial
  archive,   ///< org, id → version, ArchiveEntry
  journal,   ///< org, stream id, seq → JournalEntry
  outbox,    ///< org, seq → Effect
  deadline,  ///< org, due, kind, record id → nothing
  index,     ///< org, index, parts, when, record id → nothing
};

/// Every index row is org, index, what it is about (`parts`), a time, the record's id; its value is empty. What
/// `when` is for a stream: its scheduled start, or else its creation.
enum class Index : std::uint8_t {
  stream_by_when = 1,      ///< (nothing)
  stream_by_status = 2,    ///< status
  stream_by_memorial = 3,  ///< memorial id
  stream_by_creator = 4,   ///< who created it
  stream_by_input = 5,     ///< input id
  stream_active = 6,       ///< (nothing): live, ending, or an encoder is there
  stream_by_session = 7,   ///< boot, client; no time
  input_by_key = 8,        ///< HMAC of the key; no time
  input_by_when = 9,       ///< (nothing): shared inputs by creation
  memorial_by_when = 10,   ///< (nothing): by creation
  archive_by_memorial = 11,  ///< memorial id, by start
  archive_by_stream = 12,    ///< stream id, by start
};

}  // namespace tribute::store

namespace tribute {
template <>
struct Words<store::Table> {
  static constexpr std::array<std::string_view, 9> words{"meta", "stream", "input", "memorial", "archive", "journal", "outbox", "deadline", "index"};
};
}  // namespace tribute

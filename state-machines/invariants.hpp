// What must hold after every step, whatever happened before. Each function says in one sentence what is broken,
// or nothing. They know the design's promises, and nothing about how apply() keeps them.
#pragma once

#include <optional>
#include <string>
#include <tribute/policy.hpp>

#include "world.hpp"

namespace tribute::proof {

using Broken = std::optional<std::string>;

/// Of the phase alone: the states of the two machines fit together, and something can always still happen.
constexpr const char* broken(const Phase& p) noexcept {
  const bool live = p.status == StreamStatus::live;
  const bool waits = p.status == StreamStatus::scheduled || p.status == StreamStatus::ready;
  if (live && p.ingest == IngestState::absent) return "live without an encoder or a window";
  if (live && p.ingest == IngestState::connected && p.window_ends.is_set()) return "a window runs while media comes";
  if (live && p.ingest != IngestState::connected && !p.window_ends.is_set()) return "live, no media, and no deadline that ends it";
  if (!live && p.window_ends.is_set()) return "a window runs off air";
  if (!live && p.ingest == IngestState::interrupted) return "interrupted off air";
  if (!live && !waits && p.ingest != IngestState::absent) return "an encoder is let in after the end";
  if (!live && !waits && p.connection != Connection::none) return "a connection counts after the end";
  if (p.ingest == IngestState::absent && p.connection == Connection::open) return "an open connection, and no encoder";
  if ((p.ingest == IngestState::connecting || p.ingest == IngestState::connected) && p.connection != Connection::open) return "an encoder without a connection";
  if (p.rehearsal && (!waits || p.ingest == IngestState::absent)) return "a rehearsal of nobody";
  if (waits && p.ingest == IngestState::connected && !p.rehearsal) return "media comes, it is no rehearsal, and it is not on air";
  if ((live || p.status == StreamStatus::ending) && !p.has_broadcast) return "on air without a broadcast";
  if (p.reopening && (p.status != StreamStatus::ready && p.status != StreamStatus::error)) return "to be continued, though it runs or is over";
  if (p.reopening && !p.has_broadcast) return "to be continued, and there is nothing";
  if (p.armed && (live || p.status == StreamStatus::ending || p.status == StreamStatus::completed)) return "armed, though it has been on air since";
  return nullptr;
}

/// Of the stream with its recordings.
Broken broken(const World& world);

/// Of a step: what may never change or shrink from one moment to the next.
Broken broken(const World& before, const World& after);

/// Nobody but a manager may see what is hidden, whichever way it is asked.
Broken seen_though_hidden(const World& world);

}  // namespace tribute::proof

// A stream with its recordings, its journal and its outbox in memory: what the store does around apply(), small
// enough to read. Scenarios and the explorer drive it. It keeps everything that ever happened and judges nothing.
#pragma once

#include <map>
#include <optional>
#include <tribute/apply_archive.hpp>
#include <vector>

namespace tribute::proof {

struct World {
  std::optional<Stream> stream;
  std::map<Id, ArchiveEntry> recordings;  ///< all of this stream, also after its end
  std::vector<JournalEntry> journal;
  std::vector<Effect> outbox;             ///< asked for and not yet reported done; in order
  ApplyContext context;

  StreamUnit unit() const {
    StreamUnit unit{*stream, std::nullopt};
    if (const auto found = recordings.find(stream->archive_id); found != recordings.end()) unit.archive = found->second;
    return unit;
  }

  ArchiveUnit unit(const Id& recording) const { return {recordings.at(recording), stream}; }

  Outcome decide(const StreamSignal& signal) const { return apply(unit(), signal, context); }
  ArchiveOutcome decide(const Id& recording, const ArchiveSignal& signal) const { return apply(unit(recording), signal, context); }

  /// Decides and stores. Precondition: there is a stream.
  Outcome send(const StreamSignal& signal) {
    auto outcome = decide(signal);
    if (const auto* decision = std::get_if<Decision>(&outcome); decision != nullptr && decision->changed) keep(*decision);
    return outcome;
  }

  ArchiveOutcome send(const Id& recording, const ArchiveSignal& signal) {
    auto outcome = decide(recording, signal);
    if (const auto* decision = std::get_if<ArchiveDecision>(&outcome); decision != nullptr && decision->changed) keep(recording, *decision);
    return outcome;
  }

  void keep(const Decision& decision) {
    note(decision.journal, decision.effects);
    if (decision.unit.archive) recordings[decision.unit.archive->id] = *decision.unit.archive;
    if (decision.deleted) {
      for (auto& [id, entry] : recordings)
        if (!entry.stream_deleted) outlive(entry, decision.unit.stream, context.now);
      stream.reset();
    } else {
      stream = decision.unit.stream;
    }
  }

 private:
  void keep(const Id& recording, const ArchiveDecision& decision) {
    note(decision.journal, decision.effects);
    stream = decision.unit.stream;
    if (decision.deleted) recordings.erase(recording);
    else recordings[recording] = decision.unit.entry;
  }

  void note(const std::vector<JournalEntry>& entries, const std::vector<Effect>& effects) {
    journal.insert(journal.end(), entries.begin(), entries.end());
    outbox.insert(outbox.end(), effects.begin(), effects.end());
  }
};

}  // namespace tribute::proof

// Recordings: lists per stream and per memorial, one entry, its changes, and the check that mends what can be mended.
#pragma once

#include <tribute/adapter/api/streams.hpp>

namespace tribute::api {

template <store::View V>
class ArchiveReader {
 public:
  explicit ArchiveReader(const Call<V>& call) : call_(call) {}

  /// `stream`, `memorial`: the entry's, where they are still there.
  bool may(const ArchiveEntry& entry, const Stream* stream, const Memorial* memorial, Action action) const {
    return decide(call_.who().viewer_of(entry.stream_id), tribute::subject_of(entry, stream, memorial), action) == Verdict::allowed;
  }

  void write(JsonWriter& json, const ArchiveEntry& entry, bool manager) const { render(json, entry, call_.request().host, manager); }

 private:
  const Call<V>& call_;
};

template <store::View V>
Answer list_recordings(Call<V>& call) {
  const auto stream = call.stream_for(Action::view);
  if (!stream) return problem(stream.error());
  const auto wanted = page_wanted(call.query());
  if (!wanted) return problem(wanted.error());
  const auto memorial = call.memorial_of(stream->memorial_id);
  const auto* of = memorial ? &*memorial : nullptr;
  const ArchiveReader<V> reader(call);
  const auto page = call.read().archive_of_stream(call.id, wanted->cursor, wanted->limit,
                                                  [&](const ArchiveEntry& entry) { return reader.may(entry, &*stream, of, Action::view); });
  if (!page) return problem(page.error());
  const bool manager = call.manages_it(*stream, memorial);
  return page_reply(*page, [&](JsonWriter& json, const ArchiveEntry& entry) { reader.write(json, entry, manager); });
}

template <store::View V>
Answer list_memorial_archive(Call<V>& call) {
  const auto memorial = call.read().memorial(call.id);
  if (!memorial) return problem(refusal(Verdict::hidden, "memorial"));
  const auto wanted = page_wanted(call.query());
  if (!wanted) return problem(wanted.error());
  const ArchiveReader<V> reader(call);
  const auto judge = [&](const ArchiveEntry& entry, Action action) {
    const auto stream = call.read().stream(entry.stream_id);
    return reader.may(entry, stream ? &*stream : nullptr, &*memorial, action);
  };
  const auto page = call.read().archive_of_memorial(call.id, wanted->cursor, wanted->limit,
                                                    [&](const ArchiveEntry& entry) { return judge(entry, Action::list); });
  if (!page) return problem(page.error());
  return page_reply(*page, [&](JsonWriter& json, const ArchiveEntry& entry) { reader.write(json, entry, judge(entry, Action::manage)); });
}

template <store::View V>
Answer get_archive(Call<V>& call) {
  const auto entry = call.archive_for(Action::view);
  if (!entry) return problem(entry.error());
  const bool manager = call.archive_for(Action::manage).has_value();
  return reply([&](JsonWriter& json) { render(json, *entry, call.request().host, manager); });
}

template <store::View V>
Answer run_on_archive(const Call<V>& call, ArchiveSignal signal) {
  return RunCommand{call.command(store::SignalArchive{call.id, std::move(signal)}),
                    [host = call.request().host](store::CommandResult&& result) -> Answer {
                      auto done = expect<ArchiveEntry>(std::move(result));
                      if (auto* refused = std::get_if<ApiResponse>(&done)) return std::move(*refused);
                      return reply([&](JsonWriter& json) { render(json, std::get<ArchiveEntry>(done), host, true); });
                    }};
}

template <store::View V>
Answer change_archive(Call<V>& call) {
  if (const auto entry = call.archive_for(Action::manage); !entry) return problem(entry.error());
  if (auto refused = call.check_body()) return *std::move(refused);
  auto patch = read_archive_body(call.request().body);
  if (!patch) return problem(patch.error());
  return run_on_archive(call, ArchiveChanged{std::move(*patch)});
}

template <store::View V>
Answer delete_archive(Call<V>& call) {
  if (const auto entry = call.archive_for(Action::manage); !entry) return problem(entry.error());
  return run_on_archive(call, ArchiveDeleteRequested{});
}

template <store::View V>
Answer restore_archive(Call<V>& call) {
  if (const auto entry = call.archive_for(Action::manage); !entry) return problem(entry.error());
  return run_on_archive(call, ArchiveRestoreRequested{});
}

/// What could not be closed, and the newest. One that is being recorded or closed now is its owner's business.
inline bool wants_check(const ArchiveEntry& entry, const Stream& stream) {
  return entry.state == ArchiveState::failed || (entry.state == ArchiveState::ready && entry.id == stream.archive_id);
}

/// Tells the store what the files say, one entry after the other, and then whether anything changed by it.
class RecordingSync {
 public:
  RecordingSync(store::Command pattern, HostFacts host, std::vector<ArchiveEntry> entries)
      : pattern_(std::move(pattern)), host_(std::move(host)), entries_(std::move(entries)) {}

  Answer begin() && {
    std::vector<RecordingPlace> places;
    for (const auto& entry : entries_) places.push_back({entry.stream_id, entry.id});
    return CheckRecordings{std::move(places), [self = std::move(*this)](std::vector<std::optional<RecordingFacts>>&& facts) mutable {
                             self.facts_ = std::move(facts);
                             self.facts_.resize(self.entries_.size());
                             return std::move(self).proceed();
                           }};
  }

 private:
  Answer proceed() && {
    while (at_ < entries_.size() && !facts_[at_]) ++at_;
    if (at_ == entries_.size()) return finish();
    auto command = pattern_;
    command.what = store::SignalArchive{entries_[at_].id,
                                        ArchiveRepaired{settled_generation(entries_[at_]), facts_[at_]->duration_ms, facts_[at_]->bytes}};
    return RunCommand{std::move(command), [self = std::move(*this)](store::CommandResult&& result) mutable {
                        // What became of an entry meanwhile (deleted, reopened) is no failure of the check.
                        if (const auto* entry = std::get_if<ArchiveEntry>(&result)) {
                          self.updated_ = self.updated_ || entry->version != self.entries_[self.at_].version;
                          self.entries_[self.at_] = *entry;
                        }
                        ++self.at_;
                        return std::move(self).proceed();
                      }};
  }

  ApiResponse finish() const {
    const ArchiveEntry* ready = nullptr;
    for (const auto& entry : entries_)
      if (ready == nullptr && entry.state == ArchiveState::ready) ready = &entry;
    const auto facts = [&](JsonWriter& json) {
      json.member("updated", updated_).member("recordingReady", ready != nullptr);
      tribute::detail::url(json, "recordingUrl", host_, "/recordings/", ready != nullptr ? ready->id : Id{}, "/index.m3u8",
                           ready != nullptr);
    };
    // The seeds read both places.
    return reply([&](JsonWriter& json) { facts(json.begin_object()), json.end_object(); }, facts);
  }

  store::Command pattern_;
  HostFacts host_;
  std::vector<ArchiveEntry> entries_;
  std::vector<std::optional<RecordingFacts>> facts_;
  std::size_t at_ = 0;
  bool updated_ = false;
};

template <store::View V>
Answer sync_recordings(Call<V>& call) {
  const auto stream = call.stream_for(Action::manage);
  if (!stream) return problem(stream.error());
  const auto page = call.read().archive_of_stream(call.id, {}, 100, [&](const ArchiveEntry& entry) { return wants_check(entry, *stream); });
  if (!page) return problem(page.error());
  return RecordingSync(call.command(store::SignalArchive{}), call.request().host, page->items).begin();
}

}  // namespace tribute::api

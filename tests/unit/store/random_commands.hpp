// Random commands over a small house, so that they often meet: sensible ones, late ones, doubled ones, and some
// about things that are not there.
#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "store/store_fixture.hpp"

namespace tribute::store {

class RandomCommands {
 public:
  explicit RandomCommands(unsigned seed) : random_(seed) {}

  template <View V>
  Command next(const V& view) {
    const Reader<V> read{view};
    now_.ms += below(4) == 0 ? below(3'000'000) : below(2000);
    Command command{.context = {.actor = {below(3) == 0 ? "" : name(), ""}, .now = now_}};
    if (below(5) == 0) command.authorize = Viewer{.role = static_cast<Role>(below(5)), .subject = command.context.actor.subject};
    choose(command, read);
    return command;
  }

 private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  std::string name() { return std::string(1, static_cast<char>('a' + below(3))); }
  // Twelve of each kind; the number of the kind keeps them apart.
  Id some(std::uint64_t kind) { return id_of(kind * 1000 + below(12)); }
  // A stream's id is never used twice, so these move on.
  Id some_stream() { return id_of(100'000 + (streams_ > 12 ? streams_ - 12 : 0) + below(12)); }
  Id fresh() { return id_of(1'000'000 + fresh_++); }
  SealedKey key() { return key_of(std::to_string(below(16))); }
  Id boot() { return id_of(900 + below(2)); }

  StreamPatch patch() {
    StreamPatch patch;
    if (below(2) == 0) patch.title = "Title " + name();
    if (below(3) == 0) patch.memorial_id = below(3) == 0 ? Id{} : some(3);
    if (below(3) == 0) patch.scheduled_start = below(4) == 0 ? Timestamp{} : now_ + (static_cast<std::int64_t>(below(8'000'000)) - 1'000'000);
    if (below(4) == 0) patch.visibility = static_cast<Visibility>(below(5));
    if (below(4) == 0) patch.allowed_users = std::vector<std::string>{name(), name()};
    if (below(6) == 0) patch.takeover = below(2) == 0;
    if (below(6) == 0) patch.auto_start = below(2) == 0;
    if (below(8) == 0) patch.recording_enabled = below(2) == 0;
    return patch;
  }

  template <class R>
  StreamSignal signal(const R& read, Id id) {
    const auto stream = read.stream(id);
    const std::uint64_t generation = stream ? stream->phase.generation - (below(5) == 0 ? 1 : 0) : 1;
    switch (below(9)) {
      case 0:
      case 1: return StartRequested{fresh()};
      case 2: return StopRequested{};
      case 3:
      case 4:
      case 5: return MediaArrived{generation};
      case 6: return MediaStalled{generation};
      case 7: return SettingsChanged{patch()};
      default: return StreamDeleted{};
    }
  }

  ArchiveSignal archive_signal() {
    switch (below(4)) {
      case 0: return ArchiveChanged{{.title = "Recording " + name(), .is_visible = below(2) == 0}};
      case 1: return ArchiveDeleteRequested{};
      case 2: return ArchiveRestoreRequested{};
      default: return ArchiveRetentionElapsed{};
    }
  }

  template <class R>
  Id some_entry(const R& read) {
    for (int tries = 0; tries < 8; ++tries)
      if (const auto page = read.archive_of_stream(some_stream(), "", 3); !page->items.empty()) return page->items[below(page->items.size())].id;
    return fresh();
  }

  template <class R>
  void choose(Command& command, const R& read) {
    switch (below(26)) {
      case 0: {
        const Id id = below(8) == 0 ? some_stream() : id_of(100'000 + streams_++);
        auto with_title = patch();
        with_title.title = "New";
        command.what = CreateStream{id, with_title, id_of(20'000 + fresh_++), key(), below(3) == 0 ? std::optional{some(4)} : std::nullopt};
        break;
      }
      case 2: command.what = CreateInput{some(4), {.name = "Input " + name()}, key()}; break;
      case 3: command.what = CreateMemorial{some(3), {.name = "Memorial " + name(), .managers = std::vector<std::string>{name()}}}; break;
      case 4: command.what = ChangeMemorial{some(3), {.name = "Memorial " + name(), .managers = std::vector<std::string>{name()}}}; break;
      case 5: command.what = below(3) == 0 ? decltype(command.what){DeleteMemorial{some(3)}} : ChangeInput{some(4), {.name = name()}}; break;
      case 6: command.what = below(3) == 0 ? decltype(command.what){DeleteInput{some(4)}} : RotateInputKey{some(4), key()}; break;
      case 7: command.what = RotateStreamKey{some_stream(), key()}; break;
      case 8: command.what = ChangeStream{some_stream(), patch(), below(2) == 0 ? std::optional{below(2) == 0 ? Id{} : some(4)} : std::nullopt, fresh(), key()}; break;
      case 1:
      case 9:
      case 10:
      case 11: command.what = PublishByKey{key().hmac, {fresh(), fresh(), boot(), below(6), "192.0.2." + name()}}; break;
      case 12: command.what = EndPublish{boot(), below(6)}; break;
      case 13:
      case 17:
      case 18: command.what = SignalArchive{some_entry(read), archive_signal()}; break;
      case 14:
      case 15:
      case 19: complete(command, read); break;
      case 16: fire(command, read); break;
      default: {
        const Id id = some_stream();
        command.what = SignalStream{id, signal(read, id)};
      }
    }
  }

  template <class R>
  void complete(Command& command, const R& read) {
    const auto rows = read.outbox(0, 3);
    if (rows.empty()) {
      command.what = CompleteEffect{below(5), std::nullopt};
      return;
    }
    const auto& row = rows[below(rows.size())];
    CompleteEffect complete{row.seq, std::nullopt};
    if (const auto* effect = std::get_if<FinalizeBroadcast>(&row.effect)) complete.report = finalized(*effect, 1000);
    command.what = complete;
  }

  template <class R>
  void fire(Command& command, const R& read) {
    const auto due = read.due_deadlines(now_ + 10'000'000, 5);
    command.what = FireDeadline{due.empty() ? DeadlineKey{now_, DeadlineKind::became_due, some_stream()} : due[below(due.size())]};
  }

  std::mt19937_64 random_;
  Timestamp now_{1'700'000'000'000};
  std::uint64_t fresh_ = 1;
  std::uint64_t streams_ = 0;
};

}  // namespace tribute::store

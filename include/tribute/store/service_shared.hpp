// The service's part for what streams share: inputs and memorials. Work is bounded: a change that would touch
// more records than one transaction should is a conflict with a sentence.
#pragma once

#include <array>

#include "service_stream.hpp"

namespace tribute::store::detail {

inline constexpr std::array<std::string_view, 3> known_protocols{"rtmp", "whip", "websocket"};

inline std::optional<Rejection> check_input(const InputPatch& patch) {
  if (patch.name)
    if (auto error = tribute::detail::check_text(*patch.name, "name", limits::title, true)) return rejection_of(*error);
  if (!patch.protocols) return std::nullopt;
  if (patch.protocols->empty() || patch.protocols->size() > known_protocols.size()) return unacceptable("protocols", "must name one to three protocols");
  for (const auto& protocol : *patch.protocols)
    if (std::find(known_protocols.begin(), known_protocols.end(), protocol) == known_protocols.end())
      return unacceptable("protocols", "must be of rtmp, whip, websocket");
  return std::nullopt;
}

inline void set_fields(Input& input, const InputPatch& patch, Timestamp now) {
  if (patch.name) input.name = *patch.name;
  if (patch.protocols) input.protocols = *patch.protocols;
  input.updated = now;
}

template <View V>
CommandResult on(Call<V>& call, const CreateInput& create_input) {
  Input input{.id = create_input.id, .org = call.work.org(), .shared = true, .key_hmac = create_input.key.hmac, .key_sealed = create_input.key.sealed};
  input.created_by = call.context.actor.subject;
  if (auto refused = may_manage(call, subject_of_input(input))) return *std::move(refused);
  if (!create_input.patch.name) return unacceptable("name", "is required");
  if (auto refused = check_input(create_input.patch)) return *std::move(refused);
  if (!input.id.is_set() || call.work.template find<Input>(input.id) != nullptr) return conflicts("This input exists already.");
  if (auto refused = key_is_free(call, create_input.key)) return *std::move(refused);
  set_fields(input, create_input.patch, call.context.now);
  input.created = call.context.now;
  return call.work.put(std::move(input));
}

/// A shared input that may be managed, or why not.
template <View V>
std::variant<Input, Rejection> managed_input(Call<V>& call, Id id) {
  const auto* input = call.work.template find<Input>(id);
  if (input == nullptr) return unknown("There is no such input.");
  if (auto refused = may_manage(call, subject_of_input(*input))) return *std::move(refused);
  if (!input->shared) return conflicts("This input belongs to a stream. Change it there.");
  return *input;
}

template <View V>
CommandResult on(Call<V>& call, const ChangeInput& change) {
  auto found = managed_input(call, change.input);
  if (auto* refused = std::get_if<Rejection>(&found)) return std::move(*refused);
  if (auto refused = check_input(change.patch)) return *std::move(refused);
  auto& input = std::get<Input>(found);
  set_fields(input, change.patch, call.context.now);
  return call.work.put(std::move(input));
}

template <View V>
CommandResult on(Call<V>& call, const RotateInputKey& rotate) {
  auto found = managed_input(call, rotate.input);
  if (auto* refused = std::get_if<Rejection>(&found)) return std::move(*refused);
  if (auto refused = key_is_free(call, rotate.key)) return *std::move(refused);
  auto& input = std::get<Input>(found);
  // Who sends with the old key is cut, whichever stream it feeds.
  const auto& org = call.work.org();
  IndexWalk<V> walk(call.work.view(), {index_prefix(org, Index::stream_by_input, input.id), index_prefix(org, Index::stream_active)}, Order::oldest_first);
  while (const auto position = walk.next())
    if (const auto* stream = call.work.template find<Stream>(position->id); stream != nullptr && stream->phase.ingest != IngestState::absent)
      step_stream(call, Stream{*stream}, KeyRotated{});
  input.key_hmac = rotate.key.hmac;
  input.key_sealed = rotate.key.sealed;
  input.updated = call.context.now;
  return call.work.put(std::move(input));
}

template <View V>
CommandResult on(Call<V>& call, const DeleteInput& remove) {
  auto found = managed_input(call, remove.input);
  if (auto* refused = std::get_if<Rejection>(&found)) return std::move(*refused);
  const auto streams = ids_of(call, index_prefix(call.work.org(), Index::stream_by_input, remove.input));
  if (!streams) return conflicts("Too many streams use this input. Move or delete some of them first.");
  for (const Id id : *streams) {
    const auto* stream = call.work.template find<Stream>(id);
    if (stream == nullptr) continue;
    if (stream->phase.status == StreamStatus::live || stream->phase.ingest != IngestState::absent)
      return conflicts("The stream \"" + stream->title + "\" is using this input now. Stop it first.");
    Stream without = *stream;
    without.input_id = {};
    without.updated = call.context.now;
    tell(call, without, JournalKind::stream_changed, "input_deleted");
    call.work.put(std::move(without));
  }
  call.work.template erase<Input>(remove.input);
  return Nothing{};
}

inline std::optional<Rejection> check_memorial(const MemorialPatch& patch) {
  using namespace tribute::detail;
  std::optional<Error> error;
  if (patch.name) error = check_text(*patch.name, "name", limits::title, true);
  if (!error && patch.description) error = check_text(*patch.description, "description", limits::text, false);
  if (!error && patch.managers) error = check_identities(*patch.managers, "managers");
  return error ? std::optional{rejection_of(*error)} : std::nullopt;
}

inline void set_fields(Memorial& memorial, const MemorialPatch& patch, Timestamp now) {
  if (patch.name) memorial.name = *patch.name;
  if (patch.description) memorial.description = *patch.description;
  if (patch.managers) memorial.managers = *patch.managers;
  memorial.updated = now;
}

template <View V>
CommandResult on(Call<V>& call, const CreateMemorial& create_memorial) {
  Memorial memorial{.id = create_memorial.id, .org = call.work.org()};
  memorial.created_by = call.context.actor.subject;
  if (auto refused = may_manage(call, subject_of_memorial(memorial))) return *std::move(refused);
  if (!create_memorial.patch.name) return unacceptable("name", "is required");
  if (auto refused = check_memorial(create_memorial.patch)) return *std::move(refused);
  if (!memorial.id.is_set() || call.work.template find<Memorial>(memorial.id) != nullptr) return conflicts("This memorial exists already.");
  set_fields(memorial, create_memorial.patch, call.context.now);
  memorial.created = call.context.now;
  return call.work.put(std::move(memorial));
}

/// What a memorial's streams and recordings have of it.
struct Follow {
  bool gone = false;                 ///< the memorial is deleted
  bool cut = false;                  ///< somebody lost the right to manage: grants of before must end
  std::string old_name, new_name;
};

template <View V>
void follow_memorial(Call<V>& call, const Stream& before, const Follow& follow) {
  Stream stream = before;
  if (follow.gone) stream.memorial_id = {};
  if (stream.memorial_name == follow.old_name) stream.memorial_name = follow.new_name;
  if (follow.cut) ++stream.policy_epoch;
  if (stream == before) return;
  stream.updated = call.context.now;
  tell(call, stream, JournalKind::stream_changed, follow.gone ? "memorial_deleted" : "memorial_changed");
  call.work.put(std::move(stream));
}

template <View V>
void follow_memorial(Call<V>& call, const ArchiveEntry& before, const Follow& follow) {
  ArchiveEntry entry = before;
  if (follow.gone) entry.memorial_id = {};
  if (follow.cut) ++entry.policy_epoch;
  if (entry == before) return;
  entry.updated = call.context.now;
  call.work.put(std::move(entry));
}

/// Everything that belongs to a memorial, bounded.
template <View V>
std::optional<Rejection> follow_memorial(Call<V>& call, Id memorial, const Follow& follow) {
  const auto streams = ids_of(call, index_prefix(call.work.org(), Index::stream_by_memorial, memorial));
  const auto entries = ids_of(call, index_prefix(call.work.org(), Index::archive_by_memorial, memorial));
  if (!streams || !entries)
    return conflicts("The memorial has more than " + std::to_string(call.options.most_touched) + " streams or recordings: too many to change at once.");
  for (const Id id : *streams) {
    const auto* stream = call.work.template find<Stream>(id);
    if (stream == nullptr) continue;
    if (follow.gone && (stream->phase.status == StreamStatus::live || stream->phase.status == StreamStatus::ending))
      return conflicts("The stream \"" + stream->title + "\" of this memorial is on air. Stop it first.");
    follow_memorial(call, Stream{*stream}, follow);
  }
  for (const Id id : *entries)
    if (const auto* entry = call.work.template find<ArchiveEntry>(id)) follow_memorial(call, ArchiveEntry{*entry}, follow);
  return std::nullopt;
}

template <View V>
CommandResult on(Call<V>& call, const ChangeMemorial& change) {
  const auto* found = call.work.template find<Memorial>(change.memorial);
  if (found == nullptr) return unknown("There is no such memorial.");
  if (auto refused = may_manage(call, subject_of_memorial(*found))) return *std::move(refused);
  if (auto refused = check_memorial(change.patch)) return *std::move(refused);
  Memorial memorial = *found;
  set_fields(memorial, change.patch, call.context.now);
  const bool cut = tribute::detail::takes_away(found->managers, memorial.managers);
  if (cut || memorial.name != found->name)
    if (auto refused = follow_memorial(call, memorial.id, {.cut = cut, .old_name = found->name, .new_name = memorial.name})) return *std::move(refused);
  return call.work.put(std::move(memorial));
}

template <View V>
CommandResult on(Call<V>& call, const DeleteMemorial& remove) {
  const auto* found = call.work.template find<Memorial>(remove.memorial);
  if (found == nullptr) return unknown("There is no such memorial.");
  if (auto refused = may_manage(call, subject_of_memorial(*found))) return *std::move(refused);
  const Follow follow{.gone = true, .cut = !found->managers.empty(), .old_name = found->name, .new_name = ""};
  if (auto refused = follow_memorial(call, remove.memorial, follow)) return *std::move(refused);
  call.work.template erase<Memorial>(remove.memorial);
  return Nothing{};
}

}  // namespace tribute::store::detail

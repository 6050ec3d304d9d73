// The service's part for streams and recordings: create, change, signal, delete, new key.
#pragma once

#include "call.hpp"

namespace tribute::store::detail {

/// Checks a memorial that a request names, copies its name, and tells whether its managers change.
template <View V>
std::optional<Rejection> join_memorial(Call<V>& call, Id now, StreamPatch& patch) {
  if (!patch.memorial_id || *patch.memorial_id == now) return std::nullopt;
  if (!patch.memorial_id->is_set()) {
    if (!patch.memorial_name) patch.memorial_name = "";
    return std::nullopt;
  }
  const auto* memorial = call.work.template find<Memorial>(*patch.memorial_id);
  if (memorial == nullptr) return unacceptable("memorialId", "there is no such memorial");
  // A memorial's page shows its streams, and its managers run them: who adds one has to be one of them.
  if (auto refused = may_manage(call, subject_of_memorial(*memorial))) return refused;
  if (!patch.memorial_name) patch.memorial_name = memorial->name;
  return std::nullopt;
}

/// The shared input that a request names; its key is shown to the stream's managers, so not everybody may take it.
template <View V>
std::variant<Input, Rejection> shared_input(Call<V>& call, Id id) {
  const auto* input = call.work.template find<Input>(id);
  if (input == nullptr || !input->shared) return unacceptable("inputId", "there is no such shared input");
  const auto& viewer = call.command.authorize;
  if (viewer && viewer->role < Role::organizer)
    return Rejection{.code = Errc::forbidden, .refusal = Refusal::none, .reason = "Only organizers may use a shared input.", .field = "inputId"};
  return *input;
}

/// A stream's own input. The caller has set nothing of it yet.
template <View V>
std::variant<Input, Rejection> own_input(Call<V>& call, Id id, const Stream& stream, const SealedKey& key) {
  if (auto refused = key_is_free(call, key)) return *std::move(refused);
  if (call.work.template find<Input>(id) != nullptr) return conflicts("This input exists already.");
  Input input{.id = id, .org = call.work.org(), .stream_id = stream.id, .key_hmac = key.hmac, .key_sealed = key.sealed};
  input.name = stream.title;
  input.created_by = stream.created_by;
  input.created = input.updated = call.context.now;
  return call.work.put(std::move(input));
}

/// Ids are never reused: a journal outlives its stream, and would go on under another's name.
template <View V>
bool was_there(Call<V>& call, Id stream) {
  return call.work.template find<Stream>(stream) != nullptr || !call.work.stored().journal(stream, std::uint64_t{0}, 1).empty();
}

template <View V>
CommandResult on(Call<V>& call, const CreateStream& create_stream) {
  if (!create_stream.id.is_set() || was_there(call, create_stream.id)) return conflicts("There is, or was, a stream with this id.");
  StreamPatch patch = create_stream.patch;
  Stream stream{.id = create_stream.id, .org = call.work.org()};
  stream.created_by = call.context.actor.subject;
  if (patch.memorial_id && !patch.memorial_id->is_set()) patch.memorial_id.reset();
  if (auto refused = join_memorial(call, {}, patch)) return *std::move(refused);
  if (patch.memorial_id) stream.memorial_id = *patch.memorial_id;
  if (auto refused = may_manage_stream(call, stream)) return *std::move(refused);
  stream.phase.reconnect_window_s = call.options.reconnect_window_s;
  stream.own_input = !create_stream.shared_input;
  stream.input_id = create_stream.shared_input.value_or(create_stream.own_input_id);
  auto decision = create(stream, patch, call.context);
  if (!decision) return rejection_of(decision.error());
  auto input = create_stream.shared_input ? shared_input(call, *create_stream.shared_input)
                                          : own_input(call, create_stream.own_input_id, decision->unit.stream, create_stream.key);
  if (auto* refused = std::get_if<Rejection>(&input)) return std::move(*refused);
  auto after = store_decision(call, {}, *decision);
  return StreamResult{std::move(after.stream), std::nullopt, std::get<Input>(std::move(input))};
}

/// A view that managers had goes with them: grants given before must end.
inline void leave_memorial(Stream& stream, const Memorial* left) {
  if (left != nullptr && !left->managers.empty()) ++stream.policy_epoch;
}

template <View V>
CommandResult change_settings(Call<V>& call, const Stream& stream, StreamPatch patch) {
  const Id was = stream.memorial_id;
  if (auto refused = join_memorial(call, was, patch)) return *std::move(refused);
  auto result = step_stream(call, stream, SettingsChanged{std::move(patch)});
  auto* changed = std::get_if<StreamResult>(&result);
  if (changed != nullptr && changed->stream.memorial_id != was && was.is_set()) {
    leave_memorial(changed->stream, call.work.template find<Memorial>(was));
    changed->stream = call.work.put(std::move(changed->stream));
  }
  return result;
}

template <View V>
CommandResult move_to_input(Call<V>& call, Stream stream, const ChangeStream& change) {
  const bool shared = change.input->is_set();
  if (stream.phase.ingest != IngestState::absent) return conflicts("The encoder is connected. Disconnect it before the stream moves to another input.");
  auto input = shared ? shared_input(call, *change.input) : own_input(call, change.own_input_id, stream, change.key);
  if (auto* refused = std::get_if<Rejection>(&input)) return std::move(*refused);
  if (stream.own_input) call.work.template erase<Input>(stream.input_id);
  stream.input_id = std::get<Input>(input).id;
  stream.own_input = !shared;
  stream.updated = call.context.now;
  tell(call, stream, JournalKind::stream_changed, "input");
  auto unit = unit_of(call, call.work.put(std::move(stream)));
  return StreamResult{std::move(unit.stream), std::move(unit.archive), std::get<Input>(std::move(input))};
}

template <View V>
CommandResult on(Call<V>& call, const ChangeStream& change) {
  const auto* stream = call.work.template find<Stream>(change.stream);
  if (stream == nullptr) return unknown("There is no such stream.");
  if (auto refused = may_manage_stream(call, *stream)) return *std::move(refused);
  auto result = change_settings(call, Stream{*stream}, change.patch);
  auto* changed = std::get_if<StreamResult>(&result);
  if (changed == nullptr) return result;
  const auto& now = changed->stream;
  const bool moves = change.input && (change.input->is_set() ? *change.input != now.input_id : !now.own_input);
  if (moves) return move_to_input(call, now, change);
  if (const auto* input = call.work.template find<Input>(now.input_id)) changed->input = *input;
  return result;
}

/// Its recordings stay, with a copy of who may see them; the key goes.
template <View V>
CommandResult delete_stream(Call<V>& call, const Stream& stream) {
  const auto unit = unit_of(call, stream);
  const auto outcome = apply(unit, StreamDeleted{}, call.context);
  if (const auto* rejection = std::get_if<Rejection>(&outcome)) return *rejection;
  const auto entries = ids_of(call, index_prefix(call.work.org(), Index::archive_by_stream, stream.id));
  if (!entries) return conflicts("The stream has too many recordings to be deleted at once. Delete some of them first.");
  store_decision(call, unit, std::get<Decision>(outcome));
  for (const Id id : *entries) {
    const auto* found = call.work.template find<ArchiveEntry>(id);
    if (found == nullptr) continue;
    ArchiveEntry entry = *found;
    entry.stream_deleted = true;
    entry.visibility = stream.visibility;
    entry.allowed_users = stream.allowed_users;
    entry.created_by = stream.created_by;
    // Above both epochs and their sum: no grant of before counts for what is asked from now on.
    entry.policy_epoch += stream.policy_epoch + 1;
    entry.updated = call.context.now;
    call.work.put(std::move(entry));
  }
  if (stream.own_input) call.work.template erase<Input>(stream.input_id);
  call.work.template erase<Stream>(stream.id);
  return Nothing{};
}

template <View V>
CommandResult on(Call<V>& call, const SignalStream& signal) {
  const auto* found = call.work.template find<Stream>(signal.stream);
  if (found == nullptr) return unknown("There is no such stream.");
  const Stream stream = *found;
  if (auto refused = may_manage_stream(call, stream)) return *std::move(refused);
  if (std::holds_alternative<StreamDeleted>(signal.signal)) return delete_stream(call, stream);
  const auto* settings = std::get_if<SettingsChanged>(&signal.signal);
  auto result = settings != nullptr ? change_settings(call, stream, settings->patch) : step_stream(call, stream, signal.signal);
  if (auto* done = std::get_if<StreamResult>(&result))
    if (const auto* input = call.work.template find<Input>(done->stream.input_id)) done->input = *input;
  return result;
}

template <View V>
CommandResult on(Call<V>& call, const RotateStreamKey& rotate) {
  const auto* stream = call.work.template find<Stream>(rotate.stream);
  if (stream == nullptr) return unknown("There is no such stream.");
  if (auto refused = may_manage_stream(call, *stream)) return *std::move(refused);
  const auto* found = call.work.template find<Input>(stream->input_id);
  if (!stream->own_input || found == nullptr) return conflicts("The stream has no key of its own. Change the key of its shared input.");
  if (auto refused = key_is_free(call, rotate.key)) return *std::move(refused);
  Input input = *found;
  input.key_hmac = rotate.key.hmac;
  input.key_sealed = rotate.key.sealed;
  input.updated = call.context.now;
  input = call.work.put(std::move(input));
  auto result = step_stream(call, Stream{*stream}, KeyRotated{});
  if (auto* done = std::get_if<StreamResult>(&result)) done->input = std::move(input);
  return result;
}

template <View V>
CommandResult step_archive_entry(Call<V>& call, const ArchiveEntry& entry, const ArchiveSignal& signal) {
  const auto* stream = call.work.template find<Stream>(entry.stream_id);
  const ArchiveUnit unit{entry, stream != nullptr ? std::optional{*stream} : std::nullopt};
  const auto outcome = apply(unit, signal, call.context);
  if (const auto* rejection = std::get_if<Rejection>(&outcome)) return *rejection;
  const auto& decision = std::get<ArchiveDecision>(outcome);
  if (!decision.changed) return entry;
  if (decision.unit.stream && decision.unit.stream != unit.stream) call.work.put(*decision.unit.stream);
  call.work.journal(entry.stream_id, decision.journal);
  call.work.perform(decision.effects);
  if (!decision.deleted) return call.work.put(decision.unit.entry);
  call.work.template erase<ArchiveEntry>(entry.id);
  return Nothing{};
}

template <View V>
CommandResult on(Call<V>& call, const SignalArchive& signal) {
  const auto* entry = call.work.template find<ArchiveEntry>(signal.entry);
  if (entry == nullptr) return unknown("There is no such recording.");
  if (auto refused = may_manage_archive(call, *entry)) return *std::move(refused);
  return step_archive_entry(call, ArchiveEntry{*entry}, signal.signal);
}

}  // namespace tribute::store::detail

// What every part of the service shares: the command at hand with its unit of work, the questions to the policy,
// and the way a decision of apply() goes into the batch.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../apply.hpp"
#include "../apply_archive.hpp"
#include "../policy.hpp"
#include "work.hpp"

namespace tribute::store {

struct ServiceOptions {
  std::uint32_t reconnect_window_s = 60;            ///< of new streams
  std::int64_t reopen_window_ms = 3'600'000;
  std::int64_t purge_after_ms = 86'400'000;
  std::int64_t shared_input_early_ms = 2 * 3'600'000;   ///< how long before its start a scheduled stream may be fed
  std::int64_t shared_input_late_ms = 12 * 3'600'000;   ///< how long after it a stream that had no encoder is still meant
  std::size_t most_touched = 1000;                  ///< records that one command may change besides its own
};

namespace detail {

template <View V>
struct Call {
  Work<V>& work;
  const Command& command;
  const ServiceOptions& options;
  ApplyContext context;
};

inline Rejection unknown(std::string what) { return {.code = Errc::not_found, .refusal = Refusal::none, .reason = std::move(what)}; }
inline Rejection unacceptable(std::string field, std::string detail) {
  return {.code = Errc::unprocessable, .refusal = Refusal::none, .reason = std::move(detail), .field = std::move(field)};
}
inline Rejection conflicts(std::string reason) { return {.code = Errc::conflict, .refusal = Refusal::none, .reason = std::move(reason)}; }
inline Rejection rejection_of(const Error& error) { return {.code = error.code, .refusal = Refusal::none, .reason = error.detail, .field = error.field}; }

inline std::string sentence_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::no_identity: return "Say who you are: send a bearer token.";
    case Verdict::not_a_manager: return "Only its creator, the memorial's managers and administrators may do this.";
    default: return "This is not there, or not for you.";
  }
}

/// Absent: go on. The server itself (nobody to authorize) may do everything.
template <View V>
std::optional<Rejection> may_manage(const Call<V>& call, const Subject& subject) {
  if (!call.command.authorize) return std::nullopt;
  const auto verdict = decide(*call.command.authorize, subject, Action::manage);
  if (verdict == Verdict::allowed) return std::nullopt;
  return Rejection{.code = refusal_code(verdict), .refusal = Refusal::none, .reason = sentence_of(verdict)};
}

inline Subject subject_of_memorial(const Memorial& memorial) { return {Visibility::hidden, true, memorial.created_by, nullptr, &memorial.managers}; }
inline Subject subject_of_input(const Input& input) { return {Visibility::hidden, true, input.created_by, nullptr, nullptr}; }

template <View V>
std::optional<Rejection> may_manage_stream(Call<V>& call, const Stream& stream) {
  if (!call.command.authorize) return std::nullopt;
  return may_manage(call, subject_of(stream, call.work.template find<Memorial>(stream.memorial_id)));
}

template <View V>
std::optional<Rejection> may_manage_archive(Call<V>& call, const ArchiveEntry& entry) {
  if (!call.command.authorize) return std::nullopt;
  const auto* stream = call.work.template find<Stream>(entry.stream_id);
  return may_manage(call, subject_of(entry, stream, call.work.template find<Memorial>(entry.memorial_id)));
}

/// One line in a stream's journal from outside of apply(). The caller puts the stream.
template <View V>
void tell(Call<V>& call, Stream& stream, JournalKind kind, std::string text) {
  JournalEntry entry{.seq = ++stream.journal_seq, .at = call.context.now, .kind = kind, .archive_id = {}, .actor = call.context.actor.subject};
  entry.detail = std::move(text);
  call.work.journal(stream.id, {entry});
}

template <View V>
StreamUnit unit_of(Call<V>& call, const Stream& stream) {
  const auto* entry = call.work.template find<ArchiveEntry>(stream.archive_id);
  return {stream, entry != nullptr ? std::optional{*entry} : std::nullopt};
}

/// Puts what a decision changed. An archive entry that the stream has let go of stays as it is.
template <View V>
StreamUnit store_decision(Call<V>& call, const StreamUnit& before, const Decision& decision) {
  if (!decision.changed) return decision.unit;
  StreamUnit after = decision.unit;
  after.stream = call.work.put(std::move(after.stream));
  if (after.archive && after.archive != before.archive) after.archive = call.work.put(*std::move(after.archive));
  call.work.journal(after.stream.id, decision.journal);
  call.work.perform(decision.effects);
  return after;
}

/// apply() on a stream, stored. Does not look at `deleted`.
template <View V>
CommandResult step_stream(Call<V>& call, const Stream& stream, const StreamSignal& signal) {
  const auto unit = unit_of(call, stream);
  const auto outcome = apply(unit, signal, call.context);
  if (const auto* rejection = std::get_if<Rejection>(&outcome)) return *rejection;
  const auto& decision = std::get<Decision>(outcome);
  auto after = store_decision(call, unit, decision);
  return StreamResult{std::move(after.stream), std::move(after.archive), std::nullopt, decision.changed};
}

/// The ids behind an index prefix, or absent when there are more than one command may touch.
template <View V>
std::optional<std::vector<Id>> ids_of(Call<V>& call, std::string prefix) {
  std::vector<Id> ids;
  IndexWalk<V> walk(call.work.view(), {std::move(prefix)}, Order::oldest_first);
  while (const auto position = walk.next()) {
    if (ids.size() == call.options.most_touched) return std::nullopt;
    ids.push_back(position->id);
  }
  return ids;
}

/// A key of its own for everybody: two inputs with one key would feed by chance.
template <View V>
std::optional<Rejection> key_is_free(Call<V>& call, const SealedKey& key) {
  if (key.hmac.empty()) return unacceptable("streamKey", "is missing");
  if (call.work.stored().input_by_key(key.hmac)) return conflicts("This stream key is in use already. Repeat the request to get another.");
  return std::nullopt;
}

}  // namespace detail
}  // namespace tribute::store

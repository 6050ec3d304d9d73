// Everything that can be asked of the store, as plain values, and what comes back. A command carries who asks,
// when, and every id and key it may need; executing it is service.hpp's part. Never holds anything borrowed, so
// it can wait in a queue and run on another thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "../apply.hpp"
#include "../apply_archive.hpp"
#include "../policy.hpp"

namespace tribute::store {

/// Whose house, who asks, and when. `actor` empty: an encoder, or the server itself.
struct ActorContext {
  std::string org = default_org;
  Actor actor;
  Timestamp now;
};

/// A stream key as the store may see it: never the key itself.
struct SealedKey {
  std::string hmac;    ///< 32 bytes, HMAC-SHA256: what the key is found by
  std::string sealed;  ///< the key, encrypted
};

// --- streams

struct CreateStream {
  Id id;
  StreamPatch patch;
  Id own_input_id;                 ///< used unless `shared_input` names one
  SealedKey key;
  std::optional<Id> shared_input;  ///< unknown or not shared: 422 `inputId`
};

/// A change of settings that may also move the stream to another input. The move is refused while an encoder is there.
struct ChangeStream {
  Id stream;
  StreamPatch patch;
  std::optional<Id> input;  ///< absent: stays; not set: an input of its own (from the two below); else a shared one
  Id own_input_id;
  SealedKey key;
};

/// start, stop, settings, delete, media arrived or stalled …
struct SignalStream {
  Id stream;
  StreamSignal signal;
};

struct RotateStreamKey {
  Id stream;
  SealedKey key;
};

// --- encoders

/// key → input → the stream that it feeds now → accepted or refused, in one transaction. A refusal is noted in the
/// stream's `refused` (its health), where the stream is known.
struct PublishByKey {
  std::string key_hmac;
  PublishRequested request;
  Refusal refuse = Refusal::none;  ///< the shell already knows why not (storage_full, too_many_tries): find, note, refuse
};

/// A connection ended. An unknown or replaced one changes nothing.
struct EndPublish {
  Id boot;
  std::uint64_t client = 0;
};

// --- inputs (shared ones; a stream's own comes and goes with the stream)

struct InputPatch {
  std::optional<std::string> name;
  std::optional<std::vector<std::string>> protocols;
};
struct CreateInput {
  Id id;
  InputPatch patch;
  SealedKey key;
};
struct ChangeInput {
  Id input;
  InputPatch patch;
};
struct RotateInputKey {
  Id input;
  SealedKey key;
};
struct DeleteInput {
  Id input;
};

// --- memorials

struct MemorialPatch {
  std::optional<std::string> name, description;
  std::optional<std::vector<std::string>> managers;
};
struct CreateMemorial {
  Id id;
  MemorialPatch patch;
};
struct ChangeMemorial {
  Id memorial;
  MemorialPatch patch;
};
struct DeleteMemorial {
  Id memorial;
};

// --- recordings

struct SignalArchive {
  Id entry;
  ArchiveSignal signal;
};

// --- the server's own work

/// An effect was performed: its outbox row goes, and what came of it is applied, in one transaction. A row that is
/// gone already was completed before: nothing happens.
struct CompleteEffect {
  std::uint64_t outbox_seq = 0;
  std::optional<StreamSignal> report;
};

enum class DeadlineKind : std::uint8_t {
  reconnect_window,  ///< of a stream
  became_due,        ///< of a stream
  archive_purge,     ///< of an archive entry
};

/// Names one row of the deadline table.
struct DeadlineKey {
  Timestamp due;
  DeadlineKind kind = DeadlineKind::reconnect_window;
  Id record;
  friend auto operator<=>(const DeadlineKey&, const DeadlineKey&) = default;
};

/// Can be fired any number of times, early or late: what is not due, or no longer there, changes nothing.
struct FireDeadline {
  DeadlineKey key;
};

struct Command {
  ActorContext context;
  /// Set: the policy is asked for Action::manage inside the transaction. Not set: the server itself asks.
  std::optional<Viewer> authorize;
  std::variant<CreateStream, ChangeStream, SignalStream, RotateStreamKey, PublishByKey, EndPublish, CreateInput, ChangeInput, RotateInputKey, DeleteInput,
               CreateMemorial, ChangeMemorial, DeleteMemorial, SignalArchive, CompleteEffect, FireDeadline>
      what;
};

// --- what comes back

/// The stream after the command, the archive entry of its broadcast, and its input where the command needed it
/// (always for create, change, key and start: the shell unseals the key for managers).
struct StreamResult {
  Stream stream;
  std::optional<ArchiveEntry> archive;
  std::optional<Input> input;
  bool changed = true;  ///< false: a harmless repeat
};

struct PublishAccepted {
  Stream stream;  ///< publisher.session names the ingest log, phase.generation fences it
  Input input;
};

/// Done, and there is nothing to show: something was deleted, or there was nothing to do.
struct Nothing {};

using CommandResult = std::variant<Rejection, StreamResult, ArchiveEntry, Memorial, Input, PublishAccepted, Nothing>;

/// What a committed command touched, for whoever wakes others up.
struct Touched {
  std::vector<Id> streams;  ///< whose record or journal changed
  bool effects = false;     ///< there are new outbox rows
  bool deadlines = false;   ///< a deadline was set or moved
};

/// A command with room for its answer: the unit of group commit.
struct Job {
  Command command;
  CommandResult result = Nothing{};
  Touched touched;
};

}  // namespace tribute::store

namespace tribute {
template <>
struct Words<store::DeadlineKind> {
  static constexpr std::array<std::string_view, 3> words{"reconnect_window", "became_due", "archive_purge"};
};
}  // namespace tribute

// The service: a command becomes a batch. Reads the records inside the transaction, asks the policy, calls apply,
// and writes record, journal, outbox, deadlines and indexes together. Pure: no clock, no randomness, no I/O.
// A refused command writes nothing, but that an encoder was refused is noted in its stream's health.
#pragma once

#include <utility>
#include <variant>

#include "service_publish.hpp"
#include "service_shared.hpp"

namespace tribute::store {

/// What a command comes to: its answer, and the rows to write (none: nothing changes).
struct Plan {
  CommandResult result = Nothing{};
  Batch batch;
  Touched touched;
};

namespace detail {

template <View V>
CommandResult on(Call<V>& call, const CompleteEffect& complete) {
  auto key = outbox_key(call.work.org(), complete.outbox_seq);
  const auto row = call.work.view().get(Table::outbox, key);
  if (!row) return Nothing{};
  const auto effect = read_effect(*row);
  call.work.erase_row(Table::outbox, std::move(key));
  // The effect was performed, so its row goes even if nobody wants the report any more.
  call.work.store_anyway();
  if (!effect || !complete.report) return Nothing{};
  const auto* stream = call.work.template find<Stream>(stream_of(*effect));
  if (stream == nullptr) return Nothing{};
  return step_stream(call, Stream{*stream}, *complete.report);
}

template <View V>
CommandResult on(Call<V>& call, const FireDeadline& fire) {
  const auto& [due, kind, record] = fire.key;
  if (call.context.now < due || !call.work.view().get(Table::deadline, deadline_key(call.work.org(), fire.key))) return Nothing{};
  if (kind == DeadlineKind::archive_purge) {
    const auto* entry = call.work.template find<ArchiveEntry>(record);
    return entry != nullptr ? step_archive_entry(call, ArchiveEntry{*entry}, ArchivePurgeDue{}) : CommandResult{Nothing{}};
  }
  const auto* stream = call.work.template find<Stream>(record);
  if (stream == nullptr) return Nothing{};
  const StreamSignal signal = kind == DeadlineKind::reconnect_window ? StreamSignal{WindowElapsed{}} : StreamSignal{BecameDue{}};
  return step_stream(call, Stream{*stream}, signal);
}

}  // namespace detail

/// What a command would do to what `view` shows. Throws DamagedRecord when a record it needs cannot be read.
template <View V>
Plan plan(const V& view, const Command& command, const ServiceOptions& options) {
  if (!valid_org(command.context.org)) return {.result = detail::unacceptable("org", "is not a name of 1 to 63 bytes")};
  Work<V> work(view, command.context.org);
  detail::Call<V> call{work, command, options,
                       {.now = command.context.now,
                        .actor = command.context.actor,
                        .reopen_window_ms = options.reopen_window_ms,
                        .purge_after_ms = options.purge_after_ms}};
  Plan made;
  made.result = std::visit([&call](const auto& what) { return detail::on(call, what); }, command.what);
  if (std::holds_alternative<Rejection>(made.result) && !work.stores_anyway()) return made;
  made.batch = work.finish();
  made.touched = work.touched();
  return made;
}

/// Plans and writes. A version that was raised meanwhile is a Rejection (conflict): nothing was written.
template <Transaction T>
CommandResult execute(T& transaction, const Command& command, const ServiceOptions& options, Touched* touched = nullptr) {
  auto made = plan(transaction, command, options);
  if (made.batch.empty()) return std::move(made.result);
  if (const auto written = transaction.write(made.batch); !written) return detail::rejection_of(written.error());
  if (touched != nullptr) *touched = std::move(made.touched);
  return std::move(made.result);
}

}  // namespace tribute::store

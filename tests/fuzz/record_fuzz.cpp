// Any bytes as stored rows and as cursors: what can be read is written the same way again, has keys that fit, and
// can be stepped and judged without harm; what cannot is refused as a value.
#include <cstdint>
#include <cstdlib>
#include <tribute/policy.hpp>
#include <tribute/store/cursor.hpp>
#include <tribute/store/memory_store.hpp>
#include <tribute/store/service.hpp>

namespace {

using namespace tribute;
using namespace tribute::store;

void require(bool holds) {
  if (!holds) std::abort();
}

/// A record from a row: the same again through its own row, and every key of it fits.
template <class Record>
std::optional<Record> read(std::string_view bytes) {
  auto record = read_record<Record>(bytes);
  if (!record) return std::nullopt;
  const auto again = read_record<Record>(record_row(*record));
  require(again && *again == *record);
  if (!valid_org(record->org)) return std::nullopt;
  for (const auto& key : indexes_of(*record)) require(key.size() <= most_key_bytes && position_of(key)->id == record->id);
  for (const auto& deadline : deadlines_of(*record)) require(deadline_of(record->org, deadline_key(record->org, deadline)) == deadline);
  return *std::move(record);
}

/// Whatever state a row claims, the door answers.
void step(const Stream& stream) {
  MemoryStore memory;
  Batch batch{{}, {{Table::stream, record_key(stream.org, stream.id), record_row(stream)}}};
  for (const auto& key : indexes_of(stream)) batch.writes.push_back({Table::index, key, ""});
  require(memory.write(batch).has_value());
  Command command{.context = {.org = stream.org, .actor = {}, .now = {1'700'000'000'000}}, .authorize = std::nullopt, .what = EndPublish{stream.publisher.boot, stream.publisher.client}};
  const StreamSignal signals[] = {StartRequested{}, StopRequested{}, MediaArrived{stream.phase.generation}, WindowElapsed{}, SettingsChanged{{.title = "x"}}};
  for (const auto& signal : signals) {
    command.what = SignalStream{stream.id, signal};
    static_cast<void>(plan(memory, command, ServiceOptions{}));
  }
  static_cast<void>(Reader<MemoryStore>(memory, stream.org).list_streams({.statuses = {stream.phase.status}, .created_by = stream.created_by}, "", 10));
}

void cursors(std::string_view text) {
  for (const auto kind : {ListKind::streams, ListKind::memorials, ListKind::inputs, ListKind::archive})
    if (const auto position = parse_cursor(kind, text)) require(make_cursor(kind, *position) == text);
  if (const auto seq = parse_journal_cursor(text)) require(make_journal_cursor(*seq) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  cursors(bytes);
  static_cast<void>(position_of(bytes));
  static_cast<void>(deadline_of("main", bytes));
  if (const auto stream = read<Stream>(bytes)) {
    step(*stream);
    static_cast<void>(decide({.role = Role::viewer, .subject = "ann", .name = {}}, subject_of(*stream, nullptr), Action::view));
  }
  read<ArchiveEntry>(bytes);
  read<Memorial>(bytes);
  read<Input>(bytes);
  if (const auto effect = read_effect(bytes)) require(read_effect(effect_row(*effect)).has_value());
  if (const auto entry = decode<JournalEntry>(bytes)) require(*decode<JournalEntry>(encode(*entry)) == *entry);
  return 0;
}

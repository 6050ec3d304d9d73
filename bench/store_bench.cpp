// What the truth costs: a lifecycle step, a decision, the policy, reads, and durable commits, one at a time and 64 at
// once, beside the same disk's bare write + fdatasync in the same run. The store is made in the current folder.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <random>
#include <tribute/adapter/lmdb_store.hpp>

namespace {

using namespace tribute;
using namespace tribute::store;

constexpr std::uint64_t streams = 10'000;
constexpr Timestamp start{1'700'000'000'000};

Id id_of(std::uint64_t n) {
  std::mt19937_64 random(n);
  Id::Bytes bytes{};
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return Id{bytes};
}
Id memorial_of(std::uint64_t n) { return id_of(2'000'000 + n % 500); }
std::string hmac_of(std::uint64_t n) { return "hmac-sha256 of the stream key " + std::to_string(n); }

Command command(auto what, std::int64_t at = 0) { return {.context = {.actor = {"ann", "Ann"}, .now = start + at}, .authorize = std::nullopt, .what = std::move(what)}; }

/// Ten thousand streams in 500 memorials, as a house has after some years.
class Filled {
 public:
  static Filled& instance() {
    static Filled filled;
    return filled;
  }
  LmdbStore& store() { return *store_; }
  const std::string& folder() const { return folder_; }
  ~Filled() {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

 private:
  Filled() {
    std::filesystem::remove_all(folder_);
    auto opened = LmdbStore::open(folder_);
    if (!opened) std::fprintf(stderr, "%s\n", opened.error().detail.c_str()), std::abort();
    store_ = *std::move(opened);
    std::vector<Job> jobs(500);
    for (std::uint64_t n = 0; n < 500; ++n) jobs[n].command = command(CreateMemorial{memorial_of(n), {.name = "Memorial", .managers = std::vector<std::string>{"eve"}}});
    store_->run(jobs);
    for (std::uint64_t n = 0; n < streams; n += jobs.size()) {
      for (std::uint64_t i = 0; i < jobs.size(); ++i) {
        const StreamPatch patch{.title = "Funeral service", .description = std::string(200, 'd'), .memorial_id = memorial_of(n + i)};
        jobs[i].command = command(CreateStream{id_of(n + i), patch, id_of(1'000'000 + n + i), {hmac_of(n + i), std::string(60, 's')}, std::nullopt},
                                  static_cast<std::int64_t>(n + i) * 60'000);
      }
      store_->run(jobs);
    }
  }

  std::string folder_ = std::filesystem::absolute("store_bench.data").string();
  std::unique_ptr<LmdbStore> store_;
};

Job rename(std::uint64_t n) {
  Job job;
  job.command = command(SignalStream{id_of(n % streams), SettingsChanged{{.title = "Funeral service, " + std::to_string(n)}}}, static_cast<std::int64_t>(n));
  return job;
}

/// What the disk can do at best for one durable change: a page written where it was, and synced.
void bare_write_and_fdatasync(benchmark::State& state) {
  const auto path = Filled::instance().folder() + "/bare";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  std::array<char, 4096> page{};
  for (std::uint64_t n = 0; auto _ : state) {
    page[0] = static_cast<char>(++n);
    if (pwrite(file, page.data(), page.size(), static_cast<off_t>(n % 256 * page.size())) < 0 || fdatasync(file) != 0) state.SkipWithError("the disk");
  }
  close(file);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(bare_write_and_fdatasync)->UseRealTime();

/// Durable stream updates: `range` of them in one commit.
void durable_update(benchmark::State& state) {
  auto& store = Filled::instance().store();
  const auto group = static_cast<std::size_t>(state.range(0));
  std::mt19937 random(1);
  std::vector<Job> jobs(group);
  for (auto _ : state) {
    state.PauseTiming();
    for (auto& job : jobs) job = rename(random());
    state.ResumeTiming();
    store.run(jobs);
    for (const auto& job : jobs)
      if (std::holds_alternative<Rejection>(job.result)) state.SkipWithError(std::get<Rejection>(job.result).reason.c_str());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(durable_update)->Arg(1)->Arg(8)->Arg(64)->UseRealTime();

/// The service alone: read, decide, and the batch with its rows; nothing is written.
void plan_update(benchmark::State& state) {
  const auto snapshot = Filled::instance().store().snapshot();
  for (std::uint64_t n = 0; auto _ : state) {
    const auto job = rename(++n);
    benchmark::DoNotOptimize(plan(snapshot, job.command, ServiceOptions{}));
  }
}
BENCHMARK(plan_update);

/// A whole broadcast through the tables: eight steps.
void lifecycle_step(benchmark::State& state) {
  constexpr std::array signals{Signal::start_requested, Signal::publish_requested, Signal::media_arrived,       Signal::media_stalled,
                               Signal::media_arrived,   Signal::stop_requested,    Signal::broadcast_finalized, Signal::publish_ended};
  Phase phase;
  Timestamp now = start;
  for (auto _ : state) {
    for (const auto signal : signals) {
      now.ms += 4'000'000;  // past every window: the next start begins anew
      const auto step = advance(phase, signal, {.now = now, .generation = phase.generation + (signal == Signal::publish_requested)});
      phase = step.next;
      benchmark::DoNotOptimize(phase);
    }
  }
  if (phase.status != StreamStatus::completed) state.SkipWithError("the steps are not those of a broadcast");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(signals.size()));
}
BENCHMARK(lifecycle_step);

/// The whole door on a record with its strings and an archive entry.
void apply_whole(benchmark::State& state) {
  StreamUnit unit;
  unit.stream.id = id_of(1);
  unit.stream.title = "Funeral service";
  unit.stream.description = std::string(200, 'd');
  unit.stream.allowed_users = {"ann", "eve", "zoe"};
  const ApplyContext context{.now = start, .actor = {"ann", "Ann"}};
  const auto next = [&](const StreamSignal& signal) { unit = std::get<Decision>(apply(unit, signal, context)).unit; };
  next(PublishRequested{id_of(2), id_of(3), id_of(4), 1, "192.0.2.1"});
  next(MediaArrived{unit.stream.phase.generation});
  const StreamSignal stop = StopRequested{};
  for (auto _ : state) benchmark::DoNotOptimize(apply(unit, stop, context));
}
BENCHMARK(apply_whole);

/// One viewer on a private stream with twenty people on the list; the last of them asks.
void policy_decide(benchmark::State& state) {
  Stream stream;
  stream.visibility = Visibility::private_;
  for (int n = 0; n < 20; ++n) stream.allowed_users.push_back("family-member-" + std::to_string(n) + "@example.org");
  Memorial memorial;
  memorial.managers = {"ann@example.org", "eve@example.org"};
  const Viewer viewer{.role = Role::viewer, .subject = stream.allowed_users.back(), .name = {}};
  if (decide(viewer, subject_of(stream, &memorial), Action::view) != Verdict::allowed) state.SkipWithError("the viewer is not allowed");
  for (auto _ : state) benchmark::DoNotOptimize(decide(viewer, subject_of(stream, &memorial), Action::view));
}
BENCHMARK(policy_decide);

/// As the event loop does it: a snapshot, one look-up, done.
void read_stream(benchmark::State& state) {
  auto& store = Filled::instance().store();
  const auto id = id_of(4321);
  for (auto _ : state) {
    const auto snapshot = store.snapshot();
    benchmark::DoNotOptimize(StoreReader{snapshot}.stream(id));
  }
}
BENCHMARK(read_stream);

void read_by_key(benchmark::State& state) {
  auto& store = Filled::instance().store();
  const auto hmac = hmac_of(4321);
  for (auto _ : state) {
    const auto snapshot = store.snapshot();
    benchmark::DoNotOptimize(StoreReader{snapshot}.input_by_key(hmac));
  }
}
BENCHMARK(read_by_key);

void list_page(benchmark::State& state, const StreamFilter& filter) {
  auto& store = Filled::instance().store();
  for (auto _ : state) {
    const auto snapshot = store.snapshot();
    const auto page = StoreReader{snapshot}.list_streams(filter, "", 50);
    if (!page || page->items.empty()) state.SkipWithError("an empty page");
    benchmark::DoNotOptimize(page);
  }
}
void list_50_newest(benchmark::State& state) { list_page(state, {}); }
BENCHMARK(list_50_newest)->Unit(benchmark::kMicrosecond);
void list_memorial_and_status(benchmark::State& state) { list_page(state, {.statuses = {StreamStatus::ready}, .memorial = memorial_of(7), .created_by = "ann"}); }
BENCHMARK(list_memorial_and_status)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();

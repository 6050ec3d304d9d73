// What the control API costs besides nginx: rendering, parsing, tokens, policy, and whole requests, each with its own
// snapshot of the store on disk. Nanoseconds per operation.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <tribute/adapter/api/routes.hpp>
#include <tribute/adapter/grant.hpp>
#include <tribute/adapter/lmdb_store.hpp>
#include <tribute/callback.hpp>

namespace {

using namespace tribute;

const Secrets secrets{std::string(32, 's'), std::string(32, 'h'), std::string(32, 'g')};
const std::string admin_token(64, 'a'), jwt_secret(32, 'j');
constexpr Timestamp now{1'800'000'000'000};
const HostFacts host{"https://live.example.org", "rtmp://live.example.org:1935/live"};

Id fresh_id() {
  Id::Bytes bytes;
  random_bytes(bytes);
  return Id{bytes};
}

std::string make_jwt() {
  const auto text = to_base64url(R"({"alg":"HS256","typ":"JWT"})") + "." +
                    to_base64url(R"({"exp":1900000000,"sub":"u1","name":"Aunt May","role":"family"})");
  return text + "." + to_base64url(view(Hmac{jwt_secret}(text)));
}

Stream make_stream() {
  Stream stream{.id = fresh_id()};
  stream.title = "Memorial Service for John Doe";
  stream.description = "In the chapel, and afterwards in the hall.";
  stream.memorial_id = fresh_id();
  stream.memorial_name = "John Doe";
  stream.location = "Chapel";
  stream.visibility = Visibility::public_;
  stream.input_id = fresh_id();
  stream.archive_id = stream.broadcast_id = fresh_id();
  stream.actual_start = stream.created = stream.updated = stream.phase.scheduled_start = now;
  stream.created_by = "olga";
  return stream;
}

void render_stream(benchmark::State& state) {
  const auto stream = make_stream();
  ArchiveEntry entry{.id = stream.archive_id};
  entry.sessions.push_back({fresh_id(), 1, now, now});
  std::string out;
  for (auto _ : state) {
    out.clear();
    JsonWriter json{out};
    render(json, stream, StreamView{host, state.range(0) != 0, &entry, "live_0123456789abcdefghjkmnpqrstvwxyz"});
    benchmark::DoNotOptimize(out.data());
  }
  state.counters["bytes"] = static_cast<double>(out.size());
}
BENCHMARK(render_stream)->ArgName("manager")->Arg(0)->Arg(1);

/// The same record as a tree of Boost.JSON, for comparison: what the writer saves.
void render_stream_as_tree(benchmark::State& state) {
  const auto stream = make_stream();
  std::string text;
  JsonWriter json{text};
  render(json, stream, StreamView{host});
  const auto tree = boost::json::parse(text);
  for (auto _ : state) {
    const boost::json::value copy = tree;
    benchmark::DoNotOptimize(boost::json::serialize(copy));
  }
}
BENCHMARK(render_stream_as_tree);

void parse_patch(benchmark::State& state) {
  const std::string body =
      R"({"title":"Memorial Service","description":"In the chapel","scheduledStartTime":"2026-10-15T14:00:00Z","isVisible":true,"isPublic":false,
    "allowedUsers":["a@example.org","b@example.org"],"reconnectWindow":120})";
  for (auto _ : state) benchmark::DoNotOptimize(read_stream_body(body));
}
BENCHMARK(parse_patch);

void token_admin(benchmark::State& state) {
  const auto tokens = *Tokens::make(admin_token, jwt_secret);
  for (auto _ : state) benchmark::DoNotOptimize(tokens.check(admin_token, now));
}
BENCHMARK(token_admin);

void token_jwt(benchmark::State& state) {
  const auto tokens = *Tokens::make(admin_token, jwt_secret);
  const auto token = make_jwt();
  for (auto _ : state) benchmark::DoNotOptimize(tokens.check(token, now));
}
BENCHMARK(token_jwt);

void grant_verify(benchmark::State& state) {
  const Grants grants{secrets};
  const GrantScope scope{hls::Door::live, fresh_id(), fresh_id(), 3};
  const bool personal = state.range(0) != 0;
  const auto grant = personal ? grants.personal(scope, "aunt", now + 3'600'000) : grants.shared(scope);
  for (auto _ : state) benchmark::DoNotOptimize(grants.verify(scope, personal, grant, now));
}
BENCHMARK(grant_verify)->ArgName("personal")->Arg(0)->Arg(1);

void stream_key_open(benchmark::State& state) {
  const Vault vault{secrets};
  const auto input = fresh_id();
  const auto key = vault.make_key(input, {});
  for (auto _ : state) benchmark::DoNotOptimize(vault.open_key(input, key.sealed));
}
BENCHMARK(stream_key_open);

void stream_key_hmac(benchmark::State& state) {
  const Vault vault{secrets};
  const auto key = vault.make_key(fresh_id(), {});
  for (auto _ : state) benchmark::DoNotOptimize(vault.hmac(key.text));
}
BENCHMARK(stream_key_hmac);

void callback_parse(benchmark::State& state) {
  const std::string body =
      "app=live&flashver=FMLE%2F3.0&swfurl=rtmp%3A%2F%2Fh%2Flive&tcurl=rtmp%3A%2F%2Fh%2Flive&pageurl=&addr=10.0.0.7&clientid=42"
      "&call=publish&name=live_0123456789abcdefghjkmnpqrstvwxyz&type=live";
  for (auto _ : state) benchmark::DoNotOptimize(parse_callback(body));
}
BENCHMARK(callback_parse);

void policy_decide(benchmark::State& state) {
  auto stream = make_stream();
  stream.visibility = Visibility::private_;
  for (int i = 0; i < 20; ++i) stream.allowed_users.push_back("guest" + std::to_string(i) + "@example.org");
  const Viewer viewer{Role::viewer, "guest19@example.org", "", false};
  for (auto _ : state) benchmark::DoNotOptimize(decide(viewer, subject_of(stream, nullptr), Action::view));
}
BENCHMARK(policy_decide);

/// Whole requests: route, token, query, policy, store, answer.
class House {
 public:
  House() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tribute-bench-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    store_ = *store::LmdbStore::open(folder_, {.map_size = std::size_t{64} << 20});
    store::Command command{.context = {.actor = {"olga", "Olga"}, .now = now}, .authorize = {}, .what = {}};
    for (int i = 0; i < 100; ++i) {
      store::CreateStream create{.id = fresh_id(), .own_input_id = fresh_id()};
      create.patch.title = "Memorial Service for John Doe";
      create.patch.visibility = Visibility::public_;
      std::array<std::uint8_t, Vault::random_size> random;
      random_bytes(random);
      auto key = vault_.make_key(create.own_input_id, random);
      create.key = {key.hmac, key.sealed};
      stream_ = create.id;
      command.what = std::move(create);
      store_->run(command);
    }
  }
  ~House() {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  House(const House&) = delete;
  House& operator=(const House&) = delete;

  std::string path() const { return "/api/streams/" + stream_.text(); }
  int get(const std::string& path, std::string_view query, std::string_view authorization) {
    api::ApiRequest request{.path = path, .query = query, .authorization = authorization, .host = host, .now = now};
    const auto snapshot = store_->snapshot();
    const auto answer = api::handle(request, snapshot, services_);
    return std::get<api::ApiResponse>(answer.value).status;
  }

 private:
  std::string folder_;
  std::unique_ptr<store::LmdbStore> store_;
  Tokens tokens_ = *Tokens::make(admin_token, jwt_secret);
  Vault vault_{secrets};
  api::ApiServices services_{tokens_, vault_, nullptr, [](std::span<std::uint8_t> out) { random_bytes(out); }};
  Id stream_;
};

void request(benchmark::State& state, const std::string& path, std::string_view query, const std::string& authorization) {
  static House house;
  const auto target = path.starts_with("/api") ? path : house.path() + path;
  for (auto _ : state)
    if (house.get(target, query, authorization) != 200) state.SkipWithError("not answered");
}
BENCHMARK_CAPTURE(request, read_stranger, "", "", "");
BENCHMARK_CAPTURE(request, read_manager, "", "", "Bearer " + admin_token);
BENCHMARK_CAPTURE(request, status_stranger, "/status", "", "");
BENCHMARK_CAPTURE(request, status_jwt, "/status", "", "Bearer " + make_jwt());
BENCHMARK_CAPTURE(request, list_50, "/api/streams", "limit=50", "");

}  // namespace

BENCHMARK_MAIN();

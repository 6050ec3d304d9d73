// The same API over the store on disk: as it runs, a snapshot per request, commands by group commit.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <tribute/adapter/api/routes.hpp>
#include <tribute/adapter/lmdb_store.hpp>

#include "../jwt_fixture.hpp"

namespace tribute::api {
namespace {

class OnDisk : public testing::Test {
 protected:
  OnDisk() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tribute-api-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    store::StoreOptions options{.create = true};
    options.map_size = std::size_t{64} << 20;
    store_ = *store::LmdbStore::open(folder_, options);
  }
  ~OnDisk() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  ApiResponse send(Method method, const std::string& path, const std::string& body = {}) {
    const std::string authorization = "Bearer " + tribute::test::admin_token;
    const ApiRequest request{.method = method,
                             .path = path,
                             .authorization = authorization,
                             .content_type = "application/json",
                             .body = body,
                             .host = {"http://h", "rtmp://h/live"},
                             .now = {1'800'000'000'000}};
    auto answer = [&] {
      const auto snapshot = store_->snapshot();
      return handle(request, snapshot, services_);
    }();
    while (auto* run = std::get_if<RunCommand>(&answer.value)) answer = run->next(store_->run(run->command));
    return std::get<ApiResponse>(std::move(answer.value));
  }

  static std::string id_of(const ApiResponse& response) {
    return std::string{std::string_view{boost::json::parse(response.body).at("data").at("id").get_string()}};
  }

 private:
  std::string folder_;
  std::unique_ptr<store::LmdbStore> store_;
  Tokens tokens_ = *Tokens::make(tribute::test::admin_token, "");
  Vault vault_{{std::string(32, 's'), std::string(32, 'h'), std::string(32, 'g')}};
  ApiServices services_{tokens_, vault_, nullptr, [](std::span<std::uint8_t> out) { random_bytes(out); }};
};

TEST_F(OnDisk, create_change_list_delete) {
  const auto made = send(Method::post, "/api/streams", R"({"title":"Service","visibility":"public"})");
  ASSERT_EQ(made.status, 201) << made.body;
  const auto path = "/api/streams/" + id_of(made);
  EXPECT_EQ(send(Method::get, path).body, made.body);
  EXPECT_EQ(send(Method::put, path, R"({"title":"Other"})").status, 200);
  EXPECT_NE(send(Method::get, "/api/streams").body.find("Other"), std::string::npos);
  EXPECT_EQ(send(Method::post, path + "/stop").status, 409);
  EXPECT_EQ(send(Method::post, path + "/start").status, 200);
  EXPECT_EQ(send(Method::get, path + "/events").status, 200);
  EXPECT_EQ(send(Method::delete_, path).status, 200);
  EXPECT_EQ(send(Method::get, path).status, 404);
}

}  // namespace
}  // namespace tribute::api

// Any bytes as a body of the control API: what is accepted is within its limits, and is written as JSON that reads back.
#include <cstdint>
#include <cstdlib>
#include <tribute/adapter/json/patch.hpp>
#include <tribute/json/render.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tribute;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  (void)read_archive_body(body);
  (void)read_memorial_body(body);
  (void)read_input_body(body);
  const auto stream_body = read_stream_body(body);
  if (!stream_body) {
    if (stream_body.error().detail.empty()) std::abort();
    return 0;
  }
  if (!check(stream_body->patch)) std::abort();
  Stream stream;
  set_fields(stream, stream_body->patch);
  std::string out;
  JsonWriter json{out};
  render(json, stream, StreamView{HostFacts{"http://h", "rtmp://h/live"}, true, nullptr, "key"});
  const auto again = parse_json(out, {.bytes = 1u << 24, .depth = 8});
  if (!again) std::abort();
  if (stream_body->patch.title && again->at("title").get_string() != *stream_body->patch.title) std::abort();
  return 0;
}

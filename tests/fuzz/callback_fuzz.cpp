// Any bytes as a callback's form: bounded, no zero byte gets through, and nothing appended changes what was said.
#include <cstdint>
#include <cstdlib>
#include <tribute/callback.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tribute;
  const std::string body(reinterpret_cast<const char*>(data), size);
  const auto callback = parse_callback(body);
  if (!callback) return 0;
  for (const auto* text : {&callback->app, &callback->name, &callback->address, &callback->path})
    if (text->size() > limits::form_value || text->find('\0') != std::string::npos) std::abort();
  if (callback->name.size() > limits::rtmp_name) std::abort();
  // Only fields that nginx-rtmp wrote: a stranger's copy of them behind it is nothing.
  std::string doubled = body;
  const auto form = parse_form(body);
  for (const auto& [name, value] : form->fields())
    if (name == "call" || name == "name" || name == "clientid" || name == "app" || name == "addr") doubled += "&" + name + "=evil";
  const auto again = parse_callback(doubled);
  if (again && !(*again == *callback)) std::abort();
  return 0;
}

// A stream as one reader sees it: what of it and of its recording the policy shows them, and its key for managers.
#pragma once

#include <tribute/adapter/api/call.hpp>

namespace tribute::api {

/// The stream key of an input, for those who may see it.
inline std::string open_key(const Vault& vault, const std::optional<Input>& input) {
  return input ? vault.open_key(input->id, input->key_sealed).value_or("") : std::string{};
}

/// What of a stream's recording this reader may see, and as whom.
template <store::View V>
class StreamReader {
 public:
  explicit StreamReader(const Call<V>& call) : call_(call) {}

  const std::optional<Memorial>& memorial(const Stream& stream) {
    if (stream.memorial_id != memorial_id_) {
      memorial_id_ = stream.memorial_id;
      memorial_ = call_.memorial_of(memorial_id_);
    }
    return memorial_;
  }

  bool may(const Stream& stream, Action action) {
    const auto& memorial_of_it = memorial(stream);
    return decide(call_.who().viewer_of(stream.id), tribute::subject_of(stream, memorial_of_it ? &*memorial_of_it : nullptr), action) ==
           Verdict::allowed;
  }

  std::optional<ArchiveEntry> archive(const Stream& stream) {
    if (!stream.archive_id.is_set()) return std::nullopt;
    auto entry = call_.read().archive(stream.archive_id);
    if (!entry) return entry;
    const auto& memorial_of_it = memorial(stream);
    const auto subject = tribute::subject_of(*entry, &stream, memorial_of_it ? &*memorial_of_it : nullptr);
    if (decide(call_.who().viewer_of(stream.id), subject, Action::view) != Verdict::allowed) entry.reset();
    return entry;
  }

  /// In lists keys are left out: who wants one reads the one stream.
  void write(JsonWriter& json, const Stream& stream, std::string_view stream_key = {}) {
    const auto entry = archive(stream);
    render(json, stream,
           StreamView{call_.request().host, call_.manages_it(stream, memorial(stream)), entry ? &*entry : nullptr, stream_key});
  }

 private:
  const Call<V>& call_;
  Id memorial_id_;
  std::optional<Memorial> memorial_;
};

}  // namespace tribute::api

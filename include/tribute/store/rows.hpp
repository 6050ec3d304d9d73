// Rows as bytes. A record's row is its version (8 bytes, big-endian) and its fields, so that a store can check a
// version without knowing the record; effects carry the number of their kind. Reading is bounded and total.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "../codec.hpp"
#include "../effect.hpp"
#include "keys.hpp"

namespace tribute::store {

/// Stored bytes that are not what was written. Thrown, because nothing a caller does makes or mends it.
class DamagedRecord : public std::runtime_error {
 public:
  explicit DamagedRecord(const std::string& what) : std::runtime_error(what) {}
};

/// The version that a versioned row begins with; 0 when it is too short to have one.
constexpr std::uint64_t row_version(std::string_view value) noexcept { return value.size() < 8 ? 0 : detail::take_u64(value); }

inline std::string counter_row(std::uint64_t value) {
  std::string out;
  detail::put_u64(out, value);
  return out;
}

template <class Record>
std::string record_row(const Record& record) {
  std::string out;
  out.reserve(1024);
  detail::put_u64(out, record.version);
  tribute::detail::put_value(out, record);
  return out;
}

template <class Record>
Result<Record> read_record(std::string_view value) {
  if (value.size() < 8) return make_error(Errc::corrupt, "A stored record cannot be read: it is too short.");
  auto record = decode<Record>(value.substr(8));
  if (record && record->version != row_version(value)) return make_error(Errc::corrupt, "A stored record cannot be read: it has two versions.");
  return record;
}

// Numbers of the effects' kinds: stored, so never reused.
inline std::string effect_row(const Effect& effect) {
  std::string out(1, static_cast<char>(effect.index() + 1));
  std::visit([&out](const auto& value) { tribute::detail::put_value(out, value); }, effect);
  return out;
}
static_assert(std::is_same_v<std::variant_alternative_t<0, Effect>, FinalizeBroadcast>);
static_assert(std::is_same_v<std::variant_alternative_t<1, Effect>, RemoveMedia>);

inline Result<Effect> read_effect(std::string_view value) {
  const auto as = [&]<class Kind>(Kind) -> Result<Effect> {
    auto effect = decode<Kind>(value.substr(1));
    if (!effect) return effect.error();
    return Effect{*std::move(effect)};
  };
  if (!value.empty() && value[0] == 1) return as(FinalizeBroadcast{});
  if (!value.empty() && value[0] == 2) return as(RemoveMedia{});
  return make_error(Errc::corrupt, "A stored effect cannot be read: its kind is not known.");
}

}  // namespace tribute::store

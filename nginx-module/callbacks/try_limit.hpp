// Tries with keys that nobody has, counted per address: after a few in a minute they are told so, and no longer logged
// one by one. A right key always passes, also from an address where another device tries wrong ones.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

namespace tribute::module {

class TryLimit {
 public:
  /// Notes one more; true while the address is within the limit.
  bool note(const std::string& address, std::int64_t now_ms) {
    if (tries_.size() >= most_addresses) forget(now_ms);
    auto& tries = tries_[address];
    if (now_ms - tries.since_ms >= window_ms) tries = {now_ms, 0};
    return ++tries.count <= allowed;
  }

 private:
  struct Tries {
    std::int64_t since_ms = 0;
    std::uint32_t count = 0;
  };

  void forget(std::int64_t now_ms) {
    std::erase_if(tries_, [&](const auto& item) { return now_ms - item.second.since_ms >= window_ms; });
    // All of them young: many addresses at once. Memory is worth more than their counts.
    if (tries_.size() >= most_addresses) tries_.clear();
  }

  static constexpr std::int64_t window_ms = 60'000;
  static constexpr std::uint32_t allowed = 10;
  static constexpr std::size_t most_addresses = 4096;

  std::unordered_map<std::string, Tries> tries_;
};

}  // namespace tribute::module

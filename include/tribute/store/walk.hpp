// Walks over index rows: all rows of one index with given parts, or those that several indexes have in common,
// in the order of their positions, forwards or backwards. Cost: a few seeks per row of the rarest index, whatever
// the size of the others. Reads keys only, never a record.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "keys.hpp"
#include "store.hpp"

namespace tribute::store {

enum class Order : std::uint8_t { newest_first, oldest_first };

/// The least key that is greater than every key that begins with `prefix`.
inline std::string prefix_end(std::string prefix) {
  while (!prefix.empty() && prefix.back() == static_cast<char>(255)) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

/// The intersection of indexes whose rows all end in a position ("leapfrog": each takes the others' highest
/// position as its next target, until all agree). Precondition: at least one prefix.
template <View V>
class IndexWalk {
 public:
  IndexWalk(const V& view, std::vector<std::string> prefixes, Order order) : forwards_(order == Order::oldest_first) {
    legs_.reserve(prefixes.size());
    for (auto& prefix : prefixes) legs_.push_back({view.cursor(Table::index), std::move(prefix)});
    if (!forwards_) target_.assign(position_size + 1, static_cast<char>(255));
  }

  /// Begin at this time; for newest_first strictly before it. Call before the first next().
  void start_at(Timestamp when) {
    target_.clear();
    detail::put_time(target_, when);
    if (!forwards_) before_ = true;
  }

  /// Go on behind a position given by an earlier walk in the same order.
  void start_behind(const Position& position) { leave(position_bytes(position)); }

  /// The next position that all indexes have, or absent: that was all.
  std::optional<Position> next() {
    for (std::size_t agreed = 0, i = 0; agreed < legs_.size(); i = (i + 1) % legs_.size()) {
      auto& leg = legs_[i];
      if (!seek(leg)) return std::nullopt;
      const auto found = leg.cursor.key().substr(leg.prefix.size());
      agreed = found == target_ && !before_ ? agreed + 1 : 1;
      target_.assign(found);
      before_ = false;
    }
    const auto position = position_of(target_);
    leave(std::string{target_});
    return position;
  }

 private:
  struct Leg {
    decltype(std::declval<const V&>().cursor(Table::index)) cursor;
    std::string prefix;
  };

  bool seek(Leg& leg) {
    key_.assign(leg.prefix).append(target_);
    bool found = false;
    if (forwards_) {
      found = leg.cursor.seek(key_);
    } else {
      if (!before_) key_ += '\0';  // strictly before the key's successor: at it or before
      found = leg.cursor.seek_before(key_);
    }
    return found && leg.cursor.key().starts_with(leg.prefix) && leg.cursor.key().size() == leg.prefix.size() + position_size;
  }

  void leave(std::string position) {
    target_ = std::move(position);
    if (forwards_) target_ += '\0';
    else before_ = true;
  }

  std::vector<Leg> legs_;
  bool forwards_;
  bool before_ = false;   // backwards: the target itself is not wanted
  std::string target_;    // what follows the prefix
  std::string key_;
};

}  // namespace tribute::store

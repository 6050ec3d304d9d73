// A batch: the rows that one command puts and erases inside one partition, and the versions of the records it was
// made from. It is applied whole or not at all. A plain value: it can be stored, sent and compared.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "table.hpp"

namespace tribute::store {

/// A row to put, or (no value) to erase.
struct Write {
  Table table = Table::meta;
  std::string key;
  std::optional<std::string> value;
  friend bool operator==(const Write&, const Write&) = default;
};

/// The row's version as it was read; 0: there was no such row. A versioned row's value begins with its version.
struct Expected {
  Table table = Table::meta;
  std::string key;
  std::uint64_t version = 0;
  friend bool operator==(const Expected&, const Expected&) = default;
};

struct Batch {
  std::vector<Expected> expected;
  std::vector<Write> writes;
  bool empty() const noexcept { return writes.empty(); }
  friend bool operator==(const Batch&, const Batch&) = default;
};

}  // namespace tribute::store

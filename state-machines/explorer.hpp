// The three walks of the explorer. Each gives how far it came, and the first thing that did not hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tribute::proof {

struct Report {
  std::uint64_t states = 0;  ///< different ones
  std::uint64_t steps = 0;
  std::optional<std::string> failure;
};

/// Every phase of lifecycle × ingest that advance() reaches.
Report explore_phases();

/// Every abstract state of lifecycle × ingest × archive × visibility that apply() reaches, ids and times reduced
/// to what they are to each other.
Report explore_products();

/// Random days from `seed` on, until `seconds` are over.
Report explore_days(std::uint64_t seed, double seconds);

}  // namespace tribute::proof

// Looks for a state that must not be. `machine_explorer [--seconds N] [--seed S]`: the two exhaustive walks, then
// random days for N seconds (3) from seed S (1) on. Ends with 1 and a story when something does not hold.
#include <cstdlib>
#include <iostream>

#include "explorer.hpp"

namespace {

bool told(const char* walk, const char* unit, const tribute::proof::Report& report) {
  std::cout << walk << ": " << report.states << ' ' << unit << ", " << report.steps << " steps\n";
  if (report.failure) std::cout << "BROKEN: " << *report.failure << "\n";
  return !report.failure;
}

}  // namespace

int main(int argc, char** argv) {
  double seconds = 3;
  std::uint64_t seed = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--seconds") seconds = std::strtod(argv[i + 1], nullptr);
    else if (name == "--seed") seed = std::strtoull(argv[i + 1], nullptr, 10);
    else return std::cerr << "usage: machine_explorer [--seconds N] [--seed S]\n", 2;
  }
  using namespace tribute::proof;
  bool good = told("lifecycle x ingest", "phases", explore_phases());
  good = told("lifecycle x ingest x archive x visibility", "states", explore_products()) && good;
  good = told("random days", "days", explore_days(seed, seconds)) && good;
  return good ? 0 : 1;
}

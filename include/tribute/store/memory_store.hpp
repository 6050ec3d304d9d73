// A store in memory: std::map for every table. The same concept as the one on disk, for tests of the service and
// for the explorer. One thread; a view sees later writes at once, so it is no snapshot.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "rows.hpp"
#include "store.hpp"

namespace tribute::store {

class MemoryStore {
 public:
  using Rows = std::map<std::string, std::string, std::less<>>;

  class Cursor {
   public:
    explicit Cursor(const Rows& rows) : rows_(&rows), at_(rows.end()) {}

    bool seek(std::string_view key) { return there(rows_->lower_bound(key)); }
    bool seek_before(std::string_view key) {
      at_ = rows_->lower_bound(key);
      return previous();
    }
    bool next() { return there(std::next(at_)); }
    bool previous() {
      if (at_ == rows_->begin()) return false;
      --at_;
      return true;
    }
    std::string_view key() const { return at_->first; }
    std::string_view value() const { return at_->second; }

   private:
    bool there(Rows::const_iterator at) {
      at_ = at;
      return at_ != rows_->end();
    }
    const Rows* rows_;
    Rows::const_iterator at_;
  };

  std::optional<std::string_view> get(Table table, std::string_view key) const {
    const auto found = rows(table).find(key);
    if (found == rows(table).end()) return std::nullopt;
    return found->second;
  }

  Cursor cursor(Table table) const { return Cursor{rows(table)}; }

  Result<Done> write(const Batch& batch) {
    for (const auto& expected : batch.expected)
      if (stored_version(*this, expected) != expected.version) return version_conflict();
    for (const auto& write : batch.writes) {
      auto& rows_of_table = tables_[static_cast<std::size_t>(write.table)];
      if (write.value) rows_of_table.insert_or_assign(write.key, *write.value);
      else rows_of_table.erase(write.key);
    }
    return Done{};
  }

  const Rows& rows(Table table) const { return tables_[static_cast<std::size_t>(table)]; }

 private:
  std::array<Rows, word_count<Table>> tables_;
};

static_assert(Transaction<MemoryStore>);

}  // namespace tribute::store

// The streams whose media this worker packages. Every worker looks at the active streams when it is woken and twice a
// second; whoever gets a stream's lock owns it. So a stream of a worker that left or died is taken over at once, and
// nobody has to know how many workers there are. Effects of the outbox are performed here by the same right.
#pragma once

#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "ingest/owner.hpp"
#include "tribute/store/read.hpp"

namespace tribute::module {

class Owners {
 public:
  explicit Owners(Runtime& runtime);
  Owners(const Owners&) = delete;
  Owners& operator=(const Owners&) = delete;

  /// What is there to do? Cheap when nothing is.
  void look();

  /// The worker leaves: lets go of everything as soon as nothing runs, so that others take over.
  void leave();

  std::size_t size() const noexcept { return owners_.size(); }

 private:
  void on_tick();
  Owner* own(const Id& stream);
  void follow_streams();
  void end_connection_of_earlier_start(const Stream& stream);
  void perform_effects();
  void perform(std::uint64_t seq, const FinalizeBroadcast& effect);
  void perform(std::uint64_t seq, const RemoveMedia& effect);
  void let_go_of_idle();

  Runtime& runtime_;
  ngx::Timer tick_;
  std::unordered_map<Id, std::unique_ptr<Owner>> owners_;
  std::unordered_set<std::uint64_t> performing_;  ///< outbox rows that this worker is at
  std::shared_ptr<Owners*> self_;
};

}  // namespace tribute::module

// Scenarios: lines of what happens and when, in words, replayed through apply(); the answer is told in words as
// well. The names of ids (m1: the first media folder, s1: the first session) make the text stable.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tribute/policy.hpp>

#include "world.hpp"

namespace tribute::proof {

class Scenario {
 public:
  /// Runs one line and tells what came of it. Throws std::runtime_error when the line says nothing that is known.
  std::string run(std::string_view line);

  /// Everything a person would look at now: the stream, its recordings, what waits to be done.
  std::string state() const;

 private:
  struct Encoder {
    std::uint64_t client = 0;
    std::uint64_t generation = 0;
  };
  using Words = std::vector<std::string>;
  using Options = std::map<std::string, std::string>;

  std::string dispatch(const Words& words, const Options& options);
  std::string on_encoder(const std::string& name, const std::string& what);
  std::string on_recording(const Words& words, const Options& options);
  std::string create_stream(const Options& options);
  std::string finalize(const Options& options);
  void take_effect();
  std::string report(const BroadcastFinalized& event);
  std::string answer(const Outcome& outcome);
  std::string answer(const ArchiveOutcome& outcome);
  std::string told(const std::vector<JournalEntry>& journal, const std::vector<Effect>& effects) const;
  std::string told(const Rejection& rejection) const;
  std::string who_sees() const;
  Id recording_named(const std::string& name) const;

  Id fresh(std::string_view kind);
  std::string name_of(const Id& id) const;
  std::string time(Timestamp t) const;
  std::string told(const Effect& effect) const;
  std::string told(const ArchiveEntry& entry) const;

  World world_;
  std::map<Id, std::string> names_;
  std::map<std::string, int> counts_;
  std::map<std::string, Encoder> encoders_;
  std::optional<FinalizeBroadcast> last_effect_;
  std::optional<BroadcastFinalized> last_report_;
};

}  // namespace tribute::proof

#include <map>
#include <tribute/store/service.hpp>

#include "store/random_commands.hpp"

namespace tribute::store {
namespace {

TEST(Consistency, every_index_and_deadline_is_what_the_records_say_after_any_commands) {
  std::map<std::size_t, std::size_t> answers;
  for (unsigned seed = 1; seed <= 12; ++seed) {
    MemoryStore store;
    RandomCommands commands(seed);
    for (int i = 0; i < 1500; ++i) {
      const auto command = commands.next(store);
      Touched touched;
      const auto result = execute(store, command, ServiceOptions{}, &touched);
      ++answers[result.index()];
      if (i % 100 == 99) expect_consistent(store);
      if (testing::Test::HasFailure()) FAIL() << "seed " << seed << ", command " << i << " of kind " << command.what.index();
    }
    expect_consistent(store);
  }
  // The walk is worth something only if every kind of answer occurred often.
  for (std::size_t kind = 0; kind < std::variant_size_v<CommandResult>; ++kind) EXPECT_GT(answers[kind], 50u) << kind;
}

TEST(Consistency, a_deadline_that_is_due_goes_when_it_is_fired) {
  MemoryStore store;
  RandomCommands commands(99);
  const Reader<MemoryStore> read{store};
  for (int i = 0; i < 3000; ++i) {
    execute(store, commands.next(store), ServiceOptions{});
    const auto due = read.due_deadlines({INT64_MAX / 2}, 1);
    if (i % 50 != 0 || due.empty()) continue;
    const Command fire{.context = {.now = due[0].due}, .authorize = std::nullopt, .what = FireDeadline{due[0]}};
    const auto result = execute(store, fire, ServiceOptions{});
    EXPECT_FALSE(std::holds_alternative<Rejection>(result));
    EXPECT_FALSE(store.get(Table::deadline, deadline_key(default_org, due[0]))) << "it would be fired again and again: " << to_word(due[0].kind);
  }
}

}  // namespace
}  // namespace tribute::store

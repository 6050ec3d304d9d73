#include <gtest/gtest.h>

#include <tribute/machine.hpp>

enum class Lamp : std::uint8_t { off, on, broken };
enum class Touch : std::uint8_t { pressed, hit };
enum class Light : std::uint8_t { ignored, shine, none };

namespace tribute {
template <>
struct Words<Lamp> {
  static constexpr std::array<std::string_view, 3> words{"off", "on", "broken"};
};
template <>
struct Words<Touch> {
  static constexpr std::array<std::string_view, 2> words{"pressed", "hit"};
};
template <>
struct Words<Light> {
  static constexpr std::array<std::string_view, 3> words{"ignored", "shine", "none"};
};
namespace {

using LampRow = Row<Lamp, Touch, Light>;

template <std::size_t N>
constexpr auto machine_of(const std::array<LampRow, N>& rows) {
  return Machine<Lamp, Touch, Light, N>{rows};
}

constexpr std::array lamp_rows{LampRow{Lamp::off, Touch::pressed, Lamp::on, Light::shine}, LampRow{Lamp::on, Touch::pressed, Lamp::off, Light::none},
                               LampRow{Lamp::on, Touch::hit, Lamp::broken, Light::none}, LampRow{Lamp::broken, Touch::hit, Lamp::broken, Light::ignored}};
constexpr auto lamp = machine_of(lamp_rows);

TEST(Machine, finds_the_row_of_a_state_and_an_event) {
  const auto* row = lamp.find(Lamp::off, Touch::pressed);
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->to, Lamp::on);
  EXPECT_EQ(row->effect, Light::shine);
  ASSERT_NE(lamp.find(Lamp::on, Touch::hit), nullptr);
  EXPECT_EQ(lamp.find(Lamp::on, Touch::hit)->to, Lamp::broken);
}

TEST(Machine, an_absent_pair_is_no_row) {
  EXPECT_EQ(lamp.find(Lamp::off, Touch::hit), nullptr);
  EXPECT_EQ(lamp.find(Lamp::broken, Touch::pressed), nullptr);
}

TEST(Machine, every_row_is_found_at_its_place) {
  for (const auto& row : lamp.rows()) EXPECT_EQ(lamp.find(row.from, row.on), &row);
}

TEST(Machine, sees_duplicates) {
  EXPECT_TRUE(lamp.has_no_duplicates());
  constexpr auto doubled = machine_of(std::array{LampRow{Lamp::off, Touch::pressed, Lamp::on, Light::none}, LampRow{Lamp::off, Touch::pressed, Lamp::off, Light::none}});
  EXPECT_FALSE(doubled.has_no_duplicates());
}

TEST(Machine, sees_states_that_cannot_be_reached) {
  EXPECT_TRUE(lamp.reaches_all_from(Lamp::off));
  EXPECT_FALSE(lamp.reaches_all_from(Lamp::broken));
}

TEST(Machine, sees_states_that_never_come_to_rest) {
  EXPECT_TRUE(lamp.all_come_to_rest(std::array{Lamp::broken}));
  EXPECT_FALSE(lamp.all_come_to_rest(std::array{Lamp::off}));
  EXPECT_TRUE(lamp.all_come_to_rest(std::array{Lamp::off, Lamp::broken}));
}

TEST(Machine, sees_an_ignored_row_that_moves) {
  EXPECT_TRUE(lamp.ignored_rows_stay());
  constexpr auto sly = machine_of(std::array{LampRow{Lamp::off, Touch::pressed, Lamp::on, Light::ignored}});
  EXPECT_FALSE(sly.ignored_rows_stay());
}

}  // namespace
}  // namespace tribute

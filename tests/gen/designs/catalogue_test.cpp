// What the catalogue promises of every design.
#include "gen/designs/catalogue.h"

#include <catch2/catch.hpp>
#include <set>

#include "isa/error.h"

using namespace lutra;

TEST_CASE("every design of the catalogue is emitted twice alike and under its own name") {
  std::set<std::string> seen;
  for (const std::string& name : gen::integer_design_names()) {
    INFO(name);
    CHECK(seen.insert(name).second);
    const gen::IntegerDesign a = gen::make_integer_design(name), b = gen::make_integer_design(name);
    CHECK(a.name == name);
    REQUIRE(a.files.size() == b.files.size());
    for (std::size_t i = 0; i < a.files.size(); ++i) CHECK(a.files[i].text == b.files[i].text);
    CHECK((a.codec != nullptr) != (a.float_model != nullptr));
    CHECK(a.files.back().name == a.top + ".v");
    CHECK(a.boundary_array == (name.find("_array") != std::string::npos));
  }
}

TEST_CASE("designs of planes and trits do 512 one-bit multiply-accumulates a cycle, or as many as their name says") {
  for (const std::string& name : gen::integer_design_names()) {
    const gen::IntegerDesign d = gen::make_integer_design(name);
    if (d.float_model != nullptr || name.rfind("mac_i8_dequant", 0) == 0) continue;
    INFO(name);
    const std::size_t array = name.find("_array");
    const std::string digits = array == std::string::npos ? "" : name.substr(array + 6);
    CHECK(d.one_bit_macs_per_cycle() == (digits.empty() ? 512 : std::stoi(digits)));
  }
}

TEST_CASE("an unknown design is refused with the names of those that exist") {
  CHECK_THROWS_WITH(gen::make_integer_design("lut"), Catch::Contains("no design is named \"lut\"") && Catch::Contains("lut_tc"));
}

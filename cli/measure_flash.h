// What lutra says about models that run from flash, beside what was published, and how fast it says it.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

namespace lutra::cli {

/// `rows` of {name, value, unit, at_least or at_most, command}; comparisons carry `published` and `simulated` too. `assumptions`.
nlohmann::json measure_flash(std::uint64_t seed);

}  // namespace lutra::cli

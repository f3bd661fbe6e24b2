// `lutra measure sweep`: how fast points are evaluated and stored, and in how much memory.
#pragma once

#include <nlohmann/json.hpp>

namespace lutra::cli {

/// Sweeps a grid of 200,000 points in a directory that is removed again. {"rows": [...], "points", "timings", "threads"}.
nlohmann::json measure_sweep(std::uint64_t seed);

}  // namespace lutra::cli

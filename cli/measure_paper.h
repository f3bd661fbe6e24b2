// What the GPU model says beside the publication: Table 1, its calibration, single layers, and how long that takes.
#pragma once

#include <nlohmann/json.hpp>

namespace lutra::cli {

/// `rows` with their bounds; `table1`, `calibration`, `layers`, `precompute`. Throws Error.
nlohmann::json measure_paper();

}  // namespace lutra::cli

// Turns the results of a sweep into one self-contained interactive HTML page.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace lutra::sweep_report {

/// A sweep as `sweep.json` states it, and, for points that were described, what `details.json` beside it holds.
struct SweepDocument {
  nlohmann::json sweep;
  nlohmann::json details;  // {"points": {ID: {"operators", "roofline", "timeline"}}}, or null
  std::string file;        // for messages
  std::string details_file;
};

/// Reads DIR/sweep.json and, where it exists, DIR/details.json. Throws Error.
SweepDocument read_sweep(const std::string& directory);

/// The document as the page's scripts read it: one column of numbers a parameter, objective, block, component and class.
/// Throws Error naming file and key where a key is missing or has the wrong type.
std::string columns_json(const SweepDocument& document);

/// The whole page: no request to anywhere, light and dark, by keyboard, on a phone and on paper.
std::string render_page(const SweepDocument& document);

}  // namespace lutra::sweep_report

// The designs that are measured, by name.
#pragma once

#include <string>
#include <vector>

#include "gen/designs/bit_heap.h"
#include "gen/designs/design.h"

namespace lutra::gen {

/// Names of all integer designs, in the order of the reports.
std::vector<std::string> integer_design_names();
/// Builds a design. Throws Error with the known names for another one.
IntegerDesign make_integer_design(const std::string& name, AdderStyle style = {});

}  // namespace lutra::gen

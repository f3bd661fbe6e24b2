// Boolean functions as Liberty writes them, turned into truth tables.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lutra::cost {

/// Truth table of `expression` over `inputs` (input i is bit i of the index): element x is 0 or 1.
/// Operators by precedence: ! and ', ^, * & and juxtaposition, + |. Throws std::invalid_argument with the reason (unknown name, syntax,
/// more than 12 inputs).
std::vector<std::uint8_t> truth_table(std::string_view expression, const std::vector<std::string>& inputs);

}  // namespace lutra::cost

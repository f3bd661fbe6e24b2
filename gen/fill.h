// Fills the holes of a Verilog text: "@NAME@" becomes the value given for NAME (capital letters).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gen/verilog.h"

namespace lutra::gen {

struct Hole {
  Hole(std::string_view hole, std::string text) : name(hole), value(std::move(text)) {}
  Hole(std::string_view hole, long long number) : name(hole), value(std::to_string(number)) {}
  std::string_view name;
  std::string value;
};

/// Throws std::logic_error for a hole without a value.
std::string fill(std::string_view text, const std::vector<Hole>& holes);

/// "[bits-1:0] " for a declaration, "" for one bit.
inline std::string wire_range(int bits) { return bits == 1 ? std::string() : range(bits) + " "; }

}  // namespace lutra::gen

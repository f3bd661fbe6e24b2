// Proves assertions about Verilog with Yosys' SAT solver.
#pragma once

#include <string>
#include <vector>

#include "gen/verilog.h"

namespace lutra::test {

struct Proof {
  bool holds = false;
  std::string output;  // of Yosys, for the message of a failed proof
};

/// Assertions in the text, proven in all reachable states by induction over clock cycles (Yosys); or the output bad_o of the top, proven
/// to be 0 in the first `steps` cycles from registers that are 0, for all inputs (Yosys' ABC, which copes with arithmetic).
enum class Method { kInduction, kBounded };

struct Question {
  std::vector<gen::EmittedFile> files;
  std::string top;
  std::vector<std::string> parameters = {};  // e.g. {"DEPTH", "3"}: pairs
  Method method = Method::kInduction;
  int steps = 4;  // longest induction, or the cycles; 1 for combinational logic
};

/// Asks; assumptions in the text hold. Throws Error where the tool cannot read the text or gives up.
Proof prove(const Question& question);

/// The module's text with properties put before its end.
std::string with_properties(const std::string& module, const std::string& properties);

/// A property file of rtl/formal.
std::string property_file(const std::string& name);

}  // namespace lutra::test

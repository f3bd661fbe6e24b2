// Pieces of questions about the datapath: small machines, and specifications in Verilog beside the emitted block.
#pragma once

#include <string>
#include <vector>

#include "isa/arch_config.h"
#include "tests/rtl/formal/prover.h"

namespace lutra::test {

/// One row and one column of K inputs, G tables, P planes; no register between tables and accumulator, so that a step is a cycle.
ArchConfig small(int inputs, int tables, int planes, int accumulator_bits);
/// "+ a0 - a1 ..." as one signed sum: bit i of `signs` is an expression that says whether a<i> is added.
std::string signed_sum(int inputs, int first, const std::vector<std::string>& signs);
/// Activations a0, a1, ... as wires of `bits` bits, sign-extended from the port a_i, and as INT8 in the wire `bytes`.
std::string activations(int count, int activation_bits, int bits);
/// The module `spec` of a block and its specification, with bad_o for where they differ.
std::string spec_text(std::vector<gen::Port> ports, const std::string& body, gen::Clocking clocking = gen::Clocking::kNone);

/// Checks that a proof holds, or does not.
void check(const Question& q, bool holds = true);
/// The question with `from` replaced in the first file that has it.
Question broken(Question q, const std::string& from, const std::string& to);

}  // namespace lutra::test

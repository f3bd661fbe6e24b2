// Verilog text of the instruction decoder: which instruction, which fields, which checks, which command.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "isa/geometry.h"
#include "isa/instruction.h"

namespace lutra::gen {

/// A part of a packed command, lowest first: `expression` is Verilog, `bits` its width.
struct CommandPart {
  std::string expression;
  int bits;
  std::string name;
};

/// The packed command of a unit's instruction.
std::vector<CommandPart> command_parts(Unit unit, const ArchConfig& config);
/// Sum of the parts' bits.
int command_bits(Unit unit, const ArchConfig& config);

/// "word[55:40]" for a field of an instruction; throws std::logic_error for an unknown name.
std::string field_slice(std::string_view mnemonic, std::string_view field);

/// Wires is_<mnemonic>, operand ports and the general registers' read multiplexers.
std::string decoder_text();
/// Wires bad_field, outside, undefined_opcode.
std::string check_text(const ArchConfig& config);
/// Assignments of the four command outputs.
std::string command_text(const ArchConfig& config);

}  // namespace lutra::gen

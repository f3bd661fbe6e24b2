// Assembly text to instructions and back, driven by the instruction table. The language is described in docs/isa.md.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "isa/arch_config.h"
#include "isa/instruction.h"

namespace lutra {

/// One instruction a line. With a machine it also refuses what the machine would trap: unbalanced or too deeply nested loops, rows and
/// columns beyond the array, lmma segments that contradict each other, a program longer than the instruction buffer, and a shape
/// suffix of lmma that is not the machine's. Throws Error with `file`, line and column, what was given and what is allowed.
std::vector<Instruction> assemble(std::string_view text, const std::string& file, const ArchConfig* arch = nullptr);

/// One line an instruction, loop bodies indented, fields at their defaults left out. assemble() gives the same instructions back.
/// With a machine, lmma carries its shape suffix.
std::string disassemble(std::span<const Instruction> program, const ArchConfig* arch = nullptr);

std::vector<Encoded> encode_all(std::span<const Instruction> program);
/// Throws Error that names the index of the instruction that cannot be decoded.
std::vector<Instruction> decode_all(std::span<const Encoded> code);

/// "m2n16k32": rows, columns and activations of a k-step; the suffix of lmma.
std::string shape_suffix(const ArchConfig& arch);

}  // namespace lutra

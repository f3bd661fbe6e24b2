// Checks instructions as the command processor does before it pushes them (docs/microarchitecture.md, Commands).
#include "isa/legality.h"

#include <fmt/format.h>

#include "isa/geometry.h"

namespace lutra {
namespace {

std::string above(const Instruction& instruction, std::string_view field, int limit, std::string_view key) {
  const std::int64_t value = instruction.get(field);
  return value <= limit ? "" : fmt::format("{} is {}, but {} is {}", field, value, key, limit);
}

std::string illegal_lmma(const Instruction& lmma) {
  const std::int64_t segment = lmma.get("segment");
  if (segment == 0) return "";
  if (lmma.get("ksteps") % segment != 0) return fmt::format("ksteps is {}, allowed multiples of segment = {}", lmma.get("ksteps"), segment);
  if (lmma.get("first") != 1 || lmma.get("last") != 1) return "first and last have to be 1 when segment is not 0";
  return "";
}

}  // namespace

std::string illegal_on(const ArchConfig& config, const Instruction& instruction) {
  const auto rows_problem = [&] { return above(instruction, "rows", config.array.rows, "array.rows"); };
  switch (instruction.opcode) {
    case Opcode::kLoop:
      return instruction.get("rs") == 0 && instruction.get("count") == 0 ? "count is 0 and no register is added, allowed 1 and more" : "";
    case Opcode::kLoad:
      if (const bool memory = config.table.source == "memory"; instruction.get("buffer") == static_cast<int>(Buffer::kTable) && !memory)
        return "buffer is table, but this machine builds its tables on chip";
      else if (instruction.get("buffer") == static_cast<int>(Buffer::kActivation) && memory)
        return "buffer is activation, but this machine loads its tables and has no such buffer";
      else if (instruction.get("buffer") == static_cast<int>(Buffer::kTokenScale) && config.scale.unit != "float")
        return "buffer is token_scale, but this machine's scale unit is integer";
      return "";
    case Opcode::kStore:
      if (std::string problem = above(instruction, "cols", config.array.columns, "array.columns"); !problem.empty()) return problem;
      return rows_problem();
    case Opcode::kTbuild:
      if (config.table.source == "memory") return "this machine loads its tables and has no builder";
      return rows_problem();
    case Opcode::kLmma:
      if (std::string problem = rows_problem(); !problem.empty()) return problem;
      return illegal_lmma(instruction);
    default:
      return "";
  }
}

}  // namespace lutra

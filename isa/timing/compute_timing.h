// When table builder, array and scale unit do what: the cycle rules that their Verilog, their model and the compiler share.
//
// Edges are counted as in docs/microarchitecture.md. Array: a step issued at edge t is read at t + 1 and accumulated at
// t + kOperandDelay + pipeline_registers, or, where lanes add in FP32, as many edges later as their adder has registers: steps are then
// that many edges and one apart. The step that ends a segment or a command carries a token to the scale unit, which passes one token at a
// time (the drain credit).
#pragma once

#include <algorithm>

#include "isa/arch_config.h"
#include "isa/geometry.h"

namespace lutra::timing {

/// From the issue of a step to the edge at which its operands, read from SRAM, are used (pipeline_registers = 0).
inline constexpr int kOperandDelay = 2;
/// From the edge at which an SRAM read is decided to the edge at which the SRAM performs it (its port is registered).
inline constexpr int kReadDelay = 1;
/// Scale unit: a word issued at edge i reads its parameters at i + 1, its old value and the results at i + 2, is written at i + 4. Where it
/// is a float unit three operations come between, two of them before the old value: see old_read() and tile_write(). Words of the next
/// token are issued late enough to read what this one writes: credit_delay() is more than that.
inline constexpr int kParameterRead = 1;
inline constexpr int kResultRead = 2;
inline constexpr int kOldRead = 2;
inline constexpr int kTileWrite = 4;
/// Table builder: a slot at edge b reads activations at b + 1 and writes its tables at b + 3, or later where they are no integers or
/// rounded: see table_write().
inline constexpr int kActivationRead = 1;
inline constexpr int kTableWrite = 3;

/// Words the scale unit drains for `rows` rows; a token that only retires occupies it like one word.
inline int drain_words(const Geometry& geometry, int rows) { return std::max(1, rows * geometry.accumulator_words_per_row); }

/// Registers of the FP32 adder of a lane; 0 where lanes add integers, at the edge at which their operands are used.
inline int lane_registers(const ArchConfig& config) { return config.table.mode == "float" ? config.scale.registers : 0; }
/// From the issue of a step to the first edge at which the next one can issue: it may need this one's sum.
inline int step_interval(const ArchConfig& config) { return 1 + lane_registers(config); }

/// From the issue of a token's step to the edge at which the step is accumulated and results are captured.
inline int capture_delay(const ArchConfig& config) { return kOperandDelay + config.array.pipeline_registers + lane_registers(config); }
/// From the issue of a token's step to the edge at which the scale unit samples `seg_valid`.
inline int segment_delay(const ArchConfig& config) { return capture_delay(config) + 1; }
/// From the issue of a token's step to the edge at which the scale unit issues its first word.
inline int drain_start_delay(const ArchConfig& config) { return segment_delay(config) + 1; }
/// Words still to issue, the present one included, when the scale unit gives the credit back (all of them where there are fewer):
/// the next capture can then come no earlier than the last word's results are read.
inline int free_threshold(const ArchConfig& config) { return capture_delay(config) + 1; }
/// From the issue of a token's step to the first edge at which the next token's step can issue.
inline int credit_delay(const ArchConfig& config, int words) {
  return drain_start_delay(config) + std::max(0, words - free_threshold(config)) + 2;
}

/// Registers of a floating-point operation of the scale unit; 0 where it has none.
inline int operation_registers(const ArchConfig& config) { return config.scale.unit == "float" ? config.scale.registers : 0; }
inline bool has_table_scales(const ArchConfig& config) { return config.table.mode == "quantised" || config.table.mode == "aligned"; }
/// From the edge at which a word is issued to the edge at which its old value is read: its factor is the product of two scales, or three;
/// an FP32 result is two operations old when its zero point is off.
inline int old_read(const ArchConfig& config) { return kOldRead + (config.table.mode == "exact" ? 2 : 3) * operation_registers(config); }
/// From the edge at which a word is issued to the edge at which it is written.
inline int tile_write(const ArchConfig& config) {
  const int sums = config.scale.zeros == "float" ? 2 : 1;
  return old_read(config) - kOldRead + kTileWrite + sums * operation_registers(config);
}
/// From the issue of a command's last step to its retire edge.
inline int array_retire_delay(const ArchConfig& config, int words) { return drain_start_delay(config) + words - 1 + tile_write(config); }

/// Steps of `ksteps` k-steps with `planes` weight planes.
inline long long array_steps(const ArrayConfig& array, long long ksteps, int planes) {
  return ksteps * ceil_div(planes, array.planes_per_cycle);
}

/// From a slot of the table builder to the edge at which its tables are written.
inline int table_write(const ArchConfig& config) {
  if (config.table.mode == "exact") return kTableWrite;
  // Activations become FP32 in one register, and are added up one after the other.
  if (config.table.mode == "float") return kTableWrite + 1 + (config.array.table_inputs - 1) * config.scale.registers;
  if (config.table.mode == "quantised" && config.table.scale == "divide") return kTableWrite + 3 * config.scale.registers;
  return kTableWrite + 1;
}
/// Register stages of the divisions that make the scale of quantised tables.
inline constexpr int kDivisionRegisters = 8;
/// Tables with scales: edges without a slot between the last slot that looks at a group's activations and the first that builds its tables.
inline int scale_delay(const ArchConfig& config) {
  const bool divides = config.table.mode == "quantised" && config.table.scale == "divide";
  return divides ? config.array.rows + 1 + kDivisionRegisters : 2;
}
/// Slots of a builder that write, a row and k-step.
inline int build_groups(const ArchConfig& config) { return config.array.tables_per_lane / config.table.builder_tables; }

/// Slots (cycles at work) of the table builder in a command. Tables with scales: one more a row and k-step, which looks at the activations.
inline long long build_slots(const ArchConfig& config, long long ksteps, int rows) {
  return ksteps * rows * (build_groups(config) + (has_table_scales(config) ? 1 : 0));
}
/// From the first slot of a command to the last one, both counted; the next command can start at the edge of the last one.
inline long long build_span(const ArchConfig& config, const Geometry& geometry, long long ksteps, int rows) {
  const long long slots = build_slots(config, ksteps, rows);
  return has_table_scales(config) ? slots + ceil_div(ksteps, geometry.group_ksteps) * scale_delay(config) : slots;
}
/// From the start edge of a build to its retire edge.
inline long long build_retire_delay(const ArchConfig& config, const Geometry& geometry, long long ksteps, int rows) {
  return build_span(config, geometry, ksteps, rows) + table_write(config);
}

}  // namespace lutra::timing

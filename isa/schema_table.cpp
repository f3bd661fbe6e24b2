// The schema: one row for every key of a configuration.
#include "isa/schema.h"

namespace lutra {
namespace {

constexpr bool kAny = false, kPowerOfTwo = true;        // power_of_two
constexpr bool kOptional = false, kRequired = true;     // required
constexpr bool kTimingOnly = false, kInProgram = true;  // in_program_hash
constexpr double kDepthMax = 65536;                     // on-chip addresses have 16 bits

#define LUTRA_MEMBER(path) [](ArchConfig& c) -> FieldPointer { return &c.path; }

// One key, two lines: the formatter would make nine of them.
// clang-format off

/// Single values and their ranges; rules between them are in schema_rules.cpp.
const std::vector<SchemaField>& table() {
  static const std::vector<SchemaField> kTable = {
      {"name", "", LUTRA_MEMBER(name), 0, 0, kAny, {}, kRequired, kTimingOnly,
       "name of the machine: letters, digits, '_', '-' and '.', at most 64"},
      {"description", "", LUTRA_MEMBER(description), 0, 0, kAny, {}, kOptional, kTimingOnly,
       "one line on what the machine is for, at most 400 bytes"},
      {"status", "", LUTRA_MEMBER(status), 0, 0, kAny, {"supported", "experimental"}, kOptional, kTimingOnly,
       "whether every check runs on this configuration"},
      {"clock_mhz", "MHz", LUTRA_MEMBER(clock_mhz), 0.001, 20000, kAny, {}, kRequired, kTimingOnly,
       "clock of core and bus; memory times convert with it, and the cost flow checks that it is met"},

      {"array.rows", "", LUTRA_MEMBER(array.rows), 1, 64, kAny, {}, kRequired, kInProgram,
       "M: rows of the array, tokens that share every weight read"},
      {"array.columns", "", LUTRA_MEMBER(array.columns), 1, 256, kPowerOfTwo, {}, kRequired, kInProgram,
       "N: columns of the array, outputs of a tile"},
      {"array.table_inputs", "", LUTRA_MEMBER(array.table_inputs), 1, 6, kAny, {}, kOptional, kInProgram,
       "K: activations a table, which stores 2^(K-1) sums"},
      {"array.tables_per_lane", "", LUTRA_MEMBER(array.tables_per_lane), 1, 64, kAny, {}, kOptional, kInProgram,
       "G: tables added in a lane before its accumulator"},
      {"array.planes_per_cycle", "", LUTRA_MEMBER(array.planes_per_cycle), 1, 8, kAny, {}, kOptional, kInProgram,
       "P: weight planes handled in one cycle"},
      {"array.accumulator_bits", "bits", LUTRA_MEMBER(array.accumulator_bits), 8, 32, kAny, {}, kOptional, kInProgram,
       "width of a segment's integer accumulator; the compiler proves that it does not overflow"},
      {"array.pipeline_registers", "", LUTRA_MEMBER(array.pipeline_registers), 0, 2, kAny, {}, kOptional, kTimingOnly,
       "register stages between operand SRAMs and accumulators: none, after the adder tree, also before it"},

      {"array.activations", "", LUTRA_MEMBER(array.activations), 0, 0, kAny, {"int8", "int16", "fp16", "bf16", "fp8_e4m3", "fp8_e5m2"}, kOptional, kInProgram,
       "type of the activations; floating-point ones need aligned or float tables"},
      {"array.decoder", "", LUTRA_MEMBER(array.decoder), 0, 0, kAny, {"column", "lane"}, kOptional, kTimingOnly,
       "where weight bits are decoded to the select of an entry: once a column for all rows, or in every lane"},
      {"array.adder", "", LUTRA_MEMBER(array.adder), 0, 0, kAny, {"carry_save", "ripple"}, kOptional, kTimingOnly,
       "how a lane adds its entries: 3:2 compressors and one adder, or a tree of two-operand adders"},
      {"array.combine", "", LUTRA_MEMBER(array.combine), 0, 0, kAny, {"shift", "horner"}, kOptional, kInProgram,
       "how planes meet: each shifted by its weight, planes innermost; or highest first over a whole run, doubling the accumulator between"},

      {"table.mode", "", LUTRA_MEMBER(table.mode), 0, 0, kAny, {"exact", "quantised", "aligned", "float"}, kOptional, kInProgram,
       "how tables are stored (numerics.md): exact integer sums; INT8 with a scale a group; sums of activations aligned to a group's largest exponent; FP32 sums"},
      {"table.kind", "", LUTRA_MEMBER(table.kind), 0, 0, kAny, {"planes", "ternary"}, kOptional, kInProgram,
       "what indexes a table: K bits of a weight plane, or K trits (native ternary)"},
      {"table.form", "", LUTRA_MEMBER(table.form), 0, 0, kAny, {"plain", "parity"}, kOptional, kInProgram,
       "stored entries: the sums T, or their halves (T - p) / 2 with the parity p that a table's sums share"},
      {"table.source", "", LUTRA_MEMBER(table.source), 0, 0, kAny, {"builder", "memory"}, kOptional, kInProgram,
       "who makes tables: the builder on chip from activations, or software, whose tables are loaded"},
      {"table.storage", "", LUTRA_MEMBER(table.storage), 0, 0, kAny, {"sram", "flops", "latches", "rebuilt"}, kOptional, kTimingOnly,
       "table buffer: an SRAM, flip-flops, latches, or an SRAM of activations whose tables are rebuilt at every read"},
      {"table.builder_tables", "", LUTRA_MEMBER(table.builder_tables), 1, 64, kAny, {}, kOptional, kTimingOnly,
       "tables that the builder finishes a cycle; divides tables_per_lane"},
      {"table.group", "", LUTRA_MEMBER(table.group), 1, kDepthMax, kAny, {}, kOptional, kInProgram,
       "activations of a row whose tables share a scale (quantised, aligned); a multiple of table_inputs x tables_per_lane"},
      {"table.scale", "", LUTRA_MEMBER(table.scale), 0, 0, kAny, {"divide", "power_of_two"}, kOptional, kInProgram,
       "scale of quantised tables: the largest sum over 127, by IEEE division; or the smallest power of two that will do"},
      {"table.mantissa_bits", "bits", LUTRA_MEMBER(table.mantissa_bits), 4, 14, kAny, {}, kOptional, kInProgram,
       "bits of an aligned activation beside its sign"},

      {"buffer.instruction_words", "words", LUTRA_MEMBER(buffer.instruction_words), 16, kDepthMax, kPowerOfTwo, {}, kOptional, kInProgram,
       "instructions of the longest kernel"},
      {"buffer.activation_words", "words", LUTRA_MEMBER(buffer.activation_words), 2, kDepthMax, kPowerOfTwo, {}, kOptional, kInProgram,
       "depth of the activation buffer; a word is a k-step of one row"},
      {"buffer.table_words", "words", LUTRA_MEMBER(buffer.table_words), 2, kDepthMax, kPowerOfTwo, {}, kOptional, kInProgram,
       "depth of the table buffer; a word is a k-step of all rows"},
      {"buffer.weight_words", "words", LUTRA_MEMBER(buffer.weight_words), 2, kDepthMax, kPowerOfTwo, {}, kOptional, kInProgram,
       "depth of the weight buffer; a word is a k-step of planes_per_cycle planes of all columns"},
      {"buffer.parameter_words", "words", LUTRA_MEMBER(buffer.parameter_words), 2, kDepthMax, kPowerOfTwo, {}, kOptional, kInProgram,
       "depth of the parameter buffer; a word is the zero points, and with a float scale unit the scales, of outputs_per_cycle columns"},
      {"buffer.accumulator_tiles", "tiles", LUTRA_MEMBER(buffer.accumulator_tiles), 2, kDepthMax, kPowerOfTwo, {}, kOptional, kInProgram,
       "rows x columns INT32 tiles in the accumulator buffer"},

      {"scale.unit", "", LUTRA_MEMBER(scale.unit), 0, 0, kAny, {"integer", "float"}, kOptional, kInProgram,
       "what leaves the array: INT32 after the zero-point correction; or FP32, scaled by column, segment and row, added up in FP32"},
      {"scale.outputs_per_cycle", "", LUTRA_MEMBER(scale.outputs_per_cycle), 1, 16, kPowerOfTwo, {}, kOptional, kInProgram,
       "outputs that the scale unit drains a cycle"},
      {"scale.registers", "", LUTRA_MEMBER(scale.registers), 1, 3, kAny, {}, kOptional, kTimingOnly,
       "register stages of each FP32 operation of a float scale unit, of float tables and their lanes, and of quantising tables by division"},
      {"scale.output", "", LUTRA_MEMBER(scale.output), 0, 0, kAny, {"full", "fp16", "bf16", "int8"}, kOptional, kInProgram,
       "what stores write: INT32 or FP32 as accumulated, or FP32 rounded once to a narrower type; sums on chip stay FP32"},
      {"scale.zeros", "", LUTRA_MEMBER(scale.zeros), 0, 0, kAny, {"integer", "float"}, kOptional, kInProgram,
       "zero points a column: integers z', or FP32 products s' z' that need not be integers times s', taken off after scaling"},

      {"control.queue_depth", "commands", LUTRA_MEMBER(control.queue_depth), 2, 16, kPowerOfTwo, {}, kOptional, kTimingOnly,
       "commands that wait in front of each unit"},
      {"control.loop_depth", "", LUTRA_MEMBER(control.loop_depth), 1, 8, kAny, {}, kOptional, kInProgram,
       "nested hardware loops"},

      {"axi.data_bits", "bits", LUTRA_MEMBER(axi.data_bits), 64, 512, kAny, {"64", "128", "256", "512"}, kOptional, kInProgram,
       "width of the AXI4 data bus; a beat is that many bits"},
      {"axi.address_bits", "bits", LUTRA_MEMBER(axi.address_bits), 32, 40, kAny, {}, kOptional, kInProgram,
       "width of memory addresses"},
      {"axi.max_burst_beats", "beats", LUTRA_MEMBER(axi.max_burst_beats), 1, 256, kAny, {}, kOptional, kTimingOnly,
       "longest burst; with data_bits at most 4096 bytes"},
      {"axi.outstanding_reads", "bursts", LUTRA_MEMBER(axi.outstanding_reads), 1, 32, kAny, {}, kOptional, kTimingOnly,
       "read bursts in flight"},
      {"axi.outstanding_writes", "bursts", LUTRA_MEMBER(axi.outstanding_writes), 1, 32, kAny, {}, kOptional, kTimingOnly,
       "write bursts in flight"},

      {"memory.kind", "", LUTRA_MEMBER(memory.kind), 0, 0, kAny, {"simple", "lpddr5x", "ddr5", "hbm2e", "hbm3"}, kOptional, kTimingOnly,
       "memory model of the simulator: fixed latency and bandwidth, or the banks of a DRAM, which bring times and energies of their own (memory.md)"},
      {"memory.size_gib", "GiB", LUTRA_MEMBER(memory.size_gib), 0.001, 1024, kAny, {}, kOptional, kTimingOnly,
       "memory that programs may be placed in, from address 0"},
      {"memory.bandwidth_gb_s", "GB/s", LUTRA_MEMBER(memory.bandwidth_gb_s), 0.001, 100000, kAny, {}, kOptional, kTimingOnly,
       "peak bandwidth, 10^9 bytes a second"},
      {"memory.latency_ns", "ns", LUTRA_MEMBER(memory.latency_ns), 0, 1000000, kAny, {}, kOptional, kTimingOnly,
       "time from a request to its first data"},
      {"memory.energy_pj_per_bit", "pJ/bit", LUTRA_MEMBER(memory.energy_pj_per_bit), 0, 10000, kAny, {}, kOptional, kTimingOnly,
       "energy of a bit read or written, device and interface"},
  };
  return kTable;
}

// clang-format on

#undef LUTRA_MEMBER

}  // namespace

std::span<const SchemaField> schema() { return table(); }

}  // namespace lutra

// The description of one machine: every parameter that generator, model, compiler and cost flow read.
#pragma once

#include <cstdint>
#include <string>

#include "isa/error.h"

namespace lutra {

/// The LUT array: M rows (tokens) x N columns (outputs); a lane adds G tables of K activations a cycle.
struct ArrayConfig {
  int rows = 2;                // M
  int columns = 16;            // N, a power of two
  int table_inputs = 4;        // K, activations a table
  int tables_per_lane = 8;     // G, tables added in a lane before the accumulator
  int planes_per_cycle = 1;    // P, weight planes handled in one cycle
  int accumulator_bits = 24;   // bits of a segment's integer accumulator
  int pipeline_registers = 1;  // register stages between operand SRAMs and accumulator: 0, 1 (after the adder tree), 2 (also before it)
  std::string activations = "int8";  // int8, int16; of aligned and float tables fp16, bf16, fp8_e4m3, fp8_e5m2
  std::string decoder = "column";    // who decodes weight bits to a select of one table entry: column (for all rows), lane
  std::string adder = "carry_save";  // how a lane adds its entries: carry_save, ripple (a tree of two-operand adders)
  std::string combine = "shift";     // how planes meet: shift (planes innermost), horner (planes outermost in a run, highest first)
};

/// The lookup tables and who makes them.
struct TableConfig {
  std::string mode = "exact";      // numerics.md, Tables: exact, quantised, aligned, float
  std::string kind = "planes";     // what a table is indexed by: planes (bits), ternary (trits)
  std::string form = "plain";      // plain entries, or parity: halves, and the parity they share
  std::string source = "builder";  // builder (on chip), memory (loaded)
  std::string storage = "sram";    // of the table buffer: sram, flops, latches, rebuilt (activations in SRAM, tables built at every read)
  int builder_tables = 2;          // tables finished a cycle, divides G
  int group = 128;                 // activations of a row that share a table scale (quantised, aligned)
  std::string scale = "divide";    // of quantised tables: divide (m / 127), power_of_two
  int mantissa_bits = 11;          // of an aligned activation, beside its sign
};

/// On-chip buffers, in words of each buffer's own width (isa/geometry.h); every depth is a power of two.
struct BufferConfig {
  int instruction_words = 256;
  int activation_words = 512;
  int table_words = 512;
  int weight_words = 512;
  int parameter_words = 64;
  int accumulator_tiles = 16;
};

/// The scale-and-convert unit, which drains the array's result registers.
struct ScaleConfig {
  std::string unit = "integer";   // integer, float
  int outputs_per_cycle = 4;      // a power of two, at most N
  int registers = 2;              // register stages of each floating-point operation
  std::string output = "full";    // what stores write: full (INT32 or FP32), fp16, bf16, int8
  std::string zeros = "integer";  // zero points a column: integer z', or float: FP32 s' z', taken off after scaling
};

struct ControlConfig {
  int queue_depth = 4;  // commands waiting in front of each unit, a power of two
  int loop_depth = 4;   // nested hardware loops
};

struct AxiConfig {
  int data_bits = 512;
  int address_bits = 40;
  int max_burst_beats = 64;
  int outstanding_reads = 8;   // bursts
  int outstanding_writes = 4;  // bursts
};

/// The memory behind the AXI port, as the simulator sees it; converted to cycles with `clock_mhz`.
struct MemoryConfig {
  std::string kind = "simple";
  double size_gib = 8;
  double bandwidth_gb_s = 6.4;
  double latency_ns = 120;
  double energy_pj_per_bit = 4;
};

struct ArchConfig {
  std::string name;
  std::string description;
  std::string status = "supported";
  double clock_mhz = 100;
  ArrayConfig array;
  TableConfig table;
  BufferConfig buffer;
  ScaleConfig scale;
  ControlConfig control;
  AxiConfig axi;
  MemoryConfig memory;
};

/// Reads and checks a configuration file. Throws Error with file, line, column, key, what was given and what is allowed.
ArchConfig load_arch_config(const std::string& path);
/// The same from text; `file` is the name used in messages.
ArchConfig parse_arch_config(const std::string& yaml, const std::string& file);
/// Checks values against the schema and against each other; throws Error with the reason.
void validate(const ArchConfig& config);
/// Canonical YAML: every key, schema order.
std::string to_yaml(const ArchConfig& config);
/// Hex hash of all fields (provenance).
std::string config_hash(const ArchConfig& config);
/// Hex hash of the fields that encodings and memory layouts depend on; a program runs only where it is equal.
std::string program_hash(const ArchConfig& config);

}  // namespace lutra

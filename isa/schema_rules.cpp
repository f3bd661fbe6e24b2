// Rules between fields of a configuration, each with its reason.
#include <fmt/format.h>

#include <cmath>

#include "isa/geometry.h"
#include "isa/schema.h"

namespace lutra {
namespace {

constexpr int kMaxPlanes = 8;
constexpr int kMaxTrits = 4;
constexpr long long kMaxWordBits = 65536;             // an SRAM row wider than that is not a memory but a wall of wires
constexpr long long kMaxBufferBits = 8LL * 64 << 20;  // 64 MiB on chip

class Rules {
 public:
  explicit Rules(const ArchConfig& config) : c_(config), g_(config) {}

  std::vector<Violation> run() {
    array_rules();
    table_rules();
    buffer_rules();
    port_rules();
    scale_rules();
    memory_rules();
    return std::move(found_);
  }

 private:
  void require(bool holds, std::vector<std::string> keys, std::string message) {
    if (!holds) found_.push_back({std::move(keys), std::move(message)});
  }

  void array_rules() {
    require(c_.array.tables_per_lane % c_.table.builder_tables == 0, {"table.builder_tables", "array.tables_per_lane"},
            fmt::format("given {}, but the builder works in whole groups: it has to divide array.tables_per_lane = {}",
                        c_.table.builder_tables, c_.array.tables_per_lane));
    if (g_.floating) return float_rules();
    const long long step = g_.quantised ? 128LL * g_.tables : (1LL << (g_.operand_bits - 1)) * g_.kstep;
    const long long largest = step * 255;
    int needed = 1;
    while ((1LL << (needed - 1)) - 1 < largest) ++needed;
    require(c_.array.accumulator_bits >= needed, {"array.accumulator_bits", "array.tables_per_lane", "array.table_inputs"},
            fmt::format("given {}, but one k-step of {} {} with 8 weight planes needs {}", c_.array.accumulator_bits,
                        g_.quantised ? g_.tables : g_.kstep,
                        g_.quantised ? std::string("quantised tables")
                        : g_.aligned ? fmt::format("activations of {} aligned bits", g_.operand_bits)
                                     : fmt::format("{} activations", g_.wide ? "INT16" : "INT8"),
                        needed));
    require(
        !g_.horner || c_.array.planes_per_cycle == 1, {"array.combine", "array.planes_per_cycle"},
        fmt::format("given horner, but between passes the accumulator is doubled for one plane: array.planes_per_cycle has to be 1, not {}",
                    c_.array.planes_per_cycle));
  }

  /// FP32 sums depend on their order, which is table by table, and in a table plane by plane (docs/numerics.md): what adds in another one,
  /// or in integers, is not there.
  void float_rules() {
    require(c_.array.tables_per_lane == 1, {"array.tables_per_lane", "table.mode"},
            fmt::format("given {}, but FP32 entries are added one after the other: with float tables it has to be 1",
                        c_.array.tables_per_lane));
    require(c_.array.planes_per_cycle == 1, {"array.planes_per_cycle", "table.mode"},
            fmt::format("given {}, but FP32 entries are added one after the other: with float tables it has to be 1",
                        c_.array.planes_per_cycle));
    require(!g_.horner, {"array.combine", "table.mode"},
            "given horner, but FP32 sums are rounded in the order of planes innermost: with float tables it has to be shift");
    require(c_.array.accumulator_bits == 32, {"array.accumulator_bits", "table.mode"},
            fmt::format("given {}, but float tables are added up in FP32: it has to be 32", c_.array.accumulator_bits));
    require(!g_.parity, {"table.form", "table.mode"}, "given parity, but FP32 sums share none");
    require(!g_.rebuilt, {"table.storage", "table.mode"}, "given rebuilt, but FP32 sums take register stages that a read does not have");
    require(g_.scaled, {"scale.unit", "table.mode"}, "given integer, but sums of float tables are FP32: it has to be float");
  }

  void table_rules() {
    require(!g_.ternary || c_.array.table_inputs <= kMaxTrits, {"table.kind", "array.table_inputs"},
            fmt::format("given ternary, but a table of {} trits has {} entries: array.table_inputs at most {}", c_.array.table_inputs,
                        g_.entries, kMaxTrits));
    require(!(g_.ternary && g_.parity), {"table.form", "table.kind"},
            "given parity, but the sums of a ternary table differ in parity: a trit may leave its activation out");
    require(!(g_.memory && g_.rebuilt), {"table.storage", "table.source"},
            "given rebuilt, but tables that are loaded cannot be rebuilt from activations: the machine has none");
    const bool integers = c_.array.activations == "int8" || c_.array.activations == "int16";
    require(integers || g_.aligned || g_.floating, {"array.activations", "table.mode"},
            fmt::format(
                "given {}, but only block-aligned and float tables are made of floating-point activations: table.mode has to be aligned "
                "or float, not {}",
                c_.array.activations, c_.table.mode));
    require(!integers || !g_.aligned, {"table.mode", "array.activations"},
            fmt::format("given aligned, but {} activations have no exponents to align", c_.array.activations));
    require(
        !integers || !g_.floating, {"table.mode", "array.activations"},
        fmt::format("given float, but sums of {} activations are integers, which exact tables hold in fewer bits", c_.array.activations));
    if (!g_.grouped) return;
    require(g_.scaled, {"table.mode", "scale.unit"},
            fmt::format("given {}, but tables with scales need a unit that multiplies by them: scale.unit has to be float", c_.table.mode));
    require(!(g_.quantised && g_.parity), {"table.form", "table.mode"},
            "given parity, but quantised entries differ in parity: each is rounded on its own");
    require(!g_.rebuilt, {"table.storage", "table.mode"},
            fmt::format("given rebuilt, but the scale of {} tables follows from a whole group of activations, not from the word at hand",
                        c_.table.mode));
    require(c_.table.group % g_.kstep == 0, {"table.group", "array.table_inputs", "array.tables_per_lane"},
            fmt::format("given {}, but a scale holds for whole k-steps: a multiple of array.table_inputs x array.tables_per_lane = {}",
                        c_.table.group, g_.kstep));
    require(g_.memory || c_.table.group / g_.kstep <= c_.buffer.table_words, {"table.group", "buffer.table_words"},
            fmt::format("given {}, but the tables of a group take {} words of buffer.table_words = {}", c_.table.group,
                        c_.table.group / g_.kstep, c_.buffer.table_words));
  }

  void buffer_rules() {
    layout_rules("buffer.instruction_words", g_.instruction);
    if (g_.memory) {
      layout_rules("buffer.table_words", g_.table);
    } else {
      layout_rules("buffer.activation_words", g_.activation);
    }
    layout_rules("buffer.weight_words", g_.weight);
    layout_rules("buffer.parameter_words", g_.parameter);
    require(g_.table_word_bits <= kMaxWordBits, {"array.rows", "array.tables_per_lane", "array.table_inputs"},
            fmt::format("the tables of one k-step take {} bits, allowed {} in a word", g_.table_word_bits, kMaxWordBits));
    if (g_.scaled) layout_rules("buffer.accumulator_tiles", g_.token_scale);
    capacity_rule("buffer.table_words", 1LL * g_.table_word_bits * c_.buffer.table_words);
    capacity_rule("buffer.accumulator_tiles", 32LL * c_.array.rows * c_.array.columns * c_.buffer.accumulator_tiles);

    const long long planes = ceil_div(kMaxPlanes, c_.array.planes_per_cycle);
    require(c_.buffer.weight_words >= planes, {"buffer.weight_words", "array.planes_per_cycle"},
            fmt::format("given {}, but a k-step of {} planes takes {} words", c_.buffer.weight_words, kMaxPlanes, planes));
    require(g_.memory || c_.buffer.activation_words >= c_.array.rows, {"buffer.activation_words", "array.rows"},
            fmt::format("given {}, but one k-step of a tile takes {} words, one for each of array.rows", c_.buffer.activation_words,
                        c_.array.rows));
    require(c_.buffer.parameter_words >= g_.accumulator_words_per_row, {"buffer.parameter_words", "array.columns"},
            fmt::format("given {}, but the zero points of array.columns = {} take {} words", c_.buffer.parameter_words, c_.array.columns,
                        g_.accumulator_words_per_row));
  }

  void layout_rules(const std::string& key, const WordLayout& layout) {
    require(layout.word_bits <= kMaxWordBits, {key, "array.columns", "array.planes_per_cycle", "array.tables_per_lane"},
            fmt::format("a word takes {} bits, allowed {}", layout.word_bits, kMaxWordBits));
    require(layout.lines >= 2, {key, "axi.data_bits"},
            fmt::format("given {}, but {} words share a beat and a buffer needs two lines: at least {}", layout.words,
                        layout.words_per_line, 2 * layout.words_per_line));
    capacity_rule(key, 1LL * layout.lines * layout.line_bits);
  }

  void capacity_rule(const std::string& key, long long bits) {
    require(bits <= kMaxBufferBits, {key}, fmt::format("the buffer takes {} bytes, allowed {}", bits / 8, kMaxBufferBits / 8));
  }

  void port_rules() {
    require(c_.scale.outputs_per_cycle <= c_.array.columns, {"scale.outputs_per_cycle", "array.columns"},
            fmt::format("given {}, but a row has only array.columns = {} outputs", c_.scale.outputs_per_cycle, c_.array.columns));
    require(c_.scale.outputs_per_cycle * 32 <= c_.axi.data_bits, {"scale.outputs_per_cycle", "axi.data_bits"},
            fmt::format("given {}, but a word of {} INT32 outputs has to fit in one beat of axi.data_bits = {}", c_.scale.outputs_per_cycle,
                        c_.scale.outputs_per_cycle, c_.axi.data_bits));
    require(c_.axi.max_burst_beats * g_.bus_bytes <= 4096, {"axi.max_burst_beats", "axi.data_bits"},
            fmt::format("given {}, but a burst may not cross 4096 bytes: at most {} beats of {} bytes", c_.axi.max_burst_beats,
                        4096 / g_.bus_bytes, g_.bus_bytes));
  }

  void scale_rules() {
    require(g_.scaled || c_.scale.output == "full", {"scale.output", "scale.unit"},
            fmt::format("given {}, but only sums that are scaled can be rounded to it: scale.unit has to be float", c_.scale.output));
    require(c_.scale.outputs_per_cycle * g_.output_bytes >= 4, {"scale.outputs_per_cycle", "scale.output"},
            fmt::format("given {}, but outputs go to memory in words of at least 4 bytes: with scale.output = {} at least {}",
                        c_.scale.outputs_per_cycle, c_.scale.output, 4 / g_.output_bytes));
    require(g_.scaled || !g_.real_zeros, {"scale.zeros", "scale.unit"},
            "given float, but s' z' is taken off scaled sums: scale.unit has to be float");
    // A word of the next segment is read 6 + p edges after this one's at the earliest, and this one is written 3 + 2 R after its read.
    const int edges = 6 + c_.array.pipeline_registers + (g_.floating ? c_.scale.registers : 0);
    require(!g_.real_zeros || 3 + 2 * c_.scale.registers <= edges, {"scale.registers", "scale.zeros", "array.pipeline_registers"},
            fmt::format("given {}, but with scale.zeros = float a sum is written 3 + 2 x {} edges after it is read, and the next segment "
                        "may read it {} edges after",
                        c_.scale.registers, c_.scale.registers, edges));
  }

  void memory_rules() {
    const double reach_gib = std::exp2(c_.axi.address_bits - 30);
    require(c_.memory.size_gib <= reach_gib, {"memory.size_gib", "axi.address_bits"},
            fmt::format("given {}, but axi.address_bits = {} reach only {} GiB", c_.memory.size_gib, c_.axi.address_bits, reach_gib));
  }

  const ArchConfig& c_;
  Geometry g_;
  std::vector<Violation> found_;
};

}  // namespace

std::vector<Violation> violations(const ArchConfig& config) {
  std::vector<Violation> found = field_violations(config);
  return found.empty() ? Rules(config).run() : found;
}

void validate(const ArchConfig& config) {
  const std::vector<Violation> found = violations(config);
  if (!found.empty()) throw Error(found.front().keys.front() + ": " + found.front().message);
}

}  // namespace lutra

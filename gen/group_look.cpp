#include "gen/group_look.h"

#include <fmt/format.h>

#include <stdexcept>
#include <string_view>
#include <vector>

#include "gen/fill.h"

namespace lutra::gen {
namespace {

// The word's finding goes into a register, then row by row into the group's.
constexpr std::string_view kLook = R"(
  // A look at a word, and the largest of the group for each row.
@WORD@  reg found_valid_q, found_fresh_q, found_last_q;
  reg [ROW_BITS-1:0] found_row_q;
  reg [LOOK_BITS-1:0] found_q;
  reg group_done_q;
  always @(posedge clk_i) begin
    if (!rst_ni || stop_i) begin
      found_valid_q <= 1'b0;
      group_done_q <= 1'b0;
    end else begin
      found_valid_q <= look_valid_q[2];
      group_done_q <= found_valid_q && found_last_q;
    end
    found_fresh_q <= look_fresh_q[2];
    found_last_q <= look_last_q[2];
    found_row_q <= row2;
    found_q <= found;
  end
  wire [ROWS*LOOK_BITS-1:0] most;
  genvar m;
  generate
    for (m = 0; m < ROWS; m = m + 1) begin : gen_most
      localparam [31:0] ROW = m;
      reg [LOOK_BITS-1:0] most_q;
      wire [LOOK_BITS-1:0] larger = @LARGER@;
      always @(posedge clk_i) begin
        if (found_valid_q && found_row_q == ROW[ROW_BITS-1:0]) most_q <= found_fresh_q ? found_q : larger;
      end
      assign most[m*LOOK_BITS +: LOOK_BITS] = most_q;
    end
  endgenerate
)";

/// The larger of `names` as a tree of comparisons; wires l<i>.
std::string largest(std::vector<std::string> names, int bits, std::string& text) {
  int made = 0;
  for (std::size_t i = 0; i + 1 < names.size(); i += 2, ++made) {
    text += fmt::format("  wire [{0}:0] l{1} = {2} > {3} ? {2} : {3};\n", bits - 1, made, names[i], names[i + 1]);
    names.push_back(fmt::format("l{}", made));
  }
  return names.back();
}

std::string sums_of_magnitudes(const ArchConfig& config, const Geometry& geometry) {
  const int bits = look_bits(config, geometry), width = geometry.activation_bits;
  std::string text;
  std::vector<std::string> names;
  for (int t = 0; t < geometry.tables; ++t) {
    std::string sum;
    for (int i = 0; i < config.array.table_inputs; ++i) {
      const int at = (t * config.array.table_inputs + i) * width;
      text += fmt::format("  wire [{0}:0] a{1}_{2} = ard_data_i[{3} +: {4}];\n", width - 1, t, i, at, width);
      // A magnitude of 2^(width-1) is its own negative, read as unsigned.
      text += fmt::format("  wire [{0}:0] m{1}_{2} = a{1}_{2}[{0}] ? ~a{1}_{2} + 1'b1 : a{1}_{2};\n", width - 1, t, i);
      sum += fmt::format("{}{{{}m{}_{}}}", sum.empty() ? "" : " + ", bits > width ? fmt::format("{}'d0, ", bits - width) : "", t, i);
    }
    text += fmt::format("  wire [{}:0] sum{} = {};\n", bits - 1, t, sum);
    names.push_back(fmt::format("sum{}", t));
  }
  const std::string top = largest(names, bits, text);
  return text + fmt::format("  wire [LOOK_BITS-1:0] found = {};\n", top);
}

std::string exponents(const ArchConfig& config, const Geometry& geometry) {
  const FloatFormat& f = activation_format(config);
  std::string text, special;
  std::vector<std::string> names;
  for (int i = 0; i < geometry.kstep; ++i) {
    const int at = i * geometry.activation_bits;
    text += fmt::format("  wire [{0}:0] x{1} = ard_data_i[{2} +: {3}];\n", f.exponent_bits - 1, i, at + f.mantissa_bits, f.exponent_bits);
    text += fmt::format("  wire [{0}:0] e{1} = x{1} == {2}'d0 ? {2}'d1 : x{1};\n", f.exponent_bits - 1, i, f.exponent_bits);
    const int low = f.nan == NanEncoding::kAllOnes ? at : at + f.mantissa_bits;
    special += fmt::format("{}&ard_data_i[{}:{}]", special.empty() ? "" : " | ", at + f.bits() - 2, low);
    names.push_back(fmt::format("e{}", i));
  }
  const std::string top = largest(names, f.exponent_bits, text);
  return text + fmt::format("  wire [LOOK_BITS-1:0] found = {{{}, {}}};\n", special, top);
}

}  // namespace

const FloatFormat& activation_format(const ArchConfig& config) {
  const FloatFormat* format = find_float_format(config.array.activations);
  if (format == nullptr) throw std::logic_error("activations of no floating-point format");
  return *format;
}

long long largest_sum(const ArchConfig& config, const Geometry& geometry) {
  return static_cast<long long>(config.array.table_inputs) << (geometry.operand_bits - 1);
}

int look_bits(const ArchConfig& config, const Geometry& geometry) {
  return geometry.quantised ? clog2_min1(largest_sum(config, geometry) + 1) : activation_format(config).exponent_bits + 1;
}

std::string group_look(const ArchConfig& config, const Geometry& geometry) {
  const int look = look_bits(config, geometry);
  return fill(kLook,
              {{"WORD", geometry.quantised ? sums_of_magnitudes(config, geometry) : exponents(config, geometry)},
               {"LARGER", geometry.quantised ? std::string("found_q > most_q ? found_q : most_q")
                                             : fmt::format("{{found_q[{0}] | most_q[{0}], found_q[{1}:0] > most_q[{1}:0] ? found_q[{1}:0] "
                                                           ": most_q[{1}:0]}}",
                                                           look - 1, look - 2)}});
}

}  // namespace lutra::gen

// The zero point of one output in integers: acc - z' S by radix-4 Booth digits.
#include <fmt/format.h>

#include "gen/scale_unit.h"
#include "gen/verilog.h"

namespace lutra::gen {

std::string emit_zero_point(const ArchConfig& config, const Geometry& geometry) {
  const int acc_bits = config.array.accumulator_bits;
  const int extend = 32 - acc_bits;
  std::string text = fmt::format("  wire [31:0] acc = {};\n",
                                 extend > 0 ? fmt::format("{{{{{}{{acc_i[{}]}}}}, acc_i}}", extend, acc_bits - 1) : "acc_i[31:0]");
  text +=
      "\n  // -z' in radix-4 Booth digits -2 .. 2: each selects 0, S or 2 S and inverts it; the plus one of an inverted\n"
      "  // product stands in the zero bits below the next one.\n";
  for (int k = 0; k < 5; ++k) {
    const std::string low = k == 0 ? "1'b0" : fmt::format("zero_i[{}]", 2 * k - 1);
    const std::string mid = fmt::format("zero_i[{}]", 2 * k), high = fmt::format("zero_i[{}]", 2 * k + 1);
    const int width = 32 - 2 * k;
    text += fmt::format("  wire one{} = {} ^ {};\n", k, mid, low);
    text += fmt::format("  wire two{0} = ({1} & ~{2} & ~{3}) | (~{1} & {2} & {3});\n", k, high, mid, low);
    // A digit of +1 or +2 is subtracted; for 0 with high set nothing is selected and nothing inverted.
    text += fmt::format("  wire minus{0} = ~{1} & (one{0} | two{0});\n", k, high);
    text += fmt::format(
        "  wire [{0}:0] product{1} = ((sum_i[{0}:0] & {{{2}{{one{1}}}}}) | ({{sum_i[{3}:0], 1'b0}} & {{{2}{{two{1}}}}})) ^ "
        "{{{2}{{minus{1}}}}};\n",
        width - 1, k, width, width - 2);
    if (k == 0)
      text += "  wire [31:0] x0 = product0;\n";
    else
      text += k == 1 ? "  wire [31:0] x1 = {product1, 1'b0, minus0};\n"
                     : fmt::format("  wire [31:0] x{0} = {{product{0}, 1'b0, minus{1}, {2}'d0}};\n", k, k - 1, 2 * k - 2);
  }
  text += "  wire [31:0] x5 = {23'd0, minus4, 8'd0};\n\n  // 3:2 compressors, then one adder.\n";
  const auto compress = [&](int i, const char* a, const char* b, const char* c) {
    text += fmt::format("  wire [31:0] s{} = {} ^ {} ^ {};\n", i, a, b, c);
    text += fmt::format("  wire [31:0] c{0} = {{({1}[30:0] & {2}[30:0]) | ({1}[30:0] & {3}[30:0]) | ({2}[30:0] & {3}[30:0]), 1'b0}};\n", i,
                        a, b, c);
  };
  compress(0, "x0", "x1", "x2");
  compress(1, "x3", "x4", "x5");
  compress(2, "s0", "c0", "s1");
  compress(3, "s2", "c2", "c1");
  compress(4, "s3", "c3", "acc");
  text += "  assign value_o = s4 + c4;\n";
  const std::vector<Port> ports = {{false, acc_bits, "acc_i", "accumulator of one output"},
                                   {false, geometry.segment_sum_bits, "sum_i", "S of its row"},
                                   {false, 10, "zero_i", "z', signed"},
                                   {true, 32, "value_o", "acc - z' S modulo 2^32"}};
  return module_text("Zero point of one output: acc - z' S, modulo 2^32, combinational.", "lutra_zero_point", ports, text, Clocking::kNone);
}

}  // namespace lutra::gen

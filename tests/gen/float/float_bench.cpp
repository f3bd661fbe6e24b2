#include "tests/gen/float/float_bench.h"

#include <fmt/format.h>

#include "gen/float/model.h"

namespace lutra::test {
namespace {

using gen::FloatOperation;

int operand_bits(const gen::FloatUnit& u) { return u.operation == FloatOperation::kFromInt ? u.integer_bits : u.from.bits(); }

int result_bits(const gen::FloatUnit& u) {
  if (u.operation == FloatOperation::kCompare) return 3;
  return u.operation == FloatOperation::kToInt ? u.integer_bits : u.to.bits();
}

}  // namespace

FloatBench::FloatBench(const std::vector<gen::FloatUnit>& units, const std::string& optimisation) : units_(units) {
  std::vector<gen::EmittedFile> files;
  std::vector<gen::Port> ports = {{false, operand_bits(units[0]), "a_i", "operand"}, {false, operand_bits(units[0]), "b_i", "operand"}};
  std::string body;
  for (std::size_t i = 0; i < units.size(); ++i) {
    const gen::FloatUnit& u = units[i];
    files.push_back(gen::emit_float_unit(u));
    ports.push_back({true, result_bits(u), fmt::format("r{}_o", i), gen::name_of(u)});
    const bool two = u.operation <= FloatOperation::kCompare;
    const std::string result = u.operation == FloatOperation::kCompare
                                   ? fmt::format(".less_o(r{0}_o[2]), .equal_o(r{0}_o[1]), .unordered_o(r{0}_o[0])", i)
                                   : fmt::format(".result_o(r{}_o)", i);
    body += fmt::format("  {} u{} ({}{}, {});\n", gen::name_of(u), i, u.registers > 0 ? ".clk_i(clk_i), " : "",
                        two ? ".a_i(a_i), .b_i(b_i)" : ".value_i(a_i)", result);
  }
  body += "  wire unused = &{1'b0, a_i, b_i};\n";
  const bool clocked = units[0].registers > 0;
  files.push_back({"float_bench.v", gen::module_text("Units under test.", "float_bench", ports, body,
                                                     clocked ? gen::Clocking::kClock : gen::Clocking::kNone)});
  cosim::BuildOptions options;
  options.optimisation = optimisation;
  options.verilator_flags = {"-Wall", "-Werror-UNUSED", "-Werror-WIDTH"};
  module_ = cosim::VerilatedModule::build(files, "float_bench", options);
  a_ = module_->port("a_i");
  b_ = module_->port("b_i");
  for (std::size_t i = 0; i < units.size(); ++i) results_.push_back(module_->port(fmt::format("r{}_o", i)));
}

std::uint32_t model_result(const gen::FloatUnit& u, std::uint32_t a, std::uint32_t b) {
  switch (u.operation) {
    case FloatOperation::kAdd:
      return gen::float_add(u.from, a, b);
    case FloatOperation::kMultiply:
      return gen::float_multiply(u.from, a, b);
    case FloatOperation::kDivide:
      return gen::float_divide(u.from, a, b);
    case FloatOperation::kMaximum:
      return gen::float_maximum(u.from, a, b);
    case FloatOperation::kCompare: {
      const gen::FloatOrder order = gen::float_compare(u.from, a, b);
      return (order.less ? 4U : 0U) | (order.equal ? 2U : 0U) | (order.unordered ? 1U : 0U);
    }
    case FloatOperation::kConvert:
      return gen::float_convert(u.from, u.to, a);
    case FloatOperation::kFromInt: {
      const int rest = 64 - u.integer_bits;
      return gen::int_to_float(u.to, static_cast<std::int64_t>(static_cast<std::uint64_t>(a) << rest) >> rest);
    }
    case FloatOperation::kToInt:
      return static_cast<std::uint32_t>(gen::float_to_int(u.from, u.integer_bits, a)) &
             static_cast<std::uint32_t>((1ULL << u.integer_bits) - 1);
  }
  return 0;
}

}  // namespace lutra::test

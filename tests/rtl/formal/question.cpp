#include "tests/rtl/formal/question.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "tests/shipped_config.h"

namespace lutra::test {

ArchConfig small(int inputs, int tables, int planes, int accumulator_bits) {
  ArchConfig config = test::shipped_config("tiny");
  config.array.rows = 1;
  config.array.columns = 1;
  config.array.table_inputs = inputs;
  config.array.tables_per_lane = tables;
  config.array.planes_per_cycle = planes;
  config.array.accumulator_bits = accumulator_bits;
  config.array.pipeline_registers = 0;
  return config;
}

std::string signed_sum(int inputs, int first, const std::vector<std::string>& signs) {
  std::string sum;
  for (int i = 0; i < inputs; ++i)
    sum += fmt::format("{}({} ? a{} : -a{})", i == 0 ? "" : " + ", signs[static_cast<std::size_t>(i)], first + i, first + i);
  return sum;
}

std::string activations(int count, int activation_bits, int bits) {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += fmt::format("  wire signed [{}:0] a{} = $signed(a_i[{} +: {}]);\n  assign bytes[{} +: 8] = a{}[7:0];\n", bits - 1, i,
                        i * activation_bits, activation_bits, 8 * i, i);
  return text;
}

std::string spec_text(std::vector<gen::Port> ports, const std::string& body, gen::Clocking clocking) {
  ports.push_back({true, 1, "bad_o", "block and specification differ"});
  return gen::module_text("A block and its specification.", "spec", ports, body, clocking);
}

void check(const Question& q, bool holds) {
  const Proof proof = prove(q);
  INFO(proof.output);
  CHECK(proof.holds == holds);
}

Question broken(Question q, const std::string& from, const std::string& to) {
  for (gen::EmittedFile& f : q.files) {
    const std::size_t at = f.text.find(from);
    if (at == std::string::npos) continue;
    f.text.replace(at, from.size(), to);
    return q;
  }
  FAIL("no file has " << from);
  return q;
}

}  // namespace lutra::test

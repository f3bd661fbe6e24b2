// Where kernels reach and which registers decide about time.
#include "sim/system/kernel_analysis.h"

#include <catch2/catch.hpp>

#include "tests/shipped_config.h"

using namespace lutra;

namespace {

ArchConfig tiny() { return test::shipped_config("tiny"); }

std::vector<Encoded> code(std::vector<Instruction> instructions) {
  std::vector<Encoded> words;
  for (const Instruction& i : instructions) words.push_back(encode(i));
  return words;
}

Instruction load(int mem, int beats) { return make(Opcode::kLoad).set("buffer", 2).set("mem", mem).set("beats", beats); }
Instruction advance(int r, int imm) { return make(Opcode::kAddi).set("rd", r).set("rs", r).set("imm", imm); }
Instruction loop(int count) { return make(Opcode::kLoop).set("count", count); }
const Instruction kEnd = make(Opcode::kEndloop), kHalt = make(Opcode::kHalt);

}  // namespace

TEST_CASE("a loop reaches from its first to its last access") {
  const system::KernelAnalysis analysis(code({loop(10), load(8, 4), advance(8, 64), kEnd, load(8, 1), kHalt}), tiny());
  REQUIRE(analysis.unproven().empty());
  REQUIRE(analysis.reach().size() == 1);
  CHECK(analysis.reach()[0] == system::Reach{8, 0, 10 * 64 + 8});
  CHECK(analysis.check({4096}, 4096, 4096 + 648).empty());
  CHECK_FALSE(analysis.check({4096}, 4096, 4096 + 647).empty());
  CHECK_FALSE(analysis.check({4088}, 4096, 8192).empty());
}

TEST_CASE("rows that never cross 4 KiB make time independent of their address") {
  const system::KernelAnalysis analysis(code({loop(10), load(8, 4), advance(8, 32), kEnd, kHalt}), tiny());
  CHECK(analysis.moduli({64})[8] == 32);
  CHECK(analysis.moduli({8})[8] == 4096);  // 32 bytes from 8 on: some row does cross
  const system::KernelAnalysis odd(code({loop(10), load(8, 4), advance(8, 40), kEnd, kHalt}), tiny());
  CHECK(odd.moduli({64})[8] == 4096);
  CHECK(odd.moduli({64})[9] == 0);
}

TEST_CASE("nested loops that rewind are followed") {
  const system::KernelAnalysis analysis(
      code({loop(3), loop(5), load(8, 1), advance(8, 8), kEnd, advance(8, -40), advance(8, 100 * 8), kEnd, kHalt}), tiny());
  REQUIRE(analysis.unproven().empty());
  CHECK(analysis.reach()[0] == system::Reach{8, 0, 2 * 800 + 5 * 8});
}

TEST_CASE("what cannot be proven is named") {
  CHECK(system::KernelAnalysis(code({loop(3).set("rs", 9), load(8, 1), kEnd, kHalt}), tiny()).unproven().find("register") !=
        std::string::npos);
  const Instruction twice = make(Opcode::kAdd).set("rd", 1).set("rs", 1).set("rt", 1);
  CHECK(system::KernelAnalysis(code({make(Opcode::kLi).set("rd", 1).set("imm", 8), loop(4), load(1, 1), twice, kEnd, kHalt}), tiny())
            .unproven()
            .find("different amounts") != std::string::npos);
  CHECK(system::KernelAnalysis(code({loop(2), kHalt}), tiny()).unproven().find("inside a loop") != std::string::npos);
  CHECK(system::KernelAnalysis(code({load(8, 1)}), tiny()).unproven().find("past its end") != std::string::npos);
}

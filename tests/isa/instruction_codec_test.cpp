// The instruction table is sound, and encoding follows it.
#include <catch2/catch.hpp>
#include <set>

#include "isa/error.h"
#include "isa/instruction.h"
#include "tests/isa/message_of.h"
#include "tests/isa/random_instruction.h"

using namespace lutra;
using lutra::test::message_of;
using lutra::test::random_instruction;

TEST_CASE("no two fields of an instruction share a bit and every range fits its bits") {
  std::set<Opcode> opcodes;
  for (const InstructionInfo& info : instructions()) {
    CAPTURE(info.mnemonic);
    CHECK(opcodes.insert(info.opcode).second);
    std::set<int> used{0, 1, 2, 3, 4, 5, 6, 7};
    for (const Field& field : info.fields) {
      CAPTURE(field.name);
      CHECK(field.lsb + field.bits <= 128);
      for (int bit = field.lsb; bit < field.lsb + field.bits; ++bit) CHECK(used.insert(bit).second);
      const bool is_signed = field.kind == FieldKind::kSigned;
      CHECK(field.min >= (is_signed ? -(std::int64_t{1} << (field.bits - 1)) : 0));
      CHECK(field.max <= (std::int64_t{1} << (field.bits - (is_signed ? 1 : 0))) - 1);
      CHECK((field.kind == FieldKind::kEnum) == !field.names.empty());
      for (const EnumName& item : field.names) CHECK((item.value >= field.min && item.value <= field.max));
    }
  }
}

TEST_CASE("instructions are found by opcode and by mnemonic") {
  for (const InstructionInfo& info : instructions()) {
    CHECK(find_instruction(static_cast<std::uint8_t>(info.opcode)) == &info);
    CHECK(find_instruction(info.mnemonic) == &info);
  }
  CHECK(find_instruction(std::uint8_t{0}) == nullptr);
  CHECK(find_instruction("lmmb") == nullptr);
}

TEST_CASE("a new instruction has zeros, or the least value where zero is not allowed") {
  const Instruction lmma = make(Opcode::kLmma);
  CHECK(lmma.get("ksteps") == 1);
  CHECK(lmma.get("segment") == 0);
  CHECK(make(Opcode::kSettype).get("planes") == 1);
  CHECK_THROWS_AS(lmma.get("colour"), std::out_of_range);
  CHECK_THROWS_AS(make(Opcode::kNop).set("rd", 1), std::out_of_range);
}

TEST_CASE("fields land on the bits the table names") {
  const Encoded li = encode(make(Opcode::kLi).set("rd", 3).set("imm", -2));
  CHECK(li.word[0] == (0x03ULL | 3ULL << 8 | 0xFFFFFFFFFEULL << 16));
  CHECK(li.word[1] == 0);
  const Encoded load =
      encode(make(Opcode::kLoad).set("buffer", 2).set("mem", 8).set("beats", 160).set("mem_pitch", 0xFFFFFFFF).set("dst_pitch", 7));
  CHECK(load.word[0] == (0x10ULL | 2ULL << 24 | 8ULL << 32 | 160ULL << 40 | 1ULL << 56));
  CHECK(load.word[1] == (0xFFFFFFFFULL | 7ULL << 32));
}

TEST_CASE("decode undoes encode for random instructions of every opcode") {
  std::mt19937_64 random(1);
  for (const InstructionInfo& info : instructions())
    for (int i = 0; i < 500; ++i) {
      const Instruction instruction = random_instruction(info, random);
      REQUIRE(decode(encode(instruction)) == instruction);
    }
}

TEST_CASE("a word that decodes encodes to itself, whatever its bits") {
  std::mt19937_64 random(2);
  int decoded = 0;
  for (int i = 0; i < 20000; ++i) {
    const InstructionInfo& info = instructions()[random() % instructions().size()];
    Encoded word = encode(random_instruction(info, random));
    word.word[random() % 2] ^= std::uint64_t{1} << (random() % 64);
    try {
      const Instruction instruction = decode(word);
      ++decoded;
      REQUIRE(encode(instruction) == word);
    } catch (const Error&) {
    }
  }
  CHECK(decoded > 1000);
}

TEST_CASE("values out of range, undefined opcodes and reserved bits are refused") {
  CHECK(message_of([] { encode(make(Opcode::kSettype).set("planes", 9)); }) == "settype: planes is 9, allowed 1..8");
  CHECK(message_of([] { decode({{0x42, 0}}); }) == "opcode 0x42 is not defined");
  CHECK(message_of([] { decode({{0x0A, 0}}); }) == "settype: planes is 0, allowed 1..8");
  CHECK(message_of([] { decode({{0x01, 1}}); }) == "nop: reserved bits 0x0000000000000001_0000000000000000 are set");
  Instruction short_one = make(Opcode::kLi);
  short_one.values.pop_back();
  CHECK(message_of([&] { encode(short_one); }) == "li: 1 values given for 2 fields");
}

// Assembler and disassembler: what a text means, round trips, and messages.
#include "isa/assembler.h"

#include <catch2/catch.hpp>

#include "tests/isa/message_of.h"
#include "tests/isa/random_instruction.h"
#include "tests/shipped_config.h"

using namespace lutra;
using lutra::test::message_of;
using lutra::test::random_instruction;

namespace {

const ArchConfig& tiny() {
  static const ArchConfig config = test::shipped_config("tiny");
  return config;
}

Instruction one(const std::string& text) {
  const std::vector<Instruction> program = assemble(text, "a.s");
  REQUIRE(program.size() == 1);
  return program[0];
}

std::string complaint(const std::string& text) {
  return message_of([&] { assemble(text, "a.s"); });
}

std::string complaint_on_tiny(const std::string& text) {
  return message_of([&] { assemble(text, "a.s", &tiny()); });
}

}  // namespace

TEST_CASE("fields are given by name in any order, others have their default") {
  CHECK(one("li imm=-5 rd=r3") == make(Opcode::kLi).set("rd", 3).set("imm", -5));
  CHECK(one("  load buffer=weight beats=160 mem=r8 # a comment") == make(Opcode::kLoad).set("buffer", 2).set("beats", 160).set("mem", 8));
  CHECK(one("barrier\r\n") == make(Opcode::kBarrier));
  CHECK(assemble("\n  # nothing\n\n", "a.s").empty());
}

TEST_CASE("sets, lists, names and expressions are values") {
  CHECK(one("post semaphores={0, 7} count=3").get("semaphores") == 0x81);
  CHECK(one("post semaphores={}").get("semaphores") == 0);
  CHECK(one("post semaphores=0x81").get("semaphores") == 0x81);
  CHECK(one("settype planes=3 shifts=[0,1,2] zmode=column").get("shifts") == 0x210);
  CHECK(one("settype shifts=0x76543210").get("shifts") == 0x76543210);
  CHECK(one("settype zmode=1 zero=-512").get("zmode") == 1);
  CHECK(one(".equ A 3\n.equ B A*4-2\nli rd=r1 imm=-B+A*2*-1").get("imm") == -16);
  CHECK(one(".equ WIDE 2\nload buffer=WIDE").get("buffer") == 2);
  CHECK(one("li imm=2--3").get("imm") == 5);
}

TEST_CASE("messages point at line and column and say what is allowed") {
  CHECK(complaint("nop\nlmna rows=2") == "a.s:2:1: unknown instruction lmna; did you mean lmma?");
  CHECK(complaint("  lmma row=2").find("a.s:1:8: lmma has no field row; did you mean rows?; its fields: wait, signal") == 0);
  CHECK(complaint("li rd=r16") == "a.s:1:7: rd: given r16, allowed r0..r15");
  CHECK(complaint("li rd=r01") == "a.s:1:7: rd: given r01, allowed r0..r15");
  CHECK(complaint("li rd=") == "a.s:1:7: rd: given nothing, allowed r0..r15");
  CHECK(complaint("li rd=3") == "a.s:1:7: rd: given 3, allowed r0..r15");
  CHECK(complaint("li rd = r3") == "a.s:1:4: rd has no value, allowed rd=VALUE without blanks");
  CHECK(complaint("li rd=r3 rd=r4") == "a.s:1:10: rd is given twice");
  CHECK(complaint("settype planes=9") == "a.s:1:16: planes: given 9, allowed 1..8");
  CHECK(complaint("load buffer=wieght") ==
        "a.s:1:13: buffer: given wieght, allowed activation, weight, table, parameter, token_scale; did you mean weight?");
  CHECK(complaint("post semaphores={1,8}") == "a.s:1:20: semaphores: given 8, allowed 0..7");
  CHECK(complaint("post semaphores={1,1}") == "a.s:1:20: semaphores: 1 is given twice");
  CHECK(complaint("post semaphores={1") == "a.s:1:6: \"}\" is missing before the end of the line");
  CHECK(complaint("post semaphores={1,}") == "a.s:1:20: given nothing, allowed a number or a name");
  CHECK(complaint("settype shifts=[1,16]") == "a.s:1:19: shifts: given 16, allowed 0..15");
  CHECK(complaint("settype shifts=[0,0,0,0,0,0,0,0,0]") == "a.s:1:33: shifts: more than 8 elements");
  CHECK(complaint("nop now") == "a.s:1:5: nop has no field now; its fields: none");
  CHECK(complaint("addi r1, r2, 3") == "a.s:1:6: addi has no field r1,; its fields: rd, rs, imm, each written NAME=VALUE without commas");
  CHECK(complaint("nop.x") == "a.s:1:5: nop takes no suffix");
}

TEST_CASE("messages about constants and expressions") {
  CHECK(complaint(".equ TILE 4\nli imm=TIEL+1") == "a.s:2:8: unknown constant TIEL; did you mean TILE?");
  CHECK(complaint(".equ r3 4").find("a.s:1:6: given r3, allowed a name") == 0);
  CHECK(complaint(".equ A 4\n.equ A 5") == "a.s:2:6: constant A is defined twice");
  CHECK(complaint(".equ A") == "a.s:1:1: .equ takes a name and a value");
  CHECK(complaint(".word 3") == "a.s:1:1: unknown directive .word, allowed .equ");
  CHECK(complaint("li imm=4x") == "a.s:1:8: given \"4x\", allowed a number or a name");
  CHECK(complaint("li imm=4)") == "a.s:1:9: given \")\", allowed numbers and names joined by + - *");
  CHECK(complaint("li imm=0x-1") == "a.s:1:8: a sign is not allowed after 0x");
  CHECK(complaint("li imm=9223372036854775808") == "a.s:1:8: the expression does not fit in 64 bits");
  CHECK(complaint("li imm=9223372036854775807*2").find("does not fit") != std::string::npos);
  CHECK(complaint("li imm=549755813888") == "a.s:1:8: imm: given 549755813888, allowed -549755813888..549755813887");
}

TEST_CASE("lmma carries the shape it is written for") {
  CHECK(one("lmma.m2n4k4 rows=2") == make(Opcode::kLmma).set("rows", 2));
  CHECK(complaint("lmma.m2n16k32.i8w2") == "a.s:1:6: given 2 weight planes, but the settype before it says 1");
  CHECK(complaint("settype planes=2\nlmma.m2n16k32.i8w2").empty());
  CHECK(complaint("lmma.m2n16").find("a.s:1:6: given the suffix m2n16, allowed mROWSnCOLUMNSkDEPTH") == 0);
  CHECK(complaint("lmma.m2n16k32.i8w9").find("allowed mROWS") != std::string::npos);
  CHECK(complaint("lmma.m2n16k32x").find("allowed mROWS") != std::string::npos);
  CHECK(complaint_on_tiny("lmma.m2n16k32") == "a.s:1:6: given the shape m2n16k32, but tiny is m2n4k4");
  CHECK(complaint_on_tiny("lmma.m2n4k4").empty());
}

TEST_CASE("with a machine, what it would trap is refused") {
  CHECK(complaint_on_tiny("tbuild rows=3") == "a.s:1:1: tbuild would trap on tiny: rows is 3, but array.rows is 2");
  CHECK(complaint_on_tiny("lmma rows=3").find("rows is 3") != std::string::npos);
  CHECK(complaint_on_tiny("store cols=5").find("cols is 5, but array.columns is 4") != std::string::npos);
  CHECK(complaint_on_tiny("load buffer=table").find("builds its tables on chip") != std::string::npos);
  CHECK(complaint_on_tiny("lmma segment=2 ksteps=3 first=1 last=1").find("multiples of segment = 2") != std::string::npos);
  CHECK(complaint_on_tiny("lmma segment=2 ksteps=4 first=1").find("first and last") != std::string::npos);
  CHECK(complaint_on_tiny("lmma segment=2 ksteps=4 first=1 last=1").empty());
  CHECK(complaint_on_tiny("loop count=0").find("count is 0") != std::string::npos);
  CHECK(complaint_on_tiny("loop count=2\nnop") == "a.s:1:1: loop without endloop");
  CHECK(complaint_on_tiny("nop\nendloop") == "a.s:2:1: endloop without loop");
  std::string nested;
  for (int i = 0; i < 5; ++i) nested += "loop count=2\n";
  CHECK(complaint_on_tiny(nested) == "a.s:5:1: a loop inside 4 loops, but control.loop_depth is 4");
  std::string longest;
  for (int i = 0; i < 64; ++i) longest += "nop\n";
  CHECK(complaint_on_tiny(longest).empty());
  CHECK(complaint_on_tiny(longest + "nop\n") == "a.s:65:1: the program is longer than buffer.instruction_words = 64");
  CHECK(complaint("tbuild rows=3\nendloop").empty());
}

TEST_CASE("loop bodies are indented and defaults left out") {
  const std::vector<Instruction> program = {make(Opcode::kLoop).set("count", 3),
                                            make(Opcode::kLoad).set("wait", 9).set("buffer", 4),
                                            make(Opcode::kSettype).set("planes", 2).set("shifts", 0x10).set("zmode", 2),
                                            make(Opcode::kLmma),
                                            make(Opcode::kEndloop),
                                            make(Opcode::kEndloop)};
  CHECK(disassemble(program) ==
        "loop count=3\n  load wait={0,3} buffer=parameter\n  settype planes=2 shifts=[0,1] zmode=column\n  lmma\nendloop\nendloop\n");
  CHECK(disassemble(std::span(program).subspan(2, 2), &tiny()) == "settype planes=2 shifts=[0,1] zmode=column\nlmma.m2n4k4.i8w2\n");
}

TEST_CASE("random programs survive text and words and text") {
  std::mt19937_64 random(3);
  for (int round = 0; round < 200; ++round) {
    std::vector<Instruction> program;
    for (int i = 0; i < 40; ++i) program.push_back(random_instruction(instructions()[random() % instructions().size()], random));
    const std::string text = disassemble(program);
    REQUIRE(assemble(text, "random.s") == program);
    const std::vector<Encoded> code = encode_all(program);
    REQUIRE(decode_all(code) == program);
    REQUIRE(disassemble(decode_all(encode_all(assemble(text, "random.s")))) == text);
  }
}

TEST_CASE("random legal programs survive with the machine's suffix, too") {
  std::mt19937_64 random(4);
  for (int round = 0; round < 200; ++round) {
    std::vector<Instruction> program;
    for (int i = 0; i < 20; ++i) {
      const InstructionInfo& info = instructions()[random() % instructions().size()];
      if (info.opcode == Opcode::kLoop || info.opcode == Opcode::kEndloop) continue;
      program.push_back(random_instruction(info, random));
      if (info.opcode == Opcode::kLmma) program.back().set("segment", 0);
      if (info.unit == Unit::kStore || info.unit == Unit::kBuild || info.unit == Unit::kArray) program.back().set("rows", 1 + i % 2);
      if (info.unit == Unit::kStore) program.back().set("cols", 4);
      if (info.unit == Unit::kLoad) program.back().set("buffer", 2);
    }
    REQUIRE(assemble(disassemble(program, &tiny()), "random.s", &tiny()) == program);
  }
}

TEST_CASE("random text is refused or understood, never worse") {
  std::mt19937_64 random(5);
  const std::string alphabet = "lmaoidstr{}[],=.#*-+ 0x7r\n\t_e";
  for (int round = 0; round < 20000; ++round) {
    std::string text = round % 2 == 0 ? "load wait={0,3} buffer=weight mem=r8\n.equ A 3*4\nsettype shifts=[0,1]" : "";
    for (std::size_t i = 0; i < 8; ++i) {
      const char c = alphabet[random() % alphabet.size()];
      if (text.size() > 40)
        text[random() % text.size()] = c;
      else
        text += c;
    }
    try {
      (void)encode_all(assemble(text, "random.s", &tiny()));
    } catch (const Error& error) {
      REQUIRE(error.where().line > 0);
    }
  }
}

TEST_CASE("damaged code names the instruction") {
  std::vector<Encoded> code = encode_all(assemble("nop\nhalt\nnop", "a.s"));
  code[2].word[1] = 4;
  CHECK(message_of([&] { decode_all(code); }).find("instruction 2: nop: reserved bits") == 0);
}

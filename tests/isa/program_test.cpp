// Program files: what is written is read back, and nothing damaged is taken for good.
#include "isa/program.h"

#include <catch2/catch.hpp>

#include "isa/assembler.h"
#include "isa/file.h"
#include "isa/sha256.h"
#include "tests/isa/message_of.h"
#include "tests/isa/temporary_directory.h"
#include "tests/shipped_config.h"

using namespace lutra;
using lutra::test::message_of;
using lutra::test::TemporaryDirectory;

namespace {

ArchConfig tiny() { return test::shipped_config("tiny"); }

Program sample() {
  Program program;
  program.program_hash = program_hash(tiny());
  program.arch_name = "tiny";
  program.kernels = {{"gemm", encode_all(assemble("lmma rows=2\nhalt", "a.s"))}, {"stop", encode_all(assemble("halt", "a.s"))}};
  program.jobs = {{0, {1, 2, 3, 4, 5, 6, 7, (std::uint64_t{1} << 40) - 1}, "layers.0.q_proj", 0, 2, 100, 200, ~std::uint64_t{0}},
                  {1, {}, "lm_head", -1, 1, 0, 0, 0}};
  program.metadata = {{"tensors", {{{"name", "w"}, {"address", 4096}}}}, {"seed", 7}};
  return program;
}

bool same(const Program& a, const Program& b) {
  return a.program_hash == b.program_hash && a.kernels == b.kernels && a.jobs == b.jobs && a.metadata == b.metadata &&
         a.arch_name == b.arch_name && a.lutra_version == b.lutra_version;
}

std::string complaint(const std::string& bytes) {
  return message_of([&] { parse_program(bytes, "a.prog"); });
}

/// A file with this JSON header and this code, envelope and checksum correct.
std::string forged(const std::string& json, const std::string& code) {
  const auto number = [](std::uint64_t value) {
    std::string bytes;
    for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(value >> (8 * i) & 0xff));
    return bytes;
  };
  return "LUTRAPRG" + number(kProgramFormatVersion) + number(json.size()) + number(code.size() / 16) +
         sha256_hex(json + code).substr(0, 32) + json + code;
}

std::string header(const std::string& kernels, const std::string& jobs) {
  return R"({"program_hash":"h","arch_name":"a","lutra_version":"v","metadata":{},"kernels":)" + kernels + R"(,"jobs":)" + jobs + "}";
}

}  // namespace

TEST_CASE("a program is read back as it was written") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.prog");
  write_program(sample(), path);
  CHECK(same(read_program(path), sample()));
  CHECK(same(read_program(path, tiny()), sample()));
  CHECK(serialize_program(parse_program(serialize_program(sample()), "a.prog")) == serialize_program(sample()));
  Program empty;
  CHECK(same(parse_program(serialize_program(empty), "a.prog"), empty));
}

TEST_CASE("another machine's program is refused, one that only differs in timing is not") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.prog");
  write_program(sample(), path);
  ArchConfig other = tiny();
  other.control.queue_depth = 4;
  CHECK(message_of([&] { read_program(path, other); }).empty());
  other.array.planes_per_cycle = 2;
  CHECK(message_of([&] { read_program(path, other); }).find(path + ": the program was compiled for another machine: program_hash ") == 0);
}

TEST_CASE("a kernel longer than the instruction buffer is refused") {
  const TemporaryDirectory directory;
  Program program = sample();
  program.kernels[1].code.resize(65, program.kernels[1].code[0]);
  write_program(program, directory.file("a.prog"));
  CHECK(message_of([&] { read_program(directory.file("a.prog"), tiny()); }).find("kernel stop has 65 instructions, allowed 64") !=
        std::string::npos);
}

TEST_CASE("every cut and every changed byte is noticed") {
  const std::string bytes = serialize_program(sample());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    CAPTURE(length);
    REQUIRE(complaint(bytes.substr(0, length)).find("a.prog:offset 0x") == 0);
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    CAPTURE(at);
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    REQUIRE(complaint(damaged).find("a.prog:offset 0x") == 0);
  }
  CHECK(complaint(bytes + '\0').find("instructions are announced") != std::string::npos);
  CHECK(complaint("#!/bin/sh") == "a.prog:offset 0x0: not a lutra program");
}

TEST_CASE("lengths that are not there are refused before anything is allocated") {
  std::string bytes = serialize_program(sample());
  bytes.replace(16, 8, std::string(8, '\xff'));
  CHECK(complaint(bytes).find("a.prog:offset 0x10: a header of 18446744073709551615 bytes is announced") == 0);
  bytes = serialize_program(sample());
  bytes.replace(24, 8, std::string(8, '\x0f'));
  CHECK(complaint(bytes).find("a.prog:offset 0x18: ") == 0);
  const std::string code(32, '\1');
  CHECK(complaint(forged(header(R"([{"name":"k","instructions":1000000000000}])", "[]"), code))
            .find("instructions is no whole number 0..2") != std::string::npos);
}

TEST_CASE("a header that contradicts itself is refused") {
  const std::string code(32, '\1');
  const std::string kernels = R"([{"name":"k","instructions":2}])";
  const auto job = [](const std::string& kernel, const std::string& args, const std::string& repeat) {
    return R"([{"kernel":)" + kernel + R"(,"args":)" + args + R"(,"op":"o","layer":-1,"repeat":)" + repeat +
           R"(,"macs":0,"bytes_read":0,"bytes_written":0}])";
  };
  const std::string zeros = "[0,0,0,0,0,0,0,0]";
  CHECK(complaint(forged(header(kernels, job("0", zeros, "1")), code)).empty());
  CHECK(complaint(forged(header(kernels, job("1", zeros, "1")), code)).find("kernel 1 given, allowed 0..0") != std::string::npos);
  CHECK(complaint(forged(header(kernels, job("-1", zeros, "1")), code)).find("kernel is no whole number") != std::string::npos);
  CHECK(complaint(forged(header(kernels, job("0", "[0]", "1")), code)).find("1 args given, allowed 8") != std::string::npos);
  CHECK(complaint(forged(header(kernels, job("0", "[0,0,0,0,0,0,0,1.5]", "1")), code)).find("args is no whole number") !=
        std::string::npos);
  CHECK(complaint(forged(header(kernels, job("0", "[0,0,0,0,0,0,0,1099511627776]", "1")), code)).find("argument 7") != std::string::npos);
  CHECK(complaint(forged(header(kernels, job("0", zeros, "0")), code)).find("repeat 0") != std::string::npos);
  CHECK(complaint(forged(header(R"([{"name":"k","instructions":1}])", "[]"), code)).find("kernels take 16 bytes of code") !=
        std::string::npos);
  CHECK(complaint(forged(header(R"([{"name":"k","instructions":0}])", "[]"), code)).find("kernel k is empty") != std::string::npos);
  CHECK(complaint(forged(header(R"([3])", "[]"), code)).find("an object is expected") != std::string::npos);
  CHECK(complaint(forged("[]", "")).find("an object is expected") != std::string::npos);
  CHECK(complaint(forged("{", "")).find("not valid JSON") != std::string::npos);
  CHECK(complaint(forged("{}", "")).find("program_hash is missing") != std::string::npos);
  // Copying what nests a million deep would overflow the stack.
  constexpr std::size_t kDeep = 1'000'000;
  CHECK(complaint(forged("{\"metadata\":" + std::string(kDeep, '[') + std::string(kDeep, ']') + "}", "")).find("nested deeper than 64") !=
        std::string::npos);
}

TEST_CASE("a program that could not be read is not written") {
  const TemporaryDirectory directory;
  Program program = sample();
  program.jobs[0].kernel = 2;
  CHECK(message_of([&] { write_program(program, directory.file("a.prog")); }) == "job 0: kernel 2 given, allowed 0..1");
  program = sample();
  program.jobs[1].args[3] = std::uint64_t{1} << 40;
  CHECK_THROWS_AS(write_program(program, directory.file("a.prog")), Error);
  program = sample();
  program.kernels[0].code.clear();
  CHECK_THROWS_AS(write_program(program, directory.file("a.prog")), Error);
  program = sample();
  program.metadata = "\xff";
  CHECK_THROWS_AS(write_program(program, directory.file("a.prog")), Error);
  CHECK(directory.entries() == 0);
}

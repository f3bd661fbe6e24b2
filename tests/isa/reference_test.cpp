// The reference pages in docs/ are those that the tables give; LUTRA_UPDATE_DOCS=1 writes them.
#include "isa/reference.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>

#include "isa/arch_config.h"
#include "isa/assembler.h"
#include "isa/file.h"
#include "isa/instruction_notes.h"
#include "tests/source_dir.h"

using namespace lutra;

namespace {

const std::string kSource = test::source_dir();

void check_page(const std::string& path, const std::string& text) {
  if (std::getenv("LUTRA_UPDATE_DOCS") != nullptr) write_file_atomically(path, text);
  CAPTURE(path);
  CHECK(read_file(path) == text);
}

}  // namespace

TEST_CASE("docs/isa.md is up to date") { check_page(kSource + "/docs/isa.md", isa_reference()); }

TEST_CASE("docs/configuration.md is up to date") { check_page(kSource + "/docs/configuration.md", configuration_reference()); }

TEST_CASE("every instruction has notes, and its example holds it and assembles") {
  const ArchConfig tiny = load_arch_config(kSource + "/configs/tiny.yaml");
  REQUIRE(instruction_notes().size() == instructions().size());
  for (std::size_t i = 0; i < instructions().size(); ++i) {
    const InstructionNotes& notes = instruction_notes()[i];
    CAPTURE(instructions()[i].mnemonic);
    CHECK(notes.opcode == instructions()[i].opcode);
    CHECK_FALSE(notes.cycles.empty());
    const std::vector<Instruction> program = assemble(std::string(notes.example), "example", &tiny);
    CHECK(std::count_if(program.begin(), program.end(), [&](const Instruction& word) { return word.opcode == notes.opcode; }) == 1);
  }
}

TEST_CASE("the example of the reference page assembles for its machine") {
  const ArchConfig tiny = load_arch_config(kSource + "/configs/tiny.yaml");
  const std::vector<Instruction> program = assemble(example_program(), "example", &tiny);
  CHECK(program.size() == 7);
  CHECK(assemble(disassemble(program, &tiny), "again", &tiny) == program);
}

// The executable as a person meets it: help, messages and exit codes.

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "isa/file.h"
#include "tests/cli/lutra_command.h"
#include "tests/isa/temporary_directory.h"

using lutra::test::lutra_command;

namespace {

namespace fs = std::filesystem;

}  // namespace

TEST_CASE("every subcommand's help has an example that starts with its name") {
  for (const lutra::cli::Command& command : lutra::cli::commands()) {
    const lutra::ProcessResult result = lutra_command({std::string(command.name), "--help"});
    INFO(command.name);
    CHECK(result.exit_code == 0);
    CHECK_THAT(result.output, Catch::Contains("Example:\n  lutra " + std::string(command.name) + " "));
  }
}

TEST_CASE("every subcommand, or each of its own subcommands, writes JSON on request") {
  for (const lutra::cli::Command& entry : lutra::cli::commands()) {
    CLI::App app(std::string(entry.name));
    lutra::cli::Action action;
    entry.add(app, action);
    std::vector<CLI::App*> ends = app.get_subcommands([](const CLI::App* inner) { return !inner->get_name().empty(); });
    if (ends.empty()) ends = {&app};
    for (const CLI::App* end : ends) {
      INFO(entry.name << " " << end->get_name());
      CHECK(end->get_option_no_throw("--json") != nullptr);
    }
  }
}

TEST_CASE("a command line that makes no sense is bad input") {
  CHECK(lutra_command({}).exit_code == 2);
  CHECK(lutra_command({"conquer"}).exit_code == 2);
  const lutra::ProcessResult result = lutra_command({"gen"});
  CHECK(result.exit_code == 2);
  CHECK(result.output == "lutra: --out is required (see lutra gen --help)\n");
}

TEST_CASE("the version is printed on request") {
  const lutra::ProcessResult result = lutra_command({"--version"});
  CHECK(result.exit_code == 0);
  CHECK(result.output == "lutra " LUTRA_VERSION "\n");
}

TEST_CASE("a misspelt built-in architecture is answered with the nearest one") {
  const lutra::test::TemporaryDirectory folder;
  const lutra::ProcessResult result = lutra_command({"gen", "--arch", "edge_w2a9", "--out", folder.file("core")});
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.output, Catch::Contains("did you mean 'edge_w2a8'?"));
}

TEST_CASE("a misspelt key is reported with file, line and column, and nothing is written") {
  const lutra::test::TemporaryDirectory folder;
  lutra::write_file_atomically(folder.file("bad.yaml"), "name: bad\nclock_mhz: 50\narray:\n  rosw: 2\n  columns: 4\n");
  const lutra::ProcessResult result = lutra_command({"gen", "--arch", folder.file("bad.yaml"), "--out", folder.file("core")});
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.output, Catch::StartsWith("lutra: " + folder.file("bad.yaml") + ":4:3: "));
  CHECK_THAT(result.output, Catch::Contains("rows"));
  CHECK(folder.entries() == 1);
}

TEST_CASE("an architecture file that is not there is bad input") {
  const lutra::ProcessResult result = lutra_command({"gen", "--arch", "nowhere/arch.yaml", "--out", "nowhere/core"});
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.output, Catch::Contains("nowhere/arch.yaml"));
  CHECK_FALSE(fs::exists("nowhere"));
}

TEST_CASE("a program that is assembled disassembles to text that assembles to the same program") {
  const lutra::test::TemporaryDirectory folder;
  lutra::write_file_atomically(folder.file("a.s"), "li rd=r1 imm=7\nloop count=7\n  addi rd=r2 rs=r2 imm=1\nendloop\nhalt\n");
  const lutra::ProcessResult assembled = lutra_command({"asm", folder.file("a.s"), "--arch", "tiny", "--out", folder.file("a.lutra")});
  REQUIRE(assembled.output == folder.file("a.lutra") + ": 5 instructions for tiny\n");
  const lutra::ProcessResult text = lutra_command({"disasm", folder.file("a.lutra")});
  REQUIRE(text.exit_code == 0);
  lutra::write_file_atomically(folder.file("b.s"), text.output);
  REQUIRE(lutra_command({"asm", folder.file("b.s"), "--arch", "tiny", "--out", folder.file("b.lutra")}).exit_code == 0);
  CHECK(lutra_command({"disasm", folder.file("b.lutra"), "--kernel", "b"}).output.substr(11) == text.output.substr(11));
}

TEST_CASE("an assembled program runs on the model") {
  const lutra::test::TemporaryDirectory folder;
  lutra::write_file_atomically(folder.file("a.s"), "li rd=r1 imm=7\nhalt\n");
  REQUIRE(lutra_command({"asm", folder.file("a.s"), "--arch", "tiny", "--out", folder.file("a.lutra")}).exit_code == 0);
  const lutra::ProcessResult result = lutra_command({"sim", "--arch", "tiny", "--program", folder.file("a.lutra"), "--json", "-"});
  REQUIRE(result.exit_code == 0);
  CHECK(nlohmann::json::parse(result.output).at("jobs").at(0).at("counters").at("instructions") == 2);
}

TEST_CASE("a program that traps is a failed check") {
  const lutra::test::TemporaryDirectory folder;
  lutra::write_file_atomically(folder.file("a.s"), "li rd=r1 imm=1\nload buffer=weight dst=r2 mem=r1 beats=1 rows=1\nhalt\n");
  REQUIRE(lutra_command({"asm", folder.file("a.s"), "--arch", "tiny", "--out", folder.file("a.lutra")}).exit_code == 0);
  const lutra::ProcessResult result = lutra_command({"sim", "--arch", "tiny", "--program", folder.file("a.lutra")});
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.output, Catch::Contains("a trapped: "));
}

TEST_CASE("a program for another machine is refused") {
  const lutra::test::TemporaryDirectory folder;
  lutra::write_file_atomically(folder.file("a.s"), "halt\n");
  REQUIRE(lutra_command({"asm", folder.file("a.s"), "--arch", "tiny", "--out", folder.file("a.lutra")}).exit_code == 0);
  const lutra::ProcessResult result = lutra_command({"sim", "--arch", "edge_w2a8", "--program", folder.file("a.lutra")});
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.output, Catch::Contains("program_hash"));
}

TEST_CASE("--json - prints JSON and nothing else") {
  const lutra::test::TemporaryDirectory folder;
  const lutra::ProcessResult result = lutra_command({"gen", "--arch", "tiny", "--out", folder.file("core"), "--json", "-"});
  REQUIRE(result.exit_code == 0);
  const nlohmann::json manifest = nlohmann::json::parse(result.output);
  CHECK(manifest.at("name") == "tiny");
}

TEST_CASE("a report of a directory without a run is bad input") {
  const lutra::test::TemporaryDirectory folder;
  const lutra::ProcessResult result = lutra_command({"report", "--in", folder.file("."), "--out", folder.file("r.html")});
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.output, Catch::Contains("summary.json"));
  CHECK(folder.entries() == 0);
}

TEST_CASE("a budget below the attention weights and a trace of another model are refused, and nothing is written") {
  const lutra::test::TemporaryDirectory folder;
  lutra::ProcessResult result = lutra_command({"flash", "run", "--budget-gb", "0.5", "--json", folder.file("out.json")});
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.output, Catch::Contains("a DRAM budget of 0.5 GB is smaller than the"));
  CHECK(folder.entries() == 0);
  result = lutra_command(
      {"flash", "generate", "--model", "opt_6.7b", "--statistics", "opt_6.7b", "--tokens", "2", "--out", folder.file("t.trace")});
  CHECK(result.exit_code == 0);
  result = lutra_command({"flash", "run", "--trace", folder.file("t.trace"), "--json", folder.file("out.json")});
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.output, Catch::Contains("a trace of opt_6.7b"));
  CHECK(folder.entries() == 1);
}

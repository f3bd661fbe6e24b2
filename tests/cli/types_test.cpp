// Types on the command line: listed with loss and cost, refused where they lose something, and taken all the way to a program.
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "isa/file.h"
#include "tests/cli/lutra_command.h"
#include "tests/isa/temporary_directory.h"

using Catch::Contains;
using lutra::test::lutra_command;

TEST_CASE("lutra types lists every type with loss and cost") {
  const lutra::ProcessResult result = lutra_command({"types", "--outputs", "256", "--depth", "512", "--json", "-"});
  REQUIRE(result.exit_code == 0);
  const auto types = nlohmann::json::parse(result.output).at("types");
  CHECK(types.size() == 57);
  for (const auto& type : types) {
    INFO(type.at("name"));
    CHECK(type.at("cycles") > 0);
    CHECK(type.at("core_bytes") > 0);
    CHECK(type.at("exact") == (type.at("max_error") == 0));
  }
}

TEST_CASE("lutra types prints the chain of a lowering") {
  const lutra::ProcessResult result = lutra_command({"types", "q4_k", "--chain"});
  CHECK(result.exit_code == 0);
  for (const char* step : {"slice", "map", "convert", "pad", "load", "multiply"}) CHECK_THAT(result.output, Contains(step));
  // A tensor of one weight is stored as a whole tile.
  const lutra::ProcessResult one = lutra_command({"types", "int3", "--outputs", "1", "--depth", "1", "--json", "-"});
  CHECK(nlohmann::json::parse(one.output).at("types").at(0).at("steps").at(0).at("bytes_in") == 3);
}

TEST_CASE("a type that loses something is refused until the loss is accepted") {
  const lutra::test::TemporaryDirectory folder;
  const std::string trace = folder.file("t.json");
  const lutra::ProcessResult refused = lutra_command({"trace", "--model", "llama2_7b", "--weights", "nf4_g64", "--out", trace});
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.output, Contains("% of the largest value") && Contains("--allow-loss"));
  CHECK_FALSE(std::filesystem::exists(trace));
  CHECK(lutra_command({"trace", "--model", "llama2_7b", "--weights", "nf4_g64", "--allow-loss", "--out", trace}).exit_code == 0);
  CHECK_THAT(lutra::read_file(trace), Contains("\"nf4_g64~8\""));
}

TEST_CASE("a list of products becomes a program") {
  const lutra::test::TemporaryDirectory folder;
  lutra::write_file_atomically(folder.file("m.csv"), "Layer, M, N, K,\nfirst, 2, 9, 40,\n");
  const std::string trace = folder.file("t.json"), program = folder.file("p.lutra");
  REQUIRE(lutra_command({"trace", "--model", folder.file("m.csv"), "--weights", "fp6_e3m2", "--out", trace}).exit_code == 0);
  REQUIRE(lutra_command({"compile", "--arch", "tiny", "--trace", trace, "--out", program}).exit_code == 0);
  CHECK_THAT(lutra_command({"disasm", program}).output, Contains("settype"));
  CHECK(lutra_command({"sim", "--arch", "tiny", "--program", program, "--values"}).exit_code == 0);
}

TEST_CASE("fused table building costs less than shared, and that less than unfused") {
  const lutra::ProcessResult result = lutra_command({"graph", "--model", "llama2_7b", "--json", "-"});
  REQUIRE(result.exit_code == 0);
  const auto page = nlohmann::json::parse(result.output);
  for (const auto& row : page.at("rows")) {
    CHECK(row.at("fused_percent") < row.at("shared_percent"));
    CHECK(row.at("shared_percent") < row.at("unfused_percent"));
    CHECK(row.at("fused_percent") > 0);
  }
}

#include "sim/cost/liberty.h"

#include <zlib.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "isa/error.h"
#include "isa/file.h"
#include "sim/cost/boolean_function.h"
#include "sim/process/process.h"
#include "tests/sim/cost/test_library.h"

using namespace lutra;
using namespace lutra::cost;

namespace {

/// Reads a library from text.
Library from_text(const std::string& text) {
  ScratchDirectory dir(std::filesystem::temp_directory_path().string());
  write_file_atomically(dir.path() + "/a.lib", text);
  return read_library({dir.path() + "/a.lib"});
}

int error_line(const std::string& text) {
  try {
    parse_liberty(text, "x.lib");
  } catch (const Error& e) {
    CHECK(e.exit_code() == 2);
    return e.where().line;
  }
  return -1;
}

}  // namespace

TEST_CASE("Liberty functions follow the precedence of the format") {
  const std::vector<std::string> ab = {"A", "B"};
  using T = std::vector<std::uint8_t>;
  CHECK(truth_table("A B", ab) == T{0, 0, 0, 1});
  CHECK(truth_table("A+B", ab) == T{0, 1, 1, 1});
  CHECK(truth_table("!(A*B)", ab) == T{1, 1, 1, 0});
  CHECK(truth_table("(A & B)'", ab) == T{1, 1, 1, 0});
  CHECK(truth_table("A ^ B", ab) == T{0, 1, 1, 0});
  CHECK(truth_table("A + B * !A", ab) == T{0, 1, 1, 1});
  CHECK(truth_table("1", ab) == T{1, 1, 1, 1});
  CHECK_THROWS_AS(truth_table("A * C", ab), std::invalid_argument);
  CHECK_THROWS_AS(truth_table("A * (B", ab), std::invalid_argument);
  CHECK_THROWS_AS(truth_table("", ab), std::invalid_argument);
  CHECK_THROWS_AS(truth_table(std::string(5000, '('), ab), std::invalid_argument);
  CHECK_THROWS_AS(truth_table(std::string(5000, '!') + "A", ab), std::invalid_argument);
}

TEST_CASE("A library tells kinds, pins, units and usable cells") {
  const Library library = from_text(test::tiny_liberty());
  CHECK(library.time_ps == 1000);
  CHECK(library.capacitance_ff == 1000);
  REQUIRE(library.cell("DFFN") != nullptr);
  CHECK(library.cell("DFFN")->kind == CellKind::kFlop);
  CHECK(library.cell("DFFN")->flop.next_state == "!D");
  CHECK(library.cell("LATCHX")->kind == CellKind::kLatch);
  CHECK(library.cell("LATCHX")->dont_use);
  CHECK(library.cell("NAND2")->area_um2 == 1.5);
  CHECK(library.cell("NAND2")->pin("B")->capacitance == 0.01);
  REQUIRE(library.buffers().size() == 1);
  CHECK(library.buffers()[0]->name == "BUF");
  REQUIRE(library.inverters().size() == 1);
  CHECK(library.inverters()[0]->name == "INV");
}

TEST_CASE("A written library reads back the same") {
  const Library library = from_text(test::tiny_liberty());
  const Library again = from_text(timing_liberty(library, {"INV", "BUF", "NAND2", "DFFN"}));
  CHECK(again.cells.size() == 4);
  CHECK(again.cell("DFFN")->flop.clocked_on == "C");
  CHECK(again.cell("NAND2")->pin("Y")->function == "(A B)'");
  CHECK(synthesis_liberty(library).find("internal_power") == std::string::npos);
  CHECK(synthesis_liberty(library).find("LATCHX") == std::string::npos);
}

TEST_CASE("Several files, compressed or not, are one library") {
  ScratchDirectory dir(std::filesystem::temp_directory_path().string());
  const Library whole = from_text(test::tiny_liberty());
  write_file_atomically(dir.path() + "/a.lib", timing_liberty(whole, {"INV", "BUF"}));
  const std::string rest = timing_liberty(whole, {"NAND2", "DFFN"});
  gzFile file = gzopen((dir.path() + "/b.lib.gz").c_str(), "wb");
  gzwrite(file, rest.data(), static_cast<unsigned>(rest.size()));
  gzclose(file);
  const Library library = read_library({dir.path() + "/a.lib", dir.path() + "/b.lib.gz"});
  CHECK(library.cells.size() == 4);
  CHECK(library.content_hash.size() == 64);
  CHECK_THROWS_AS(read_library({dir.path() + "/a.lib"}), Error);                         // no flop, no gate
  CHECK_THROWS_AS(read_library({dir.path() + "/a.lib", dir.path() + "/a.lib"}), Error);  // cells twice
  CHECK_THROWS_AS(read_library({dir.path() + "/missing.lib"}), Error);
  std::string cut = read_file(dir.path() + "/b.lib.gz");
  cut.resize(cut.size() / 2);
  write_file_atomically(dir.path() + "/c.lib.gz", cut);
  CHECK_THROWS_AS(read_library({dir.path() + "/c.lib.gz"}), Error);
}

TEST_CASE("What is not Liberty is refused with its line") {
  CHECK(error_line("") == 1);
  CHECK(error_line("library (a) {\n  cell (b) {\n") == 3);
  CHECK(error_line("library (a) {\n  x : \"never ends\n}\n") >= 2);
  CHECK(error_line("library (a) {\n  /* never ends\n}\n") == 2);
  CHECK(error_line("library (a) {\n\n  x = 3;\n}\n") == 3);
  CHECK(error_line("cell (a) {\n}\n") == 1);
  CHECK(error_line("library (a) {\n}\n}\n") == 3);
  std::string deep = "library (a) {\n";
  for (int i = 0; i < 100000; ++i) deep += "g () {";
  CHECK(error_line(deep) == 2);
}

TEST_CASE("Every prefix of a library is read or refused, never more") {
  const std::string text = test::tiny_liberty();
  for (std::size_t n = 0; n < text.size(); n += 7) {
    INFO(n);
    CHECK_THROWS_AS(parse_liberty(text.substr(0, n), "x.lib"), Error);
  }
}

TEST_CASE("A bad number or function names file and line") {
  std::string text = test::tiny_liberty();
  text.replace(text.find("area : 5"), 8, "area : x");
  CHECK_THROWS_WITH(from_text(text), Catch::Contains("a number is expected"));
  text = test::tiny_liberty();
  text.replace(text.find("(A B)'"), 6, "(A Z)'");
  CHECK_THROWS_WITH(from_text(text), Catch::Contains("no pin is named Z"));
}

TEST_CASE("Cell conventions belong to their library") {
  CHECK(library_rules("asap7sc7p5t_AO_RVT_TT_nldm_211120").node_nm == 7);
  CHECK(library_rules("osu018_stdcells").node_nm == 180);
  CHECK(library_rules("something").node_nm == 0);
  CHECK(matches("*xp*", "NAND2xp33_ASAP7_75t_R"));
  CHECK(!matches("*xp*", "NAND2x1_ASAP7_75t_R"));
  CHECK(matches("*__df?bn*", "sky130_fd_sc_hd__dfbbn_1"));
  CHECK(!matches("a*b", "abc"));
}

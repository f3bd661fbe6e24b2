// Baselines: what is compared, what is reported, and what a file may hold.
#include <catch2/catch.hpp>

#include "cli/check_baseline.h"
#include "isa/error.h"
#include "isa/file.h"
#include "sim/process/process.h"
#include "tests/isa/temporary_directory.h"

namespace {

using namespace lutra::cli;

Baseline recorded() {
  Baseline baseline;
  CheckCase c;
  c.arch = std::string("tiny");  // assigned as text, GCC 12 sees an overlap that is not there
  c.model = std::string("m");
  c.phase = std::string("decode");
  c.figures = {{"cycles", {{"total", 1000}}}, {"area_um2", {{"core", 200}}}};
  baseline.cases.push_back(c);
  return baseline;
}

std::vector<CheckCase> now(double cycles, double area) {
  std::vector<CheckCase> cases = recorded().cases;
  cases[0].figures = {{"cycles", {{"total", cycles}}}, {"area_um2", {{"core", area}}}};
  return cases;
}

lutra::ProcessResult check_command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {LUTRA_EXECUTABLE, "check"});
  return lutra::run_process(arguments);
}

}  // namespace

TEST_CASE("equal figures are within tolerance") {
  const Comparison comparison = compare(recorded(), now(1000, 200), recorded().tolerances);
  CHECK(comparison.changes.empty());
  CHECK(describe(comparison) == "2 figures compared, all within tolerance\n");
}

TEST_CASE("one cycle more or less is a change, a per cent of area is not") {
  CHECK(compare(recorded(), now(1001, 201.9), recorded().tolerances).changes.size() == 1);
  CHECK(compare(recorded(), now(999, 198.1), recorded().tolerances).changes.size() == 1);
  CHECK(compare(recorded(), now(1000, 202.1), recorded().tolerances).changes.size() == 1);
}

TEST_CASE("a figure that is gone and one that is new are changes") {
  std::vector<CheckCase> cases = now(1000, 200);
  cases[0].figures["cycles"] = {{"all", 1000}};
  const std::string text = describe(compare(recorded(), cases, recorded().tolerances));
  CHECK_THAT(text, Catch::Contains("gone") && Catch::Contains("new") && Catch::Contains("2 beyond tolerance"));
}

TEST_CASE("the diff names case, figure, both values, the change and what is allowed") {
  const std::string text = describe(compare(recorded(), now(1100, 200), recorded().tolerances));
  CHECK_THAT(text, Catch::Contains("m on tiny, decode, batch 1, seq 1, context 0\n"));
  CHECK_THAT(text, Catch::Contains("1000 -> 1100") && Catch::Contains("+10.000 %  (allowed 0 %)"));
}

TEST_CASE("tolerances are percentages by kind") {
  Tolerances tolerances = recorded().tolerances;
  set_tolerances(tolerances, {"cycles=10", "area=0.5"});
  CHECK(tolerances == Tolerances{{"cycles", 10}, {"area_um2", 0.5}, {"energy_pj", 2}});
  for (const char* wrong : {"cycles", "cycles=", "cycles=-1", "speed=3", "cycles=1x", "cycles=nan", "cycles=inf"})
    CHECK_THROWS_AS(set_tolerances(tolerances, {wrong}), lutra::Error);
}

TEST_CASE("a baseline is written and read back as it was") {
  const lutra::test::TemporaryDirectory directory;
  const std::string file = directory.file("baseline.json");
  lutra::write_file_atomically(file, to_json(recorded()).dump(2));
  const Baseline back = read_baseline(file);
  CHECK(to_json(back) == to_json(recorded()));
}

TEST_CASE("lutra check passes on what it wrote and fails with a diff on a changed figure") {
  const lutra::test::TemporaryDirectory directory;
  const std::string file = directory.file("baseline.json");
  REQUIRE(check_command({"--baseline", file, "--write", "--arch", "edge_w2a8", "--no-price"}).exit_code == 0);
  CHECK(check_command({"--baseline", file}).exit_code == 0);
  nlohmann::json changed = nlohmann::json::parse(lutra::read_file(file));
  changed["cases"][0]["figures"]["cycles"]["total"] = changed["cases"][0]["figures"]["cycles"]["total"].get<double>() - 1;
  lutra::write_file_atomically(file, changed.dump(2));
  const lutra::ProcessResult result = check_command({"--baseline", file});
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.output, Catch::Contains("1 beyond tolerance") && Catch::Contains("--write"));
  CHECK(check_command({"--baseline", file, "--tolerance", "cycles=1"}).exit_code == 0);
  CHECK(check_command({"--baseline", file, "--no-price"}).exit_code == 2);
}

TEST_CASE("a baseline with an unknown key is refused with its place") {
  const lutra::test::TemporaryDirectory directory;
  const std::string file = directory.file("baseline.json");
  lutra::write_file_atomically(file, "{\"seed\": 1,\n \"case\": []}");
  const lutra::ProcessResult result = check_command({"--baseline", file});
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.output, Catch::Contains("baseline.json:2:"));
}

// What stands beside a design's Verilog: each file is read as its tool reads it.
#include "gen/companions.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "gen/netlist.h"
#include "isa/file.h"
#include "isa/register_map.h"
#include "sim/process/process.h"
#include "tests/isa/temporary_directory.h"
#include "tests/shipped_config.h"

namespace lutra::test {
namespace {

ArchConfig tiny() { return test::shipped_config("tiny"); }

}  // namespace

TEST_CASE("the file list and the FuseSoC core name every Verilog file, leaves first") {
  const gen::Design design = gen::generate(tiny());
  std::string names;
  for (const gen::EmittedFile& f : design.files) names += f.name + "\n";
  CHECK(gen::companion(design, "lutra_core.f") == names);
  const std::string& text = gen::companion(design, "lutra_core.core");
  CHECK(text.rfind("CAPI=2:\n", 0) == 0);
  const YAML::Node core = YAML::Load(text.substr(text.find('\n') + 1));
  CHECK(core["name"].as<std::string>() == std::string("lutra:core:tiny:") + LUTRA_VERSION);
  std::string listed;
  for (const YAML::Node& file : core["filesets"]["rtl"]["files"]) listed += file.as<std::string>() + "\n";
  CHECK(listed == names);
  CHECK(core["filesets"]["constraints"]["files"][0].as<std::string>() == "lutra_core.sdc");
  for (const char* target : {"default", "lint", "synth"}) {
    CHECK(core["targets"][target]["toplevel"].as<std::string>() == "lutra_core");
    for (const YAML::Node& fileset : core["targets"][target]["filesets"]) CHECK(core["filesets"][fileset.as<std::string>()].IsDefined());
  }
}

TEST_CASE("OpenSTA reads the constraints of every machine without a warning") {
  for (const char* name : {"tiny", "edge_w2a8"}) {
    const gen::Design design = gen::generate(test::shipped_config(name));
    std::string core;
    for (const gen::EmittedFile& f : design.files)
      if (f.name == "lutra_core.v") core = f.text;
    // A netlist of ports is all that constraints speak of.
    std::string names, declarations;
    for (const gen::Port& p : gen::ports_of(core, "lutra_core")) {
      names += (names.empty() ? "" : ", ") + p.name;
      const std::string bits = p.bits > 1 ? fmt::format("[{}:0] ", p.bits - 1) : "";
      declarations += fmt::format("  {} {}{};\n", p.output ? "output" : "input", bits, p.name);
    }
    std::string thresholds;
    for (const char* edge : {"rise", "fall"})
      for (const char* what : {"input_threshold_pct_", "output_threshold_pct_", "slew_lower_threshold_pct_", "slew_upper_threshold_pct_"})
        thresholds += std::string("  ") + what + edge + " : 50;\n";
    const TemporaryDirectory folder;
    write_file_atomically(folder.file("ports.v"), "module lutra_core (" + names + ");\n" + declarations + "endmodule\n");
    write_file_atomically(folder.file("none.lib"), "library (none) {\n" + thresholds +
                                                       "  cell (buf) {\n    pin (a) { direction : input; }\n"
                                                       "    pin (y) { direction : output; function : \"a\"; }\n  }\n}\n");
    write_file_atomically(folder.file("lutra_core.sdc"), gen::companion(design, "lutra_core.sdc"));
    write_file_atomically(folder.file("read.tcl"),
                          "read_liberty none.lib\nread_verilog ports.v\nlink_design lutra_core\nread_sdc lutra_core.sdc\n"
                          "puts \"clocks [llength [all_clocks]]\"\nexit\n");
    const std::string output = run_checked("reading constraints", {"sta", "-no_splash", "-exit", "read.tcl"}, folder.file("."));
    INFO(name);
    CHECK(output.find("clocks 1") != std::string::npos);
    CHECK(output.find("arning") == std::string::npos);
    CHECK(output.find("rror") == std::string::npos);
  }
}

TEST_CASE("the constraints hold the configuration's clock and every port once") {
  ArchConfig config = tiny();
  config.clock_mhz = 800;
  const gen::Design design = gen::generate(config);
  const std::string& text = gen::companion(design, "lutra_core.sdc");
  CHECK_THAT(text, Catch::Contains("create_clock -name clk -period 1.25 [get_ports clk_i]"));
  CHECK_THAT(text, Catch::Contains("set_input_delay 0.25 -clock clk [get_ports {rst_ni "));
  std::istringstream words(text);
  std::string word, all = " ";
  while (words >> word) {
    std::erase_if(word, [](char c) { return c == '{' || c == '}' || c == '[' || c == '*' || c == ']'; });
    all += word + " ";
  }
  for (const gen::EmittedFile& f : design.files)
    if (f.name == "lutra_core.v")
      for (const gen::Port& p : gen::ports_of(f.text, "lutra_core")) {
        const std::size_t first = all.find(" " + p.name + " ");
        INFO(p.name);
        CHECK(first != std::string::npos);
        CHECK(all.find(" " + p.name + " ", first + 1) == std::string::npos);
      }
}

TEST_CASE("the register header compiles as strict C99 and gives every register's offset") {
  const TemporaryDirectory folder;
  const gen::Design design = gen::generate(tiny());
  write_file_atomically(folder.file("lutra_core.h"), gen::companion(design, "lutra_core.h"));
  std::string program = "#include \"lutra_core.h\"\n";
  for (const Register& r : registers())
    program +=
        "typedef char is_" + std::string(r.name) + "[LUTRA_" + std::string(r.name) + " == " + std::to_string(r.offset) + "u ? 1 : -1];\n";
  program += "typedef char is_a_bus[LUTRA_AXI_DATA_BYTES == 8u && LUTRA_CLOCK_HZ == 50000000u ? 1 : -1];\n";
  write_file_atomically(folder.file("check.c"), program);
  const ProcessResult result =
      run_process({"gcc", "-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only", folder.file("check.c")});
  INFO(result.output);
  CHECK(result.exit_code == 0);
}

TEST_CASE("the memory list and the manifest say what a flow has to know") {
  const ArchConfig config = tiny();
  const gen::Design design = gen::generate(config);
  const auto list = nlohmann::json::parse(gen::companion(design, "lutra_core_memories.json"));
  const auto manifest = nlohmann::json::parse(gen::companion(design, "manifest.json"));
  CHECK(manifest["memories"] == list["memories"]);
  CHECK(list["memories"].size() == design.memories.size());
  for (const auto& m : list["memories"]) {
    CHECK(m["path"].get<std::string>() == "u_buffers." + m["instance"].get<std::string>());
    CHECK(m["words"].get<int>() * m["bits"].get<int>() > 0);
    CHECK(m["ports"]["read"] == 1);
    CHECK(m["ports"]["write"] == 1);
  }
  CHECK(manifest["lutra_version"] == LUTRA_VERSION);
  CHECK(manifest["config_hash"] == config_hash(config));
  CHECK(manifest["configuration"]["array"]["columns"] == 4);
  CHECK(manifest["configuration"]["clock_mhz"] == 50);
  CHECK(manifest["configuration"]["memory"]["kind"] == "simple");
  for (const char* key : {"file_list", "fusesoc_core", "constraints", "register_header", "memory_list"})
    CHECK_FALSE(gen::companion(design, manifest[key].get<std::string>()).empty());
}

}  // namespace lutra::test

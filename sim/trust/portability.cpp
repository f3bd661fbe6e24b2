// Writes a design into a scratch directory and runs the tools there.
#include "sim/trust/portability.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "gen/generator.h"
#include "isa/error.h"
#include "isa/file.h"
#include "sim/process/process.h"

namespace lutra::trust {
namespace {

using Json = nlohmann::json;

struct Family {
  const char* name;
  const char* command;
};
constexpr Family kFamilies[] = {{"ice40", "synth_ice40"}, {"ecp5", "synth_ecp5"}, {"xilinx", "synth_xilinx -family xc7 -flatten"}};

constexpr const char *kDevice = "hx8k", *kPackage = "ct256";

/// A design's Verilog in a directory of its own.
class Files {
 public:
  explicit Files(const ArchConfig& config) : directory_(cache_directory()) {
    const gen::Design design = gen::generate(config);
    top_ = design.top;
    for (const gen::EmittedFile& f : design.files) add(f.name, f.text);
  }
  void add(const std::string& name, const std::string& text) {
    write_file_atomically(directory_.path() + "/" + name, text);
    names_.push_back(name);
  }
  [[nodiscard]] const std::string& path() const { return directory_.path(); }
  [[nodiscard]] const std::string& top() const { return top_; }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] std::vector<std::string> command(std::vector<std::string> words) const {
    words.insert(words.end(), names_.begin(), names_.end());
    return words;
  }
  [[nodiscard]] std::string read_verilog() const { return fmt::format("read_verilog {}", fmt::join(names_, " ")); }

 private:
  ScratchDirectory directory_;
  std::string top_;
  std::vector<std::string> names_;
};

std::string lines_with(const std::string& text, const std::string& word, int most) {
  std::istringstream lines(text);
  std::string found;
  for (std::string line; most > 0 && std::getline(lines, line);)
    if (line.find(word) != std::string::npos) found += line + "\n", --most;
  return found;
}

/// Cells by type, from the file that `stat -json` wrote.
std::map<std::string, int> cells_of(const std::string& path) {
  const std::string text = read_file(path);
  const Json stat = Json::parse(text.substr(text.find('{')));
  std::map<std::string, int> cells;
  for (const auto& [type, count] : stat.at("design").at("num_cells_by_type").items()) cells[type] = count.get<int>();
  return cells;
}

/// A block with every input at a bit of a shift register, and the parity of all outputs on a pin.
std::string harness(const std::string& path, const std::string& top) {
  const std::string text = read_file(path + "/" + top + ".v");
  static const std::regex port(R"((input|output)\s+wire\s+(?:\[(\d+):0\])?\s*(\w+))");
  int in = 0, out = 0;
  std::string connections;
  for (std::sregex_iterator it(text.begin(), text.end(), port), end; it != end; ++it) {
    const std::smatch& m = *it;
    const std::string name = m[3];
    const int bits = m[2].matched ? std::stoi(m[2]) + 1 : 1;
    if (name == "clk_i" || name == "rst_ni") continue;
    int& next = m[1] == "input" ? in : out;
    connections += fmt::format(",\n    .{}({}[{} +: {}])", name, m[1] == "input" ? "in_q" : "out", next, bits);
    next += bits;
  }
  return fmt::format(
      "module lutra_harness (input wire clk_i, input wire rst_ni, input wire scan_i, output reg parity_o);\n"
      "  reg [{0}:0] in_q;\n  reg [{1}:0] out_q;\n  wire [{1}:0] out;\n"
      "  always @(posedge clk_i) begin\n    in_q <= {{in_q[{2}:0], scan_i}};\n    out_q <= out;\n    parity_o <= ^out_q;\n  end\n"
      "  {3} i_block (\n    .clk_i(clk_i),\n    .rst_ni(rst_ni){4}\n  );\nendmodule\n",
      in - 1, out - 1, in - 2, top, connections);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> complaints(const ArchConfig& config) {
  const Files files(config);
  std::vector<std::pair<std::string, std::string>> said;
  const auto note = [&said](const char* tool, const ProcessResult& result, const std::string& warnings) {
    if (result.exit_code != 0 || !warnings.empty()) said.emplace_back(tool, warnings.empty() ? result.output.substr(0, 2000) : warnings);
  };
  const ProcessResult verilator =
      run_process(files.command({"verilator", "--lint-only", "-Wall", "-Wno-DECLFILENAME", "--top-module", files.top()}), files.path());
  note("verilator", verilator, verilator.output.substr(0, 2000));
  const ProcessResult yosys = run_process(
      {"yosys", "-p", fmt::format("{}; hierarchy -check -top {}; proc; check -assert", files.read_verilog(), files.top())}, files.path());
  note("yosys", yosys, lines_with(yosys.output, "arning:", 10));
  const ProcessResult icarus = run_process(files.command({"iverilog", "-g2005", "-Wall", "-t", "null", "-s", files.top()}), files.path());
  note("icarus", icarus, icarus.output.substr(0, 2000));
  return said;
}

std::vector<std::string> fpga_families() {
  std::vector<std::string> names;
  for (const Family& family : kFamilies) names.emplace_back(family.name);
  return names;
}

std::map<std::string, int> map_to_fpga(const ArchConfig& config, const std::string& family) {
  const Files files(config);
  for (const Family& f : kFamilies) {
    if (f.name != family) continue;
    run_checked(
        fmt::format("mapping {} to {}", config.name, family),
        {"yosys", "-q", "-p", fmt::format("{}; {} -top {}; tee -q -o stat.json stat -json", files.read_verilog(), f.command, files.top())},
        files.path());
    return cells_of(files.path() + "/stat.json");
  }
  throw Error(fmt::format("no FPGA family '{}'; allowed: {}", family, fmt::join(fpga_families(), ", ")));
}

Placement place_and_route(const ArchConfig& config, const std::string& block, double wanted_mhz, std::uint64_t seed) {
  Files files(config);
  files.add("lutra_harness.v", harness(files.path(), block));
  run_checked(fmt::format("mapping {} of {} to ice40", block, config.name),
              {"yosys", "-q", "-p", files.read_verilog() + "; synth_ice40 -abc9 -top lutra_harness -json mapped.json"}, files.path());
  run_checked(fmt::format("placing and routing {} of {}", block, config.name),
              {"nextpnr-ice40", "--quiet", std::string("--") + kDevice, "--package", kPackage, "--json", "mapped.json", "--report",
               "report.json", "--freq", fmt::format("{:g}", wanted_mhz), "--seed", fmt::format("{}", seed), "--timing-allow-fail"},
              files.path());
  const Json report = Json::parse(read_file(files.path() + "/report.json"));
  Placement placement{fmt::format("iCE40 {}-{}", kDevice, kPackage), wanted_mhz, 0, {}};
  for (const auto& [clock, fmax] : report.at("fmax").items()) placement.reached_mhz = fmax.at("achieved").get<double>();
  for (const auto& [resource, use] : report.at("utilization").items())
    if (use.at("used").get<int>() > 0) placement.used[resource] = {use.at("used").get<int>(), use.at("available").get<int>()};
  return placement;
}

}  // namespace lutra::trust

// What a report shows: the summary and the details of one run, read from JSON and checked.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace lutra::report {

/// One group of equal operators in a phase. Seconds and bytes are those of all calls together.
struct Operator {
  std::string phase;  // "decode" or "prefill"
  std::string name;   // "gate_proj", "attention", ...
  std::string shape;  // "M x N x K", or what else says its size
  std::string types;  // "ternary x int8"
  long long calls = 0;
  bool on_core = false;
  double macs = 0;
  double bytes = 0;
  double cycles = 0;  // 0 off the core
  double seconds = 0;
};

struct AreaBlock {
  std::string block;
  double area_um2 = 0;
  double power_mw = 0;
};

/// One program that ran on the RTL and on the model.
struct CosimProgram {
  std::string name;
  std::string phase;
  std::string shape;
  double macs = 0;
  long long rtl_cycles = 0;
  long long model_cycles = 0;
  long long mismatched_bits = 0;
  long long cycle_difference = 0;
};

struct EnergyPart {
  std::string component;
  double joule_per_token = 0;
  bool included = true;  // in energy_j_per_token
  std::string source;
};

struct RooflinePeak {
  std::string name;
  double gops = 0;
};
struct RooflinePoint {
  std::string name;
  std::string phase;
  double ops_per_byte = 0;
  double gops = 0;
};
struct Roofline {
  double bandwidth_gb_s = 0;
  std::vector<RooflinePeak> peaks;
  std::vector<RooflinePoint> points;
};

struct Step {
  std::string name;
  double seconds = 0;
  std::string result;
};

/// The headline figures, named as in summary.json.
struct Summary {
  std::string model, library, boundary, tops_per_w_basis, lutra_version, config_hash;
  unsigned long long seed = 0;
  double tokens_per_s = 0, tokens_per_s_projections = 0, energy_j_per_token = 0, prefill_s = 0;
  double area_um2 = 0, clock_mhz = 0, worst_slack_ps = 0, tops_per_mm2 = 0, tops_per_w = 0;
  long long programs = 0, mismatched_bits = 0, cycle_difference = 0;
  double macs = 0;
  std::vector<std::string> not_on_core;

  [[nodiscard]] bool agrees() const { return programs > 0 && mismatched_bits == 0 && cycle_difference == 0; }
  [[nodiscard]] bool meets_clock() const { return worst_slack_ps >= 0; }
};

struct Document {
  Summary summary;
  std::string arch_name, arch_description, arch_yaml, command, created;
  std::vector<std::pair<std::string, std::string>> notes;  // substitutions and assumptions: what, why
  std::vector<Operator> operators;
  std::vector<AreaBlock> area;
  std::vector<CosimProgram> cosim;
  std::vector<EnergyPart> energy;
  Roofline roofline;
  std::vector<Step> steps;
};

/// Builds the document from the two JSON values; the file names are for messages. Throws Error naming file and key where a
/// key is missing or has the wrong type.
Document parse_document(const nlohmann::json& summary, const std::string& summary_file, const nlohmann::json& details,
                        const std::string& details_file);
/// Reads DIR/summary.json and DIR/details.json.
Document read_document(const std::string& directory);

}  // namespace lutra::report

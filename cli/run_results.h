// What the main job found out, and the two documents it writes of it: summary.json and details.json.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/operator_groups.h"
#include "cli/steps.h"
#include "isa/arch_config.h"
#include "isa/program.h"
#include "sim/cost/ppa.h"
#include "sim/system/cosimulate.h"
#include "sim/system/simulate.h"

namespace lutra::cli {

/// One phase of the model: traced, compiled, simulated.
struct PhaseResult {
  std::string name;  // "decode" or "prefill"
  workloads::Trace trace;
  Program program;
  system::SimulationResult simulation;
  std::vector<OperatorGroup> groups;
};

/// A co-simulated program and how the report calls it.
struct CosimEntry {
  std::string name, phase, shape;
  system::CosimResult result;
};

struct RunResults {
  ArchConfig config;
  std::string model;
  std::string command;
  std::uint64_t seed = 1;
  double stall_probability = 0;
  PhaseResult decode, prefill;
  std::vector<CosimEntry> cosim;
  std::vector<std::pair<std::string, std::string>> notes;  // substitutions and assumptions
  cost::Ppa ppa;
};

/// Energy of a token by component; only included ones enter energy_j_per_token.
struct EnergyComponent {
  std::string component;
  double j_per_token = 0;
  bool included = true;
  std::string source;
};

/// Cost of every operator on the core, by name.
std::map<std::string, CoreCost> core_costs(const Program& program, const system::SimulationResult& simulation);
std::vector<EnergyComponent> energy_components(const RunResults& results);
nlohmann::json summary_json(const RunResults& results);
nlohmann::json details_json(const RunResults& results, const std::vector<FinishedStep>& steps);

}  // namespace lutra::cli

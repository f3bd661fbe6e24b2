// Mutants of a core's Verilog: Yosys breaks it in many places at once, each behind a switch; the regression bench has to notice each one.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "gen/verilog.h"
#include "isa/arch_config.h"
#include "sim/regression/bench.h"

namespace lutra::trust {

struct Mutant {
  int number = 0;       // value of the switch that turns it on; 0 is the unbroken core
  std::string block;    // module, by its name in the Verilog
  std::string where;    // file:line.column of what is broken
  std::string how;      // mode, port and bit
  std::string command;  // of Yosys, without the switch
};

/// One netlist that holds all mutants of a core; an input of its top module, "lutra_mutant", chooses.
struct MutatedCore {
  ArchConfig config;
  std::vector<gen::EmittedFile> files;
  std::string top;
  std::vector<Mutant> mutants;
};

/// `count` mutants, spread evenly by Yosys over cells, signals and source lines of every block.
MutatedCore mutate_core(const ArchConfig& config, int count, std::uint64_t seed);

enum class Verdict { kKilled, kEquivalent, kSurvived };

struct MutantResult {
  Mutant mutant;
  Verdict verdict = Verdict::kSurvived;
  std::string killer;  // the run that noticed
};

/// The regression bench, and twice as many hostile programs as random ones, which reach the ends of fields and counters.
std::vector<regression::BenchRun> mutation_bench(const ArchConfig& config, int random_programs, std::uint64_t seed);

/// The first run of the bench in which a mutant and the model part; "" for none. Number 0: of the unbroken core.
std::string run_mutant(const MutatedCore& core, int number, const std::vector<regression::BenchRun>& bench);

/// Whether SAT proves that the block of a mutant computes what it did, at every named signal and instance, by induction over cycles.
bool proven_equivalent(const ArchConfig& config, const Mutant& mutant);

struct MutationOptions {
  int mutants = 30;
  int random_programs = 40;
  std::uint64_t seed = 1;
  std::function<void(double)> progress;  // share done
};
/// All of it for one configuration. Verdicts are kept in the cache, each as it is found. Throws Error (check failed) where the unbroken
/// netlist differs from the model.
std::vector<MutantResult> mutation_test(const ArchConfig& config, const MutationOptions& options);

}  // namespace lutra::trust

// The regression bench of a core: runs that a broken machine does not survive in lockstep with the model.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "isa/arch_config.h"
#include "sim/cosim/lockstep.h"
#include "sim/memory/memory.h"
#include "sim/model/host.h"
#include "sim/regression/core_programs.h"

namespace lutra::regression {

struct BenchRun {
  std::string name;
  memory::Image image;
  model::HostScript script;
  memory::MemoryOptions memory;
};

/// The run on model and RTL in step.
cosim::LockstepSetup setup_of(const ArchConfig& config, const BenchRun& run);

/// A matrix product, launched once with a watchdog that it does not reach, behind a memory that stalls with probability `stalls`.
BenchRun product_run(const Product& product, double stalls, std::uint64_t seed);
/// A random program, launched twice, with a watchdog; often with stalls, SLVERR, addresses outside the window or not aligned.
BenchRun random_run(const ArchConfig& config, const memory::Image& image, std::mt19937_64& random);
/// Every register written, all of its bits both ways, and read again.
BenchRun register_run(std::mt19937_64& random);
/// A program aborted at a random cycle and run to its end afterwards.
BenchRun abort_run(const ArchConfig& config, const memory::Image& image, std::mt19937_64& random);

/// Registers, products with and without segments and stalls, aborts, then `random_programs` random ones: the first find most.
std::vector<BenchRun> regression_bench(const ArchConfig& config, int random_programs, std::uint64_t seed);

}  // namespace lutra::regression

// Programs that mean harm: random bytes, random instructions, real programs with flipped bits; the core has to end, trap or be stopped, and
// to stay in its window.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "isa/arch_config.h"
#include "sim/regression/bench.h"

namespace lutra::trust {

/// Number `seed`: a third each of random bytes, instructions with random fields, and a matrix product with flipped bits. The window leaves
/// out the program and what lies beyond the outputs; loops without end meet the watchdog.
regression::BenchRun hostile_run(const ArchConfig& config, std::uint64_t seed);

struct HostileResult {
  std::int64_t programs = 0;
  std::map<std::string, std::int64_t> ends;  // "done", or the trap's name
  std::int64_t endless = 0;                  // neither done nor trapped
  std::int64_t outside = 0;                  // programs with a burst outside the window
  std::int64_t parted = 0;                   // model and RTL differ
  std::string first_failure;                 // of the last three, with its seed
};

/// `count` programs from `first` on, on the model; with `rtl`, beside the Verilated core in lockstep.
HostileResult attack(const ArchConfig& config, std::uint64_t first, std::int64_t count, bool rtl,
                     const std::function<void(double)>& progress = {});

}  // namespace lutra::trust

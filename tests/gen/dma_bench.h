// Lockstep bench of load unit, store unit and buffers: Verilog under random stimulus, then the model under the same.
#pragma once

#include <cstdint>
#include <string>

#include "isa/arch_config.h"

namespace lutra::test {

struct DmaScenario {
  ArchConfig config;
  std::uint64_t seed = 1;
  int cycles = 4000;
  double stalls = 0;       // of the memory
  double push = 0.3;       // chance of a command at an edge, each unit
  double grant = 0.5;      // chance that a semaphore request is granted
  double bad_command = 0;  // share of commands that are misaligned or outside the window
  double stop = 0;         // chance of a stop at an edge
  double port_use = 0.2;   // chance of a buffer read, an accumulator read and an accumulator write at an edge
  bool errors = false;     // part of memory answers SLVERR
  bool loads = true;
  bool stores = true;
  int read_queue = 32;  // of the memory
  int write_queue = 32;
};

struct DmaReport {
  std::string difference;  // empty: Verilog and model agree in every edge and bit
  int retired = 0;         // commands that ended
  int traps = 0;
  std::int64_t read_beats = 0;
  std::int64_t write_beats = 0;
  int model_edges = 0;  // edges that the lazy model visited
};

/// Runs the Verilog, then the model twice: visiting every edge, and visiting only edges with stimulus and those next_event() names.
DmaReport run_dma(const DmaScenario& scenario);

}  // namespace lutra::test

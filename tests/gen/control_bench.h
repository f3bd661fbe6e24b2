// Command processor, registers and semaphores, RTL and model under the same neighbours: units whose answers are hashes of the cycle.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "isa/arch_config.h"
#include "isa/geometry.h"
#include "isa/instruction.h"
#include "sim/cosim/host_driver.h"
#include "sim/cosim/verilated_module.h"
#include "sim/model/control.h"
#include "sim/model/csr.h"
#include "sim/model/host.h"
#include "sim/model/semaphores.h"

namespace lutra::test {

/// How often the neighbours do what, in 1/256 of the cycles.
struct NeighbourSettings {
  std::uint64_t seed = 1;
  int ready = 200;
  int idle = 200;
  int request = 60;
  int done = 20;
  int trap = 0;
};

/// What the bench's neighbours do at an edge: a function of seed and cycle.
struct Neighbours {
  explicit Neighbours(const NeighbourSettings& s) : settings(s) {}
  [[nodiscard]] std::uint64_t hash(model::Cycle now, int what) const;
  [[nodiscard]] bool chance(model::Cycle now, int what, int of_256) const { return static_cast<int>(hash(now, what) & 0xFF) < of_256; }
  [[nodiscard]] bool ready(model::Cycle now, int unit) const { return chance(now, unit, settings.ready); }
  [[nodiscard]] bool idle(model::Cycle now, int unit) const { return chance(now, 8 + unit, settings.idle); }
  [[nodiscard]] bool request(model::Cycle now, int unit) const { return chance(now, 16 + unit, settings.request); }
  [[nodiscard]] std::uint8_t mask(model::Cycle now, int unit) const;
  [[nodiscard]] bool done(model::Cycle now, int unit) const { return chance(now, 32 + unit, settings.done); }
  [[nodiscard]] std::uint8_t signal(model::Cycle now, int unit) const;
  [[nodiscard]] bool trap(model::Cycle now, int unit) const {
    return settings.trap != 0 && hash(now, 48 + unit) % 4096 < static_cast<std::uint64_t>(settings.trap);
  }
  [[nodiscard]] int trap_cause(model::Cycle now, int unit) const { return 7 + static_cast<int>(hash(now, 56 + unit) % 5); }
  [[nodiscard]] std::uint64_t trap_address(model::Cycle now, int unit, int bits) const {
    return hash(now, 64 + unit) & ((std::uint64_t{1} << bits) - 1);
  }
  [[nodiscard]] bool fetch_ready(model::Cycle now) const { return chance(now, 72, 128); }
  NeighbourSettings settings;
};

/// Everything the two sides show, as text lines with their cycle, in a fixed order within a cycle.
using Log = std::vector<std::string>;

/// A program and the script that runs it.
struct ControlCase {
  std::vector<Encoded> program;
  model::HostScript script;
  NeighbourSettings neighbours;
  int fetch_cycles = 7;  // from the fetch handshake to fetch_done
};

/// Runs the Verilated blocks for `cycles` edges.
Log run_rtl(cosim::VerilatedModule& module, const ArchConfig& config, const ControlCase& test, int cycles);
/// Runs the model for `cycles` edges.
Log run_model(const ArchConfig& config, const ControlCase& test, int cycles);
/// Builds lutra_csr, lutra_control and lutra_semaphores as one module.
std::unique_ptr<cosim::VerilatedModule> build_bench(const ArchConfig& config);

}  // namespace lutra::test

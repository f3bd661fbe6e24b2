#include "sim/system/stimulus_recording.h"

#include <vector>

#include "sim/cosim/rtl_core.h"
#include "sim/model/core.h"
#include "sim/system/launch.h"
#include "workloads/operands.h"

namespace lutra::system {
namespace {

/// Ports of the core in a fixed order, written a row an edge.
class Recorder {
 public:
  explicit Recorder(cost::Stimulus& to) : to_(to) {}

  void operator()(const cosim::VerilatedModule& module) {
    if (ports_.empty()) declare(module);
    to_.begin_cycle();
    for (std::size_t i = 0; i < ports_.size(); ++i) to_.write(i, ports_[i].bytes());
  }

 private:
  void declare(const cosim::VerilatedModule& module) {
    for (const auto& [name, port] : module.ports()) {
      if (name == "clk_i") continue;
      const auto& inputs = module.inputs();
      to_.add_port(name, port.bits(), std::find(inputs.begin(), inputs.end(), name) == inputs.end());
      ports_.push_back(port);
    }
  }

  cost::Stimulus& to_;
  std::vector<cosim::PortRef> ports_;
};

/// What happened in cycles [0, now) of a job.
model::Counters counted_until(const ArchConfig& config, const memory::Memory& memory, const model::HostScript& script, model::Cycle now) {
  memory::Memory copy(config, memory.options());
  copy.image() = memory.image();
  model::Core core(config, copy, script, {nullptr, false});
  while (core.now() < now && core.step()) {
  }
  return core.counters();
}

}  // namespace

Recording record_stimulus(const ArchConfig& config, const Program& program, std::size_t index, const workloads::WeightSource& weights,
                          const workloads::ActivationSource& activations, std::size_t skip, std::size_t cycles) {
  const workloads::PlacedJob placed = workloads::placed_job(config, program, index);
  memory::Memory memory(config);
  place_code(program, memory.image());
  workloads::place_operands(placed, weights, activations, [&](std::uint64_t address, std::span<const std::uint8_t> bytes) {
    memory.image().write(address, bytes.data(), bytes.size());
  });
  const model::HostScript script = script_of(program, std::span(&index, 1));
  const model::Counters before = counted_until(config, memory, script, static_cast<model::Cycle>(skip));
  const model::Counters after = counted_until(config, memory, script, static_cast<model::Cycle>(skip + cycles));
  Recording recording;
  for (auto member :
       {&model::Counters::cycles, &model::Counters::instructions, &model::Counters::array_steps, &model::Counters::array_waits,
        &model::Counters::builder_busy, &model::Counters::read_beats, &model::Counters::write_beats, &model::Counters::control_stalls})
    recording.events.*member = after.*member - before.*member;
  cosim::RtlCore core(config, memory, script, nullptr, {}, Recorder(recording.stimulus));
  const std::size_t reset_rows = recording.stimulus.cycles();
  while (core.now() < static_cast<model::Cycle>(skip + cycles) && !core.finished()) core.step();
  recording.skip = reset_rows + skip;
  const Geometry geometry(config);
  const double tokens_share =
      static_cast<double>(placed.layout.shape.tokens < config.array.rows ? placed.layout.shape.tokens : config.array.rows) /
      config.array.rows;
  recording.macs =
      static_cast<double>(recording.events.array_steps) * geometry.one_bit_macs_per_cycle * tokens_share / placed.layout.type.planes;
  return recording;
}

}  // namespace lutra::system

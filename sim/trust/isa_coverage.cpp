// Counts what the runs show against the tables.
#include "sim/trust/isa_coverage.h"

#include <fmt/format.h>

#include <set>

#include "isa/error.h"
#include "isa/instruction.h"
#include "sim/model/core.h"
#include "sim/regression/isa_runs.h"

namespace lutra::trust {
namespace {

constexpr std::uint32_t kTrapped = 4;

/// What a run showed: issued opcodes, and STATUS, CAUSE, TRAP_PC.
struct Seen : model::EventSink {
  std::set<std::uint64_t> opcodes;
  bool first_executed = false;
  std::uint32_t status = 0, cause = 0, pc = 0;

  void event(const model::Event& e) override {
    if (e.channel != model::Channel::kIssue) return;
    opcodes.insert(e.b);
    first_executed = first_executed || e.a == 0;
  }
  [[nodiscard]] bool trapped(Trap with) const { return status == kTrapped && cause == static_cast<std::uint32_t>(with); }
};

/// In lockstep, then on the model alone, which by then is known to show the same events.
Seen see(const ArchConfig& config, const regression::BenchRun& run) {
  cosim::Lockstep lockstep(regression::setup_of(config, run));
  if (!cosim::run_to_end(lockstep))
    throw Error(fmt::format("{} on {}: {}", run.name, config.name, lockstep.divergence()->str()), {}, Error::Kind::kCheckFailed);
  Seen seen;
  memory::Memory memory(config, run.memory);
  memory.image() = run.image;
  model::Core core(config, memory, run.script, {&seen, true});
  core.run();
  const std::vector<std::uint32_t>& read = core.host().read_values();
  seen.status = read.at(0), seen.cause = read.at(1), seen.pc = read.at(2);
  return seen;
}

void note(bool reached, std::int64_t& count, IsaCoverage& result, const std::string& what) {
  count += reached ? 1 : 0;
  if (!reached) result.missed.push_back(what);
}

}  // namespace

IsaCoverage isa_coverage(const ArchConfig& config) {
  IsaCoverage result;
  std::set<std::uint64_t> opcodes;
  for (const regression::BorderRun& border : regression::border_runs(config)) {
    const Seen seen = see(config, border.run);
    opcodes.insert(seen.opcodes.begin(), seen.opcodes.end());
    const bool refused = !seen.first_executed && seen.trapped(Trap::kBadField) && seen.pc == 0;
    ++result.borders;
    note(border.legal ? seen.first_executed || refused : refused, result.visited, result, border.run.name);
    if (border.legal && refused) result.refused.push_back(border.run.name);
  }
  for (const regression::TrapRun& trap : regression::trap_runs(config)) {
    const Seen seen = see(config, trap.run);
    opcodes.insert(seen.opcodes.begin(), seen.opcodes.end());
    ++result.traps;
    note(seen.trapped(trap.cause), result.taken, result, trap.run.name);
  }
  const Seen product = see(config, regression::product_run(regression::matrix_product(config, 3, 8, 2, 1, 0, 1), 0, 1));
  opcodes.insert(product.opcodes.begin(), product.opcodes.end());
  for (const InstructionInfo& info : instructions()) {
    ++result.instructions;
    note(opcodes.count(static_cast<std::uint64_t>(info.opcode)) != 0, result.executed, result, std::string(info.mnemonic));
  }
  return result;
}

}  // namespace lutra::trust

// Runs the Verilated core with its registers in reach, inverts one bit, and looks at how the host sees the end.
#include "sim/trust/faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <stdexcept>

#include "gen/generator.h"
#include "isa/error.h"
#include "isa/instruction.h"
#include "isa/timing/stop_timing.h"
#include "sim/cosim/rtl_core.h"
#include "sim/system/cosimulate.h"
#include "sim/system/launch.h"
#include "workloads/compile.h"
#include "workloads/operands.h"

namespace lutra::trust {
namespace {

constexpr std::uint32_t kDone = 2, kTrapped = 4, kBusy = 1;
constexpr model::Cycle kAnswerCycles = 200;  // far more than the accesses that ask how it ended

/// Registers that hold operands and results on their way; the pipelines of the array and of floating-point units are told by instance.
constexpr std::string_view kDataRegisters[] = {"tables_q", "sum_q",        "value_q",   "ocw_data_q", "bwr_data_q",
                                               "wdata_q",  "activation_q", "operand_q", "result_q"};

Program compiled(const ArchConfig& config, const FaultLayer& layer) {
  workloads::Trace trace = workloads::trace_model(workloads::load_model("bitnet_b158_2b4t"), {workloads::Phase::kDecode, 1, 1, 2048});
  const auto found = std::find_if(trace.operators.begin(), trace.operators.end(),
                                  [](const workloads::Operator& op) { return op.on_core && op.kind == "gemm"; });
  if (found == trace.operators.end()) throw std::logic_error("the model has no projection");
  workloads::Operator projection = *found;
  projection.n = layer.outputs;
  projection.k = layer.depth;
  projection.macs = projection.m * projection.n * projection.k;
  trace.operators = {projection};
  return workloads::compile(config, trace);
}

bool has(const std::string& name, std::string_view part) { return name.find(part) != std::string::npos; }

}  // namespace

std::string_view place_name(Place place) {
  switch (place) {
    case Place::kTables:
      return "tables";
    case Place::kWeights:
      return "weights";
    case Place::kAccumulators:
      return "accumulators";
    case Place::kOtherMemories:
      return "other memories";
    case Place::kControl:
      return "control state";
    case Place::kDatapath:
      return "data registers";
  }
  return "";
}

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kMasked:
      return "masked";
    case Outcome::kSilent:
      return "silent corruption";
    case Outcome::kDetected:
      return "trap";
    case Outcome::kWatchdog:
      return "watchdog";
    case Outcome::kBus:
      return "broken burst";
    case Outcome::kHang:
      return "hang";
  }
  return "";
}

Place place_of(const std::string& name) {
  for (const char* buffer : {".i_table", ".i_sums", ".i_scales"})
    if (has(name, ".u_buffers.") && has(name, buffer)) return Place::kTables;
  if (has(name, ".u_buffers.i_weight")) return Place::kWeights;
  if (has(name, ".u_buffers.i_accumulator")) return Place::kAccumulators;
  if (has(name, ".u_buffers.i_")) return Place::kOtherMemories;
  const std::string leaf = name.substr(name.rfind('.') + 1);
  if (has(name, ".i_datapath.")) return leaf == "acc_q" || leaf == "result_q" ? Place::kAccumulators : Place::kDatapath;
  const bool data = std::find(std::begin(kDataRegisters), std::end(kDataRegisters), leaf) != std::end(kDataRegisters);
  return data || has(name, ".gen_output") ? Place::kDatapath : Place::kControl;
}

std::int64_t FaultTally::upsets() const {
  std::int64_t all = 0;
  for (const auto& [outcome, count] : ends) all += count;
  return all;
}

struct FaultCampaign::Setting {
  ArchConfig config;
  std::uint64_t seed = 1;
  gen::Design design;
  memory::Image before, after;  // of the run without upset
  model::Launch launch;
  model::Cycle first = 0, end = 0;  // edges at which the program runs
  std::vector<cosim::StateRef> state;

  [[nodiscard]] std::unique_ptr<cosim::VerilatedModule> module() const {
    cosim::BuildOptions build;
    build.verilator_flags = {"--public-flat-rw"};
    return cosim::VerilatedModule::build(design.files, design.top, build);
  }
  /// First edge at which the host no longer waits for the interrupt.
  [[nodiscard]] model::Cycle patience() const {
    return first + static_cast<model::Cycle>(launch.watchdog) + timing::kDrainCycles + kAnswerCycles;
  }
};

namespace {

/// A core in the hands of a host that starts a program, waits for the interrupt or until its patience ends, and asks for the status.
class WatchedRun {
 public:
  WatchedRun(const ArchConfig& config, std::unique_ptr<cosim::VerilatedModule> module, const memory::Image& image,
             const model::Launch& launch)
      : memory_(config),
        module_(module.get()),
        core_(config, std::move(module), memory_, model::HostScriptWriter().start(launch).script(), nullptr) {
    memory_.image() = image;
    core_.ignore_protocol();
  }

  [[nodiscard]] bool started() const { return core_.finished(); }
  [[nodiscard]] bool interrupted() const { return started() && module_->port("irq_o").get() != 0; }
  [[nodiscard]] model::Cycle now() const { return core_.now(); }
  void step() { core_.step(); }
  [[nodiscard]] cosim::StateRef state(const std::string& name) const {
    for (const cosim::StateRef& state : module_->state())
      if (state.name() == name) return state;
    throw std::out_of_range("no register or memory " + name);
  }
  /// STATUS and CAUSE; fewer where the core does not answer.
  std::vector<std::uint32_t> ask() {
    const model::HostScript script = model::HostScriptWriter().read("STATUS").read("CAUSE").script();
    for (const model::HostOp& op : script) core_.host().append(op);
    for (model::Cycle n = 0; n < kAnswerCycles && !core_.finished(); ++n) core_.step();
    return core_.host().read_values();
  }
  [[nodiscard]] const memory::Image& image() const { return memory_.image(); }

 private:
  memory::Memory memory_;
  cosim::VerilatedModule* module_;
  cosim::RtlCore core_;
};

}  // namespace

FaultCampaign::FaultCampaign(const ArchConfig& config, const FaultLayer& layer, std::uint64_t seed)
    : setting_(std::make_unique<Setting>()) {
  const Program program = compiled(config, layer);
  const auto weights = workloads::make_generated_weights(seed);
  const auto activations = workloads::make_generated_activations(seed);
  system::CosimulateOptions options;
  options.weights = weights.get();
  options.activations = activations.get();
  const system::CosimResult golden = system::cosimulate(config, program, 0, options);
  if (!golden.equal())
    throw Error(fmt::format("{} without upset: RTL, model and golden outputs differ", config.name), {}, Error::Kind::kCheckFailed);
  Setting& s = *setting_;
  s.config = config;
  s.seed = seed;
  s.design = gen::generate(config);
  system::place_code(program, s.before);
  workloads::place_operands(
      workloads::placed_job(config, program, 0), *weights, *activations,
      [&](std::uint64_t address, std::span<const std::uint8_t> bytes) { s.before.write(address, bytes.data(), bytes.size()); });
  s.launch = system::launch_of(program, program.jobs.at(0), 2 * static_cast<std::uint64_t>(golden.rtl_cycles));
  WatchedRun run(config, s.module(), s.before, s.launch);
  s.state = s.module()->state();
  while (!run.started()) run.step();
  s.first = run.now();
  while (!run.interrupted()) run.step();
  s.end = run.now();
  if (run.ask() != std::vector<std::uint32_t>{kDone, 0}) throw std::logic_error("the run without upset does not end well");
  s.after = run.image();
}

FaultCampaign::~FaultCampaign() = default;

std::int64_t FaultCampaign::first() const { return setting_->first; }

std::int64_t FaultCampaign::cycles() const { return setting_->end - setting_->first; }

std::int64_t FaultCampaign::bits(Place place) const {
  std::int64_t all = 0;
  for (const cosim::StateRef& s : setting_->state)
    if (place_of(s.name()) == place) all += std::int64_t{1} * s.bits() * s.words();
  return all;
}

Upset FaultCampaign::draw(Place place, std::uint64_t n) const {
  std::seed_seq mixed{setting_->seed, static_cast<std::uint64_t>(place), n};
  std::mt19937_64 random(mixed);
  std::int64_t left = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(bits(place)));
  const auto cycle = setting_->first + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(cycles()));
  for (const cosim::StateRef& s : setting_->state) {
    if (place_of(s.name()) != place) continue;
    const std::int64_t own = std::int64_t{1} * s.bits() * s.words();
    if (left < own) return {s.name(), static_cast<int>(left / s.bits()), static_cast<int>(left % s.bits()), cycle};
    left -= own;
  }
  throw std::logic_error("more bits than there are");
}

FaultCampaign::End FaultCampaign::run(const Upset& upset) const {
  const Setting& s = *setting_;
  WatchedRun run(s.config, s.module(), s.before, s.launch);
  cosim::StateRef target = run.state(upset.name);
  std::vector<std::uint32_t> read;
  try {
    while (run.now() < upset.cycle) run.step();
    target.flip(upset.word, upset.bit);
    while (!run.interrupted() && run.now() < s.patience()) run.step();
    read = run.ask();
  } catch (const std::logic_error&) {
    return {Outcome::kBus, false};  // the memory cannot go on
  }
  if (read.size() < 2) return {Outcome::kHang, false};
  if ((read[0] & kTrapped) != 0)
    return {read[1] == static_cast<std::uint32_t>(Trap::kWatchdog) ? Outcome::kWatchdog : Outcome::kDetected, (read[0] & kBusy) != 0};
  if ((read[0] & kDone) == 0) return {Outcome::kHang, false};
  return {run.image().first_difference(s.after) ? Outcome::kSilent : Outcome::kMasked, false};
}

FaultResult FaultCampaign::attack(std::int64_t upsets, const std::function<void(double)>& progress) const {
  FaultResult result;
  result.cycles = cycles();
  double done = 0;
  for (const Place place : kPlaces) {
    FaultTally& tally = result.places[place];
    tally.bits = bits(place);
    for (std::int64_t n = 0; n < upsets && tally.bits > 0; ++n) {
      const Upset upset = draw(place, static_cast<std::uint64_t>(n));
      const End end = run(upset);
      ++tally.ends[end.outcome];
      tally.stuck += end.stuck ? 1 : 0;
      if (end.outcome == Outcome::kHang)
        result.hangs.push_back(fmt::format("{} word {} bit {} in front of edge {}", upset.name, upset.word, upset.bit, upset.cycle));
      if (progress && n % 16 == 0) progress((done + static_cast<double>(n) / static_cast<double>(upsets)) / std::size(kPlaces));
    }
    ++done;
  }
  return result;
}

}  // namespace lutra::trust

// Drives Yosys' mutate and runs the result beside the model.
#include "sim/trust/mutation.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <regex>
#include <sstream>

#include "gen/generator.h"
#include "isa/error.h"
#include "isa/file.h"
#include "isa/sha256.h"
#include "sim/process/process.h"
#include "sim/trust/hostile.h"

namespace lutra::trust {
namespace {

constexpr const char* kSwitch = "lutra_mutant";
constexpr int kSwitchBits = 16;
constexpr model::Cycle kMaxCycles = 400000;
constexpr int kSatSeconds = 120;

/// What both the shared netlist and the proofs start from, so that generated names of cells are the same.
std::string reading(const gen::Design& design, const std::string& directory) {
  std::string script = "read_verilog";
  for (const gen::EmittedFile& f : design.files) {
    write_file_atomically(directory + "/" + f.name, f.text);
    script += " " + f.name;
  }
  return script + fmt::format("; hierarchy -check -top {}; proc; ", design.top);
}

/// The word behind `option` in a command.
std::string option_of(const std::string& command, const std::string& option) {
  const std::size_t at = command.find(" -" + option + " ");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + option.size() + 3;
  return command.substr(begin, command.find(' ', begin) - begin);
}

/// "lutra_fifo" of "$paramod$9de1...\lutra_fifo" and of "$paramod\lutra_fifo\DEPTH=4".
std::string block_of(const std::string& module) {
  static const std::regex name(R"(lutra_\w+)");
  std::smatch found;
  return std::regex_search(module, found, name) ? found.str() : module;
}

Mutant mutant_of(int number, const std::string& line) {
  static const std::regex control(" -ctrl \\S+ \\d+ \\d+"), source(R"( -src (\S+))");
  Mutant mutant;
  mutant.number = number;
  mutant.command = std::regex_replace(line, control, "");
  mutant.block = block_of(option_of(line, "module"));
  for (std::sregex_iterator it(line.begin(), line.end(), source), end; it != end && mutant.where.empty(); ++it) mutant.where = (*it)[1];
  mutant.how = fmt::format("{} {}[{}]", option_of(line, "mode"), option_of(line, "port"), option_of(line, "portbit"));
  if (const std::string wire = option_of(line, "wire"); !wire.empty()) mutant.how += " " + wire;
  return mutant;
}

/// Runs one mutant; true where it is noticed.
bool noticed(const MutatedCore& core, int number, const regression::BenchRun& run) {
  cosim::LockstepSetup setup = regression::setup_of(core.config, run);
  setup.max_cycles = kMaxCycles;
  setup.make_module = [&core, number] {
    auto module = cosim::VerilatedModule::build(core.files, core.top);
    module->port(kSwitch).set(static_cast<std::uint64_t>(number));
    return module;
  };
  cosim::Lockstep lockstep(setup);
  try {
    return !cosim::run_to_end(lockstep);
  } catch (const std::exception&) {
    return true;  // the memory refuses what breaks the rules of AXI
  }
}

/// Of a run: equal for equal machines' equal stimuli.
std::string fingerprint(const regression::BenchRun& run) {
  std::string text = fmt::format("{} {} {} {} {} {}\n", run.name, run.image.sha256(), run.memory.stall_probability, run.memory.seed,
                                 run.memory.read_queue, run.memory.write_queue);
  for (const auto& range : run.memory.slverr) text += fmt::format("slverr {} {}\n", range.first, range.bytes);
  for (const model::HostOp& op : run.script)
    text += fmt::format("{} {} {} {}\n", static_cast<int>(op.kind), op.offset, op.data, op.not_before);
  return sha256_hex(text);
}

constexpr const char* kVerdicts[] = {"killed", "equivalent", "survived"};  // by Verdict

/// Verdicts in the cache, a file each, by what they follow from: a measurement that was killed goes on where it stood.
class VerdictCache {
 public:
  VerdictCache(const MutatedCore& core, const std::vector<regression::BenchRun>& bench) {
    std::string text = fmt::format("{}\n{}\n", kSatSeconds, sha256_hex(core.files.at(0).text));
    for (const regression::BenchRun& run : bench) text += fingerprint(run) + "\n";
    directory_ = cache_directory() + "/mutants/" + sha256_hex(text).substr(0, 32);
    std::filesystem::create_directories(directory_);
  }

  [[nodiscard]] std::optional<MutantResult> find(const Mutant& mutant) const {
    if (!std::filesystem::exists(file_of(mutant))) return std::nullopt;
    std::istringstream text(read_file(file_of(mutant)));
    std::string verdict, killer;
    std::getline(text, verdict);
    std::getline(text, killer);
    const auto* const known = std::find(std::begin(kVerdicts), std::end(kVerdicts), verdict);
    if (known == std::end(kVerdicts)) return std::nullopt;
    return MutantResult{mutant, static_cast<Verdict>(known - std::begin(kVerdicts)), killer};
  }
  void keep(const MutantResult& result) const {
    write_file_atomically(file_of(result.mutant), fmt::format("{}\n{}\n", kVerdicts[static_cast<int>(result.verdict)], result.killer));
  }

 private:
  [[nodiscard]] std::string file_of(const Mutant& mutant) const { return fmt::format("{}/{}", directory_, mutant.number); }

  std::string directory_;
};

}  // namespace

MutatedCore mutate_core(const ArchConfig& config, int count, std::uint64_t seed) {
  const gen::Design design = gen::generate(config);
  const ScratchDirectory work(cache_directory());
  const std::string script =
      reading(design, work.path()) +
      fmt::format("mutate -list {} -seed {} -ctrl {} {} 1 -o mutants.ys; script mutants.ys; write_verilog -noattr mutated.v", count, seed,
                  kSwitch, kSwitchBits);
  run_checked(fmt::format("mutating {}", config.name), {"yosys", "-q", "-p", script}, work.path());
  MutatedCore core{config, {{"mutated.v", read_file(work.path() + "/mutated.v")}}, design.top, {}};
  std::istringstream lines(read_file(work.path() + "/mutants.ys"));
  for (std::string line; std::getline(lines, line);) core.mutants.push_back(mutant_of(static_cast<int>(core.mutants.size()) + 1, line));
  return core;
}

std::vector<regression::BenchRun> mutation_bench(const ArchConfig& config, int random_programs, std::uint64_t seed) {
  std::vector<regression::BenchRun> bench = regression::regression_bench(config, random_programs, seed);
  for (int n = 0; n < 2 * random_programs; ++n) bench.push_back(hostile_run(config, seed + static_cast<std::uint64_t>(n)));
  return bench;
}

std::string run_mutant(const MutatedCore& core, int number, const std::vector<regression::BenchRun>& bench) {
  for (std::size_t i = 0; i < bench.size(); ++i)
    if (noticed(core, number, bench[i])) return fmt::format("{} ({})", bench[i].name, i);
  return {};
}

bool proven_equivalent(const ArchConfig& config, const Mutant& mutant) {
  const gen::Design design = gen::generate(config);
  const ScratchDirectory work(cache_directory());
  const std::string module = option_of(mutant.command, "module");
  std::string broken = mutant.command;
  broken.replace(broken.find(module), module.size(), "gate");
  const std::string script =
      reading(design, work.path()) +
      fmt::format(
          "copy {0} gold; copy {0} gate; {1}; memory -nordff -nomap gold gate; memory_map gold gate; "
          "equiv_make gold gate equiv; hierarchy -top equiv; opt_clean; equiv_struct; equiv_simple -seq 1; equiv_induct -seq 3; "
          "equiv_status -assert",
          module, broken);
  write_file_atomically(work.path() + "/prove.ys", std::regex_replace(script, std::regex("; "), "\n") + "\n");
  return run_process({"timeout", std::to_string(kSatSeconds), "yosys", "-q", "prove.ys"}, work.path()).exit_code == 0;
}

std::vector<MutantResult> mutation_test(const ArchConfig& config, const MutationOptions& options) {
  const MutatedCore core = mutate_core(config, options.mutants, options.seed);
  const std::vector<regression::BenchRun> bench = mutation_bench(config, options.random_programs, options.seed);
  if (const std::string parted = run_mutant(core, 0, bench); !parted.empty())
    throw Error(fmt::format("the unbroken netlist of {} differs from the model in run {}", config.name, parted), {},
                Error::Kind::kCheckFailed);
  const VerdictCache cache(core, bench);
  std::vector<MutantResult> results;
  for (const Mutant& mutant : core.mutants) {
    std::optional<MutantResult> result = cache.find(mutant);
    if (!result) {
      result = {mutant, Verdict::kKilled, run_mutant(core, mutant.number, bench)};
      if (result->killer.empty()) result->verdict = proven_equivalent(config, mutant) ? Verdict::kEquivalent : Verdict::kSurvived;
      cache.keep(*result);
    }
    results.push_back(*std::move(result));
    if (options.progress) options.progress(static_cast<double>(results.size()) / static_cast<double>(core.mutants.size()));
  }
  return results;
}

}  // namespace lutra::trust

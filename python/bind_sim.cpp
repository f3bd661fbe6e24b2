// Simulation in Python.
#include <fmt/format.h>

#include <mutex>

#include "python/bind.h"
#include "python/convert.h"
#include "sim/memory/external.h"
#include "sim/system/fast.h"
#include "sim/system/simulate.h"
#include "workloads/compile.h"
#include "workloads/import/model_file.h"

namespace lutra::python {
namespace {

using system::JobResult;

struct SimOptions {
  std::string mode;
  bool values;
  double stall;
  std::uint64_t seed;
  std::optional<std::string> memory, weights_from;
};

/// A simulated program with what is needed to read it.
struct Simulation {
  ArchConfig arch;
  Program program;
  system::SimulationResult result;
};

system::SimulationResult run(const ArchConfig& arch, const Program& program, const SimOptions& options) {
  if (options.mode != "exact" && options.mode != "fast")
    throw Error(fmt::format("mode: given '{}', allowed are exact, fast{}", options.mode, did_you_mean(options.mode, {"exact", "fast"})));
  if (!(options.stall >= 0 && options.stall <= 0.95)) throw Error(fmt::format("stall: given {}, allowed is 0..0.95", options.stall));
  system::SimulateOptions simulate;
  simulate.memory.stall_probability = options.stall;
  simulate.memory.seed = options.seed;
  if (options.memory) simulate.memory.make_timing = memory::timing_from_file(*options.memory);
  std::unique_ptr<workloads::WeightSource> weights;
  std::unique_ptr<workloads::ActivationSource> activations;
  if (options.values) {
    weights = options.weights_from ? workloads::make_file_weights(workloads::open_model(*options.weights_from))
                                   : workloads::make_generated_weights(options.seed);
    activations = workloads::make_generated_activations(options.seed);
    simulate.weights = weights.get();
    simulate.activations = activations.get();
  }
  if (options.mode == "fast") return system::FastSimulator(arch, simulate.memory).run(program, simulate);
  // SystemC runs one simulation at a time in a process; other Python threads go on meanwhile.
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  return system::simulate(arch, program, simulate);
}

Simulation simulate(const ArchConfig& arch, const Program& program, const SimOptions& options) {
  if (program.program_hash != program_hash(arch))
    throw Error(fmt::format("the program was compiled for {} (program hash {}), the machine {} has {}", program.arch_name,
                            program.program_hash, arch.name, program_hash(arch)));
  const py::gil_scoped_release release;
  return {arch, program, run(arch, program, options)};
}

py::object jobs_frame(const Simulation& s) {
  const std::vector<JobResult>& rows = s.result.jobs;
  const auto job = [&](const JobResult& j) -> const Job& { return s.program.jobs[j.job]; };
  py::dict columns;
  columns["job"] = numbers<std::int64_t>(rows, [](const JobResult& j) { return j.job; });
  columns["op"] = words(rows, [&](const JobResult& j) { return job(j).op; });
  columns["kernel"] = words(rows, [&](const JobResult& j) { return s.program.kernels[static_cast<std::size_t>(job(j).kernel)].name; });
  columns["macs"] = numbers<std::int64_t>(rows, [&](const JobResult& j) { return job(j).macs; });
  columns["cycles"] = numbers<std::int64_t>(rows, [](const JobResult& j) { return j.cycles; });
  const struct {
    const char* name;
    std::int64_t model::Counters::*counter;
  } kCounters[] = {{"instructions", &model::Counters::instructions},    {"array_steps", &model::Counters::array_steps},
                   {"array_waits", &model::Counters::array_waits},      {"builder_busy", &model::Counters::builder_busy},
                   {"read_beats", &model::Counters::read_beats},        {"write_beats", &model::Counters::write_beats},
                   {"control_stalls", &model::Counters::control_stalls}};
  for (const auto& c : kCounters) columns[c.name] = numbers<std::int64_t>(rows, [&](const JobResult& j) { return j.counters.*c.counter; });
  return frame(columns);
}

/// Of a row of jobs_frame(): tokens x outputs, INT32, or FP32 where the machine writes that.
py::array outputs_of(const Simulation& s, std::size_t row) {
  if (row >= s.result.jobs.size()) throw py::index_error(fmt::format("row {} of {} simulated jobs", row, s.result.jobs.size()));
  const JobResult& job = s.result.jobs[row];
  if (job.outputs.empty()) throw Error("there are no outputs: simulate with values=True");
  const workloads::PlacedJob placed = workloads::placed_job(s.arch, s.program, job.job);
  const std::vector<py::ssize_t> shape = {static_cast<py::ssize_t>(placed.layout.shape.tokens),
                                          static_cast<py::ssize_t>(placed.layout.shape.outputs)};
  py::array_t<std::int32_t> bits(shape, job.outputs.data());
  if (s.arch.scale.unit == "float" && s.arch.scale.output == "full") return bits.attr("view")("float32");
  return bits;
}

double seconds(const Simulation& s) { return static_cast<double>(s.result.cycles) / (s.arch.clock_mhz * 1e6); }

}  // namespace

void bind_sim(py::module_& module) {
  py::class_<Simulation>(module, "Simulation", "What a program took on a machine.")
      .def_property_readonly(
          "cycles", [](const Simulation& s) { return s.result.cycles; }, "Of all jobs, repeats included.")
      .def_property_readonly(
          "clock_mhz", [](const Simulation& s) { return s.arch.clock_mhz; }, "Clock that seconds are stated for.")
      .def_property_readonly("seconds", &seconds, "cycles at clock_mhz.")
      .def_property_readonly(
          "simulation_s", [](const Simulation& s) { return s.result.seconds; }, "How long the simulation took.")
      .def_property_readonly(
          "skipped_cycles", [](const Simulation& s) { return s.result.skipped; }, "Fast mode: cycles added in closed form.")
      .def_property_readonly(
          "fallbacks", [](const Simulation& s) { return s.result.fallbacks; }, "Fast mode: what was run in full, and why.")
      .def_property_readonly("jobs", &jobs_frame, "A pandas.DataFrame, one row a job that ran, with its cycles and counters.")
      .def("outputs", &outputs_of, py::arg("row"),
           "Results of a row of `jobs` as a NumPy array, tokens x outputs: INT32, FP32 from a float scale unit, bits of a narrower output.")
      .def("__repr__",
           [](const Simulation& s) { return fmt::format("<lutra.Simulation on {}: {} cycles>", s.arch.name, s.result.cycles); });
  module.def(
      "sim",
      [](const ArchConfig& arch, const Program& program, const std::string& mode, bool values, double stall, std::uint64_t seed,
         const std::optional<std::string>& memory, const std::optional<std::string>& weights_from) {
        return simulate(arch, program, {mode, values, stall, seed, memory, weights_from});
      },
      py::arg("arch"), py::arg("program"), py::arg("mode") = "exact", py::arg("values") = false, py::arg("stall") = 0.0,
      py::arg("seed") = 1, py::arg("memory") = py::none(), py::arg("weights_from") = py::none(),
      "Runs a program on the cycle-accurate model; options as those of `lutra sim`.");
}

}  // namespace lutra::python

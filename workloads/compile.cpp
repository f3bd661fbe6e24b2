// Chooses plans, places tensors and writes jobs.
#include "workloads/compile.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "isa/error.h"
#include "workloads/codegen.h"

namespace lutra::workloads {
namespace {

constexpr std::uint64_t kAlignment = 4096;  // of tensors: a burst never has to stop in front of one
constexpr double kBytesPerGib = 1024.0 * 1024.0 * 1024.0;

std::string shape_name(const GemmShape& s) { return fmt::format("gemm_m{}_n{}_k{}_{}", s.tokens, s.outputs, s.depth, to_string(s.format)); }

std::string fits_control(const ArchConfig& arch, const KernelBuilder& kernel) {
  const auto words = static_cast<int>(kernel.code().size());
  if (words > arch.buffer.instruction_words)
    return fmt::format("buffer.instruction_words is {}, the kernel needs {}", arch.buffer.instruction_words, words);
  if (kernel.loop_depth() > arch.control.loop_depth)
    return fmt::format("control.loop_depth is {}, the kernel needs {}", arch.control.loop_depth, kernel.loop_depth());
  return "";
}

CompiledGemm finish(const ArchConfig& arch, const GemmLayout& layout, const GemmPlan& plan, const KernelBuilder& kernel) {
  const long long code_beats = ceil_div(static_cast<long long>(kernel.code().size()) * 16, layout.geometry.bus_bytes);
  return {layout,
          plan,
          kernel.code(),
          estimate(arch, layout, plan, kernel),
          (code_beats + kernel.read_beats()) * layout.geometry.bus_bytes,
          kernel.stored() * layout.geometry.output_bytes};
}

/// Hands out memory from the bottom up.
class MemoryMap {
 public:
  explicit MemoryMap(double size_gib) : limit_(static_cast<std::uint64_t>(size_gib * kBytesPerGib)) {}

  std::uint64_t place(long long bytes) {
    const std::uint64_t base = next_;
    next_ = (next_ + static_cast<std::uint64_t>(bytes) + kAlignment - 1) / kAlignment * kAlignment;
    return base;
  }
  /// The same place for the same key; grows only when it is first asked for.
  std::uint64_t place_shared(const std::string& key, long long bytes) {
    const auto found = shared_.find(key);
    if (found != shared_.end()) return found->second;
    return shared_[key] = place(bytes);
  }
  void check(const Trace& trace, const ArchConfig& arch) const {
    if (next_ <= limit_) return;
    throw Error(fmt::format(
        "{} needs {:.2f} GiB for weights, activations and outputs, memory.size_gib of '{}' is {}; set memory.size_gib to {} or more",
        trace.model, static_cast<double>(next_) / kBytesPerGib, arch.name, arch.memory.size_gib,
        static_cast<long long>(static_cast<double>(next_) / kBytesPerGib) + 1));
  }
  [[nodiscard]] std::uint64_t used() const { return next_; }

 private:
  std::uint64_t limit_;
  std::uint64_t next_ = kAlignment;  // address 0 stays unused
  std::map<std::string, std::uint64_t> shared_;
};

/// "layers.3.mlp.up_proj" -> "layers.*.mlp.up_proj": what the layers have in common.
std::string without_layer(const Operator& op) {
  const std::string prefix = fmt::format("layers.{}.", op.layer);
  return op.layer >= 0 && op.name.rfind(prefix, 0) == 0 ? "layers.*." + op.name.substr(prefix.size()) : op.name;
}

nlohmann::json kernel_metadata(const CompiledGemm& gemm) {
  const GemmShape& s = gemm.layout.shape;
  const GemmPlan& p = gemm.plan;
  return {{"tokens", s.tokens},
          {"outputs", s.outputs},
          {"depth", s.depth},
          {"weights", to_string(s.format)},
          {"planes", s.format.bits},
          {"chunk_ksteps", p.chunk_ksteps},
          {"block_tiles", p.block_tiles},
          {"block_ksteps", p.block_ksteps},
          {"group_tiles", p.group_tiles},
          {"pipelined", p.pipelined},
          {"chained", p.chained},
          {"weight_slots", p.weight_slots},
          {"estimated_cycles", gemm.estimate.total()}};
}

nlohmann::json program_metadata(const ArchConfig& arch, const Trace& trace) {
  nlohmann::json not_on_core = nlohmann::json::array();
  for (const Operator& op : trace.operators) {
    if (op.on_core) continue;
    not_on_core.push_back({{"name", op.name},
                           {"kind", op.kind},
                           {"layer", op.layer},
                           {"bytes_read", op.weight_bytes + op.activation_bytes + op.kv_bytes},
                           {"bytes_written", op.written_bytes},
                           {"macs", op.macs}});
  }
  return {{"producer", "lutra compile"},
          {"arch", arch.name},
          {"model", trace.model},
          {"phase", to_string(trace.request.phase)},
          {"batch", trace.request.batch},
          {"seq", trace.request.seq},
          {"context", trace.request.context},
          {"scales",
           arch.scale.unit == "float"
               ? "applied: outputs are the scaled sums as scale.output has them"
               : "not applied by an integer scale unit: outputs are the integer sums, and the operators that read them apply the scales"},
          {"kernels", nlohmann::json::array()},
          {"not_on_core", not_on_core}};
}

class Compiler {
 public:
  Compiler(const ArchConfig& arch, const Trace& trace, const CompileOptions& options)
      : arch_(arch), trace_(trace), options_(options), map_(arch.memory.size_gib) {}

  Program run() {
    program_.program_hash = program_hash(arch_);
    program_.arch_name = arch_.name;
    program_.metadata = program_metadata(arch_, trace_);
    for (const Operator& op : trace_.operators) {
      if (!op.on_core) continue;
      try {
        std::uint64_t macs = static_cast<std::uint64_t>(op.macs);
        for (const WeightFormat& pass : passes_of(*op.weights)) add_job(op, kernel_of(op, pass), pass, std::exchange(macs, 0));
      } catch (const Error& e) {
        throw Error(fmt::format("{}: {}", op.name, e.what()), {}, e.kind());
      }
    }
    const std::uint64_t code = code_bytes();
    program_.metadata["memory"] = {{"code_base", map_.place(static_cast<long long>(code))}, {"code_bytes", code}};
    program_.metadata["memory"]["used_bytes"] = map_.used();
    map_.check(trace_, arch_);
    return std::move(program_);
  }

 private:
  /// Index of the kernel for one pass of the operator, compiled when it is the first of its kind.
  int kernel_of(const Operator& op, const WeightFormat& pass) {
    const GemmShape shape{op.m, op.n, op.k, pass};
    const std::string name = shape_name(shape);
    const auto found = index_.find(name);
    if (found != index_.end()) return found->second;
    gemms_.push_back(compile_gemm(arch_, shape));
    Kernel kernel{name, {}};
    for (const Instruction& instruction : gemms_.back().code) kernel.code.push_back(encode(instruction));
    program_.kernels.push_back(std::move(kernel));
    program_.metadata["kernels"].push_back(kernel_metadata(gemms_.back()));
    return index_[name] = static_cast<int>(gemms_.size()) - 1;
  }

  /// Full-width multiply-accumulates are those of the first pass of an operator; the others complete them.
  void add_job(const Operator& op, int kernel, const WeightFormat& pass, std::uint64_t macs) {
    const CompiledGemm& gemm = gemms_[static_cast<std::size_t>(kernel)];
    const GemmLayout& layout = gemm.layout;
    const auto place = [this, &op](const std::string& what, long long bytes) {
      return options_.share_layers ? map_.place_shared(without_layer(op) + what, bytes) : map_.place(bytes);
    };
    Job job;
    job.kernel = kernel;
    job.op = op.name;
    job.layer = op.layer;
    job.args[static_cast<std::size_t>(GemmArgument::kWeights)] = map_.place(layout.weight_bytes);
    job.args[static_cast<std::size_t>(GemmArgument::kActivations)] = place("/activations", layout.activation_bytes);
    job.args[static_cast<std::size_t>(GemmArgument::kOutputs)] =
        place(pass.pass == 0 ? "/outputs" : fmt::format("/outputs#{}", pass.pass), layout.output_bytes);
    job.args[static_cast<std::size_t>(GemmArgument::kParameters)] = layout.has_parameters() ? map_.place(layout.parameter_bytes) : 0;
    job.args[static_cast<std::size_t>(GemmArgument::kTokenScales)] =
        layout.token_scale_bytes > 0 ? place("/token_scales", layout.token_scale_bytes) : 0;
    job.bytes_read = static_cast<std::uint64_t>(gemm.bytes_read);
    job.bytes_written = static_cast<std::uint64_t>(gemm.bytes_written);
    job.macs = macs;
    program_.jobs.push_back(job);
  }

  [[nodiscard]] std::uint64_t code_bytes() const {
    std::size_t longest = 0;
    for (const Kernel& kernel : program_.kernels) longest = std::max(longest, kernel.code.size());
    const std::uint64_t bus = static_cast<std::uint64_t>(arch_.axi.data_bits) / 8;
    return (longest * 16 + bus - 1) / bus * bus * program_.kernels.size();
  }

  const ArchConfig& arch_;
  const Trace& trace_;
  const CompileOptions& options_;
  MemoryMap map_;
  Program program_;
  std::vector<CompiledGemm> gemms_;
  std::map<std::string, int> index_;
};

}  // namespace

CompiledGemm compile_gemm(const ArchConfig& arch, const GemmShape& shape, const std::optional<GemmPlan>& forced) {
  std::optional<CompiledGemm> best;
  std::string why_not;
  for (const GemmPlan& plan : forced ? std::vector<GemmPlan>{*forced} : candidate_plans(arch, shape)) {
    const GemmLayout layout(arch, shape, plan.chunk_ksteps);
    const KernelBuilder kernel = emit_gemm(layout, plan);
    const std::string reason = fits_control(arch, kernel);
    if (!reason.empty()) {
      why_not = reason;
      continue;
    }
    CompiledGemm gemm = finish(arch, layout, plan, kernel);
    if (!best || gemm.estimate.total() < best->estimate.total()) best.emplace(std::move(gemm));
  }
  if (!best) throw Error("the configuration is too small for a tile: " + why_not);
  return std::move(*best);
}

Program compile(const ArchConfig& arch, const Trace& trace, const CompileOptions& options) { return Compiler(arch, trace, options).run(); }

PlacedJob placed_job(const ArchConfig& arch, const Program& program, std::size_t index) {
  const Job& job = program.jobs.at(index);
  try {
    const nlohmann::json& kernel = program.metadata.at("kernels").at(static_cast<std::size_t>(job.kernel));
    const GemmShape shape{kernel.at("tokens").get<long long>(), kernel.at("outputs").get<long long>(), kernel.at("depth").get<long long>(),
                          parse_weight_format(kernel.at("weights").get<std::string>())};
    if (shape.format.bits != kernel.at("planes").get<int>())
      throw Error(fmt::format("job {} ({}): the program was compiled for {} planes of {}, which now has {}", index, job.op,
                              kernel.at("planes").get<int>(), to_string(shape.format), shape.format.bits));
    return {GemmLayout(arch, shape, kernel.at("chunk_ksteps").get<int>()),
            {job.op, shape.outputs, shape.depth, shape.format},
            job.op,
            job.args[static_cast<std::size_t>(GemmArgument::kWeights)],
            job.args[static_cast<std::size_t>(GemmArgument::kActivations)],
            job.args[static_cast<std::size_t>(GemmArgument::kOutputs)],
            job.args[static_cast<std::size_t>(GemmArgument::kParameters)],
            job.args[static_cast<std::size_t>(GemmArgument::kTokenScales)],
            {arch.table.mode == "quantised" ? kernels::TableMode::kQuantised : kernels::TableMode::kExact, arch.array.table_inputs,
             arch.table.group, arch.table.scale == "power_of_two"},
            arch.scale.output,
            arch.array.activations};
  } catch (const nlohmann::json::exception& e) {
    throw Error(fmt::format("job {} ({}): the program's metadata does not describe its GEMM: {}", index, job.op, e.what()));
  }
}

}  // namespace lutra::workloads

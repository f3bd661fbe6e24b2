// Kernels over gathered clusters, their operands and their answers.
#include "workloads/gather.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "kernels/golden.h"
#include "workloads/gemm_plan.h"
#include "workloads/kernel_builder.h"

namespace lutra::workloads {
namespace {

enum Register { kTable = 1, kWeight, kActivation, kOut, kFrom, kTile, kWeightMem = 8, kActivationMem, kOutMem };
enum Semaphore { kWeightFree, kWeightReady, kOutFree, kOutReady, kTablesReady, kActivationReady };
constexpr int kToActivation = 1, kToWeight = 2;
constexpr std::uint64_t kAlignment = 4096;

int bit(Semaphore s) { return 1 << s; }

/// Consecutive clusters.
struct Run {
  long long first = 0, count = 0;
};

std::vector<Run> runs_of(std::span<const int> clusters) {
  std::vector<Run> runs;
  for (const int c : clusters) {
    if (!runs.empty() && runs.back().first + runs.back().count == c) {
      ++runs.back().count;
    } else {
      runs.push_back({c, 1});
    }
  }
  return runs;
}

class GatherEmitter {
 public:
  GatherEmitter(const ArchConfig& arch, const GemmLayout& layout, const GatherRequest& request)
      : arch_(arch), l_(layout), request_(request) {}

  KernelBuilder run(std::span<const int> clusters) {
    b_ = {};
    prologue();
    const std::vector<Run> runs = runs_of(clusters);
    if (request_.axis == NeuronAxis::kOutputs) {
      tables(l_.ksteps);
      outputs(runs);
    } else {
      tables(static_cast<int>(static_cast<long long>(clusters.size()) * per_cluster()));
      depth(runs, static_cast<int>(static_cast<long long>(clusters.size()) * per_cluster()));
    }
    b_.add(make(Opcode::kHalt));
    return std::move(b_);
  }

  /// Tiles (outputs) or k-steps (depth) of a cluster.
  [[nodiscard]] long long per_cluster() const {
    return request_.cluster / (request_.axis == NeuronAxis::kOutputs ? l_.columns : l_.geometry.kstep);
  }
  /// Words of weights that one product holds in the buffer. `ksteps` are those of the kernel's tables.
  [[nodiscard]] long long slot_words(int ksteps) const {
    return request_.axis == NeuronAxis::kOutputs ? l_.padded_weight_words(l_.chunk_ksteps) : std::int64_t{ksteps} * l_.plane_groups;
  }
  [[nodiscard]] int slots(int ksteps) const {
    return static_cast<int>(std::min<long long>(4, arch_.buffer.weight_words / slot_words(ksteps)));
  }

 private:
  void prologue() {
    std::int64_t shifts = 0;
    for (int p = 0; p < l_.type.planes; ++p) shifts |= std::int64_t{l_.type.shifts[static_cast<std::size_t>(p)]} << (4 * p);
    b_.add(make(Opcode::kSettype)
               .set("planes", l_.type.planes)
               .set("shifts", shifts)
               .set("zmode", static_cast<int>(l_.type.zero_mode))
               .set("zero", l_.type.zero_mode == kernels::ZeroMode::kConstant ? l_.type.zero : 0));
    b_.post(kOutFree, std::min(arch_.buffer.accumulator_tiles, 8));
  }

  /// The token's tables, once for everything that follows.
  void tables(int ksteps) {
    const Geometry& g = l_.geometry;
    const long long beats = ceil_div(std::int64_t{ksteps} * g.activation.stride_bytes, g.bus_bytes);
    b_.add(make(Opcode::kLoad)
               .set("signal", bit(kActivationReady))
               .set("buffer", kToActivation)
               .set("dst", kActivation)
               .set("mem", kActivationMem)
               .set("beats", beats)
               .set("rows", 1));
    b_.add(make(Opcode::kTbuild)
               .set("wait", bit(kActivationReady))
               .set("signal", bit(kTablesReady))
               .set("src", kActivation)
               .set("dst", kTable)
               .set("ksteps", ksteps)
               .set("rows", 1));
    b_.post(kWeightFree, slots(ksteps));
    // A product that nobody drains waits for the tables; what follows in program order follows in the array.
    b_.add(make(Opcode::kLmma)
               .set("wait", bit(kTablesReady))
               .set("table", kTable)
               .set("weight", kWeight)
               .set("ksteps", 1)
               .set("rows", 1)
               .set("out", kOut)
               .set("first", 1));
  }

  /// A chunk of a tile's k-steps; sums stay in the array from the first to the last one.
  void product(int ksteps, bool first, bool last) {
    b_.add(make(Opcode::kLmma)
               .set("wait", bit(kWeightReady) | (first ? bit(kOutFree) : 0))
               .set("signal", bit(kWeightFree) | (last ? bit(kOutReady) : 0))
               .set("table", kTable)
               .set("weight", kWeight)
               .set("ksteps", ksteps)
               .set("rows", 1)
               .set("out", kOut)
               .set("first", first ? 1 : 0)
               .set("last", last ? 1 : 0));
    if (!last) return;
    b_.add(make(Opcode::kStore)
               .set("wait", bit(kOutReady))
               .set("signal", bit(kOutFree))
               .set("src", kOut)
               .set("mem", kOutMem)
               .set("cols", l_.columns)
               .set("rows", 1)
               .set("mem_pitch", std::int64_t{l_.columns} * 4));
    b_.advance(kOut, 1);
    b_.advance(kOutMem, std::int64_t{l_.columns} * 4);
  }

  void load(int mem, long long bytes, bool waits, bool signals) {
    b_.add(make(Opcode::kLoad)
               .set("wait", waits ? bit(kWeightFree) : 0)
               .set("signal", signals ? bit(kWeightReady) : 0)
               .set("buffer", kToWeight)
               .set("dst", kFrom)
               .set("mem", mem)
               .set("beats", bytes / l_.geometry.bus_bytes)
               .set("rows", 1));
  }

  /// Chosen tiles, each with its whole depth in chunks.
  void outputs(const std::vector<Run>& runs) {
    long long at = 0;  // tile under the memory pointer
    for (const Run& run : runs) {
      b_.advance(kWeightMem, (run.first * per_cluster() - at) * l_.weight_tile_bytes);
      b_.loop(run.count * per_cluster(), [&] {
        for (int done = 0; done < l_.ksteps; done += l_.chunk_ksteps) {
          const int ksteps = std::min(l_.chunk_ksteps, l_.ksteps - done);
          const bool last = done + ksteps == l_.ksteps;
          load(kWeightMem, l_.weight_span(ksteps), true, true);
          product(ksteps, done == 0, last);
          b_.advance(kTable, last ? -done : ksteps);
          b_.advance(kWeightMem, l_.weight_span(ksteps));
          b_.advance(kWeight, l_.padded_weight_words(ksteps));
          b_.advance(kFrom, l_.padded_weight_words(ksteps));
        }
      });
      at = (run.first + run.count) * per_cluster();
    }
  }

  /// All tiles, each with the chosen k-steps side by side in the weight buffer.
  void depth(const std::vector<Run>& runs, int ksteps) {
    const long long kstep_bytes = l_.weight_chunk_bytes / l_.chunk_ksteps;  // a chunk is whole beats without padding, see check()
    b_.add(make(Opcode::kAddi).set("rd", kTile).set("rs", kWeightMem).set("imm", 0));
    b_.loop(l_.n_tiles, [&] {
      long long at = 0;
      for (std::size_t i = 0; i < runs.size(); ++i) {
        b_.advance(kTile, (runs[i].first * per_cluster() - at) * kstep_bytes);
        load(kTile, runs[i].count * per_cluster() * kstep_bytes, i == 0, i + 1 == runs.size());
        b_.advance(kFrom, runs[i].count * per_cluster() * l_.plane_groups);
        at = runs[i].first * per_cluster();
      }
      product(ksteps, true, true);
      b_.advance(kTile, l_.weight_tile_bytes - at * kstep_bytes);
      b_.advance(kWeight, slot_words(ksteps));
    });
  }

  const ArchConfig& arch_;
  const GemmLayout& l_;
  const GatherRequest& request_;
  KernelBuilder b_;
};

/// The fewest k-steps whose weights are whole beats: gathered ones then follow each other in the buffer without gaps.
int beat_ksteps(const ArchConfig& arch, const GatherRequest& r) {
  const Geometry geometry(arch);
  const int words = static_cast<int>(ceil_div(plane_type(r.shape.format).planes, arch.array.planes_per_cycle));
  return geometry.weight.words_per_line / std::gcd(geometry.weight.words_per_line, words);
}

void check(const ArchConfig& arch, const GatherRequest& r) {
  const bool outputs = r.axis == NeuronAxis::kOutputs;
  const long long kstep = std::int64_t{arch.array.table_inputs} * arch.array.tables_per_lane;
  const long long unit = outputs ? arch.array.columns : kstep * beat_ksteps(arch, r);
  const long long neurons = outputs ? r.shape.outputs : r.shape.depth;
  if (r.shape.tokens != 1) throw Error(fmt::format("{}: {} tokens, allowed 1: each token chooses its own neurons", r.name, r.shape.tokens));
  if (plane_type(r.shape.format).zero_mode == kernels::ZeroMode::kPerColumn)
    throw Error(fmt::format("{}: weights with a zero point a column are not gathered", r.name));
  if (r.cluster < 1 || r.cluster % unit != 0)
    throw Error(fmt::format("{}: clusters of {} neurons, allowed multiples of {}: what {} of this core skips", r.name, r.cluster, unit,
                            outputs ? "a tile" : "a beat of k-steps"));
  if (neurons % r.cluster != 0) throw Error(fmt::format("{}: {} neurons are no multiple of clusters of {}", r.name, neurons, r.cluster));
  if (r.clusters.empty()) throw Error(r.name + ": no cluster is chosen");
  for (std::size_t i = 0; i < r.clusters.size(); ++i) {
    if (r.clusters[i] < 0 || r.clusters[i] >= neurons / r.cluster)
      throw Error(fmt::format("{}: cluster {}, allowed 0 to {}", r.name, r.clusters[i], neurons / r.cluster - 1));
    if (i > 0 && r.clusters[i] == r.clusters[i - 1]) throw Error(fmt::format("{}: cluster {} is listed twice", r.name, r.clusters[i]));
    if (i > 0 && r.clusters[i] < r.clusters[i - 1])
      throw Error(fmt::format("{}: cluster {} comes after {}, clusters must ascend", r.name, r.clusters[i], r.clusters[i - 1]));
  }
}

/// Whether a kernel over these k-steps fits the buffers and the accumulators, with room for two products' weights: one is loaded
/// while the other is used. A single cluster may go without.
bool fits(const ArchConfig& arch, const GemmLayout& layout, const GatherEmitter& emitter, int ksteps, bool single) {
  return ksteps <= arch.buffer.table_words && ksteps <= arch.buffer.activation_words && emitter.slots(ksteps) >= (single ? 1 : 2) &&
         ksteps <= safe_ksteps(arch, layout.shape);
}

/// The most clusters from `first` on whose kernel the core can hold, and that kernel.
std::pair<std::size_t, KernelBuilder> longest_part(const ArchConfig& arch, const GemmLayout& layout, const GatherRequest& request,
                                                   std::size_t first) {
  GatherEmitter emitter(arch, layout, request);
  const std::span<const int> rest = std::span(request.clusters).subspan(first);
  std::size_t low = 0, high = rest.size();
  while (low < high) {
    const std::size_t middle = (low + high + 1) / 2;
    const long long ksteps = request.axis == NeuronAxis::kOutputs ? layout.ksteps : static_cast<long long>(middle) * emitter.per_cluster();
    const bool good = fits(arch, layout, emitter, static_cast<int>(std::min<long long>(ksteps, 1 << 20)), middle == 1) &&
                      static_cast<int>(emitter.run(rest.first(middle)).code().size()) <= arch.buffer.instruction_words;
    if (good) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  if (low == 0) throw Error(request.name + ": the core's buffers are too small for one cluster");
  return {low, emitter.run(rest.first(low))};
}

std::uint64_t place(std::uint64_t& next, long long bytes) {
  const std::uint64_t at = next;
  next += (static_cast<std::uint64_t>(bytes) + kAlignment - 1) / kAlignment * kAlignment;
  return at;
}

GemmLayout part_layout(const GatheredProduct& product, const GatheredProduct::Part& part, const ArchConfig& arch) {
  GemmShape shape = product.request.shape;
  if (product.request.axis == NeuronAxis::kDepth) shape.depth = static_cast<long long>(part.count) * product.request.cluster;
  return {arch, shape, 1};
}

/// Neurons of a part, in order.
std::vector<long long> neurons_of(const GatheredProduct& product, std::size_t first, std::size_t count) {
  std::vector<long long> neurons;
  for (std::size_t i = first; i < first + count; ++i)
    for (int n = 0; n < product.request.cluster; ++n)
      neurons.push_back(std::int64_t{product.request.clusters[i]} * product.request.cluster + n);
  return neurons;
}

}  // namespace

GatheredProduct compile_gather(const ArchConfig& arch, const GatherRequest& request) {
  if (arch.scale.unit == "float")
    throw Error(
        "scale.unit is float, but gathered products are written for the integer scale unit: their parts' sums are added up outside");
  check(arch, request);
  const bool outputs = request.axis == NeuronAxis::kOutputs;
  // Along depth the fewest k-steps that are whole beats are a chunk. Along outputs four chunks share the weight buffer.
  const long long ksteps = ceil_div(request.shape.depth, std::int64_t{arch.array.table_inputs} * arch.array.tables_per_lane);
  const long long words = ceil_div(plane_type(request.shape.format).planes, arch.array.planes_per_cycle);
  const int chunk =
      outputs ? static_cast<int>(std::clamp<long long>(arch.buffer.weight_words / (4 * words), 1, ksteps)) : beat_ksteps(arch, request);
  GatheredProduct product{{}, request, GemmLayout(arch, request.shape, chunk), 0, {}};
  std::uint64_t next = kAlignment;
  product.weight_base = place(next, product.layout.weight_bytes);
  product.program.program_hash = program_hash(arch);
  product.program.arch_name = arch.name;
  for (std::size_t first = 0; first < request.clusters.size();) {
    auto [count, builder] = longest_part(arch, product.layout, request, first);
    GatheredProduct::Part part{first, count, 0, 0, 0, 0};
    part.activation_bytes = part_layout(product, part, arch).activation_bytes;
    part.output_bytes = outputs ? static_cast<long long>(count) * request.cluster * 4 : product.layout.output_bytes;
    part.activation_base = place(next, part.activation_bytes);
    part.output_base = place(next, part.output_bytes);
    Kernel kernel{fmt::format("gather_{}", product.parts.size()), {}};
    for (const Instruction& instruction : builder.code()) kernel.code.push_back(encode(instruction));
    Job job;
    job.kernel = static_cast<int>(product.program.kernels.size());
    job.op = request.name;
    job.args[0] = product.weight_base;
    job.args[1] = part.activation_base;
    job.args[2] = part.output_base;
    job.macs = static_cast<std::uint64_t>(count) * static_cast<std::uint64_t>(request.cluster) *
               static_cast<std::uint64_t>(outputs ? request.shape.depth : request.shape.outputs);
    job.bytes_read = static_cast<std::uint64_t>(builder.read_beats()) * static_cast<std::uint64_t>(arch.axi.data_bits / 8);
    product.program.kernels.push_back(std::move(kernel));
    product.program.jobs.push_back(job);
    product.parts.push_back(part);
    first += count;
  }
  std::size_t longest = 0;
  for (const Kernel& kernel : product.program.kernels) longest = std::max(longest, kernel.code.size());
  const std::uint64_t code = (longest * 16 + kAlignment - 1) / kAlignment * kAlignment * product.program.kernels.size();
  const std::uint64_t code_base = place(next, static_cast<long long>(code));
  product.program.metadata["memory"] = {{"code_base", code_base}, {"code_bytes", code}, {"used_bytes", next}};
  return product;
}

void place_gather(const GatheredProduct& product, const WeightSource& weights, std::span<const std::int8_t> activations,
                  const MemoryWriter& write) {
  const GatherRequest& r = product.request;
  if (static_cast<long long>(activations.size()) != r.shape.depth)
    throw Error(fmt::format("{}: {} activations, the product has {}", r.name, activations.size(), r.shape.depth));
  pack_weights(product.layout, {r.name, r.shape.outputs, r.shape.depth, r.shape.format}, weights,
               [&](long long offset, std::span<const std::uint8_t> bytes) {
                 write(product.weight_base + static_cast<std::uint64_t>(offset), bytes);
               });
  for (const GatheredProduct::Part& part : product.parts) {
    std::vector<std::int8_t> chosen(activations.begin(), activations.end());
    if (r.axis == NeuronAxis::kDepth) {
      chosen.clear();
      for (const long long n : neurons_of(product, part.first, part.count)) chosen.push_back(activations[static_cast<std::size_t>(n)]);
    }
    // A row of activations is the k-steps' words one after the other (docs/microarchitecture.md).
    std::vector<std::uint8_t> packed(static_cast<std::size_t>(part.activation_bytes), 0);
    const long long kstep = product.layout.geometry.kstep, stride = product.layout.geometry.activation.stride_bytes;
    for (std::size_t k = 0; k < chosen.size(); ++k)
      packed[static_cast<std::size_t>(static_cast<long long>(k) / kstep * stride + static_cast<long long>(k) % kstep)] =
          static_cast<std::uint8_t>(chosen[k]);
    write(part.activation_base, packed);
  }
}

std::vector<std::int32_t> gathered_outputs(const GatheredProduct& product, const MemoryReader& read) {
  const bool outputs = product.request.axis == NeuronAxis::kOutputs;
  std::vector<std::int32_t> result(outputs ? 0 : static_cast<std::size_t>(product.request.shape.outputs), 0);
  for (const GatheredProduct::Part& part : product.parts) {
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(part.output_bytes));
    read(part.output_base, bytes);
    for (std::size_t i = 0; i * 4 < bytes.size(); ++i) {
      const std::uint32_t word = std::uint32_t{bytes[4 * i]} | std::uint32_t{bytes[4 * i + 1]} << 8 |
                                 std::uint32_t{bytes[4 * i + 2]} << 16 | std::uint32_t{bytes[4 * i + 3]} << 24;
      if (outputs) {
        result.push_back(static_cast<std::int32_t>(word));
      } else if (i < result.size()) {
        result[i] += static_cast<std::int32_t>(word);
      }
    }
  }
  return result;
}

std::vector<std::int32_t> expected_gather(const GatheredProduct& product, const WeightSource& weights,
                                          std::span<const std::int8_t> activations) {
  const GatherRequest& r = product.request;
  const std::vector<long long> neurons = neurons_of(product, 0, r.clusters.size());
  const Tensor tensor{r.name, r.shape.outputs, r.shape.depth, r.shape.format};
  const auto depth = static_cast<std::size_t>(r.shape.depth);
  std::vector<std::uint8_t> codes;
  std::vector<std::int8_t> inputs(activations.begin(), activations.end());
  std::vector<std::uint8_t> row(depth);
  if (r.axis == NeuronAxis::kOutputs) {
    for (const long long n : neurons) {
      weights.codes(tensor, n, n + 1, row.data());
      codes.insert(codes.end(), row.begin(), row.end());
    }
  } else {
    inputs.clear();
    for (const long long n : neurons) inputs.push_back(activations[static_cast<std::size_t>(n)]);
    for (long long o = 0; o < r.shape.outputs; ++o) {
      weights.codes(tensor, o, o + 1, row.data());
      for (const long long n : neurons) codes.push_back(row[static_cast<std::size_t>(n)]);
    }
  }
  const auto n_outputs = static_cast<int>(r.axis == NeuronAxis::kOutputs ? static_cast<long long>(neurons.size()) : r.shape.outputs);
  return kernels::golden_mpgemm({1, n_outputs, static_cast<int>(inputs.size()), plane_type(r.shape.format), inputs, codes, 0, {}});
}

}  // namespace lutra::workloads

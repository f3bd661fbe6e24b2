// Checks a weight matrix, decides how it is packed and run, and packs its parameters.
#include "kernels/plan.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

#include "isa/error.h"
#include "kernels/kernel_set.h"
#include "kernels/packing.h"

namespace lutra::kernels {
namespace {

constexpr int kMaxDepth = 1 << 17;  // the widest field's INT32 partial sums hold that many products
constexpr std::size_t kLargePage = std::size_t{1} << 21;

void expect(const char* what, std::size_t given, std::size_t wanted) {
  if (given != wanted) throw Error(fmt::format("plan: {} hold {} values, their shape needs {}", what, given, wanted));
}

void check_weights(const WeightMatrix& w) {
  if (w.outputs < 1 || w.depth < 1 || w.group < 0)
    throw Error(fmt::format("plan: shape {} x {} in groups of {} is not allowed", w.outputs, w.depth, w.group));
  if (w.depth > kMaxDepth) throw Error(fmt::format("plan: depth {} is beyond {}", w.depth, kMaxDepth));
  if (w.type.planes < 1 || w.type.planes > kMaxPlanes)
    throw Error(fmt::format("plan: {} planes, allowed are 1 to {}", w.type.planes, kMaxPlanes));
  for (int p = 0; p < w.type.planes; ++p) {
    if (w.type.shifts[static_cast<std::size_t>(p)] > 7)
      throw Error(fmt::format("plan: plane {} has shift {}, allowed are 0 to 7", p, w.type.shifts[static_cast<std::size_t>(p)]));
  }
  const auto n = static_cast<std::size_t>(w.outputs);
  const int group = w.group == 0 ? w.depth : w.group;
  const std::size_t parameters = static_cast<std::size_t>((w.depth + group - 1) / group) * n;
  expect("plane codes", w.codes.size(), n * static_cast<std::size_t>(w.depth));
  if (w.scales.size() > 1 || parameters == 1) expect("scales", std::max<std::size_t>(w.scales.size(), 1), parameters);
  if (w.type.zero_mode == ZeroMode::kPerColumn) expect("zero points", w.zeros.size(), parameters);
  if (!w.real_zeros.empty()) {
    expect("zero points", w.real_zeros.size(), parameters);
    if (w.type.zero_mode != ZeroMode::kNone) throw Error("plan: real_zeros come with zero mode kNone only");
  }
}

void check_options(const WeightMatrix& w, const PlanOptions& o) {
  if (o.table_k < 1 || o.table_k > 8) throw Error(fmt::format("plan: {} activations a table, allowed are 1 to 8", o.table_k));
  if (o.table_group < 0 || o.batch < 1) throw Error("plan: table_group is at least 0 and batch at least 1");
  if (o.mode == TableMode::kExact) return;
  const int group = w.group == 0 ? w.depth : w.group;
  const int table_group = o.mode == TableMode::kQuantised && o.table_group != 0 ? o.table_group : w.depth;
  const bool divides = group >= w.depth || table_group >= w.depth || group % table_group == 0 || table_group % group == 0;
  const auto whole = [&](int length) { return length >= w.depth || length % o.table_k == 0; };
  if (!divides) throw Error(fmt::format("plan: groups of {} and table groups of {}: one must divide the other", group, table_group));
  if (!whole(group) || !whole(table_group)) {
    throw Error(
        fmt::format("plan: tables of {} activations do not fill groups of {} and table groups of {}", o.table_k, group, table_group));
  }
}

/// Proves that no activations make acc' leave INT32: 128 times the sum of |q' - z'| of a row and segment (of a whole row for INT32
/// output, which adds segments up).
void check_bound(const WeightMatrix& w, int max_value) {
  int largest_zero = std::abs(w.type.zero_mode == ZeroMode::kConstant ? w.type.zero : 0);
  for (const std::int16_t z : w.zeros) largest_zero = std::max(largest_zero, std::abs(static_cast<int>(z)));
  const int group = w.group == 0 ? w.depth : w.group;
  const std::int64_t limit = std::numeric_limits<std::int32_t>::max() / 128;
  if (std::int64_t{max_value + largest_zero} * w.depth <= limit) return;
  const auto n = static_cast<std::size_t>(w.outputs), depth = static_cast<std::size_t>(w.depth);
  for (std::size_t row = 0; row < n; ++row) {
    std::int64_t magnitude = 0;
    for (std::size_t k = 0; k < depth; ++k) {
      int zero = w.type.zero_mode == ZeroMode::kConstant ? w.type.zero : 0;
      if (w.type.zero_mode == ZeroMode::kPerColumn) zero = w.zeros[k / static_cast<std::size_t>(group) * n + row];
      magnitude += std::abs(plane_value(w.type, w.codes[row * depth + k]) - zero);
    }
    if (magnitude > limit)
      throw Error(
          fmt::format("plan: output {} could leave INT32: its weights' magnitudes add up to {}, allowed is {}", row, magnitude, limit));
  }
}

std::vector<Chunk> dot_chunks(const PlanData& plan) {
  const int bits = std::bit_width(static_cast<unsigned>(plan.max_value));
  std::vector<Chunk> chunks;
  if (plan.options.dense_ternary) return {{ChunkKind::kDense, 0, 0, 0}};
  if (bits > 8) {  // plane weights so unlike 1, 2, 4, ... that u does not fit a byte: a chunk for each plane
    for (int p = 0; p < plan.type.planes; ++p) chunks.push_back({ChunkKind::kField1, plan.type.shifts[static_cast<std::size_t>(p)], 0, 0});
    return chunks;
  }
  int shift = 0;
  for (const ChunkKind kind : {ChunkKind::kField4, ChunkKind::kField4, ChunkKind::kField2, ChunkKind::kField1}) {
    const int width = field_bits(kind);
    if (bits - shift < width) continue;
    chunks.push_back({kind, shift, 0, 0});
    shift += width;
  }
  return chunks;
}

void choose_parameters(PlanData& plan, const WeightMatrix& w) {
  plan.unit_scales = std::all_of(w.scales.begin(), w.scales.end(), [](float s) { return s == 1.0F; });
  if (w.scales.size() == 1) plan.tensor_scale = w.scales[0];
  plan.column_scales = w.scales.size() > 1 && !plan.unit_scales;
  plan.offset = plan.max_value + (w.type.zero_mode == ZeroMode::kConstant ? w.type.zero : 0);
  plan.column_offsets = w.type.zero_mode == ZeroMode::kPerColumn;
  plan.real_zeros = !w.real_zeros.empty();
}

void lay_out(PlanData& plan) {
  int unit = 0;
  for (const Chunk& chunk : plan.chunks) unit = std::max(unit, chunk_depth(chunk));
  plan.padded_segment = (plan.segment + unit - 1) / unit * unit;
  for (Chunk& chunk : plan.chunks) {
    chunk.offset = plan.segment_bytes;
    chunk.bytes = static_cast<std::size_t>(plan.padded_segment / chunk_depth(chunk)) * chunk_bytes(chunk);
    plan.segment_bytes += chunk.bytes;
  }
  // The scalar layout has a byte a code and parameters of four bytes.
  plan.segment_bytes = (plan.segment_bytes + sizeof(float) - 1) / sizeof(float) * sizeof(float);
  plan.header_bytes = static_cast<std::size_t>(plan.parameter_kinds() * plan.block_outputs) * sizeof(float);
  plan.group_bytes = plan.header_bytes + plan.segment_bytes * static_cast<std::size_t>(plan.group_segments);
  plan.block_bytes =
      plan.header_bytes * static_cast<std::size_t>(plan.groups()) + plan.segment_bytes * static_cast<std::size_t>(plan.segments);
  plan.blocks = (plan.outputs + plan.block_outputs - 1) / plan.block_outputs;
}

}  // namespace

AlignedBytes::AlignedBytes(std::size_t size) : size_(size) {
  if (size == 0) return;
  const bool large = size >= kLargePage / 2;
  const std::size_t border = large ? kLargePage : kLineBytes, whole = (size + border - 1) / border * border;
  void* memory = std::aligned_alloc(border, whole);
  if (memory == nullptr) throw std::bad_alloc();
  if (large) madvise(memory, whole, MADV_HUGEPAGE);  // a wish: nothing depends on its result
  data_.reset(static_cast<std::uint8_t*>(memory));
}

AlignedBytes::AlignedBytes(const AlignedBytes& other) : AlignedBytes(other.size_) {
  if (size_ != 0) std::memcpy(data(), other.data(), size_);
}

AlignedBytes& AlignedBytes::operator=(const AlignedBytes& other) {
  if (this != &other) *this = AlignedBytes(other);
  return *this;
}

void AlignedBytes::Free::operator()(std::uint8_t* p) const { std::free(p); }

Plan::Plan(std::unique_ptr<const PlanData> data) : data_(std::move(data)) {}
Plan::Plan(Plan&&) noexcept = default;
Plan& Plan::operator=(Plan&&) noexcept = default;
Plan::~Plan() = default;
int Plan::outputs() const { return data_->outputs; }
int Plan::depth() const { return data_->depth; }
Family Plan::family() const { return data_->family; }
Target Plan::target() const { return data_->target; }
std::size_t Plan::bytes() const { return data_->weights.size(); }
double Plan::bits_per_weight() const { return 8.0 * static_cast<double>(bytes()) / (static_cast<double>(outputs()) * depth()); }

Plan make_plan(const WeightMatrix& w, const PlanOptions& options, int threads) {
  check_weights(w);
  check_options(w, options);
  auto plan = std::make_unique<PlanData>();
  plan->outputs = w.outputs;
  plan->depth = w.depth;
  plan->type = w.type;
  plan->options = options;
  plan->max_value = max_plane_value(w.type);
  plan->target = kernel_set(options.target).target;
  if (options.dense_ternary && plan->max_value != 2) throw Error("plan: dense_ternary needs two planes of weight 1");
  check_bound(w, plan->max_value);
  const int group = w.group == 0 ? w.depth : std::min(w.group, w.depth);
  plan->segment = group;
  if (options.mode == TableMode::kQuantised && options.table_group != 0) plan->segment = std::min(group, options.table_group);
  plan->segments = (w.depth + plan->segment - 1) / plan->segment;
  plan->group_segments = group / plan->segment + (group % plan->segment != 0 ? 1 : 0);
  choose_family(*plan);
  plan->chunks = plan->layout == Layout::kDot ? dot_chunks(*plan) : lookup_chunks(*plan);
  choose_parameters(*plan, w);
  lay_out(*plan);
  pack_weights(*plan, w, threads);
  return Plan(std::move(plan));
}

}  // namespace lutra::kernels

// Turns bytes into a GEMM and holds every kernel against the reference.
#include "kernels/bench/differential.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cmath>
#include <random>

#include "kernels/mpgemm.h"
#include "kernels/reference.h"

namespace lutra::kernels {
namespace {

/// Reads choices off the front of the bytes, zeros when they are used up.
class Choices {
 public:
  explicit Choices(const std::vector<std::uint8_t>& bytes) : bytes_(bytes) {}
  int below(int n) {
    const int low = take(), high = take();
    return (low + 256 * high) % n;
  }
  int take() { return at_ < bytes_.size() ? bytes_[at_++] : 0; }
  std::uint32_t seed() { return static_cast<std::uint32_t>(below(65536)) << 16 | static_cast<std::uint32_t>(below(65536)); }

 private:
  const std::vector<std::uint8_t>& bytes_;
  std::size_t at_ = 0;
};

struct Problem {
  WeightMatrix weights;
  PlanOptions options;
  int tokens = 1;
  int threads = 1;
  bool floats = false;
  std::vector<std::uint8_t> codes;
  std::vector<float> scales, real_zeros, values, token_scales;
  std::vector<std::int16_t> zeros;
  std::vector<std::int8_t> activations;
};

PlaneType choose_type(Choices& choose) {
  PlaneType type;
  type.planes = 1 + choose.below(kMaxPlanes);
  const int kind = choose.below(4);
  for (int p = 0; p < type.planes; ++p)
    type.shifts[static_cast<std::size_t>(p)] = static_cast<std::uint8_t>(kind == 0 ? choose.below(8) : p);
  if (kind == 1) {
    type.planes = 2;
    type.shifts = {};
  }
  type.zero_mode = static_cast<ZeroMode>(choose.below(3));
  if (type.zero_mode == ZeroMode::kConstant) type.zero = choose.below(512) - 256;
  return type;
}

void choose_numbers(Choices& choose, Problem& p) {
  p.options.mode = static_cast<TableMode>(choose.below(3));
  p.options.table_k = p.options.mode == TableMode::kExact ? 4 : 1 + choose.below(6);
  const int unit = p.options.table_k;
  p.weights.group = choose.below(2) * unit * (1 + choose.below(40));
  p.options.pow2 = choose.below(2) != 0;
  if (p.options.mode == TableMode::kQuantised) {
    const int group = p.weights.group == 0 ? unit * (1 + choose.below(40)) : p.weights.group;
    const std::array<int, 4> lengths = {0, group, 3 * group, group % (2 * unit) == 0 ? group / 2 : group};
    p.options.table_group = lengths[static_cast<std::size_t>(choose.below(4))];
  }
  p.options.dense_ternary = p.options.mode == TableMode::kExact && max_plane_value(p.weights.type) == 2 && choose.below(2) != 0;
}

void choose_values(Choices& choose, Problem& p) {
  std::mt19937 random(choose.seed());
  const int extreme = choose.below(4);  // all activations or codes at a border, or none
  const auto n = static_cast<std::size_t>(p.weights.outputs), k = static_cast<std::size_t>(p.weights.depth),
             m = static_cast<std::size_t>(p.tokens);
  const std::size_t group = p.weights.group == 0 ? k : static_cast<std::size_t>(p.weights.group), parameters = (k + group - 1) / group * n;
  for (std::size_t i = 0; i < n * k; ++i) p.codes.push_back(static_cast<std::uint8_t>(extreme == 1 ? 0 : (extreme == 2 ? 255 : random())));
  const auto real = [&random] {
    const int exponent = static_cast<int>(random() % 12) - 12;  // compilers evaluate arguments in different orders
    return std::ldexp(static_cast<float>(static_cast<int>(random() % 2001) - 1000), exponent);
  };
  const int scales = choose.below(3);
  if (scales == 1) p.scales = {real()};
  for (std::size_t i = 0; i < parameters; ++i) {
    if (scales == 2) p.scales.push_back(real());
    if (p.weights.type.zero_mode == ZeroMode::kPerColumn)
      p.zeros.push_back(static_cast<std::int16_t>(static_cast<int>(random() % 512) - 256));
    if (p.weights.type.zero_mode == ZeroMode::kNone && extreme == 0) p.real_zeros.push_back(real());
  }
  for (std::size_t i = 0; i < m * k; ++i) {
    p.activations.push_back(static_cast<std::int8_t>(extreme == 3 ? -128 : static_cast<int>(random() % 256) - 128));
    p.values.push_back(extreme == 3 ? 0.0F : real());
  }
  for (std::size_t i = 0; i < m; ++i) p.token_scales.push_back(real());
}

Problem choose_problem(const std::vector<std::uint8_t>& bytes) {
  Choices choose(bytes);
  Problem p;
  p.weights.outputs = 1 + choose.below(150);
  p.weights.depth = 1 + choose.below(400);
  p.tokens = 1 + choose.below(18);
  p.threads = 1 + choose.below(3);
  p.floats = choose.below(2) != 0;
  p.weights.type = choose_type(choose);
  choose_numbers(choose, p);
  choose_values(choose, p);
  p.weights.codes = p.codes;
  p.weights.scales = p.scales;
  p.weights.zeros = p.zeros;
  p.weights.real_zeros = p.real_zeros;
  return p;
}

bool applies(const PlanOptions& o, Family family) {
  if (family == Family::kMultiplyAdd) return o.mode == TableMode::kExact;
  if (family == Family::kScalar) return !o.dense_ternary;
  return !o.dense_ternary && o.mode != TableMode::kFloat && (o.mode == TableMode::kExact || o.table_k == 4);
}

std::uint32_t canonical(float value) { return std::isnan(value) ? 0x7FC00000 : std::bit_cast<std::uint32_t>(value); }

}  // namespace

std::string differential_case(const std::vector<std::uint8_t>& bytes) {
  Problem p = choose_problem(bytes);
  const ReferenceInput input =
      p.floats ? ReferenceInput{p.tokens, {}, p.values, {}} : ReferenceInput{p.tokens, p.activations, {}, p.token_scales};
  const Activations activations = p.floats ? Activations{ValueType::kFp32, p.values.data(), p.tokens, 0, {}}
                                           : Activations{ValueType::kInt8, p.activations.data(), p.tokens, 0, p.token_scales};
  const ReferenceOutput expected = reference_mpgemm(p.weights, p.options, input);
  std::vector<float> out(expected.values.size());
  for (const Target target : available_targets()) {
    for (const Family family : {Family::kMultiplyAdd, Family::kLookup, Family::kScalar}) {
      if (!applies(p.options, family)) continue;
      p.options.target = target;
      p.options.family = family;
      mpgemm(make_plan(p.weights, p.options, p.threads), activations, {ValueType::kFp32, out.data(), 0}, p.threads);
      for (std::size_t i = 0; i < out.size(); ++i) {
        if (canonical(out[i]) == canonical(expected.values[i])) continue;
        const auto n = static_cast<std::size_t>(p.weights.outputs);
        return fmt::format(
            "{} {} {}: {} tokens, {} x {}, group {}, {} planes, table_k {}, table_group {}: output ({}, {}) is {:.9g}, the reference's "
            "{:.9g}",
            to_string(target), to_string(family), to_string(p.options.mode), p.tokens, p.weights.outputs, p.weights.depth, p.weights.group,
            p.weights.type.planes, p.options.table_k, p.options.table_group, i / n, i % n, out[i], expected.values[i]);
      }
    }
  }
  return "";
}

}  // namespace lutra::kernels

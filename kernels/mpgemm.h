// The public interface of the kernels: mixed-precision GEMM on packed weight planes, planned once for each weight matrix.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "kernels/golden.h"

namespace lutra::kernels {

enum class ValueType : std::uint8_t { kInt8, kInt32, kFp16, kBf16, kFp32 };

/// Numbers of docs/numerics.md. kExact: integer tables; floating-point activations are quantised to INT8, one scale a token.
/// kQuantised: table entries are INT8 with one scale for `table_group` activations. kFloat: FP32 tables and accumulation.
enum class TableMode : std::uint8_t { kExact, kQuantised, kFloat };

/// How the products are computed. kMultiplyAdd: packed codes are unpacked to bytes and multiplied. kLookup: byte shuffles in tables of
/// activation sums, one lookup a plane. kScalar: the packed codes one at a time. kAuto: the faster one at `batch` (kernels/family.cpp).
enum class Family : std::uint8_t { kAuto, kMultiplyAdd, kLookup, kScalar };

/// Instruction sets with a path of their own. kAuto: the best that this CPU has.
enum class Target : std::uint8_t { kAuto, kPortable, kAvx2, kAvx512, kAvx512Vnni, kNeon, kSve };

/// A weight matrix W[outputs, depth]: w = s' (q' - z'), q' and z' as in PlaneType. Only read while the plan is made.
struct WeightMatrix {
  int outputs = 0;  // N
  int depth = 0;    // K
  PlaneType type;
  int group = 0;                        // k that share s' and z'; 0: the whole row
  std::span<const std::uint8_t> codes;  // N x K plane codes
  std::span<const float> scales;        // s': none (all 1), one for the tensor, or ceil(K / group) x N
  std::span<const std::int16_t> zeros;  // z', ceil(K / group) x N, when type.zero_mode is kPerColumn
  std::span<const float> real_zeros;    // z' that are no integers, ceil(K / group) x N; needs kNone as zero_mode
};

struct PlanOptions {
  TableMode mode = TableMode::kExact;
  int table_k = 4;             // activations a table, 1 to 8; only quantised and float numbers depend on it
  int table_group = 0;         // activations that share a table scale (quantised); 0: the whole row
  bool pow2 = false;           // table scales are powers of two
  bool dense_ternary = false;  // pack ternary weights at 5/3 bits instead of 2
  int batch = 1;               // tokens a call will typically have; only speed depends on it
  Family family = Family::kAuto;
  Target target = Target::kAuto;
};

/// Activations A[tokens, depth], row-major, any alignment.
struct Activations {
  ValueType type = ValueType::kInt8;  // kInt8, kFp16, kBf16 or kFp32
  const void* data = nullptr;
  int tokens = 0;
  std::ptrdiff_t stride = 0;      // elements from one token to the next; 0: depth
  std::span<const float> scales;  // s_a of each token, with kInt8; none: all 1
};

/// Output O[tokens, outputs], row-major, any alignment. kInt32 needs all scales to be 1.
struct Output {
  ValueType type = ValueType::kFp32;
  void* data = nullptr;
  std::ptrdiff_t stride = 0;  // elements from one token to the next; 0: outputs
};

struct PlanData;

/// A weight matrix in the layout that its kernel reads, ready for any number of calls from any thread.
class Plan {
 public:
  explicit Plan(std::unique_ptr<const PlanData> data);
  Plan(Plan&&) noexcept;
  Plan& operator=(Plan&&) noexcept;
  ~Plan();

  [[nodiscard]] int outputs() const;
  [[nodiscard]] int depth() const;
  [[nodiscard]] Family family() const;
  [[nodiscard]] Target target() const;
  /// Bytes that one call at batch 1 reads of weights, scales and zero points, padding included.
  [[nodiscard]] std::size_t bytes() const;
  /// Bits of codes, scales and zero points stored for each weight of the matrix.
  [[nodiscard]] double bits_per_weight() const;
  [[nodiscard]] const PlanData& data() const { return *data_; }

 private:
  std::unique_ptr<const PlanData> data_;
};

/// Packs a weight matrix. Throws Error when a size does not fit its shape, a combination is not supported (docs/kernels.md says which are),
/// an INT32 accumulator could overflow for some activations, or the CPU lacks `target`. `threads` > 1 packs in parallel.
Plan make_plan(const WeightMatrix& weights, const PlanOptions& options = {}, int threads = 1);

/// O[m, n] = sum over k of A[m, k] W[n, k] with the roundings of docs/numerics.md: the same bits for every family, target and thread count.
/// Throws Error for operands that do not fit the plan and, except in kFloat, for activations that are infinite or NaN.
void mpgemm(const Plan& plan, const Activations& activations, const Output& output, int threads = 1);

/// golden_mpgemm's result, computed once and straight from the codes; for values that no plan will be made for.
std::vector<std::int32_t> mpgemm_unplanned(const GemmOperands& operands, Target target = Target::kAuto);

/// The targets that are compiled in and that this CPU runs, best first.
std::vector<Target> available_targets();

std::string_view to_string(Target target);
std::string_view to_string(Family family);
std::string_view to_string(ValueType type);
std::string_view to_string(TableMode mode);

}  // namespace lutra::kernels

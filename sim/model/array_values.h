// What the lanes of the array hold: segment sums, computed in bulk from activations and folded weight bits.
//
// A table entry with a sign is the sum of the table's activations with signs d = +-1, for every pattern of weight bits, and the
// table buffer of the model keeps activations. So a lane's sum over any run of steps is a dot product; with u = (d + 1) / 2 and
// plane weights w it is 2 sum_i (sum_p w_p u_pi) a_i - (sum_p w_p) (sum_i a_i), taken modulo 2^32 of which accumulators are a part.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "isa/geometry.h"
#include "sim/model/lane_kernels.h"
#include "sim/model/scratchpad.h"
#include "sim/model/unit.h"

namespace lutra::model {

class ArrayValues {
 public:
  ArrayValues(const ArchConfig& config, const Geometry& geometry, const Scratchpads& pads);

  /// Starts a segment: sums of rows [0, rows) become zero.
  void clear(int rows);
  /// Steps [from, to) of a run whose first k-step reads table word `table` and weight word `weight`, at the present contents of the
  /// buffers.
  void accumulate(const ArrayCommand& command, std::int64_t table, std::int64_t weight, std::int64_t from, std::int64_t to);

  /// Result of row m, column n: the accumulator, sign-extended.
  [[nodiscard]] std::int32_t result(int m, int n) const;
  /// S of row m.
  [[nodiscard]] std::uint32_t sum(int m) const { return sums_[static_cast<std::size_t>(m)]; }

 private:
  struct Pass {  // planes whose weights are added up before the product
    int first = 0, end = 0;
    int scale = 0;  // log2 of what the product is multiplied by
    std::array<int, 8> shift{};
    std::int64_t weight = 0;  // sum of the plane weights
  };

  void step(const ArrayCommand& command, std::int64_t table, std::int64_t weight, std::int64_t step);
  void ksteps(const ArrayCommand& command, std::int64_t table, std::int64_t weight, std::int64_t count);
  void hold(std::int64_t table, int rows);
  void gather(std::int64_t table, int rows, std::int64_t count);
  void expand_bytes(const Pass& pass, int column, int groups, std::int64_t weight, std::int64_t count);
  void expand_tables(const Pass& pass, int column, int groups, std::int64_t weight, std::int64_t count);
  [[nodiscard]] unsigned code(const std::uint8_t* word, int bit) const;
  [[nodiscard]] std::vector<Pass> passes(const ArrayCommand& command) const;

  int rows_, columns_, inputs_, tables_, planes_, kstep_, accumulator_bits_;
  bool bytes_;  // the bits of a column's plane are whole bytes that hold whole tables
  const Scratchpads& pads_;
  std::vector<std::uint32_t> accumulators_;  // row-major
  std::vector<std::uint32_t> sums_;
  std::vector<std::int8_t> held_;          // the table word read last, row-major; only used between the steps of a k-step
  std::vector<std::int16_t> activations_;  // of a run, row by row
  std::vector<std::int64_t> activation_sums_;
  std::vector<std::int16_t> weights_;  // of a run and a column
  std::vector<Digits> digits_;         // by weight byte, unfolded: 0 subtracts, 1 adds
  const LaneKernels& kernels_;
};

}  // namespace lutra::model

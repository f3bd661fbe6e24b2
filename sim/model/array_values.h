// What the lanes of the array hold: segment sums, computed in bulk from activations and folded weight bits.
//
// A table entry with a sign is the sum of the table's activations with signs d = +-1 (trits: d = -1, 0, +1), for every pattern of weight
// bits, and the table buffer of the model keeps activations. So a lane's sum over any run of steps is a dot product; with u = (d + 1) / 2
// and plane weights w it is 2 sum_i (sum_p w_p u_pi) a_i - (sum_p w_p) (sum_i a_i), taken modulo 2^32 of which accumulators are a part.
// Tables that are loaded may hold anything, and quantised ones are rounded: those are looked up. So are FP32 ones, which are added up in
// FP32 one after the other; accumulators and S then hold bits of FP32 numbers.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "isa/geometry.h"
#include "sim/model/lane_kernels.h"
#include "sim/model/scratchpad.h"
#include "sim/model/unit.h"

namespace lutra::model {

/// The steps up to a token: k-steps from table word `table` and weight word `weight` on.
struct ArrayRun {
  std::int64_t table = 0, weight = 0, ksteps = 0;
};

class ArrayValues {
 public:
  ArrayValues(const ArchConfig& config, const Geometry& geometry, const Scratchpads& pads);

  /// Starts a segment: sums of rows [0, rows) become zero.
  void clear(int rows);
  /// Steps [from, to) of a run, at the present contents of the buffers.
  void accumulate(const ArrayCommand& command, const ArrayRun& run, std::int64_t from, std::int64_t to);

  /// Result of row m, column n: the accumulator, sign-extended.
  [[nodiscard]] std::int32_t result(int m, int n) const;
  /// FP32 bits of the scale of row m's tables: of the table word whose S was added last.
  [[nodiscard]] std::uint32_t table_scale(int m) const { return table_scales_[static_cast<std::size_t>(m)]; }
  /// S of row m.
  [[nodiscard]] std::uint32_t sum(int m) const { return sums_[static_cast<std::size_t>(m)]; }

 private:
  using Shifts = std::array<int, 8>;  // log2 of each plane's weight
  struct Pass {                       // planes whose weights are added up before the product
    int first = 0, end = 0;
    int scale = 0;  // log2 of what the product is multiplied by
    Shifts shift{};
    std::int64_t weight = 0;  // sum of the plane weights
  };
  struct PlaneWords {  // weight words of a plane from a k-step on
    std::int64_t first, step;
  };
  struct Code {  // weight bits of a table
    int index;   // stored entry, -1: none
    bool plus;
  };

  [[nodiscard]] Shifts shifts(const ArrayCommand& command) const;
  void step(const ArrayCommand& command, const ArrayRun& run, std::int64_t step);
  void add_plane(const ArrayCommand& command, std::int64_t word, int lane_plane, int shift);
  template <typename Add>
  void look_plane_up(int rows, const std::uint8_t* bits, int lane_plane, const Add& add);
  void ksteps(const ArrayCommand& command, const ArrayRun& run, std::int64_t from, std::int64_t count);
  void hold(std::int64_t table, int rows, bool fresh);
  void hold_floats(const std::uint8_t* word, int rows, bool fresh);
  void hold_stored(const std::uint8_t* word, int rows, bool fresh);
  void gather(std::int64_t table, int rows, std::int64_t count);
  [[nodiscard]] PlaneWords plane_words(const ArrayCommand& command, const ArrayRun& run, std::int64_t kstep, int plane) const;
  void expand_bytes(const ArrayCommand& command, const ArrayRun& run, const Pass& pass, int column, std::int64_t from, std::int64_t count);
  void expand_tables(const ArrayCommand& command, const ArrayRun& run, const Pass& pass, int column, std::int64_t from, std::int64_t count);
  [[nodiscard]] Code code(const std::uint8_t* word, int bit) const;
  [[nodiscard]] std::int32_t entry(int row, int table, const Code& code) const;
  [[nodiscard]] std::vector<Pass> passes(const ArrayCommand& command) const;
  [[nodiscard]] std::uint32_t& accumulator(int m, int n) { return accumulators_[static_cast<std::size_t>(m * columns_ + n)]; }

  const Geometry& geometry_;
  int rows_, columns_, inputs_, tables_, planes_, kstep_, accumulator_bits_;
  bool bytes_;  // the bits of a column's plane are whole bytes that hold whole tables of bits
  const Scratchpads& pads_;
  std::vector<std::uint32_t> accumulators_;  // row-major
  std::vector<std::uint32_t> sums_;
  std::vector<std::uint32_t> table_scales_;
  std::vector<std::int16_t> held_;          // activations of the table word read last, row-major; only used step by step
  std::vector<std::int32_t> held_entries_;  // of tables that are looked up: by row, table, sign and index
  std::vector<std::int16_t> activations_;   // of a run, row by row
  std::vector<std::int64_t> activation_sums_;
  std::vector<std::int16_t> weights_;                 // of a run and a column
  std::vector<Digits> digits_;                        // by weight byte, unfolded: 0 subtracts, 1 adds
  std::vector<std::array<std::int8_t, 6>> patterns_;  // by entry: what each activation of a table is multiplied by
  const LaneKernels& kernels_;
};

}  // namespace lutra::model

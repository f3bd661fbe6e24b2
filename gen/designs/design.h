// A measurable datapath: its Verilog, and how numbers become its port values and its registers numbers.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "gen/verilog.h"
#include "isa/float_format.h"

namespace lutra::gen {

/// Appends values bit by bit, least significant first.
class BitWriter {
 public:
  explicit BitWriter(std::vector<std::uint8_t>& bytes) : bytes_(bytes) {}
  void put(std::uint64_t value, int bits) {
    for (int i = 0; i < bits; ++i, ++count_) {
      if (count_ % 8 == 0) bytes_.push_back(0);
      if (i < 64 && (value >> i & 1) != 0) bytes_.back() = static_cast<std::uint8_t>(bytes_.back() | 1U << (count_ % 8));
    }
  }
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  std::vector<std::uint8_t>& bytes_;
  std::size_t count_ = 0;
};

/// How operands are written at the ports of an integer design, and what its accumulator holds. A step covers `depth` activations of each
/// row and plane group `group` of their weight codes. The accumulator is
///     sum over steps of 2^shift (lane sum),    lane sum = (exact part) + column_offset,
/// and the dot product is  scale * (accumulator - column offsets) + row terms.
/// Offsets depend on weights only and row terms on activations only, so hardware adds them once a result, outside the datapath.
class Codec {
 public:
  virtual ~Codec() = default;
  /// Port bits of one row: `activations` holds depth values. Quantised tables are scaled by `inverse_scale` (docs/numerics.md, Modes);
  /// others ignore it.
  virtual void operand(std::span<const int> activations, float inverse_scale, BitWriter& out) const = 0;
  /// Port bits of one column: `codes` holds depth weight codes.
  virtual void weight(std::span<const int> codes, int group, BitWriter& out) const = 0;
  [[nodiscard]] virtual long long column_offset(std::span<const int> codes, int group) const = 0;
  [[nodiscard]] virtual long long row_term(std::span<const int> activations, int group) const = 0;
  [[nodiscard]] virtual int scale() const { return 1; }
};

/// Entry of a quantised table: RNE(fl(sum inverse_scale)).
int quantised_entry(int sum, float inverse_scale);

/// A codec whose operands are the activations themselves: at the array boundary tables are built inside.
class ActivationCodec : public Codec {
 public:
  ActivationCodec(std::shared_ptr<const Codec> inner, int activation_bits) : inner_(std::move(inner)), bits_(activation_bits) {}
  void operand(std::span<const int> activations, float, BitWriter& out) const override {
    for (const int a : activations) out.put(static_cast<std::uint64_t>(a), bits_);
  }
  void weight(std::span<const int> codes, int group, BitWriter& out) const override { inner_->weight(codes, group, out); }
  [[nodiscard]] long long column_offset(std::span<const int> codes, int group) const override {
    return inner_->column_offset(codes, group);
  }
  [[nodiscard]] long long row_term(std::span<const int> activations, int group) const override {
    return inner_->row_term(activations, group);
  }
  [[nodiscard]] int scale() const override { return inner_->scale(); }

 private:
  std::shared_ptr<const Codec> inner_;
  int bits_;
};

/// Code of a finite number in a format of at most 16 bits, round to nearest even, saturating; and back.
std::uint16_t encode_float(float value, const FloatFormat& format);
float decode_float(std::uint16_t code, const FloatFormat& format);
/// A format's name as tables show it: "FP8 E4M3".
std::string label_of(const FloatFormat& format);

/// A floating-point lane, bit for bit: what its accumulator holds after a step.
class FloatModel {
 public:
  virtual ~FloatModel() = default;
  /// `a` and `w` are codes of the operands' format (finite), as many as the dot product is long; `accumulator` is 0 where a segment starts.
  [[nodiscard]] virtual std::uint32_t step(std::uint32_t accumulator, std::span<const std::uint16_t> a,
                                           std::span<const std::uint16_t> w) const = 0;
  /// The number that an accumulator stands for.
  [[nodiscard]] virtual double value(std::uint32_t accumulator) const = 0;
};

/// How the plane groups of a weight meet in the accumulator.
enum class Combine {
  kParallel,  // all planes in one cycle
  kShift,     // the lane's sum is shifted by the plane's weight
  kHorner,    // planes outermost in a segment, highest first: the accumulator doubles before each further plane
};

/// What the weight codes mean.
enum class WeightClass {
  kUniform,  // code q of b bits stands for 2q - (2^b - 1)
  kTernary,  // code 0, 1, 2 stands for -1, 0, +1
};

/// Where table entries come from.
enum class TableMode { kNone, kExact, kQuantised };

/// Which sums a quantised table rounds.
struct Quantisation {
  int inputs = 4;       // activations a table
  bool subset = false;  // sums over subsets instead of sums with signs
};

struct IntegerDesign {
  std::string name;         // catalogue key
  std::string family;       // "lut", "lut_published", "unpu", "add", "mac", "ternary"
  std::string description;  // one sentence
  WeightClass weight_class = WeightClass::kUniform;
  TableMode table_mode = TableMode::kNone;
  Quantisation quantisation = {};  // only for TableMode::kQuantised
  Combine combine = Combine::kParallel;
  int rows = 2, columns = 8, depth = 32;  // depth: activations of a row in a step
  int planes = 1;                         // planes of a code that a step covers
  int max_weight_bits = 8;
  int activation_bits = 8;
  int accumulator_bits = 24;
  int operand_latency = 0;      // cycles by which operands have to precede their weights
  int result_latency = 1;       // cycles from a segment's last weights to its result
  bool boundary_array = false;  // activations at the ports; their or the tables' registers, builder, weight registers, row sums inside
  std::string top;
  std::vector<EmittedFile> files;
  std::shared_ptr<const Codec> codec;
  std::shared_ptr<const FloatModel> float_model;  // instead of a codec: floating-point operands and weights at the ports
  FloatFormat format = kFp16;                     // of both
  int stored_bits = 0;                            // of weight codes that the column dequantises to `format`; 0: weights are in it
  std::shared_ptr<const Codec> plane_codec;       // a ternary design's second use: uniform codes, one plane a cycle; null where it has none

  /// One-bit multiply-accumulates a cycle; a ternary weight counts two.
  [[nodiscard]] long long one_bit_macs_per_cycle() const {
    return static_cast<long long>(rows) * columns * depth * (weight_class == WeightClass::kTernary ? 2 : planes);
  }
  /// Cycles that one k-step of `weight_bits` bits takes.
  [[nodiscard]] int cycles(int weight_bits) const {
    return weight_class == WeightClass::kTernary ? 1 : (weight_bits + planes - 1) / planes;
  }
};

}  // namespace lutra::gen

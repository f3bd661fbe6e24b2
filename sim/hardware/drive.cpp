#include "sim/hardware/drive.h"

#include <fmt/format.h>

#include <bit>

#include "isa/error.h"

namespace lutra::hardware {
namespace {

/// One cycle of work on a tile.
struct Step {
  int row = 0, column = 0;  // first of the tile
  int segment = 0, k = 0;   // k: first of the step, absolute
  int group = 0, shift = 0;
  bool clear = false, twice = false, last = false;
};

int group_count(const gen::IntegerDesign& d, const Operands& o) {
  return d.float_model != nullptr || o.ternary ? 1 : (o.weight_bits + d.planes - 1) / d.planes;
}

std::vector<Step> schedule(const gen::IntegerDesign& d, const Operands& o) {
  std::vector<Step> steps;
  const int groups = group_count(d, o), ksteps = o.segment / d.depth;
  for (int row = 0; row < o.tokens; row += d.rows)
    for (int column = 0; column < o.outputs; column += d.columns)
      for (int s = 0; s < o.segments(); ++s)
        for (int i = 0; i < groups * ksteps; ++i) {
          const bool horner = d.combine == gen::Combine::kHorner;
          const int k = horner ? i % ksteps : i / groups, group = horner ? groups - 1 - i / ksteps : i % groups;
          steps.push_back({row, column, s, s * o.segment + k * d.depth, group, group * d.planes, i == 0, horner && i != 0 && k == 0,
                           i + 1 == groups * ksteps});
        }
  return steps;
}

void check(const gen::IntegerDesign& d, const Operands& o) {
  const auto refuse = [&](const std::string& why) { throw Error(fmt::format("design {} cannot run {}: {}", d.name, o.weight_type, why)); };
  if (d.float_model != nullptr) {
    if (o.halves.empty()) refuse("it takes FP16 activations");
    if (o.segment % d.depth != 0 || o.tokens % d.rows != 0 || o.outputs % d.columns != 0) refuse("the shape does not divide");
    return;
  }
  if (o.ternary && d.weight_class != gen::WeightClass::kTernary) refuse("ternary codes on uniform planes; use as_uniform()");
  if (!o.ternary && d.weight_class == gen::WeightClass::kTernary && d.plane_codec == nullptr) refuse("it takes ternary weights only");
  if (!o.ternary && d.plane_codec == nullptr && o.weight_bits > d.max_weight_bits)
    refuse(fmt::format("weights have at most {} bits", d.max_weight_bits));
  if (o.segment % d.depth != 0 || o.tokens % d.rows != 0 || o.outputs % d.columns != 0) refuse("the shape does not divide");
  if (o.activation_bits > d.activation_bits) refuse(fmt::format("activations have at most {} bits", d.activation_bits));
}

class Driver {
 public:
  Driver(const gen::IntegerDesign& design, const Operands& operands, Device& device)
      : d_(design),
        o_(operands),
        device_(device),
        codec_(!operands.ternary && design.plane_codec ? design.plane_codec.get() : design.codec.get()),
        steps_(schedule(design, operands)) {}

  DriveResult run() {
    const auto before = static_cast<std::size_t>(d_.operand_latency), after = static_cast<std::size_t>(d_.result_latency);
    const std::size_t work = steps_.size();
    for (std::size_t t = 0; t < work + before + after; ++t) {
      if (t == before + 1) device_.start_counting();
      if (t < work) write_operands(steps_[t]);
      if (t >= before && t - before < work) write_step(steps_[t - before]);
      device_.settle();
      if (t >= before + after && steps_[t - before - after].last) compare(steps_[t - before - after]);
      device_.edge();
    }
    result_.cycles = static_cast<long long>(work);
    return result_;
  }

 private:
  void set(const std::string& name, const std::vector<std::uint8_t>& bytes) {
    if (static_cast<int>(bytes.size()) != (device_.bits(name) + 7) / 8)
      throw std::logic_error(fmt::format("{} takes {} bits, the codec wrote {} bytes", name, device_.bits(name), bytes.size()));
    device_.write(name, bytes);
  }
  void set_number(const std::string& name, int value) {
    if (device_.has_port(name)) device_.write(name, {static_cast<std::uint8_t>(value)});
  }

  [[nodiscard]] std::span<const int> activations(const Step& s, int row) const {
    return {o_.token(s.row + row) + s.k, static_cast<std::size_t>(d_.depth)};
  }
  [[nodiscard]] std::span<const int> codes(const Step& s, int column) const {
    return {o_.output(s.column + column) + s.k, static_cast<std::size_t>(d_.depth)};
  }

  void write_operands(const Step& s) {
    std::vector<std::uint8_t> bytes;
    gen::BitWriter out(bytes);
    for (int m = 0; m < d_.rows; ++m)
      if (d_.float_model != nullptr)
        for (const std::uint16_t a : float_activations(s, m)) out.put(a, d_.format.bits());
      else
        codec_->operand(activations(s, m), table_inverse_scale(o_, s.row + m, s.segment, d_.quantisation), out);
    set("operand_i", bytes);
  }

  void write_step(const Step& s) {
    std::vector<std::uint8_t> bytes;
    gen::BitWriter out(bytes);
    for (int n = 0; n < d_.columns; ++n)
      if (d_.stored_bits != 0)
        for (const int code : codes(s, n)) out.put(static_cast<std::uint64_t>(code), d_.stored_bits);
      else if (d_.float_model != nullptr)
        for (const std::uint16_t w : float_weights(s, n)) out.put(w, d_.format.bits());
      else
        codec_->weight(codes(s, n), s.group, out);
    set("weight_i", bytes);
    set_number("clear_i", s.clear ? 1 : 0);
    set_number("double_i", s.twice ? 1 : 0);
    set_number("shift_i", s.shift);
  }

  /// All steps of the segment that `last` ends add up to what the accumulators hold.
  void compare(const Step& last) {
    results_ = device_.read("result_o");
    const int steps = group_count(d_, o_) * (o_.segment / d_.depth);
    const Step* end = &steps_[static_cast<std::size_t>(&last - steps_.data()) + 1];
    if (d_.float_model != nullptr) return compare_floats(end - steps, end);
    if (d_.boundary_array) compare_sums(end - steps, end);
    for (int n = 0; n < d_.columns; ++n) {
      long long offset = 0;
      for (const Step* s = end - steps; s != end; ++s) offset += codec_->column_offset(codes(*s, n), s->group) << s->shift;
      for (int m = 0; m < d_.rows; ++m) {
        long long terms = 0;
        for (const Step* s = end - steps; s != end; ++s) terms += codec_->row_term(activations(*s, m), s->group) * (1LL << s->shift);
        const long long got = codec_->scale() * signed_field(accumulator(n, m) - offset) + terms;
        const long long want = d_.table_mode == gen::TableMode::kQuantised
                                   ? quantised_result(o_, last.row + m, last.column + n, last.segment, d_.quantisation)
                                   : exact_result(o_, last.row + m, last.column + n, last.segment);
        ++result_.vectors;
        result_.mismatched_bits += std::popcount(static_cast<std::uint32_t>(got) ^ static_cast<std::uint32_t>(want));
      }
    }
  }

  /// The row sums that zero points are multiplied with. Each step of a segment adds its activations, with planes in turn as often.
  void compare_sums(const Step* begin, const Step* end) {
    const std::vector<std::uint8_t> sums = device_.read("sum_o");
    for (int m = 0; m < d_.rows; ++m) {
      long long want = 0, got = 0;
      for (const Step* s = begin; s != end; ++s)
        for (const int a : activations(*s, m)) want += a;
      for (int i = 0; i < d_.accumulator_bits; ++i) got |= static_cast<long long>(bit(sums, m * d_.accumulator_bits + i)) << i;
      result_.mismatched_bits += std::popcount(static_cast<std::uint32_t>(signed_field(got)) ^ static_cast<std::uint32_t>(want));
    }
  }

  static int bit(const std::vector<std::uint8_t>& bytes, int at) { return bytes[static_cast<std::size_t>(at / 8)] >> (at % 8) & 1; }

  /// A floating-point lane is followed step by step; its distance from the exact dot product is summed up beside.
  void compare_floats(const Step* begin, const Step* end) {
    for (int n = 0; n < d_.columns; ++n)
      for (int m = 0; m < d_.rows; ++m) {
        std::uint32_t want = 0;
        double exact = 0;
        for (const Step* s = begin; s != end; ++s) {
          const std::vector<std::uint16_t> w = float_weights(*s, n);
          const std::vector<std::uint16_t> a = float_activations(*s, m);
          want = d_.float_model->step(want, a, w);
          for (std::size_t k = 0; k < w.size(); ++k)
            exact += static_cast<double>(gen::decode_float(a[k], d_.format)) * gen::decode_float(w[k], d_.format);
        }
        const double error = d_.float_model->value(want) - exact;
        result_.signal += exact * exact;
        result_.noise += error * error;
        ++result_.vectors;
        result_.mismatched_bits += std::popcount(static_cast<std::uint32_t>(accumulator(n, m)) ^ want);
      }
  }

  [[nodiscard]] std::vector<std::uint16_t> float_activations(const Step& s, int row) const {
    const std::size_t first = static_cast<std::size_t>(s.row + row) * static_cast<std::size_t>(o_.depth) + static_cast<std::size_t>(s.k);
    std::vector<std::uint16_t> activations;
    for (std::size_t k = first; k < first + static_cast<std::size_t>(d_.depth); ++k)
      activations.push_back(gen::encode_float(from_half(o_.halves[k]), d_.format));
    return activations;
  }
  [[nodiscard]] std::vector<std::uint16_t> float_weights(const Step& s, int column) const {
    std::vector<std::uint16_t> weights;
    for (const int code : codes(s, column)) weights.push_back(gen::encode_float(static_cast<float>(weight_value(o_, code)), d_.format));
    return weights;
  }

  [[nodiscard]] long long accumulator(int n, int m) const {
    const int first = (n * d_.rows + m) * d_.accumulator_bits;
    long long value = 0;
    for (int i = 0; i < d_.accumulator_bits; ++i) value |= static_cast<long long>(bit(results_, first + i)) << i;
    return value;
  }

  [[nodiscard]] long long signed_field(long long value) const {
    const long long modulus = 1LL << d_.accumulator_bits;
    const long long low = ((value % modulus) + modulus) % modulus;
    return low >= modulus / 2 ? low - modulus : low;
  }

  const gen::IntegerDesign& d_;
  const Operands& o_;
  Device& device_;
  const gen::Codec* codec_;
  std::vector<Step> steps_;
  std::vector<std::uint8_t> results_;
  DriveResult result_;
};

}  // namespace

DriveResult drive(const gen::IntegerDesign& design, const Operands& operands, Device& device) {
  check(design, operands);
  return Driver(design, operands, device).run();
}

DriveResult drive(const gen::IntegerDesign& design, const Operands& operands) {
  check(design, operands);
  return drive(design, operands, *rtl_device(design));
}

}  // namespace lutra::hardware

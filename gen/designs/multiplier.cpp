#include "gen/designs/multiplier.h"

#include <fmt/format.h>

namespace lutra::gen {
namespace {

constexpr int kActivationBits = 8;
constexpr int kActivationOffset = 1 << (kActivationBits - 1);

int stored(const MultiplierParameters& p) { return p.stored_bits == 0 ? p.planes : p.stored_bits; }

/// Activations at the port have their sign bit inverted (an unsigned number, 128 too large), so no sign has to be extended; `*` gets them
/// signed.
class MultiplierCodec : public Codec {
 public:
  explicit MultiplierCodec(const MultiplierParameters& p) : p_(p) {}

  void operand(std::span<const int> a, float, BitWriter& out) const override {
    const int offset = p_.product == PartialProduct::kOperator ? 0 : kActivationOffset;
    for (const int v : a) out.put(static_cast<std::uint64_t>(v + offset), kActivationBits);
  }

  void weight(std::span<const int> codes, int group, BitWriter& out) const override {
    for (const int q : codes) {
      if (p_.product == PartialProduct::kTernary)
        out.put(static_cast<std::uint64_t>(q), 2);
      else if (p_.product == PartialProduct::kOperator)
        out.put(static_cast<std::uint64_t>(p_.stored_bits == 0 ? q - (1 << (p_.planes - 1)) : q), stored(p_));
      else
        out.put(static_cast<std::uint64_t>(part(q, group)), p_.planes);
    }
  }

  [[nodiscard]] long long column_offset(std::span<const int> codes, int group) const override {
    long long sum = 0;
    for (const int q : codes) sum += offset(q, group);
    return sum;
  }

  [[nodiscard]] long long row_term(std::span<const int> a, int) const override {
    long long sum = 0;
    for (const int v : a) sum += v;
    const long long top = 1LL << p_.planes;
    switch (p_.product) {
      case PartialProduct::kGate:
        return -sum * (top - 1);
      case PartialProduct::kDigit:
        return -sum * ((top - 1) / 3);
      case PartialProduct::kOperator:
        return p_.stored_bits == 0 ? sum : 0;
      case PartialProduct::kSignFlip:
      case PartialProduct::kTernary:
        return 0;
    }
    return 0;
  }

  [[nodiscard]] int scale() const override {
    return p_.product == PartialProduct::kGate || p_.product == PartialProduct::kDigit ||
                   (p_.product == PartialProduct::kOperator && p_.stored_bits == 0)
               ? 2
               : 1;
  }

 private:
  [[nodiscard]] int part(int q, int group) const { return q >> (group * p_.planes) & ((1 << p_.planes) - 1); }

  /// What the partial products of a weight hold beyond their value.
  [[nodiscard]] long long offset(int q, int group) const {
    constexpr long long kMinusA = kActivationOffset - 1, kA = kActivationOffset;
    const int bits = part(q, group);
    long long sum = 0;
    switch (p_.product) {
      case PartialProduct::kSignFlip:
        for (int i = 0; i < p_.planes; ++i) sum += ((bits >> i & 1) != 0 ? kA : kMinusA) << i;
        return sum;
      case PartialProduct::kGate:
        return kA * bits;
      case PartialProduct::kDigit:
        for (int i = 0; i < p_.planes; i += 2) {
          constexpr long long kByDigit[4] = {kMinusA, 0, kA, 2 * kA};
          sum += kByDigit[bits >> i & 3] << i;
        }
        return sum;
      case PartialProduct::kTernary:
        return q == 0 ? kMinusA : q == 2 ? kA : 0;
      case PartialProduct::kOperator:
        return 0;
    }
    return 0;
  }

  MultiplierParameters p_;
};

/// Lines that the column's decoder gives for one weight.
int lines_of(const MultiplierParameters& p) {
  switch (p.product) {
    case PartialProduct::kDigit:
      return 3 * p.planes / 2;
    case PartialProduct::kTernary:
      return 2;
    default:
      return p.planes;
  }
}

std::string decode_text(const MultiplierParameters& p) {
  std::string text = "\n";
  const int lines = lines_of(p);
  for (int k = 0; k < p.depth; ++k) {
    if (p.product == PartialProduct::kDigit) {
      for (int d = 0; d < p.planes / 2; ++d) {
        const std::string low = fmt::format("weight_i[{}]", k * p.planes + 2 * d),
                          high = fmt::format("weight_i[{}]", k * p.planes + 2 * d + 1);
        const int c = k * lines + 3 * d;
        text += fmt::format("  assign control_o[{}:{}] = {{{} & {}, {} & ~{}, ~{} & ~{}}};  // 2a, a, -a\n", c + 2, c, high, low, high, low,
                            high, low);
      }
    } else if (p.product == PartialProduct::kTernary) {
      text +=
          fmt::format("  assign control_o[{0}:{1}] = {{weight_i[{0}], ~weight_i[{0}] & ~weight_i[{1}]}};  // a, -a\n", 2 * k + 1, 2 * k);
    } else if (p.stored_bits != 0) {
      text += fmt::format("  assign control_o[{0}:{1}] = {{1'b0, weight_i[{2}:{3}], 1'b1}} - {4}'d{5};  // 2q - (2^b - 1)\n",
                          k * p.planes + p.planes - 1, k * p.planes, k * p.stored_bits + p.stored_bits - 1, k * p.stored_bits, p.planes,
                          1 << p.stored_bits);
    } else {
      text += fmt::format("  assign control_o[{0}:{1}] = weight_i[{0}:{1}];\n", k * p.planes + p.planes - 1, k * p.planes);
    }
  }
  return text;
}

std::string replicated(int bits, int line) { return fmt::format("{{{}{{control_i[{}]}}}}", bits, line); }

/// The wires `product<k>_<i>` and the weights (columns) at which they enter the sum.
std::string lane_text(const MultiplierParameters& p) {
  std::string text = "\n  // Partial products, unsigned.\n";
  const int lines = lines_of(p);
  for (int k = 0; k < p.depth; ++k) {
    const std::string a = fmt::format("operand_i[{}:{}]", k * 8 + 7, k * 8);
    const int c = k * lines;
    switch (p.product) {
      case PartialProduct::kSignFlip:
        for (int i = 0; i < p.planes; ++i) text += fmt::format("  wire [7:0] product{}_{} = {} ^ ~{};\n", k, i, a, replicated(8, c + i));
        break;
      case PartialProduct::kGate:
        for (int i = 0; i < p.planes; ++i) text += fmt::format("  wire [7:0] product{}_{} = {} & {};\n", k, i, a, replicated(8, c + i));
        break;
      case PartialProduct::kDigit:
        for (int i = 0; i < p.planes / 2; ++i)
          text += fmt::format("  wire [8:0] product{0}_{1} = ({{1'b0, ~{2}}} & {3}) | ({{1'b0, {2}}} & {4}) | ({{{2}, 1'b0}} & {5});\n", k,
                              i, a, replicated(9, c + 3 * i), replicated(9, c + 3 * i + 1), replicated(9, c + 3 * i + 2));
        break;
      case PartialProduct::kTernary:
        text += fmt::format("  wire [7:0] product{0}_0 = (~{1} & {2}) | ({1} & {3});\n", k, a, replicated(8, c), replicated(8, c + 1));
        break;
      case PartialProduct::kOperator:
        // Operands as narrow as they are: a sign-extended product would cost the tool a multiplier of the accumulator's width.
        text += fmt::format("  wire signed [7:0] a{0} = {1};\n  wire signed [{2}:0] w{0} = control_i[{3}:{4}];\n", k, a, p.planes - 1,
                            c + p.planes - 1, c);
        text += fmt::format("  wire signed [{1}:0] product{0} = a{0} * w{0};\n", k, 8 + p.planes - 1);
        break;
    }
  }
  return text;
}

/// Pairs of numbers, pairs of pairs, ... each with an adder of its own: `tree`.
std::string tree_text(const MultiplierParameters& p) {
  std::vector<std::string> values;
  for (int k = 0; k < p.depth; ++k) values.push_back(fmt::format("product{}_0", k));
  std::string text = "\n  // Adder tree.\n";
  for (int width = 9; values.size() > 1; ++width) {
    std::vector<std::string> next;
    for (std::size_t i = 0; i + 1 < values.size(); i += 2) {
      next.push_back(fmt::format("sum{}_{}", width, i / 2));
      text += fmt::format("  wire [{}:0] {} = {{1'b0, {}}} + {{1'b0, {}}};\n", width - 1, next.back(), values[i], values[i + 1]);
    }
    values = next;
  }
  return text;
}

int tree_bits(const MultiplierParameters& p) {
  int bits = 8;
  while ((1 << (bits - 8)) < p.depth) ++bits;
  return bits;
}

void add_terms(const MultiplierParameters& p, BitHeap& heap) {
  if (!p.carry_save) return heap.add_vector(0, fmt::format("sum{}_0", tree_bits(p)), 0, tree_bits(p), 20);
  const bool digit = p.product == PartialProduct::kDigit;
  const int count = digit ? p.planes / 2 : p.product == PartialProduct::kTernary ? 1 : p.planes;
  for (int k = 0; k < p.depth; ++k)
    for (int i = 0; i < count; ++i) heap.add_vector(digit ? 2 * i : i, fmt::format("product{}_{}", k, i), 0, digit ? 9 : 8, 4);
}

int sum_bits(const MultiplierParameters& p) {
  const long long most = static_cast<long long>(p.depth) * 256 * ((1LL << p.planes) - 1);
  int bits = 1;
  while ((1LL << bits) <= most) ++bits;
  return bits;
}

}  // namespace

IntegerDesign make_multiplier(const MultiplierParameters& p) {
  IntegerDesign d;
  d.name = p.name;
  d.family = p.product == PartialProduct::kSignFlip || p.product == PartialProduct::kTernary ? "add" : "mac";
  static constexpr const char* kHow[] = {"sign-flipped activations", "gated activations", "selected multiples -a, 0, a, 2a",
                                         "signed activations", "the tool's multipliers"};
  d.description =
      fmt::format("dot product of {} activations and {} weight bits by {}", p.depth, p.planes, kHow[static_cast<int>(p.product)]);
  d.weight_class = p.product == PartialProduct::kTernary ? WeightClass::kTernary : WeightClass::kUniform;
  d.combine = p.combine;
  d.rows = p.rows;
  d.columns = p.columns;
  d.depth = p.depth;
  d.planes = p.stored_bits != 0 ? p.stored_bits : p.planes;
  d.max_weight_bits = p.combine == Combine::kParallel ? d.planes : p.combine == Combine::kShift ? p.max_shift + p.planes : 8;
  d.codec = std::make_shared<MultiplierCodec>(p);
  LaneParts parts;
  parts.operand_bits = p.depth * 8;
  parts.weight_bits = p.depth * (p.product == PartialProduct::kTernary ? 2 : stored(p));
  parts.control_bits = p.depth * lines_of(p);
  parts.decode_text = decode_text(p);
  parts.lane_text = lane_text(p);
  if (!p.carry_save) parts.lane_text += tree_text(p);
  parts.terms = [p](BitHeap& heap) { add_terms(p, heap); };
  parts.adder = p.adder;
  if (p.array) {
    parts.build_text = fmt::format("\n  // Activations are made unsigned.\n  wire [{0}:0] table_d = operand_i ^ {{{1}{{8'h80}}}};\n",
                                   p.depth * 8 - 1, p.depth);
    if (p.product == PartialProduct::kOperator) parts.build_text = fmt::format("\n  wire [{}:0] table_d = operand_i;\n", p.depth * 8 - 1);
  }
  parts.sum_bits = sum_bits(p);
  parts.max_shift = p.max_shift;
  if (p.product == PartialProduct::kOperator)
    for (int k = 0; k < p.depth; ++k) parts.plain_sum += fmt::format("{}product{}", k == 0 ? "" : " + ", k);
  emit_integer_array(d, parts);
  return d;
}

}  // namespace lutra::gen

// Native ternary tables: mu trits select one of (3^mu - 1) / 2 sums, its negative, or nothing.
#include <fmt/format.h>

#include "gen/designs/lookup.h"
#include "gen/designs/published.h"

namespace lutra::gen {
namespace {

int power_of_three(int n) { return n == 0 ? 1 : 3 * power_of_three(n - 1); }
int entry_count(int inputs) { return (power_of_three(inputs) - 1) / 2; }
/// Bits of the index of an entry, "none" included.
int index_bits(int inputs) {
  int bits = 1;
  while ((1 << bits) < entry_count(inputs) + 1) ++bits;
  return bits;
}

/// Trits of entry e (1 up): e as a balanced ternary number, whose leading trit is +1.
int trit(int e, int i) {
  int value = e;
  for (int k = 0; k < i; ++k) value = (value - ((value + 1) % 3 - 1)) / 3;
  return (value + 1) % 3 - 1;
}

class TernaryCodec : public Codec {
 public:
  TernaryCodec(const TernaryParameters& p, bool planes) : p_(p), planes_(planes), bits_(exact_entry_bits(p.inputs, p.activation_bits)) {}

  void operand(std::span<const int> a, float, BitWriter& out) const override {
    for (int g = 0; g < p_.tables; ++g)
      for (int e = 1; e <= entry_count(p_.inputs); ++e) {
        int sum = 0;
        for (int i = 0; i < p_.inputs; ++i)
          if (const auto k = static_cast<std::size_t>(g * p_.inputs + i); k < a.size()) sum += trit(e, i) * a[k];
        out.put(static_cast<std::uint64_t>(sum) ^ 1ULL << (bits_ - 1), bits_);
      }
  }

  void weight(std::span<const int> codes, int group, BitWriter& out) const override {
    for (int g = 0; g < p_.tables; ++g) {
      const int number = balanced(codes, g, group);
      out.put(static_cast<std::uint64_t>(number < 0 ? -number : number), index_bits(p_.inputs));
      out.put(number < 0 ? 1 : 0, 1);
    }
  }

  [[nodiscard]] long long column_offset(std::span<const int> codes, int group) const override {
    long long sum = 0;
    for (int g = 0; g < p_.tables; ++g) {
      const int number = balanced(codes, g, group);
      if (number != 0) sum += (1LL << (bits_ - 1)) - (number < 0 ? 1 : 0);
    }
    return sum;
  }
  [[nodiscard]] long long row_term(std::span<const int>, int) const override { return 0; }

 private:
  [[nodiscard]] int balanced(std::span<const int> codes, int g, int group) const {
    int number = 0;
    for (int i = p_.inputs - 1; i >= 0; --i) {
      const auto k = static_cast<std::size_t>(g * p_.inputs + i);
      const int code = k < codes.size() ? codes[k] : 1;
      number = 3 * number + (planes_ ? 2 * (code >> group & 1) - 1 : code - 1);
    }
    return number;
  }

  TernaryParameters p_;
  bool planes_;
  int bits_;
};

std::string decode_text(const TernaryParameters& p) {
  const int entries = entry_count(p.inputs), bits = index_bits(p.inputs);
  std::string text = "\n";
  for (int g = 0; g < p.tables; ++g) {
    for (int e = 1; e <= entries; ++e) {
      std::string select;
      for (int i = 0; i < bits; ++i)
        select += fmt::format("{}{}weight_i[{}]", i == 0 ? "" : " & ", (e >> i & 1) != 0 ? "" : "~", g * (bits + 1) + i);
      text += fmt::format("  assign control_o[{}] = {};\n", g * (entries + 1) + e - 1, select);
    }
    text += fmt::format("  assign control_o[{}] = weight_i[{}];  // subtract\n", g * (entries + 1) + entries, g * (bits + 1) + bits);
  }
  return text;
}

std::string lane_text(const TernaryParameters& p) {
  const int entries = entry_count(p.inputs), e = exact_entry_bits(p.inputs, p.activation_bits);
  std::string text = "\n  // The selected entry of each table or nothing, inverted where it is subtracted.\n";
  for (int g = 0; g < p.tables; ++g) {
    std::string any;
    for (int j = 0; j < entries; ++j)
      any += fmt::format("{}({{{}{{control_i[{}]}}}} & operand_i[{}:{}])", j == 0 ? "" : "\n      | ", e, g * (entries + 1) + j,
                         (g * entries + j) * e + e - 1, (g * entries + j) * e);
    text +=
        fmt::format("  wire [{}:0] term{} = {{{}{{control_i[{}]}}}} ^ (\n        {});\n", e - 1, g, e, g * (entries + 1) + entries, any);
  }
  return text;
}

}  // namespace

IntegerDesign make_ternary_lookup(const TernaryParameters& p) {
  const int entry_bits = exact_entry_bits(p.inputs, p.activation_bits);
  IntegerDesign d;
  d.name = p.name;
  d.family = "ternary";
  d.description = fmt::format("{} native ternary tables of {} trits, entries of {} bits", p.tables, p.inputs, entry_bits);
  d.weight_class = WeightClass::kTernary;
  d.table_mode = TableMode::kExact;
  d.combine = p.planes_too ? Combine::kHorner : Combine::kParallel;
  d.rows = p.rows;
  d.columns = p.columns;
  d.depth = p.depth != 0 ? p.depth : p.inputs * p.tables;
  d.planes = 1;
  d.activation_bits = p.activation_bits;
  d.codec = std::make_shared<TernaryCodec>(p, false);
  if (p.planes_too) d.plane_codec = std::make_shared<TernaryCodec>(p, true);
  LaneParts parts;
  parts.operand_bits = p.tables * entry_count(p.inputs) * entry_bits;
  parts.weight_bits = p.tables * (index_bits(p.inputs) + 1);
  parts.control_bits = p.tables * (entry_count(p.inputs) + 1);
  parts.decode_text = decode_text(p);
  parts.lane_text = lane_text(p);
  parts.adder = p.adder;
  parts.terms = [p, entry_bits](BitHeap& heap) {
    for (int g = 0; g < p.tables; ++g) heap.add_vector(0, fmt::format("term{}", g), 0, entry_bits, 8);
  };
  emit_integer_array(d, parts);
  return d;
}

}  // namespace lutra::gen

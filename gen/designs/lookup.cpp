#include "gen/designs/lookup.h"

#include <fmt/format.h>

#include <cmath>

namespace lutra::gen {
namespace {

bool subset(const LookupParameters& p) { return p.form == EntryForm::kSubset; }
int entry_count(const LookupParameters& p) { return subset(p) ? (1 << p.inputs) - 1 : 1 << (p.inputs - 1); }
/// Lines of a table in its column's control: one an entry, and one to subtract.
int line_count(const LookupParameters& p) { return entry_count(p) + (subset(p) ? 0 : 1); }
int members(int mask) { return mask == 0 ? 0 : (mask & 1) + members(mask >> 1); }
/// Stored bits of an entry: an exact sum of one activation needs fewer than one of many.
int bits_of(const LookupParameters& p, int entry) {
  if (!subset(p) || p.mode == TableMode::kQuantised) return p.entry_bits;
  int bits = p.activation_bits;
  while ((1 << (bits - p.activation_bits)) < members(entry + 1)) ++bits;
  return bits;
}
int widest_entry(const LookupParameters& p) { return bits_of(p, entry_count(p) - 1); }
int table_bits(const LookupParameters& p) {
  int bits = 0;
  for (int j = 0; j < entry_count(p); ++j) bits += bits_of(p, j);
  return bits;
}
int table_row_bits(const LookupParameters& p) { return p.tables * (table_bits(p) + (p.form == EntryForm::kParity ? 1 : 0)); }

/// Entry j is the sum with the last activation added: T[2^(K-1) | j].
int entry_of(std::span<const int> a, int j) {
  int sum = a.back();
  for (std::size_t i = 0; i + 1 < a.size(); ++i) sum += (j >> i & 1) != 0 ? a[i] : -a[i];
  return sum;
}

class LookupCodec : public Codec {
 public:
  explicit LookupCodec(const LookupParameters& p) : p_(p), entries_(entry_count(p)) {}

  // Entries with the sign bit inverted (an offset of 2^(entry_bits-1)): inverting all bits then negates, less one.
  void operand(std::span<const int> a, float inverse_scale, BitWriter& out) const override {
    if (subset(p_)) return subsets(a, inverse_scale, out);
    for (int g = 0; g < p_.tables; ++g) {
      const auto group = table(a, g);
      for (int j = 0; j < entries_; ++j) {
        const int exact = entry_of(group, j), t = p_.mode == TableMode::kQuantised ? quantised_entry(exact, inverse_scale) : exact;
        const int stored = p_.form == EntryForm::kParity ? (t - parity(group)) / 2 : t;
        out.put(static_cast<std::uint64_t>(stored) ^ 1ULL << (p_.entry_bits - 1), p_.entry_bits);
      }
    }
    if (p_.form == EntryForm::kParity)
      for (int g = 0; g < p_.tables; ++g) out.put(static_cast<std::uint64_t>(1 - parity(table(a, g))), 1);
  }

  // The low index bits are inverted offline where the table is subtracted.
  void weight(std::span<const int> codes, int group, BitWriter& out) const override {
    for (int plane = 0; plane < p_.planes; ++plane)
      for (int g = 0; g < p_.tables; ++g) {
        if (subset(p_)) {
          out.put(static_cast<std::uint64_t>(mask(codes, g, group, plane)), p_.inputs);
          continue;
        }
        const int top = bit(codes, g, p_.inputs - 1, group, plane);
        for (int i = 0; i + 1 < p_.inputs; ++i) out.put(static_cast<std::uint64_t>(bit(codes, g, i, group, plane) ^ 1 ^ top), 1);
        out.put(static_cast<std::uint64_t>(1 - top), 1);
      }
  }

  [[nodiscard]] long long column_offset(std::span<const int> codes, int group) const override {
    long long sum = 0;
    for (int plane = 0; plane < p_.planes; ++plane)
      for (int g = 0; g < p_.tables; ++g) {
        if (subset(p_)) {
          sum += offset_of(mask(codes, g, group, plane)) << plane;
          continue;
        }
        long long offset = 1LL << (p_.entry_bits - 1);
        if (p_.form == EntryForm::kPlain) offset -= 1 - bit(codes, g, p_.inputs - 1, group, plane);
        sum += offset << plane;
      }
    // With parities the lane adds what is missing after an inversion where the parity is 0; where it is 1 nothing is missing.
    return sum;
  }

  [[nodiscard]] long long row_term(std::span<const int> a, int) const override {
    if (p_.form == EntryForm::kPlain || (subset(p_) && p_.mode == TableMode::kQuantised)) return 0;
    long long sum = 0;
    if (subset(p_))
      for (const int v : a) sum -= v;
    for (int g = 0; g < p_.tables && !subset(p_); ++g) sum += parity(table(a, g));
    return sum * ((1LL << p_.planes) - 1);
  }

  [[nodiscard]] int scale() const override { return p_.form == EntryForm::kParity || (subset(p_) && p_.mode == TableMode::kExact) ? 2 : 1; }

 private:
  /// Activations are written with their sign bit inverted, quantised sums likewise: both are unsigned.
  void subsets(std::span<const int> a, float inverse_scale, BitWriter& out) const {
    for (int g = 0; g < p_.tables; ++g)
      for (int m = 1; m <= entries_; ++m) {
        int sum = 0;
        for (int i = 0; i < p_.inputs; ++i) sum += (m >> i & 1) != 0 ? a[static_cast<std::size_t>(g * p_.inputs + i)] : 0;
        const int stored = p_.mode == TableMode::kQuantised ? quantised_entry(sum, inverse_scale) : sum;
        out.put(static_cast<std::uint64_t>(stored + offset_of(m)), bits_of(p_, m - 1));
      }
  }
  [[nodiscard]] int mask(std::span<const int> codes, int g, int group, int plane) const {
    int m = 0;
    for (int i = 0; i < p_.inputs; ++i) m |= bit(codes, g, i, group, plane) << i;
    return m;
  }
  [[nodiscard]] long long offset_of(int m) const {
    if (p_.mode == TableMode::kQuantised) return m == 0 ? 0 : 1LL << (p_.entry_bits - 1);
    return static_cast<long long>(members(m)) << (p_.activation_bits - 1);
  }

  [[nodiscard]] std::span<const int> table(std::span<const int> a, int g) const {
    return a.subspan(static_cast<std::size_t>(g * p_.inputs), static_cast<std::size_t>(p_.inputs));
  }
  [[nodiscard]] int bit(std::span<const int> codes, int g, int i, int group, int plane) const {
    return codes[static_cast<std::size_t>(g * p_.inputs + i)] >> (group * p_.planes + plane) & 1;
  }
  [[nodiscard]] static int parity(std::span<const int> a) {
    int sum = 0;
    for (const int v : a) sum += v;
    return sum & 1;
  }

  LookupParameters p_;
  int entries_;
};

std::string lookup_decode(const LookupParameters& p) {
  std::string text = "\n";
  const int entries = entry_count(p), tables = p.planes * p.tables, lines = line_count(p), indexed = p.inputs - (subset(p) ? 0 : 1);
  for (int t = 0; t < tables; ++t) {
    for (int j = 0; j < entries; ++j) {
      const int index = subset(p) ? j + 1 : j;
      std::string select;
      for (int i = 0; i < indexed; ++i)
        select += fmt::format("{}{}weight_i[{}]", i == 0 ? "" : " & ", (index >> i & 1) != 0 ? "" : "~", t * p.inputs + i);
      text += fmt::format("  assign control_o[{}] = {};\n", t * lines + j, select.empty() ? "1'b1" : select);
    }
    if (!subset(p))
      text += fmt::format("  assign control_o[{}] = weight_i[{}];  // subtract\n", t * lines + entries, t * p.inputs + p.inputs - 1);
  }
  return text;
}

/// `term<t>`: the selected entry of each table; entries of different widths are padded.
std::string subset_lane(const LookupParameters& p) {
  std::string text = "\n  // The selected entry of each table, or nothing.\n";
  const int entries = entry_count(p), widest = widest_entry(p), total = table_bits(p);
  for (int t = 0; t < p.planes * p.tables; ++t) {
    std::string any;
    for (int j = 0, at = t % p.tables * total; j < entries; at += bits_of(p, j), ++j) {
      const int bits = bits_of(p, j);
      const std::string chosen = fmt::format("{{{}{{control_i[{}]}}}} & operand_i[{}:{}]", bits, t * entries + j, at + bits - 1, at);
      any += (j == 0 ? "" : "\n      | ") +
             (bits == widest ? fmt::format("({})", chosen) : fmt::format("{{{}'d0, {}}}", widest - bits, chosen));
    }
    text += fmt::format("  wire [{}:0] term{} =\n        {};\n", widest - 1, t, any);
  }
  return text;
}

std::string lookup_lane(const LookupParameters& p) {
  if (subset(p)) return subset_lane(p);
  std::string text = "\n  // The selected entry of each table, inverted where it is subtracted.\n";
  const int entries = 1 << (p.inputs - 1), lines = entries + 1, e = p.entry_bits;
  for (int plane = 0; plane < p.planes; ++plane)
    for (int g = 0; g < p.tables; ++g) {
      const int t = plane * p.tables + g;
      std::string any;
      for (int j = 0; j < entries; ++j)
        any += fmt::format("{}({{{}{{control_i[{}]}}}} & operand_i[{}:{}])", j == 0 ? "" : "\n      | ", e, t * lines + j,
                           (g * entries + j) * e + e - 1, (g * entries + j) * e);
      text += fmt::format("  wire [{0}:0] term{1} = {{{2}{{control_i[{3}]}}}} ^ (\n        {4});\n", e - 1, t, e, t * lines + entries, any);
      if (p.form == EntryForm::kParity)
        text += fmt::format("  wire carry{} = control_i[{}] & operand_i[{}];\n", t, t * lines + entries, p.tables * entries * e + g);
    }
  return text;
}

std::string widened(const LookupParameters& p, int k, int to) {
  const int a = p.activation_bits;
  return fmt::format("{{{{{}{{operand_i[{}]}}}}, operand_i[{}:{}]}}", to - a, k * a + a - 1, k * a + a - 1, k * a);
}

/// Sums over subsets of unsigned activations; a set shares the sum of the set without its last member.
std::string subset_builder(const LookupParameters& p) {
  std::string text = fmt::format("\n  // Sums over subsets of the activations, which are made unsigned.\n  wire [{}:0] table_d;\n",
                                 p.tables * table_bits(p) - 1);
  for (int g = 0, at = 0; g < p.tables; ++g)
    for (int m = 1; m <= entry_count(p); ++m) {
      int last = 0;
      while (m >> (last + 1) != 0) ++last;
      const int a = p.activation_bits, k = (g * p.inputs + last) * a, bits = bits_of(p, m - 1), rest = m & ~(1 << last);
      const std::string number = fmt::format("{{~operand_i[{}], operand_i[{}:{}]}}", k + a - 1, k + a - 2, k);
      text += fmt::format("  wire [{}:0] set{}_{} = {}{};\n", bits - 1, g, m, number, rest == 0 ? "" : fmt::format(" + set{}_{}", g, rest));
      text += fmt::format("  assign table_d[{}:{}] = set{}_{};\n", at + bits - 1, at, g, m);
      at += bits;
    }
  return text;
}

/// Entries with signs: sums of the lower and of the upper activations, then one adder an entry.
std::string signed_builder(const LookupParameters& p) {
  const int entries = entry_count(p), wide = p.activation_bits + p.inputs - 1, e = p.entry_bits, half = p.inputs / 2;
  const bool parity = p.form == EntryForm::kParity;
  std::string text = fmt::format(
      "\n  // Sums of the lower and of the upper activations, then one adder an entry.\n  wire [{}:0] table_d;\n", table_row_bits(p) - 1);
  const auto part = [&](const std::string& name, int first, int count, int codes, bool top_plus) {
    for (int j = 0; j < codes; ++j) {
      std::string sum;
      for (int i = count - 1; i >= 0; --i) {
        const bool plus = (j >> i & 1) != 0 || (top_plus && i == count - 1);
        sum += fmt::format("{}{}", sum.empty() ? (plus ? "" : "-") : (plus ? " + " : " - "), widened(p, first + i, wide));
      }
      text += fmt::format("  wire [{}:0] {}_{} = {};\n", wide - 1, name, j, sum);
    }
  };
  for (int g = 0; g < p.tables; ++g) {
    part(fmt::format("low{}", g), g * p.inputs, half, 1 << half, false);
    part(fmt::format("high{}", g), g * p.inputs + half, p.inputs - half, entries >> half, true);
    for (int j = 0; j < entries; ++j) {
      const int at = (g * entries + j) * e, drop = parity ? 1 : 0;
      text += fmt::format("  wire [{0}:0] sum{1}_{2} = low{1}_{3} + high{1}_{4};\n", wide - 1, g, j, j % (1 << half), j >> half);
      text += fmt::format("  assign table_d[{}:{}] = {{~sum{}_{}[{}], sum{}_{}[{}:{}]}};\n", at + e - 1, at, g, j, e - 1 + drop, g, j,
                          e - 2 + drop, drop);
    }
    if (parity) text += fmt::format("  assign table_d[{}] = ~sum{}_0[0];\n", p.tables * entries * e + g, g);
  }
  return text;
}

}  // namespace

int quantised_entry(int sum, float inverse_scale) { return static_cast<int>(std::nearbyintf(static_cast<float>(sum) * inverse_scale)); }

IntegerDesign make_lookup(const LookupParameters& p) {
  IntegerDesign d;
  d.name = p.name;
  d.family = "lut";
  static constexpr const char* kForms[] = {"", " and a parity a table", ", sums over subsets without sign"};
  d.description = fmt::format("{} plane(s) of {} tables of {} activations, entries of {} bits{}", p.planes, p.tables, p.inputs,
                              widest_entry(p), kForms[static_cast<int>(p.form)]);
  if (p.mode == TableMode::kQuantised) d.quantisation = {p.inputs, subset(p)};
  d.table_mode = p.mode;
  d.combine = p.combine;
  d.rows = p.rows;
  d.columns = p.columns;
  d.depth = p.inputs * p.tables;
  d.planes = p.planes;
  d.max_weight_bits = p.combine == Combine::kParallel ? p.planes : 8;
  d.activation_bits = p.activation_bits;
  d.codec = std::make_shared<LookupCodec>(p);
  LaneParts parts;
  parts.operand_bits = table_row_bits(p);
  parts.weight_bits = p.planes * p.tables * p.inputs;
  parts.control_bits = p.planes * p.tables * line_count(p);
  parts.decode_text = lookup_decode(p);
  parts.lane_text = lookup_lane(p);
  parts.adder = p.adder;
  if (p.array) parts.build_text = subset(p) ? subset_builder(p) : signed_builder(p);
  parts.terms = [p](BitHeap& heap) {
    for (int plane = 0; plane < p.planes; ++plane)
      for (int g = 0; g < p.tables; ++g) {
        const int t = plane * p.tables + g;
        heap.add_vector(plane, fmt::format("term{}", t), 0, widest_entry(p), 8);
        if (p.form == EntryForm::kParity) heap.add(plane, fmt::format("carry{}", t), 2);
      }
  };
  emit_integer_array(d, parts);
  return d;
}

}  // namespace lutra::gen

#include "gen/designs/published.h"

#include <fmt/format.h>

namespace lutra::gen {
namespace {

bool full(const PublishedParameters& p) { return p.step == PublishedStep::kUnpu; }
int entry_count(const PublishedParameters& p) { return 1 << (full(p) ? p.inputs : p.inputs - 1); }
bool builds(const PublishedParameters& p) { return p.step != PublishedStep::kLutTc; }

class PublishedCodec : public Codec {
 public:
  explicit PublishedCodec(const PublishedParameters& p) : p_(p) {}

  void operand(std::span<const int> a, float inverse_scale, BitWriter& out) const override {
    if (builds(p_)) {
      for (const int v : a) out.put(static_cast<std::uint64_t>(v), 8);
      return;
    }
    for (int j = 0; j < entry_count(p_); ++j) {
      int sum = a.back();
      for (int i = 0; i + 1 < p_.inputs; ++i) sum += (j >> i & 1) != 0 ? a[static_cast<std::size_t>(i)] : -a[static_cast<std::size_t>(i)];
      out.put(static_cast<std::uint64_t>(p_.mode == TableMode::kQuantised ? quantised_entry(sum, inverse_scale) : sum), p_.entry_bits);
    }
  }

  // Last bit: subtract. UNPU would subtract the top plane of a two's-complement weight; codes here are unsigned, so it never does,
  // but the sign circuit stays.
  void weight(std::span<const int> codes, int group, BitWriter& out) const override {
    int index = 0;
    for (int i = 0; i < p_.inputs; ++i) index |= (codes[static_cast<std::size_t>(i)] >> group & 1) << i;
    if (full(p_)) {
      out.put(static_cast<std::uint64_t>(index), p_.inputs);
      out.put(0, 1);
      return;
    }
    const int top = index >> (p_.inputs - 1);
    const bool fold = p_.step != PublishedStep::kHalfTables && top == 0;
    out.put(static_cast<std::uint64_t>(fold ? ~index : index), p_.inputs - 1);
    out.put(static_cast<std::uint64_t>(1 - top), 1);
  }

  [[nodiscard]] long long column_offset(std::span<const int>, int) const override { return 0; }
  [[nodiscard]] long long row_term(std::span<const int> a, int) const override {
    if (!full(p_)) return 0;
    long long sum = 0;
    for (const int v : a) sum -= v;
    return sum;
  }
  [[nodiscard]] int scale() const override { return full(p_) ? 2 : 1; }

 private:
  PublishedParameters p_;
};

std::string extended(int i, int from, int to) {
  return fmt::format("{{{{{}{{operand_i[{}]}}}}, operand_i[{}:{}]}}", to - from, i * 8 + 7, i * 8 + 7, i * 8);
}

// Entries share their partial sums: pairs first, then one adder an entry.
std::string builder_text(const PublishedParameters& p, bool registered) {
  const int w = p.entry_bits, half = p.inputs / 2, low = 1 << half, entries = entry_count(p);
  std::string text = "\n  // Sums of the lower and of the upper activations, then one adder an entry.\n";
  const auto part = [&](const char* name, int first, int count, int codes, bool top_plus) {
    for (int j = 0; j < codes; ++j) {
      std::string sum;
      for (int i = 0; i < count; ++i) {
        const bool on = (j >> i & 1) != 0 || (top_plus && i == count - 1);
        if (full(p) && !on) continue;
        sum += fmt::format("{}{}", sum.empty() ? (on ? "" : "-") : (on ? " + " : " - "), extended(first + i, 8, w));
      }
      text += fmt::format("  wire [{}:0] {}{} = {};\n", w - 1, name, j, sum.empty() ? fmt::format("{}'d0", w) : sum);
    }
  };
  part("low", 0, half, low, false);
  part("high", half, p.inputs - half, entries / low, !full(p));
  if (!registered) {
    text += fmt::format("  wire [{}:0] table_d;\n", entries * w - 1);
    for (int j = 0; j < entries; ++j)
      text += fmt::format("  assign table_d[{}:{}] = low{} + high{};\n", j * w + w - 1, j * w, j % low, j / low);
    return text;
  }
  text += fmt::format("  reg [{}:0] table_q;\n  always @(posedge clk_i) begin\n", entries * w - 1);
  for (int j = 0; j < entries; ++j) text += fmt::format("    table_q[{}:{}] <= low{} + high{};\n", j * w + w - 1, j * w, j % low, j / low);
  return text + "  end\n  assign prepared_o = table_q;\n";
}

std::string mux(const std::string& vector, int width, int index_bits, int first) {
  if (index_bits == 0) return fmt::format("{}[{}:{}]", vector, first * width + width - 1, first * width);
  return fmt::format("(control_i[{}] ? {} : {})", index_bits - 1, mux(vector, width, index_bits - 1, first + (1 << (index_bits - 1))),
                     mux(vector, width, index_bits - 1, first));
}

std::string lane_text(const PublishedParameters& p, int index_bits, int out_bits) {
  std::string text = fmt::format("\n  // Multiplexer, shift, sign: an inverted number and a carry-in.\n  wire [{}:0] entry = {};\n",
                                 p.entry_bits - 1, mux("operand_i", p.entry_bits, index_bits, 0));
  int width = p.entry_bits;
  std::string value = "entry";
  for (int b = 0; b < shift_bits(p.max_shift); ++b) {
    const int step = 1 << b, out = width + step;
    text += fmt::format("  wire [{0}:0] shifted{1} = shift_i[{1}] ? {{{2}, {3}'d0}} : {{{{{3}{{{2}[{4}]}}}}, {2}}};\n", out - 1, b, value,
                        step, width - 1);
    value = fmt::format("shifted{}", b);
    width = out;
  }
  return text + fmt::format("  wire [{0}:0] signed_value = {1} ^ {{{2}{{control_i[{3}]}}}};\n", out_bits - 1, value, out_bits, index_bits);
}

std::string decode_text(const PublishedParameters& p, int index_bits) {
  if (p.step != PublishedStep::kHalfTables) return "\n  assign control_o = weight_i;\n";
  return fmt::format(
      "\n  // The table is odd: the index is inverted where its top bit says subtract.\n  assign control_o = {{weight_i[{0}], "
      "weight_i[{1}:0] ^ {{{0}{{weight_i[{0}]}}}}}};\n",
      index_bits, index_bits - 1);
}

}  // namespace

int exact_entry_bits(int inputs, int activation_bits) {
  int bits = activation_bits;
  while ((1 << (bits - activation_bits)) < inputs) ++bits;
  return bits;
}

IntegerDesign make_published(const PublishedParameters& p) {
  IntegerDesign d;
  d.name = p.name;
  d.family = p.step == PublishedStep::kLutTc ? "lut_published" : "unpu";
  d.description = fmt::format("one table of {} entries of {} bits a cycle, multiplexer, shift, sign, accumulator{}", entry_count(p),
                              p.entry_bits, builds(p) ? "; tables built inside" : "");
  d.table_mode = p.mode;
  d.quantisation.inputs = p.inputs;
  d.combine = Combine::kShift;
  d.rows = p.rows;
  d.columns = p.columns;
  d.depth = p.inputs;
  d.max_weight_bits = p.max_shift + 1;
  d.operand_latency = builds(p) ? 1 : 0;
  d.codec = std::make_shared<PublishedCodec>(p);
  const int index_bits = full(p) ? p.inputs : p.inputs - 1, out_bits = p.entry_bits + (1 << shift_bits(p.max_shift)) - 1;
  LaneParts parts;
  parts.operand_bits = builds(p) ? p.inputs * 8 : entry_count(p) * p.entry_bits;
  parts.prepared_bits = entry_count(p) * p.entry_bits;
  if (builds(p)) parts.prepare_text = builder_text(p, true);
  parts.prepare_clocked = builds(p);
  if (p.array) parts.build_text = builder_text(p, false);
  parts.weight_bits = index_bits + 1;
  parts.control_bits = index_bits + 1;
  parts.decode_text = decode_text(p, index_bits);
  parts.lane_text = lane_text(p, index_bits, out_bits);
  parts.max_shift = p.max_shift;
  parts.adder = p.adder;
  parts.shifts_itself = true;
  parts.terms = [out_bits, index_bits, bits = d.accumulator_bits](BitHeap& heap) {
    heap.add_vector(0, "signed_value", 0, out_bits, 10);
    for (int i = out_bits; i < bits; ++i) heap.add(i, fmt::format("signed_value[{}]", out_bits - 1), 10);
    heap.add(0, fmt::format("control_i[{}]", index_bits), 2);
  };
  emit_integer_array(d, parts);
  return d;
}

}  // namespace lutra::gen

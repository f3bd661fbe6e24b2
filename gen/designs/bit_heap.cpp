#include "gen/designs/bit_heap.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace lutra::gen {

namespace {

constexpr const char* kConstants[] = {"1'b0", "1'b1"};

bool constant(const std::string& name) { return name == kConstants[0] || name == kConstants[1]; }

}  // namespace

std::vector<EmittedFile> full_adder_files(FullAdder cell) {
  if (cell == FullAdder::kLogic) return {};
  const bool inverting = cell == FullAdder::kInverting;
  const std::string name = inverting ? "lutra_full_adder_n" : "lutra_full_adder", end = inverting ? "no" : "o", sign = inverting ? "~" : "";
  const std::vector<Port> ports = {{false, 1, "a_i", "addend"},
                                   {false, 1, "b_i", "addend"},
                                   {false, 1, "c_i", "addend"},
                                   {true, 1, "sum_" + end, inverting ? "complement of the sum" : "sum"},
                                   {true, 1, "carry_" + end, inverting ? "complement of the carry" : "carry"}};
  return {{name + ".v", module_text("A full adder, to be mapped to the library's cell.", name, ports,
                                    fmt::format("\n  assign sum_{0} = {1}(a_i ^ b_i ^ c_i);\n"
                                                "  assign carry_{0} = {1}((a_i & b_i) | (a_i & c_i) | (b_i & c_i));\n",
                                                end, sign),
                                    Clocking::kNone)}};
}

BitHeap::BitHeap(std::string prefix, int width, AdderStyle style)
    : prefix_(std::move(prefix)), width_(static_cast<std::size_t>(width)), style_(style), columns_(width_) {}

void BitHeap::add(int column, const std::string& bit, int arrival) {
  if (static_cast<std::size_t>(column) < width_) columns_[static_cast<std::size_t>(column)].push_back({bit, arrival, false, false});
}

void BitHeap::add_vector(int column, const std::string& name, int first, int bits, int arrival) {
  for (int i = 0; i < bits; ++i) add(column + i, fmt::format("{}[{}]", name, first + i), arrival);
}

// The sum is written over the carry, as a mirror adder is built: libraries with a majority gate but dear exclusive-ors need less
// for it, and mappers turn it into exclusive-ors where those are cheap.
BitHeap::Bit BitHeap::full_adder(const Bit& a, const Bit& b, const Bit& c, Bit& carry) {
  // A constant addend leaves less than a cell.
  if (style_.cell != FullAdder::kLogic && !constant(a.name) && !constant(b.name) && !constant(c.name))
    return full_adder_cell(a, b, c, carry);
  const std::string s = fmt::format("{}_s{}", prefix_, serial_), k = fmt::format("{}_c{}", prefix_, serial_);
  ++serial_;
  ++full_adders_;
  text_ +=
      fmt::format("  wire {0} = ({2} & {3}) | ({2} & {4}) | ({3} & {4});\n  wire {1} = ({2} & {3} & {4}) | (~{0} & ({2} | {3} | {4}));\n",
                  k, s, plain(a), plain(b), plain(c));
  const int latest = std::max({a.arrival, b.arrival, c.arrival});
  carry = {k, latest + 2, false, true};
  return {s, latest + 4, false, true};
}

// A full adder of complements gives the complements of sum and carry, so only bits of the other polarity need an inverter.
BitHeap::Bit BitHeap::full_adder_cell(const Bit& a, const Bit& b, const Bit& c, Bit& carry) {
  const std::string s = fmt::format("{}_s{}", prefix_, serial_), k = fmt::format("{}_c{}", prefix_, serial_);
  const bool inverting = style_.cell == FullAdder::kInverting;
  int inverted = 0, made = 0;
  for (const Bit* bit : {&a, &b, &c})
    if (bit->made) ++made, inverted += bit->inverted ? 1 : 0;
  const bool polarity = inverting && 2 * inverted > made;
  const auto pin = [&](const Bit& bit) { return (bit.inverted != polarity ? "~" : "") + bit.name; };
  text_ += fmt::format("  wire {0}, {1};\n  {2} i_{0} (.a_i({3}), .b_i({4}), .c_i({5}), .sum_{6}({0}), .carry_{6}({1}));\n", s, k,
                       inverting ? "lutra_full_adder_n" : "lutra_full_adder", pin(a), pin(b), pin(c), inverting ? "no" : "o");
  ++serial_;
  ++full_adders_;
  const int latest = std::max({a.arrival, b.arrival, c.arrival});
  carry = {k, latest + 3, inverting != polarity, true};
  return {s, latest + 4, inverting != polarity, true};
}

BitHeap::Bit BitHeap::half_adder(const Bit& a, const Bit& b, Bit& carry) {
  const std::string s = fmt::format("{}_s{}", prefix_, serial_), k = fmt::format("{}_c{}", prefix_, serial_);
  ++serial_;
  text_ += fmt::format("  wire {0} = {2} & {3};\n  wire {1} = {2} ^ {3};\n", k, s, plain(a), plain(b));
  const int latest = std::max(a.arrival, b.arrival);
  carry = {k, latest + 1, false, true};
  return {s, latest + 2, false, true};
}

/// The three earliest bits; with inverting cells the three earliest that agree in polarity, where there are such.
std::vector<BitHeap::Bit> BitHeap::take_three(std::vector<Bit>& column) const {
  std::vector<std::size_t> best = {column.size() - 1, column.size() - 2, column.size() - 3};
  if (style_.cell == FullAdder::kInverting) {
    int best_arrival = std::numeric_limits<int>::max();
    for (const bool polarity : {false, true}) {
      std::vector<std::size_t> chosen;
      for (std::size_t i = column.size(); i-- > 0 && chosen.size() < 3;)
        if (!column[i].made || column[i].inverted == polarity) chosen.push_back(i);
      if (chosen.size() == 3 && column[chosen.back()].arrival < best_arrival) best_arrival = column[chosen.back()].arrival, best = chosen;
    }
  }
  std::vector<Bit> bits;
  for (const std::size_t i : best) {
    bits.push_back(column[i]);
    column.erase(column.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return bits;
}

void BitHeap::compress() {
  const auto later = [](const Bit& a, const Bit& b) { return a.arrival > b.arrival; };
  for (std::size_t i = 0; i < width_; ++i) {
    std::vector<Bit>& column = columns_[i];
    std::stable_sort(column.begin(), column.end(), later);  // earliest last
    while (column.size() > 2) {
      const std::vector<Bit> three = take_three(column);
      Bit carry;
      const Bit sum = full_adder(three[0], three[1], three[2], carry);
      column.insert(std::upper_bound(column.begin(), column.end(), sum, later), sum);
      if (i + 1 < width_) columns_[i + 1].push_back(carry);
    }
  }
}

std::string BitHeap::row(std::size_t index) const {
  std::string bits;
  for (std::size_t i = width_; i-- > 0;)
    bits += (bits.empty() ? "" : ", ") + (columns_[i].size() > index ? plain(columns_[i][index]) : std::string("1'b0"));
  return "{" + bits + "}";
}

std::string BitHeap::ripple(const std::string& name) {
  std::string bits;
  Bit carry{"", 0, false, false};
  for (std::size_t i = 0; i < width_; ++i) {
    std::vector<Bit> column = columns_[i];
    if (!carry.name.empty()) column.push_back(carry);
    carry.name.clear();
    Bit sum{"1'b0", 0, false, false};
    if (column.size() == 1) sum = column[0];
    if (column.size() == 2) sum = half_adder(column[0], column[1], carry);
    if (column.size() == 3) sum = full_adder(column[0], column[1], column[2], carry);
    bits = plain(sum) + (bits.empty() ? "" : ", ") + bits;
  }
  return fmt::format("  wire [{}:0] {} = {{{}}};\n", width_ - 1, name, bits);
}

std::string BitHeap::sum(const std::string& name) {
  compress();
  if (style_.last == FinalAdder::kRipple) {
    const std::string last = ripple(name);
    return text_ + last;
  }
  return text_ + fmt::format("  wire [{0}:0] {1} = {2}\n      + {3};\n", width_ - 1, name, row(0), row(1));
}

std::string BitHeap::rows(const std::string& a, const std::string& b) {
  compress();
  return text_ + fmt::format("  wire [{0}:0] {1} = {2};\n  wire [{0}:0] {3} = {4};\n", width_ - 1, a, row(0), b, row(1));
}

}  // namespace lutra::gen

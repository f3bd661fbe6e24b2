#include "gen/designs/bit_heap.h"

#include <fmt/format.h>

#include <algorithm>

namespace lutra::gen {

BitHeap::BitHeap(std::string prefix, int width) : prefix_(std::move(prefix)), width_(static_cast<std::size_t>(width)), columns_(width_) {}

void BitHeap::add(int column, const std::string& bit, int arrival) {
  if (static_cast<std::size_t>(column) < width_) columns_[static_cast<std::size_t>(column)].push_back({bit, arrival});
}

void BitHeap::add_vector(int column, const std::string& name, int first, int bits, int arrival) {
  for (int i = 0; i < bits; ++i) add(column + i, fmt::format("{}[{}]", name, first + i), arrival);
}

// The sum is written over the carry, as a mirror adder is built: libraries with a majority gate but dear exclusive-ors need less
// for it, and mappers turn it into exclusive-ors where those are cheap.
BitHeap::Bit BitHeap::full_adder(const Bit& a, const Bit& b, const Bit& c, Bit& carry) {
  const std::string s = fmt::format("{}_s{}", prefix_, serial_), k = fmt::format("{}_c{}", prefix_, serial_);
  ++serial_;
  ++full_adders_;
  text_ +=
      fmt::format("  wire {0} = ({2} & {3}) | ({2} & {4}) | ({3} & {4});\n  wire {1} = ({2} & {3} & {4}) | (~{0} & ({2} | {3} | {4}));\n",
                  k, s, a.name, b.name, c.name);
  const int latest = std::max({a.arrival, b.arrival, c.arrival});
  carry = {k, latest + 2};
  return {s, latest + 4};
}

BitHeap::Bit BitHeap::half_adder(const Bit& a, const Bit& b, Bit& carry) {
  const std::string s = fmt::format("{}_s{}", prefix_, serial_), k = fmt::format("{}_c{}", prefix_, serial_);
  ++serial_;
  text_ += fmt::format("  wire {0} = {2} & {3};\n  wire {1} = {2} ^ {3};\n", k, s, a.name, b.name);
  const int latest = std::max(a.arrival, b.arrival);
  carry = {k, latest + 1};
  return {s, latest + 2};
}

void BitHeap::compress() {
  const auto later = [](const Bit& a, const Bit& b) { return a.arrival > b.arrival; };
  for (std::size_t i = 0; i < width_; ++i) {
    std::vector<Bit>& column = columns_[i];
    std::stable_sort(column.begin(), column.end(), later);  // earliest last
    while (column.size() > 2) {
      const Bit a = column[column.size() - 1], b = column[column.size() - 2], c = column[column.size() - 3];
      column.resize(column.size() - 3);
      Bit carry;
      const Bit sum = full_adder(a, b, c, carry);
      column.insert(std::upper_bound(column.begin(), column.end(), sum, later), sum);
      if (i + 1 < width_) columns_[i + 1].push_back(carry);
    }
  }
}

std::string BitHeap::row(std::size_t index) const {
  std::string bits;
  for (std::size_t i = width_; i-- > 0;)
    bits += (bits.empty() ? "" : ", ") + (columns_[i].size() > index ? columns_[i][index].name : std::string("1'b0"));
  return "{" + bits + "}";
}

std::string BitHeap::ripple(const std::string& name) {
  std::string bits;
  Bit carry{"", 0};
  for (std::size_t i = 0; i < width_; ++i) {
    std::vector<Bit> column = columns_[i];
    if (!carry.name.empty()) column.push_back(carry);
    carry.name.clear();
    Bit sum{"1'b0", 0};
    if (column.size() == 1) sum = column[0];
    if (column.size() == 2) sum = half_adder(column[0], column[1], carry);
    if (column.size() == 3) sum = full_adder(column[0], column[1], column[2], carry);
    bits = sum.name + (bits.empty() ? "" : ", ") + bits;
  }
  return fmt::format("  wire [{}:0] {} = {{{}}};\n", width_ - 1, name, bits);
}

std::string BitHeap::sum(const std::string& name, FinalAdder adder) {
  compress();
  if (adder == FinalAdder::kRipple) {
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

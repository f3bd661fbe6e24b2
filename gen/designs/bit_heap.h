// Adds any number of bits of any weight: a carry-save tree ordered by arrival, then one carry-propagate adder.
#pragma once

#include <string>
#include <vector>

#include "gen/verilog.h"

namespace lutra::gen {

/// How the last two rows of a heap are added.
enum class FinalAdder {
  kRipple,  // full adders in a chain: smallest
  kPrefix,  // the synthesis tool's parallel-prefix adder: fastest
};

/// What a full adder is written as.
enum class FullAdder {
  kLogic,      // equations
  kCell,       // an instance of lutra_full_adder, for libraries whose full-adder cell gives sum and carry
  kInverting,  // an instance of lutra_full_adder_n, for those whose cell gives both inverted; levels alternate in polarity
};

/// How a heap is built.
struct AdderStyle {
  FinalAdder last = FinalAdder::kRipple;
  FullAdder cell = FullAdder::kLogic;
};

/// The Verilog module that `cell` instantiates; nothing for kLogic.
std::vector<EmittedFile> full_adder_files(FullAdder cell);

/// Collects bits by weight and emits the Verilog that adds them modulo 2^width. Arrival times are in gate delays and only order the tree.
class BitHeap {
 public:
  /// `prefix` starts the names of the wires that the heap makes.
  BitHeap(std::string prefix, int width, AdderStyle style = {});

  /// Adds 2^column times `bit` (a Verilog expression of one bit). Columns at or above the width are dropped.
  void add(int column, const std::string& bit, int arrival = 0);
  /// Adds `bits` bits of the vector `name` from `column` upwards.
  void add_vector(int column, const std::string& name, int first, int bits, int arrival = 0);

  /// Reduces to two rows. Afterwards no bit can be added.
  void compress();
  /// Text of everything so far plus `wire [width-1:0] <name>`: the sum. compress() is done first where it was not.
  std::string sum(const std::string& name);
  /// Text of everything so far plus two vectors whose sum is the heap's; both `width` wide.
  std::string rows(const std::string& a, const std::string& b);

  /// Full adders made so far.
  [[nodiscard]] int full_adders() const { return full_adders_; }

 private:
  struct Bit {
    std::string name;
    int arrival;
    bool inverted = false;  // the wire holds the complement
    bool made = false;      // by an adder: inverting it costs a gate; logic before the heap gives either polarity
  };
  static std::string plain(const Bit& bit) { return (bit.inverted ? "~" : "") + bit.name; }
  Bit full_adder(const Bit& a, const Bit& b, const Bit& c, Bit& carry);
  Bit full_adder_cell(const Bit& a, const Bit& b, const Bit& c, Bit& carry);
  Bit half_adder(const Bit& a, const Bit& b, Bit& carry);
  std::vector<Bit> take_three(std::vector<Bit>& column) const;
  [[nodiscard]] std::string row(std::size_t index) const;
  std::string ripple(const std::string& name);

  std::string prefix_;
  std::size_t width_;
  AdderStyle style_;
  std::vector<std::vector<Bit>> columns_;
  std::string text_;
  int serial_ = 0;
  int full_adders_ = 0;
};

}  // namespace lutra::gen

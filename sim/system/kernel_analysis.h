// What can be said about a kernel without running it: where it reaches in memory, and which registers its timing depends on.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "isa/arch_config.h"
#include "isa/program.h"

namespace lutra::system {

using Registers = std::array<std::uint64_t, 16>;

/// Bytes that loads and stores touch, relative to the argument register they were computed from.
struct Reach {
  int argument = 0;  // 8..15, or 0: absolute addresses
  std::int64_t lo = 0, hi = 0;
  bool operator==(const Reach&) const = default;
};

/// The proof needs: loop counts that do not come from registers; registers that every iteration of a loop moves by the same
/// amounts (checked on the affine map of its body: once two moves in a row are equal, all are); addresses made of one argument and a
/// constant.
class KernelAnalysis {
 public:
  KernelAnalysis(const std::vector<Encoded>& code, const ArchConfig& config);

  /// Why nothing is proven; empty when the rest holds.
  [[nodiscard]] const std::string& unproven() const { return unproven_; }
  [[nodiscard]] const std::vector<Reach>& reach() const { return reach_; }

  /// For each register the modulus that timing depends on it by, 0 where it does not, when the kernel starts with `args` in r8 to r15.
  /// Bursts are cut at 4 KiB. Where all rows that a register addresses stay within aligned blocks of a smaller power of two, and
  /// all moves are multiples of it, no row is ever cut and that power is the modulus; else it is 4096.
  [[nodiscard]] Registers moduli(const std::array<std::uint64_t, 8>& args) const;

  /// "" when all accesses lie in [lo, hi) and below `size`, else what does not.
  [[nodiscard]] std::string check(const std::array<std::uint64_t, 8>& args, std::uint64_t lo, std::uint64_t hi) const;

 private:
  struct Value {
    int symbol = 0;
    std::int64_t offset = 0;
  };
  using State = std::array<Value, 16>;

  void collect_writes();
  void collect_rows(const Instruction& instruction, std::int64_t bytes);
  void close_relevant();
  std::size_t walk(std::size_t pc, State& state, int depth);
  std::size_t loop(std::size_t pc, State& state, int depth);
  void touch(const Instruction& instruction, const State& state, std::int64_t row_bytes);
  void refuse(const std::string& why);

  std::vector<Instruction> code_;
  std::int64_t bus_;
  std::int64_t output_bytes_;
  std::string unproven_;
  std::vector<Reach> reach_;
  std::array<bool, 16> relevant_{};
  std::array<std::int64_t, 16> row_bytes_{};   // longest row it addresses
  std::array<std::uint64_t, 16> alignment_{};  // largest power of two, up to 4096, of which all moves and pitches are multiples
  std::array<bool, 16> translates_{};          // only ever written by adding a constant to itself
};

}  // namespace lutra::system

// Floating-point units in one Verilated top that feeds them all with the same operands.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gen/float/unit.h"
#include "sim/cosim/verilated_module.h"

namespace lutra::test {

/// Units of equal operand widths; result i of operation `step` is what the unit i gives to operands a and b (or a alone).
class FloatBench {
 public:
  explicit FloatBench(const std::vector<gen::FloatUnit>& units, const std::string& optimisation = "-O1");

  /// Combinational units: gives the operands, settles.
  void set(std::uint32_t a, std::uint32_t b) {
    a_.set(a);
    b_.set(b);
    module_->eval();
  }
  /// The same for units with registers: one rising edge follows.
  void clock(std::uint32_t a, std::uint32_t b) {
    a_.set(a);
    b_.set(b);
    module_->tick();
  }
  [[nodiscard]] std::uint32_t result(std::size_t i) const { return static_cast<std::uint32_t>(results_[i].get()); }
  [[nodiscard]] std::size_t size() const { return units_.size(); }
  [[nodiscard]] const gen::FloatUnit& unit(std::size_t i) const { return units_[i]; }

 private:
  std::vector<gen::FloatUnit> units_;
  std::unique_ptr<cosim::VerilatedModule> module_;
  cosim::PortRef a_, b_;
  std::vector<cosim::PortRef> results_;
};

/// What the model says; order is {less, equal, unordered}, the first in bit 2.
std::uint32_t model_result(const gen::FloatUnit& unit, std::uint32_t a, std::uint32_t b);

}  // namespace lutra::test

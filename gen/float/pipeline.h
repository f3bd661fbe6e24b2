// A datapath as a list of wires in sections, cut into stages by as many registers as are asked for.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace lutra::gen {

/// "8'd5" for a constant, modulo 2^bits.
std::string constant(int bits, long long value);

/// Wires are written in order of their dependence; every section is a place where a stage may begin. A wire that is read in a later stage
/// than its own is delayed by registers there, so that an expression names wires as if all were combinational.
class Pipeline {
 public:
  /// `registers` stages of registers between inputs and outputs, at equal shares of the sections' weights.
  explicit Pipeline(int registers) : registers_(registers) {}

  /// A port that expressions read.
  void input(const std::string& name, int bits);
  /// Opens the next section; `weight` is its share of the delay.
  void section(const std::string& comment, int weight = 1);
  /// A wire of the present section.
  void wire(const std::string& name, int bits, const std::string& expression);
  /// An output port, after the last register.
  void output(const std::string& name, const std::string& expression);

  /// Bits of a wire of the present section that nothing reads, so that lint knows they are meant to be left over.
  void spare(const std::string& bits);

  /// Declarations, registers and assignments; wires that no output depends on are left out.
  [[nodiscard]] std::string text() const;

 private:
  struct Section {
    std::string comment;
    int weight;
  };
  struct Wire {
    std::string name;
    int bits;
    std::string expression;
    int section;
  };
  [[nodiscard]] int stage_of(int section) const;
  [[nodiscard]] std::map<std::string, int> last_stages() const;
  [[nodiscard]] std::string registers_into(int stage, const std::map<std::string, int>& last) const;
  [[nodiscard]] std::string resolve(const std::string& expression, int stage, std::map<std::string, int>& last) const;

  int registers_;
  std::vector<Section> sections_;
  std::vector<Wire> wires_;  // inputs have no expression
  std::map<std::string, std::size_t> index_;
  std::vector<Wire> outputs_;
  std::vector<Wire> spares_;
};

}  // namespace lutra::gen

// Collects the instructions of a kernel and counts what they cost: code words, nested loops, instructions executed, beats moved.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "isa/instruction.h"

namespace lutra::workloads {

class KernelBuilder {
 public:
  /// Appends an instruction of the innermost open loop.
  void add(const Instruction& instruction);
  /// register += amount; nothing when it is 0.
  void advance(int reg, std::int64_t amount);
  void set(int reg, std::int64_t value);
  void post(int semaphore, int count);
  /// `body` executed `count` times: nothing for 0, no loop for 1.
  void loop(std::int64_t count, const std::function<void()>& body);

  [[nodiscard]] const std::vector<Instruction>& code() const { return code_; }
  [[nodiscard]] int loop_depth() const { return max_depth_; }
  /// Instructions the command processor executes.
  [[nodiscard]] std::int64_t executed() const { return executed_; }
  [[nodiscard]] std::int64_t read_beats() const { return read_beats_; }
  /// Outputs written.
  [[nodiscard]] std::int64_t stored() const { return stored_; }
  [[nodiscard]] std::int64_t array_ksteps() const { return array_ksteps_; }
  [[nodiscard]] std::int64_t lmmas() const { return lmmas_; }

 private:
  std::vector<Instruction> code_;
  std::int64_t times_ = 1;  // how often the innermost open loop runs in all
  int depth_ = 0;
  int max_depth_ = 0;
  std::int64_t executed_ = 0;
  std::int64_t read_beats_ = 0;
  std::int64_t stored_ = 0;
  std::int64_t array_ksteps_ = 0;
  std::int64_t lmmas_ = 0;
};

}  // namespace lutra::workloads

// Instructions, and what they add up to.
#include "workloads/kernel_builder.h"

#include <algorithm>

namespace lutra::workloads {

void KernelBuilder::add(const Instruction& instruction) {
  code_.push_back(instruction);
  executed_ += times_;
  switch (instruction.opcode) {
    case Opcode::kLoad:
      read_beats_ += times_ * instruction.get("beats") * instruction.get("rows");
      break;
    case Opcode::kStore:
      stored_ += times_ * instruction.get("cols") * instruction.get("rows");
      break;
    case Opcode::kLmma:
      array_ksteps_ += times_ * instruction.get("ksteps");
      lmmas_ += times_;
      break;
    default:
      break;
  }
}

void KernelBuilder::advance(int reg, std::int64_t amount) {
  if (amount != 0) add(make(Opcode::kAddi).set("rd", reg).set("rs", reg).set("imm", amount));
}

void KernelBuilder::set(int reg, std::int64_t value) { add(make(Opcode::kLi).set("rd", reg).set("imm", value)); }

void KernelBuilder::post(int semaphore, int count) { add(make(Opcode::kPost).set("semaphores", 1 << semaphore).set("count", count)); }

void KernelBuilder::loop(std::int64_t count, const std::function<void()>& body) {
  if (count <= 0) return;
  if (count == 1) return body();
  add(make(Opcode::kLoop).set("count", count));
  times_ *= count;
  max_depth_ = std::max(max_depth_, ++depth_);
  body();
  add(make(Opcode::kEndloop));
  --depth_;
  times_ /= count;
}

}  // namespace lutra::workloads

// Which code of a type is nearest to a number, by table.
#pragma once

#include <cstdint>
#include <vector>

#include "workloads/types/lowering.h"

namespace lutra::workloads {

class NearestCode {
 public:
  explicit NearestCode(const Lowering& lowering);
  /// Largest magnitude of a value at scale 1.
  [[nodiscard]] double top() const { return top_; }
  /// Planes of the code nearest to `share` x top(); -1 to 1.
  [[nodiscard]] std::uint32_t word(float share) const;

 private:
  double top_ = 0;
  std::vector<std::uint32_t> words_;  // by share, from -1 to 1
};

}  // namespace lutra::workloads

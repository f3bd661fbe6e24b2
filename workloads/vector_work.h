// What operators beside the matrix products cost a vector unit, in operations.
#pragma once

#include <string_view>

#include "workloads/trace.h"

namespace lutra::workloads {

/// Operations of an operator on a vector unit. A special one is an exponential, a reciprocal or a root.
struct VectorWork {
  double simple = 0, macs = 0, special = 0;
  void add(const VectorWork& other, double times = 1);
};

/// Of `elements` results of a kind of operator, without multiply-accumulates. Throws Error for a kind that runs on no vector unit.
VectorWork vector_work(std::string_view kind, double elements);
/// Of a whole operator.
VectorWork vector_work(const Operator& op);

}  // namespace lutra::workloads

// What the weights of an operator are called in files.
#pragma once

#include <string>
#include <vector>

namespace lutra::workloads {

/// Names that the tensor of an operator may have, of all families, likeliest first.
std::vector<std::string> tensor_names(const std::string& operator_name);

/// The stacked tensor of all experts that an operator of one expert is a slice of (GGUF), and which slice; empty where it is no expert's.
struct ExpertSlice {
  std::string tensor;
  int expert = -1;
};
ExpertSlice expert_slice(const std::string& operator_name);

}  // namespace lutra::workloads

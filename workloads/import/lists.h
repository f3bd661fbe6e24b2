// Files that list matrix products: SCALE-Sim's GEMM tables and lutra's own YAML.
#pragma once

#include <string>
#include <vector>

#include "workloads/import/tensor_file.h"

namespace lutra::workloads {

/// A table with the columns layer, M, N, K behind a line of headings. Throws Error with line and column.
std::vector<ListedGemm> parse_scale_sim(const std::string& csv, const std::string& file);

/// `gemms:` a list of {name, tokens, outputs, depth, weights, repeat}; tokens, weights and repeat may be left out. Throws Error with line
/// and column.
std::vector<ListedGemm> parse_gemm_list(const std::string& yaml, const std::string& file);

}  // namespace lutra::workloads

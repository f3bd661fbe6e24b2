// What `lutra kernels bench` runs, and how its results are shown.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace lutra::cli {

struct KernelBenchRequest {
  std::string target = "auto";
  int repetitions = 7;
  std::vector<std::string> models = {"bitnet_b158_2b4t", "llama2_7b"};
  bool crossover = false;
  std::function<void(double)> progress;  // fraction done
};

/// Machine, cases, crossover, models and `rows` with the targets. Throws Error for names that are not known.
nlohmann::json kernel_bench(const KernelBenchRequest& request);
/// A table for people.
std::string kernel_bench_text(const nlohmann::json& document);
/// Horizontal bars of percent of the bound, as SVG.
std::string kernel_bench_plot(const nlohmann::json& document);

}  // namespace lutra::cli

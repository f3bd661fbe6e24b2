// A model, its statistics and a phone made ready for decoding.
#pragma once

#include <cstdint>
#include <string>

#include "sim/flash/decoder.h"
#include "sim/flash/publications.h"
#include "workloads/sparsity/generator.h"

namespace lutra::flash {

/// Decodes generated tokens; the profile is the generator's own probabilities. Settings may be changed between runs.
class Experiment {
 public:
  Experiment(const std::string& model, const std::string& statistics, const std::string& phone, const Library& library, std::uint64_t seed);
  Experiment(const Experiment&) = delete;
  Experiment& operator=(const Experiment&) = delete;

  DecodeSetup& setup() { return setup_; }
  [[nodiscard]] const workloads::SparsityStatistics& statistics() const { return statistics_; }
  [[nodiscard]] Footprint sizes() const { return footprint(setup_.model, setup_.storage); }
  /// All feed-forward weights as a cache holds them.
  [[nodiscard]] double ffn_bytes() const;
  /// `tokens` counted after `warm_up` others.
  DecodeResult run(const Policy& policy, double budget_bytes, std::int64_t tokens, std::int64_t warm_up);

 private:
  workloads::SparsityStatistics statistics_;
  std::uint64_t seed_;
  Profile profile_;
  DecodeSetup setup_;
};

}  // namespace lutra::flash

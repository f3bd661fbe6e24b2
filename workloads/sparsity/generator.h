// Makes up sparsity traces with stated statistics.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/sparsity/activity.h"

namespace lutra::workloads {

/// What a generated trace looks like. Every neuron has a probability of its own, and between tokens it is a two-state chain: with
/// probability `persistence` it stays as it was, else it is drawn anew.
struct SparsityStatistics {
  std::string name;
  std::string source;            // where the figures come from
  double active_share = 0.1;     // of the neurons of an expert that is used
  double predicted_share = 0.1;  // what the predictor asks for: its false positives follow from the two
  double false_negative = 0.05;  // share of the active neurons that the predictor misses
  double skew = 0.4;             // shape a of the neurons' Kumaraswamy distribution: smaller is more skewed
  double persistence = 0.34;
  double expert_repeat = 0;  // probability that a token's expert is one of the token before

  /// Share of the predicted neurons that are not active.
  [[nodiscard]] double false_positive() const { return 1 - active_share * (1 - false_negative) / predicted_share; }
};

/// Statistics fitted to published values, by name. Throws Error with what is allowed.
SparsityStatistics published_statistics(std::string_view name);
std::vector<std::string> published_statistics_names();

/// Probabilities of `count` neurons, descending: quantiles of the Kumaraswamy distribution of shape `skew` and that mean.
std::vector<double> popularity(double mean, double skew, int count);

/// Tokens as a function of (shape, statistics, seed). Neurons are ranked in an order of each expert's own. Throws Error for
/// statistics that contradict each other.
class ActivityGenerator : public ActivitySource {
 public:
  ActivityGenerator(SparsityShape shape, const SparsityStatistics& statistics, std::uint64_t seed, std::int64_t tokens);

  [[nodiscard]] const SparsityShape& shape() const override { return shape_; }
  bool next(TokenActivity& token) override;

  /// Probability that a neuron is predicted while its expert is used; what a planner would measure offline.
  [[nodiscard]] double probability(int layer, int expert, std::uint32_t neuron) const;

 private:
  struct Expert {
    std::vector<std::uint16_t> id_of_rank, rank_of_id;
    std::vector<std::uint64_t> on;  // bit by neuron
    std::int64_t last_token = -1;
  };
  struct Class {
    int begin = 0, end = 0;  // ranks
    double most = 0;         // probability of the first
  };

  [[nodiscard]] std::uint64_t random() const;
  [[nodiscard]] double uniform() const { return static_cast<double>(random() >> 11) * 0x1p-53; }
  void choose_experts(int layer, std::vector<int>& chosen);
  void advance(Expert& expert);
  void emit(int layer, int index, const Expert& expert, TokenActivity& token);

  SparsityShape shape_;
  SparsityStatistics statistics_;
  std::int64_t tokens_, token_ = 0;
  std::vector<double> probability_;            // by rank
  std::vector<std::uint32_t> keep_threshold_;  // by rank, of 2^32: p, against which a redrawn neuron is compared
  std::vector<Class> classes_;
  std::vector<Expert> experts_;
  std::vector<std::vector<int>> last_experts_;  // by layer
  std::vector<std::uint64_t> next_on_;
  mutable std::uint64_t state_;
};

}  // namespace lutra::workloads

// Measures what a sparsity trace is like.
#pragma once

#include <vector>

#include "workloads/sparsity/activity.h"

namespace lutra::workloads {

struct MeasuredSparsity {
  std::int64_t tokens = 0;
  double active_share = 0;     // of the neurons of the experts that are used
  double predicted_share = 0;  // the same, what the predictor asks for
  double false_negative = 0;   // active, not predicted / active
  double false_positive = 0;   // predicted, not active / predicted
  double overlap = 0;          // predicted that were predicted for the token before / predicted; experts used both times
  double hot_half = 0;         // share of the predictions that fall on the busier half of the neurons
  double hot_tenth = 0;        // ... on the busiest tenth
  double window_load = 0;      // predicted and not predicted in the `window` tokens before, of all neurons
  double window_held = 0;      // neurons predicted in the last `window` tokens, of all neurons
};

/// Reads a source to its end. `window` tokens; the first `window` tokens do not count for the two window figures.
MeasuredSparsity measure_sparsity(ActivitySource& source, int window);

}  // namespace lutra::workloads

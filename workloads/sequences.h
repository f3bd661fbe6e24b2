// The sequences that a pass runs, from what was asked for.
#pragma once

#include <vector>

#include "workloads/trace.h"

namespace lutra::workloads {

/// Those of a continuous batch as they are given; else `batch` of one phase, with drafted tokens among the queries, and the prompt of a
/// mixed pass behind them.
std::vector<SequenceGroup> sequences_of(const TraceRequest& request);

/// Key positions that all queries look at, causally: sum of past + 1 ... past + queries, over the sequences; none more than `window`
/// (0: no such bound).
std::int64_t pairs_of(const SequenceGroup& s, std::int64_t window = 0);
/// Rows of the KV cache that are read: those that the first query or one behind it looks at.
std::int64_t cached_rows(const SequenceGroup& s, std::int64_t window = 0);

/// Tokens that a figure for each token divides by: all of a prefill, else one a sequence (of drafted ones it is not known how many
/// hold).
double new_tokens(const TraceRequest& request);

}  // namespace lutra::workloads

#include "workloads/sequences.h"

#include <algorithm>

namespace lutra::workloads {

std::vector<SequenceGroup> sequences_of(const TraceRequest& request) {
  if (!request.groups.empty()) return request.groups;
  if (request.phase == Phase::kPrefill) return {{request.batch, request.seq, request.context}};
  std::vector<SequenceGroup> sequences{{request.batch, 1 + request.draft, request.context}};
  if (request.phase == Phase::kMixed) sequences.push_back({1, request.seq, 0});
  return sequences;
}

std::int64_t pairs_of(const SequenceGroup& s, std::int64_t window) {
  const std::int64_t all = s.queries * s.past + s.queries * (s.queries + 1) / 2;
  // The first query that sees more than the window is the one with past + i = window + 1; each one after it would see one more.
  const std::int64_t bound = window == 0 ? s.queries : std::min(s.queries, std::max<std::int64_t>(0, window - s.past));
  const std::int64_t over = s.queries - bound, first = s.past + bound + 1 - window;
  return s.count * (over == 0 ? all : all - (over * first + over * (over - 1) / 2));
}

std::int64_t cached_rows(const SequenceGroup& s, std::int64_t window) {
  const std::int64_t all = s.past + s.queries;
  return s.count * (window == 0 ? all : std::min(all, s.queries + window - 1));
}

double new_tokens(const TraceRequest& request) {
  if (request.phase == Phase::kPrefill) return static_cast<double>(request.batch * request.seq);
  if (request.groups.empty()) return static_cast<double>(request.batch);
  std::int64_t count = 0;
  for (const SequenceGroup& group : request.groups) count += group.count;
  return static_cast<double>(count);
}

}  // namespace lutra::workloads

#include "workloads/sequences.h"

namespace lutra::workloads {

std::vector<SequenceGroup> sequences_of(const TraceRequest& request) {
  if (!request.groups.empty()) return request.groups;
  if (request.phase == Phase::kPrefill) return {{request.batch, request.seq, request.context}};
  std::vector<SequenceGroup> sequences{{request.batch, 1 + request.draft, request.context}};
  if (request.phase == Phase::kMixed) sequences.push_back({1, request.seq, 0});
  return sequences;
}

std::int64_t pairs_of(const SequenceGroup& s) { return s.count * (s.queries * s.past + s.queries * (s.queries + 1) / 2); }

std::int64_t cached_rows(const SequenceGroup& s) { return s.count * (s.past + s.queries); }

double new_tokens(const TraceRequest& request) {
  if (request.phase == Phase::kPrefill) return static_cast<double>(request.batch * request.seq);
  if (request.groups.empty()) return static_cast<double>(request.batch);
  std::int64_t count = 0;
  for (const SequenceGroup& group : request.groups) count += group.count;
  return static_cast<double>(count);
}

}  // namespace lutra::workloads

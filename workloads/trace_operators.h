// How an operator is written in a trace file: the table of its counts, the rules between its keys, and a reader that builds no tree.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/trace.h"

namespace lutra::workloads {

inline constexpr std::int64_t kMaxTraceCount = std::int64_t{1} << 50;
inline constexpr std::int64_t kMaxTraceDimension = std::int64_t{1} << 26;
inline constexpr std::int64_t kMaxTraceLayer = std::int64_t{1} << 20;

struct CountField {
  const char* key;
  std::int64_t Operator::*member;
  std::int64_t max;
};
inline constexpr CountField kTraceCounts[] = {
    {"m", &Operator::m, kMaxTraceDimension},
    {"n", &Operator::n, kMaxTraceDimension},
    {"k", &Operator::k, kMaxTraceDimension},
    {"elements", &Operator::elements, kMaxTraceCount},
    {"weight_bytes", &Operator::weight_bytes, kMaxTraceCount},
    {"activation_bytes", &Operator::activation_bytes, kMaxTraceCount},
    {"kv_bytes", &Operator::kv_bytes, kMaxTraceCount},
    {"written_bytes", &Operator::written_bytes, kMaxTraceCount},
    {"macs", &Operator::macs, kMaxTraceCount},
};

/// What contradicts the machine in an operator whose keys are all well formed.
struct Contradiction {
  std::string key, message;
};
/// `scales` is what the file says beside the weights.
std::optional<Contradiction> contradiction_in(const Operator& op, const std::string& scales);

/// The operators of `json`, the text of their array; nothing when anything about it is not as it should be. It is for speed only:
/// what it does not take, parse_trace() reads with places and says what is wrong.
std::optional<std::vector<Operator>> read_operators(std::string_view json);

}  // namespace lutra::workloads

// Sparsity traces as files: a versioned header and one compressed, checked block a token.
//
//   "LUTRASPT", u32 version, u32 bytes of the header, header (JSON: model, layers, experts, active_experts, neurons, tokens, origin),
//   u32 CRC-32 of the header;
//   for each token: u32 bytes unpacked, u32 bytes packed, u32 CRC-32 of the unpacked bytes, zlib stream;
//   "LUTRAEND".
// Unpacked, for each layer and each expert used: varint expert, varint neurons, and for each neuron a varint of
// (distance to the id before it) x 4 + active x 2 + predicted; the first distance is the id + 1. All integers are little-endian.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

#include "workloads/sparsity/activity.h"

namespace lutra::workloads {

inline constexpr std::uint32_t kSparsityTraceVersion = 1;

/// Writes tokens one by one beside `path`; finish() renames. Without finish() nothing is left behind.
class SparsityTraceWriter {
 public:
  /// `origin` says where the trace comes from. `tokens` is how many will be appended.
  SparsityTraceWriter(const std::string& path, SparsityShape shape, std::int64_t tokens, const std::string& origin);
  SparsityTraceWriter(const SparsityTraceWriter&) = delete;
  SparsityTraceWriter& operator=(const SparsityTraceWriter&) = delete;
  ~SparsityTraceWriter();

  /// Throws Error for a token that activity_problem() objects to.
  void append(const TokenActivity& token);
  /// Throws Error when the number of tokens is not the announced one or the file cannot be written.
  void finish();

 private:
  std::string path_, temporary_;
  SparsityShape shape_;
  std::int64_t tokens_, appended_ = 0;
  std::ofstream out_;
  bool finished_ = false;
};

/// Reads a file token by token and checks everything. Throws Error with the offset for what is truncated, corrupt or contradictory;
/// allocates no more than a token of the header's shape needs.
class SparsityTraceReader : public ActivitySource {
 public:
  explicit SparsityTraceReader(const std::string& path);
  /// The same, and refuses a trace of another model or shape.
  SparsityTraceReader(const std::string& path, const SparsityShape& expected);

  [[nodiscard]] const SparsityShape& shape() const override { return shape_; }
  [[nodiscard]] std::int64_t tokens() const { return tokens_; }
  [[nodiscard]] const std::string& origin() const { return origin_; }
  bool next(TokenActivity& token) override;

 private:
  [[noreturn]] void refuse(const std::string& message) const;
  std::string take(std::size_t bytes, const char* what);
  std::uint32_t take_u32(const char* what);
  void read_header();
  void read_end();
  void decode(const std::string& raw, TokenActivity& token) const;

  std::string path_;
  std::ifstream in_;
  long long offset_ = 0;
  SparsityShape shape_;
  std::int64_t tokens_ = 0, token_ = 0;
  std::string origin_;
};

/// Turns a text trace into a file. A line is a JSON object {"token", "layer", "expert" (0 where a model has none), "active": [ids],
/// "predicted": [ids]}; tokens, layers and experts ascend. Returns the tokens. Throws Error with the line for everything that is wrong;
/// nothing is written then.
std::int64_t import_sparsity_trace(const std::string& text_path, const SparsityShape& shape, const std::string& out_path);

}  // namespace lutra::workloads

// Reads operators event by event, and checks each against the rules.
#include "workloads/trace_operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "isa/error.h"

namespace lutra::workloads {
namespace {

using Json = nlohmann::json;

/// Takes the events of an array of flat objects; stops at the first that an operator has no place for.
class OperatorReader : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return false; }
  bool number_float(number_float_t, const string_t&) override { return false; }
  bool binary(binary_t&) override { return false; }
  bool start_array(std::size_t) override { return !open_ && !std::exchange(open_, true); }
  bool end_array() override { return true; }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) override { return false; }

  bool start_object(std::size_t) override {
    if (!open_ || inside_) return false;
    inside_ = true;
    seen_ = 0;
    scales_.clear();
    operators_.emplace_back();
    return true;
  }

  bool key(string_t& name) override {
    const auto same = [&](const char* known) { return name == known; };
    key_ = std::find_if(std::begin(kKeys), std::end(kKeys), same) - std::begin(kKeys);
    if (key_ == std::ssize(kKeys)) {
      const auto count = std::find_if(std::begin(kTraceCounts), std::end(kTraceCounts), [&](const CountField& f) { return same(f.key); });
      if (count == std::end(kTraceCounts)) return false;
      key_ += count - std::begin(kTraceCounts);
    }
    const std::uint32_t bit = 1U << static_cast<unsigned>(key_);
    return (std::exchange(seen_, seen_ | bit) & bit) == 0;
  }

  bool boolean(bool value) override {
    if (!inside_ || key_ != kOnCore) return false;
    operators_.back().on_core = value;
    return true;
  }

  bool number_integer(number_integer_t value) override { return number(value); }
  bool number_unsigned(number_unsigned_t value) override {
    return value <= static_cast<std::uint64_t>(kMaxTraceCount) && number(static_cast<std::int64_t>(value));
  }

  bool string(string_t& value) override {
    if (!inside_) return false;
    Operator& op = operators_.back();
    switch (key_) {
      case kName:
        op.name = std::move(value);
        return true;
      case kKind:
        op.kind = std::move(value);
        return true;
      case kActivations:
        op.activations = std::move(value);
        return true;
      case kResults:
        op.results = std::move(value);
        return true;
      case kScales:
        scales_ = std::move(value);
        return true;
      case kWeights:
        return weights(value);
      default:
        return false;
    }
  }

  bool end_object() override {
    inside_ = false;
    constexpr std::uint32_t kNeeded = 1U << kName | 1U << kKind | 1U << kLayer | 1U << kOnCore | 1U << kActivations | 1U << kResults;
    const bool has_scales = (seen_ & 1U << kScales) != 0;
    return (seen_ & kNeeded) == kNeeded && has_scales == operators_.back().weights.has_value() &&
           !contradiction_in(operators_.back(), scales_);
  }

  std::vector<Operator> take() { return std::move(operators_); }

 private:
  enum Key : std::ptrdiff_t { kName, kKind, kLayer, kOnCore, kWeights, kScales, kActivations, kResults };
  static constexpr const char* kKeys[] = {"name", "kind", "layer", "on_core", "weights", "scales", "activations", "results"};

  bool number(std::int64_t value) {
    if (!inside_) return false;
    Operator& op = operators_.back();
    if (key_ == kLayer) {
      op.layer = static_cast<int>(value);
      return value >= -1 && value <= kMaxTraceLayer;
    }
    if (key_ < std::ssize(kKeys)) return false;
    const CountField& field = kTraceCounts[key_ - std::ssize(kKeys)];
    op.*field.member = value;
    return value >= 0 && value <= field.max;
  }

  bool weights(const std::string& text) {
    // Operators of different layers have the same few formats.
    if (text != last_text_) {
      try {
        last_format_ = parse_weight_format(text);
      } catch (const Error&) {
        return false;
      }
      last_text_ = text;
    }
    operators_.back().weights = last_format_;
    return true;
  }

  std::vector<Operator> operators_;
  bool open_ = false, inside_ = false;
  std::ptrdiff_t key_ = 0;  // into kKeys, behind it into kTraceCounts
  std::uint32_t seen_ = 0;
  std::string scales_, last_text_;
  WeightFormat last_format_;
};

}  // namespace

std::optional<Contradiction> contradiction_in(const Operator& op, const std::string& scales) {
  if (op.weights && scales != scale_layout(*op.weights))
    return Contradiction{"scales",
                         fmt::format("scales is '{}', weights {} have '{}'", scales, to_string(*op.weights), scale_layout(*op.weights))};
  if (!op.on_core) return std::nullopt;
  if (op.kind != "gemm") return Contradiction{"kind", fmt::format("kind is '{}', allowed on the core is gemm", op.kind)};
  if (!op.weights) return Contradiction{"name", "an operator on the core needs weights"};
  if (op.activations != "int8" || op.results != "int32")
    return Contradiction{"activations", "the core takes int8 activations and gives int32 results"};
  for (const CountField& field : kTraceCounts) {
    const bool dimension = field.member == &Operator::m || field.member == &Operator::n || field.member == &Operator::k;
    if (dimension && op.*field.member < 1)
      return Contradiction{field.key, fmt::format("{} is {}, allowed on the core is 1 to {}", field.key, op.*field.member, field.max)};
  }
  if (op.m * op.n > kMaxTraceCount / op.k || op.macs != op.m * op.n * op.k)
    return Contradiction{"macs", fmt::format("macs is {}, m x n x k of {} x {} x {} is another", op.macs, op.m, op.n, op.k)};
  return std::nullopt;
}

std::optional<std::vector<Operator>> read_operators(std::string_view json) {
  OperatorReader reader;
  if (!Json::sax_parse(json.begin(), json.end(), &reader)) return std::nullopt;
  return reader.take();
}

}  // namespace lutra::workloads

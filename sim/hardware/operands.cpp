#include "sim/hardware/operands.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "isa/error.h"
#include "workloads/model.h"
#include "workloads/trace.h"
#include "workloads/weights.h"

namespace lutra::hardware {
namespace {

constexpr int kSegment = 128;

struct TypeChoice {
  const char* name;
  const char* model;
  const char* format;
  int bits;
};
constexpr TypeChoice kTypes[] = {
    {"W1", "llama2_7b", "binary", 1}, {"W2", "llama2_7b", "uint2_g128", 2},          {"W4", "llama2_7b", "uint4_g128", 4},
    {"W8", "llama2_7b", "int8", 8},   {"ternary", "bitnet_b158_2b4t", "ternary", 2},
};

const TypeChoice& choice(const std::string& name) {
  std::vector<std::string> known;
  for (const TypeChoice& t : kTypes) {
    if (name == t.name) return t;
    known.emplace_back(t.name);
  }
  throw Error(fmt::format("weight type \"{}\" is not one of {}", name, listed(known)));
}

/// Largest |entry| of the tables of a token in a segment.
long long largest_entry(const Operands& o, int m, int s, const gen::Quantisation& q) {
  long long most = 0;
  for (int k = s * o.segment; k < (s + 1) * o.segment; k += q.inputs) {
    long long positive = 0, negative = 0;
    for (int i = 0; i < q.inputs; ++i) (o.token(m)[k + i] > 0 ? positive : negative) += std::abs(o.token(m)[k + i]);
    most = std::max(most, q.subset ? std::max(positive, negative) : positive + negative);
  }
  return most;
}

std::vector<std::int8_t> generated(std::uint64_t seed, const std::string& name, long long depth, int tokens) {
  std::vector<std::int8_t> codes(static_cast<std::size_t>(tokens) * static_cast<std::size_t>(depth));
  workloads::make_generated_activations(seed)->codes(name, depth, 0, tokens, codes.data(), nullptr);
  return codes;
}

/// Integers of a segment share the largest exponent; round to nearest even, saturate (docs/numerics.md, block-aligned).
void align_blocks(Operands& o) {
  const int mantissa_bits = o.activation_bits - 1, limit = (1 << mantissa_bits) - 1;
  for (std::size_t first = 0; first < o.halves.size(); first += static_cast<std::size_t>(o.segment)) {
    int exponent = -14;
    for (int k = 0; k < o.segment; ++k) {
      const float v = from_half(o.halves[first + static_cast<std::size_t>(k)]);
      if (v != 0) exponent = std::max(exponent, std::ilogb(v));
    }
    o.block_scales.push_back(std::ldexp(1.0, exponent - mantissa_bits + 1));
    for (int k = 0; k < o.segment; ++k) {
      const long scaled = std::lrint(std::ldexp(from_half(o.halves[first + static_cast<std::size_t>(k)]), mantissa_bits - 1 - exponent));
      o.activations[first + static_cast<std::size_t>(k)] = static_cast<int>(std::clamp<long>(scaled, -limit, limit));
    }
  }
}

}  // namespace

std::uint16_t to_half(float value) { return gen::encode_float(value, kFp16); }

float from_half(std::uint16_t half) { return gen::decode_float(half, kFp16); }

Operands as_uniform(const Operands& operands, int bits) {
  Operands o = operands;
  o.ternary = false;
  o.weight_bits = bits;
  for (int& code : o.codes) code = ((operands.ternary ? 2 * (code - 1) + 1 : weight_value(operands, code)) + (1 << bits) - 1) / 2;
  return o;
}

int weight_value(const Operands& o, int code) { return o.ternary ? code - 1 : 2 * code - ((1 << o.weight_bits) - 1); }

long long exact_result(const Operands& o, int m, int n, int s) {
  long long sum = 0;
  for (int k = s * o.segment; k < (s + 1) * o.segment; ++k) sum += static_cast<long long>(o.token(m)[k]) * weight_value(o, o.output(n)[k]);
  return sum;
}

float table_inverse_scale(const Operands& o, int m, int s, const gen::Quantisation& q) {
  const long long most = largest_entry(o, m, s, q);
  return most == 0 ? 1.0F : 127.0F / static_cast<float>(most);
}

long long quantised_result(const Operands& o, int m, int n, int s, const gen::Quantisation& q) {
  const float inverse = table_inverse_scale(o, m, s, q);
  long long sum = 0;
  for (int p = 0; p < o.weight_bits; ++p)
    for (int k = s * o.segment; k < (s + 1) * o.segment; k += q.inputs) {
      int entry = 0;
      for (int i = 0; i < q.inputs; ++i) {
        const int a = o.token(m)[k + i];
        entry += (o.output(n)[k + i] >> p & 1) != 0 ? a : q.subset ? 0 : -a;
      }
      sum += std::lrint(static_cast<float>(entry) * inverse) * (1LL << p);
    }
  return sum;
}

namespace {

/// What tables give for the dot product, in units of an activation.
double through_tables(const Operands& o, int m, int n, int s, const gen::Quantisation& q) {
  const double sum = static_cast<double>(quantised_result(o, m, n, s, q)) / static_cast<double>(table_inverse_scale(o, m, s, q));
  if (!q.subset) return sum;
  long long activations = 0;
  for (int k = s * o.segment; k < (s + 1) * o.segment; ++k) activations += o.token(m)[k];
  return 2 * sum - static_cast<double>(activations * ((1LL << o.weight_bits) - 1));
}

}  // namespace

double sqnr_db(const Operands& o, const gen::Quantisation* quantisation) {
  double signal = 0, noise = 0;
  for (int m = 0; m < o.tokens; ++m)
    for (int n = 0; n < o.outputs; ++n)
      for (int s = 0; s < o.segments(); ++s) {
        const auto integer = static_cast<double>(exact_result(o, m, n, s));
        double got = quantisation != nullptr ? through_tables(o, m, n, s, *quantisation) : integer;
        double exact = integer;
        if (!o.halves.empty()) {
          got *= o.block_scales[static_cast<std::size_t>(m * o.segments() + s)];
          exact = 0;
          for (int k = s * o.segment; k < (s + 1) * o.segment; ++k)
            exact += static_cast<double>(from_half(
                         o.halves[static_cast<std::size_t>(m) * static_cast<std::size_t>(o.depth) + static_cast<std::size_t>(k)])) *
                     weight_value(o, o.output(n)[k]);
        }
        signal += exact * exact;
        noise += (got - exact) * (got - exact);
      }
  return noise == 0 ? INFINITY : 10 * std::log10(signal / noise);
}

Operands layer_operands(const std::string& weight_type, int activation_bits, int tokens, int outputs, int depth, std::uint64_t seed) {
  const TypeChoice& type = choice(weight_type);
  const workloads::ModelConfig model = workloads::load_model(type.model, workloads::parse_weight_format(type.format));
  const workloads::Trace trace = workloads::trace_model(model, {workloads::Phase::kPrefill, 1, tokens, 0});
  const auto layer = std::find_if(trace.operators.begin(), trace.operators.end(),
                                  [](const workloads::Operator& op) { return op.on_core && op.layer == 0; });
  if (layer == trace.operators.end() || layer->k < depth || layer->n < outputs)
    throw Error(fmt::format("{} has no layer of {} x {}", type.model, outputs, depth));
  Operands o{fmt::format("{} {}", trace.model, layer->name),
             weight_type,
             std::string(type.name) == "ternary",
             type.bits,
             type.bits,
             activation_bits,
             tokens,
             outputs,
             depth,
             kSegment,
             {},
             {},
             {},
             {}};
  const workloads::Tensor tensor{layer->name, layer->n, layer->k, workloads::parse_weight_format(type.format)};
  std::vector<std::uint8_t> codes(static_cast<std::size_t>(outputs) * static_cast<std::size_t>(layer->k));
  workloads::make_generated_weights(seed)->codes(tensor, 0, outputs, codes.data());
  for (int n = 0; n < outputs; ++n)
    for (int k = 0; k < depth; ++k) {
      const int code = codes[static_cast<std::size_t>(n) * static_cast<std::size_t>(layer->k) + static_cast<std::size_t>(k)];
      o.codes.push_back(o.ternary ? (code & 1) + (code >> 1 & 1) : code);
    }
  const std::vector<std::int8_t> coarse = generated(seed, layer->name, layer->k, tokens),
                                 fine = generated(seed, layer->name + ".fraction", layer->k, tokens);
  for (int m = 0; m < tokens; ++m)
    for (int k = 0; k < depth; ++k) {
      const std::size_t at = static_cast<std::size_t>(m) * static_cast<std::size_t>(layer->k) + static_cast<std::size_t>(k);
      o.activations.push_back(coarse[at]);
      // An INT8 code is the rounding of a real number; the second code gives back a fraction.
      if (activation_bits != 8)
        o.halves.push_back(to_half((static_cast<float>(coarse[at]) + static_cast<float>(fine[at]) / 256.0F) / 16.0F));
    }
  if (activation_bits != 8) align_blocks(o);
  return o;
}

}  // namespace lutra::hardware

// The numbers that all designs of a comparison work on: a slice of a real layer's product, and its right answer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gen/designs/design.h"

namespace lutra::hardware {

/// What is multiplied. Weights are codes: uniform code q of b bits stands for 2q - (2^b - 1), ternary code 0, 1, 2 for -1, 0, +1.
struct Operands {
  std::string layer;        // "LLAMA2 7B layers.0.self_attn.q_proj"
  std::string weight_type;  // "W2", "ternary"
  bool ternary = false;
  int weight_bits = 2;  // of a code
  int type_bits = 2;    // planes of the weight type, however wide its codes are written
  int activation_bits = 8;
  int tokens = 0, outputs = 0, depth = 0;
  int segment = 0;                    // k after which a result is taken
  std::vector<int> activations;       // tokens x depth
  std::vector<std::uint16_t> halves;  // FP16 activations before alignment, tokens x depth; only where activation_bits is not 8
  std::vector<double> block_scales;   // tokens x segments: what an aligned integer counts; empty: 1
  std::vector<int> codes;             // outputs x depth

  [[nodiscard]] int segments() const { return depth / segment; }
  [[nodiscard]] const int* token(int m) const { return activations.data() + static_cast<std::size_t>(m) * static_cast<std::size_t>(depth); }
  [[nodiscard]] const int* output(int n) const { return codes.data() + static_cast<std::size_t>(n) * static_cast<std::size_t>(depth); }
};

/// The first `tokens` tokens, outputs and k of layer 0's query projection: weights by the seeded generator in the named format ("W1", "W2",
/// "W4", "W8", "ternary"); activations INT8, or FP16 values aligned to the largest exponent of their segment as integers of
/// `activation_bits` bits. Throws Error for an unknown weight type.
Operands layer_operands(const std::string& weight_type, int activation_bits, int tokens, int outputs, int depth, std::uint64_t seed);

/// FP16 of a finite number, round to nearest even, saturating; and back.
std::uint16_t to_half(float value);
float from_half(std::uint16_t half);

/// The same numbers as uniform codes of `bits` bits, so that wider arrays can run them. Ternary -1, 0, +1 become q' = -1, 1, 3 with z' = 1.
Operands as_uniform(const Operands& operands, int bits);
/// The number that a weight code stands for.
int weight_value(const Operands& operands, int code);

/// Exact dot product of token m, output n and segment s, of the values that codes stand for.
long long exact_result(const Operands& operands, int m, int n, int s);
/// The same through quantised 8-bit tables with one scale a token and segment (docs/numerics.md, Modes); in units of that scale. Through
/// tables of subset sums U it is the sum of 2^plane U: twice that, less the activations' sum at every plane, is the dot product.
long long quantised_result(const Operands& operands, int m, int n, int s, const gen::Quantisation& q);
/// fl(127 / largest |table entry|) of token m and segment s; 1 where all entries are 0.
float table_inverse_scale(const Operands& operands, int m, int s, const gen::Quantisation& q);

/// Signal to noise of what the hardware computes against the dot products of the given activations (FP16 where there are some), in dB;
/// infinite where nothing is rounded. `quantisation` is null for exact arithmetic.
double sqnr_db(const Operands& operands, const gen::Quantisation* quantisation);

}  // namespace lutra::hardware

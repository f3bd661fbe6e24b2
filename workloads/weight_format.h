// The weight data types a trace may ask for: how each becomes planes and zero points (docs/numerics.md, Weights).
#pragma once

#include <string>
#include <vector>

#include "kernels/golden.h"

namespace lutra::workloads {

enum class WeightKind {
  kTernary,         // {-1, 0, +1}: two planes of weight 1, one scale a tensor
  kBinary,          // {-1, +1}: one plane
  kTwosComplement,  // INTb: b planes, z' = 1
  kOddSymmetric,    // {-(2^b-1), ..., -1, +1, ...}: b planes, z' = 0
  kZeroPoint,       // unsigned with an integer zero point a group: b planes, z' a column and group
  kConstantZero,    // unsigned with one zero point for the type: b planes, z' = 2 zero + 1 - 2^b
  kPasses,          // several multiplications, each with a format of its own (passes_of)
};

struct WeightFormat {
  WeightKind kind = WeightKind::kTernary;
  int bits = 2;          // planes
  int group = 0;         // k that share a scale (and a zero point); 0: the whole row
  int zero = 0;          // of kConstantZero
  std::string type{};    // what these planes are lowered from (workloads/types/lowering.h); "" for the kinds above by themselves
  int passes = 1;        // multiplications that the type takes
  int pass = 0;          // which of them this is
  int scales = 1;        // scales a group
  bool minimum = false;  // groups have a minimum beside the scale (WeightSource::offsets)
  bool operator==(const WeightFormat&) const = default;
};

/// "ternary", "binary", "int4", "int4_g128", "odd2", "uint4_g128": the kind, its bits, the group where there is one. "mxfp4", "nf4_g64~8":
/// the text of a lowering; with #PASS behind it when it is one of several.
std::string to_string(const WeightFormat& format);
/// Inverse of to_string; throws Error with what is allowed. `int2` without a group has one scale a channel.
/// With `allow_loss`, a type that weight planes do not hold becomes its nearest eight planes; without it, it is refused.
WeightFormat parse_weight_format(const std::string& text, bool allow_loss = false);
/// Examples of every kind, for messages and help.
std::vector<std::string> weight_format_examples();

/// The formats of the multiplications that a format takes: itself unless it is kPasses.
std::vector<WeightFormat> passes_of(const WeightFormat& format);

/// Plane weights and zero mode that the array is told. Throws Error for kPasses.
kernels::PlaneType plane_type(const WeightFormat& format);
/// Bits of information of one weight in the packed layout: one a plane.
int storage_bits(const WeightFormat& format);
/// "tensor", "channel" or "group128": what shares a scale.
std::string scale_layout(const WeightFormat& format);
/// Scales of an N x K tensor.
long long scale_count(const WeightFormat& format, long long outputs, long long depth);
/// Largest |q' - z'| that a weight of this format takes: bounds the outputs.
int max_magnitude(const WeightFormat& format);

}  // namespace lutra::workloads

// What rows of activations mean to a machine by docs/numerics.md: the integers that tables are made of, their rounding and their scales,
// in floating point and without looking at how machines do it.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "isa/float_format.h"
#include "isa/geometry.h"

namespace lutra::regression {

/// The activations of one row.
class GoldenRow {
 public:
  /// `count` activations at random, as many as whole k-steps.
  GoldenRow(const ArchConfig& config, int count, std::mt19937_64& random);

  /// The activation as it lies in memory.
  [[nodiscard]] std::uint32_t bits(int k) const { return bits_[static_cast<std::size_t>(k)]; }
  /// Number `k` of those whose sums tables are.
  [[nodiscard]] std::int64_t integer(int k) const { return integers_[static_cast<std::size_t>(k)]; }
  /// What is stored in place of an exact sum of activations around `k`.
  [[nodiscard]] std::int64_t stored(std::int64_t sum, int k) const;
  /// The number that activation `k` is, where it is a floating-point one.
  [[nodiscard]] float number(int k) const;
  /// Scale of the tables around `k`.
  [[nodiscard]] float scale(int k) const { return scales_[static_cast<std::size_t>(k / group_)]; }

 private:
  void align(const ArchConfig& config, int first, int end);
  void quantise(const ArchConfig& config, int first, int end);

  Geometry geometry_;
  int group_;                  // activations that share a scale
  const FloatFormat* format_;  // of the activations; nullptr: integers
  std::vector<std::uint32_t> bits_;
  std::vector<std::int64_t> integers_;
  std::vector<float> scales_, inverses_;
};

/// The bytes that a store writes of an output whose bits are accumulated as `bits`.
std::vector<std::uint8_t> stored_output(const ArchConfig& config, std::uint32_t bits);

}  // namespace lutra::regression

// Tables with a scale: what a group of activations says about it, and the entries that follow, bit for bit as the builder makes them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "isa/float_format.h"
#include "isa/geometry.h"

namespace lutra::model {

/// What the activations of a row and group have in common.
struct GroupLook {
  std::int64_t largest = 0;  // quantised: the largest sum of magnitudes of a table's activations; aligned: the largest exponent
  bool special = false;      // aligned: something is infinite or not a number
};

class GroupedTables {
 public:
  GroupedTables(const ArchConfig& config, const Geometry& geometry);

  /// Takes an activation word's bytes into account.
  void look(const std::uint8_t* word, GroupLook& look) const;
  /// FP32 bits of the scale of a group's tables.
  [[nodiscard]] std::uint32_t scale(const GroupLook& look) const;
  /// Writes tables [first, first + count) of a row's word of activations into a table word, at the row's place; returns the sum of their
  /// entries in which all activations are added.
  std::int32_t put(const std::uint8_t* word, const GroupLook& look, int row, int first, int count, std::uint8_t* to) const;

 private:
  [[nodiscard]] std::int32_t integer(const std::uint8_t* word, int index) const;
  [[nodiscard]] std::uint32_t bits(const std::uint8_t* word, int index) const;
  [[nodiscard]] int exponent(std::uint32_t bits) const;
  [[nodiscard]] std::int32_t aligned(std::uint32_t bits, int shared) const;
  [[nodiscard]] int shift(const GroupLook& look) const;
  /// What sums of a group are shifted by, or multiplied by, to quantise them.
  struct Quantiser {
    int shift = 0;
    float inverse = 0;
  };
  [[nodiscard]] Quantiser quantiser(const GroupLook& look) const;
  [[nodiscard]] std::int32_t quantised(std::int32_t sum, const Quantiser& quantiser) const;

  const Geometry& geometry_;
  int inputs_, mantissa_bits_;
  bool divide_;
  const FloatFormat* format_;  // of the activations; nullptr: they are integers
};

}  // namespace lutra::model

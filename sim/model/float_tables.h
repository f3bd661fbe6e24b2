// Tables of FP32 sums in the array's table words.
#pragma once

#include <cstdint>

#include "isa/float_format.h"
#include "isa/geometry.h"

namespace lutra::model {

class FloatTables {
 public:
  /// Throws Error where activations are integers and tables float.
  FloatTables(const ArchConfig& config, const Geometry& geometry);

  /// Puts the table of `row`, and S, into a table word, from an activation word.
  void put(const std::uint8_t* activations, int row, std::uint8_t* word) const;

 private:
  const Geometry& geometry_;
  int rows_, inputs_;
  const FloatFormat* format_;
};

}  // namespace lutra::model

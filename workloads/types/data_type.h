// A data type of weights as data: the bits of an element, the shape of a packed tile, what a code means, where scales lie.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "isa/error.h"

namespace lutra::workloads {

/// Bits of a tile that make up a part of a word: word i of its run takes `bits` bits from bit `at + i * step` on.
struct BitPiece {
  int at = 0, step = 0, bits = 0;
};

/// `count` words, each joined of pieces, the first piece in the low bits.
struct WordRun {
  int count = 0;
  std::vector<BitPiece> pieces;
};

/// How a stored word holds several ternary digits, highest weight of the number first unless said otherwise.
enum class Digits {
  kNone,           // a word is a code
  kBase3,          // a byte holds five digits as a number below 243, lowest digit first
  kBase3Fraction,  // a byte holds five digits as ceil(number 256 / 243), highest digit first (GGML TQ1_0)
  kBalanced3,      // five bits hold three digits: magnitude 0 to 13 of the number in balanced ternary, and its sign on top
};
/// Digits a word holds; 1 without.
int digits_of(Digits digits);

/// Element `from + i` is stored code `from + sum of digit x stride`, the digits being i counted through `walk` (size, stride), the first
/// one fastest.
struct OrderRun {
  int from = 0;
  std::vector<std::pair<int, int>> walk;
};

enum class ScaleCode { kFp16, kFp32, kE8M0, kUnsigned, kSigned };

/// A factor of a scale or a minimum; every word of it serves weights / count neighbouring weights.
struct Factor {
  ScaleCode as = ScaleCode::kUnsigned;
  std::vector<WordRun> words;
  int count = 0;
  int less = 0;          // what is subtracted from an unsigned word
  bool negated = false;  // the value's sign turned: a minimum that is added
};

enum class ValueKind {
  kTable,      // values[code]
  kZeroPoint,  // code minus the zero point of its group
  kPlanes,     // bit i is the sign of scale i of its group
};

struct DataType {
  std::string name, title;
  SourceLocation place;        // where it is written
  int weights = 0, bytes = 0;  // of a packed tile
  std::vector<WordRun> code;   // the stored words of codes
  Digits digits = Digits::kNone;
  int code_bits = 0;            // of an element
  std::vector<OrderRun> order;  // empty: as stored
  ValueKind kind = ValueKind::kTable;
  std::vector<double> values;          // of every code with kTable; NaN where a code stands for no finite number
  std::vector<Factor> scale, minimum;  // multiplied; no scale: scales lie beside the tensor
  int group = 0;                       // weights that share all of scale and minimum; 0: scales lie beside the tensor

  /// Weight of a group: scale x value - minimum.
  [[nodiscard]] bool scales_beside() const { return scale.empty(); }
  /// Bits of a tile divided by its weights: scales inside the tile counted, scales beside it not.
  [[nodiscard]] double bits_per_weight() const { return 8.0 * bytes / weights; }
};

/// Types of a YAML text; `file` is the name used in messages. Throws Error with file, line and column.
std::vector<DataType> parse_types(const std::string& yaml, const std::string& file);
/// The types that lutra ships with, in the order of their file.
const std::vector<DataType>& builtin_types();
/// A built-in type, or FILE:NAME of a user's file. Throws Error with what is allowed.
DataType find_type(const std::string& name);

}  // namespace lutra::workloads

// The four steps that lowerings are made of (Ladder's): slice, map, pad, convert; each with its inverse where one exists.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "workloads/types/data_type.h"

namespace lutra::workloads {

/// A run of equally wide elements; what a step takes and gives.
using Elements = std::vector<std::uint32_t>;

class Transformation {
 public:
  enum class Kind { kSlice, kMap, kPad, kConvert };

  Transformation(Kind kind, std::string text) : kind_(kind), text_(std::move(text)) {}
  virtual ~Transformation() = default;
  Transformation(const Transformation&) = delete;
  Transformation& operator=(const Transformation&) = delete;

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] const std::string& text() const { return text_; }
  /// Throws Error for an element that the step has no result for.
  [[nodiscard]] virtual Elements apply(const Elements& in) const = 0;
  /// What apply() turns into `out`; none where the step loses something. Bits that apply() does not look at come back as 0.
  [[nodiscard]] virtual std::optional<Elements> invert(const Elements& out) const = 0;
  [[nodiscard]] virtual bool invertible() const { return true; }

 private:
  Kind kind_;
  std::string text_;
};

std::string to_string(Transformation::Kind kind);

/// slice(index, shape): cuts words out of the bits of a tile, given as bytes.
std::unique_ptr<Transformation> make_slice(std::vector<WordRun> words, int tile_bytes, std::string text);
/// map(address function): element i of the result is element `from[i]`.
std::unique_ptr<Transformation> make_map(std::vector<int> from, int size, std::string text);
/// pad(shape, value): appends `value` up to `size` elements.
std::unique_ptr<Transformation> make_pad(int before, int size, std::uint32_t value, std::string text);
/// convert(type): every element becomes the entries of its row, `width` of them. kNoCode marks elements that have no result.
inline constexpr std::uint32_t kNoCode = 0xFFFFFFFF;
std::unique_ptr<Transformation> make_convert(std::vector<std::uint32_t> rows, int width, std::string text);

/// Steps after one another.
class Chain {
 public:
  void add(std::unique_ptr<Transformation> step) { steps_.push_back(std::move(step)); }
  [[nodiscard]] const std::vector<std::unique_ptr<Transformation>>& steps() const { return steps_; }
  [[nodiscard]] Elements apply(Elements in) const;
  [[nodiscard]] std::optional<Elements> invert(Elements out) const;
  [[nodiscard]] bool invertible() const;

 private:
  std::vector<std::unique_ptr<Transformation>> steps_;
};

}  // namespace lutra::workloads

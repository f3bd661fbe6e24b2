// What the four steps do, and how each is undone.
#include "workloads/types/transformation.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "isa/error.h"

namespace lutra::workloads {
namespace {

using Kind = Transformation::Kind;

class Slice final : public Transformation {
 public:
  Slice(std::vector<WordRun> words, int bytes, std::string text)
      : Transformation(Kind::kSlice, std::move(text)), words_(std::move(words)), bytes_(static_cast<std::size_t>(bytes)) {}

  [[nodiscard]] Elements apply(const Elements& in) const override {
    Elements out;
    for (const WordRun& run : words_) {
      for (int i = 0; i < run.count; ++i) {
        std::uint32_t word = 0;
        int place = 0;
        for (const BitPiece& piece : run.pieces) {
          for (int bit = 0; bit < piece.bits; ++bit, ++place) word |= in_bit(in, piece.at + i * piece.step + bit) << place;
        }
        out.push_back(word);
      }
    }
    return out;
  }
  [[nodiscard]] std::optional<Elements> invert(const Elements& out) const override {
    Elements in(bytes_);
    std::size_t next = 0;
    for (const WordRun& run : words_) {
      for (int i = 0; i < run.count; ++i, ++next) {
        int place = 0;
        for (const BitPiece& piece : run.pieces) {
          for (int bit = 0; bit < piece.bits; ++bit, ++place) {
            const int at = piece.at + i * piece.step + bit;
            in[static_cast<std::size_t>(at / 8)] |= ((out.at(next) >> place) & 1) << (at % 8);
          }
        }
      }
    }
    return in;
  }

 private:
  static std::uint32_t in_bit(const Elements& in, int at) { return (in[static_cast<std::size_t>(at / 8)] >> (at % 8)) & 1; }
  std::vector<WordRun> words_;
  std::size_t bytes_;
};

class Map final : public Transformation {
 public:
  Map(std::vector<int> from, int size, std::string text)
      : Transformation(Kind::kMap, std::move(text)), from_(std::move(from)), size_(static_cast<std::size_t>(size)) {}

  [[nodiscard]] Elements apply(const Elements& in) const override {
    Elements out;
    out.reserve(from_.size());
    for (const int at : from_) out.push_back(in[static_cast<std::size_t>(at)]);
    return out;
  }
  [[nodiscard]] std::optional<Elements> invert(const Elements& out) const override {
    Elements in(size_);
    for (std::size_t i = 0; i < from_.size(); ++i) in[static_cast<std::size_t>(from_[i])] = out.at(i);
    return in;
  }

 private:
  std::vector<int> from_;
  std::size_t size_;
};

class Pad final : public Transformation {
 public:
  Pad(int before, int size, std::uint32_t value, std::string text)
      : Transformation(Kind::kPad, std::move(text)),
        before_(static_cast<std::size_t>(before)),
        size_(static_cast<std::size_t>(size)),
        value_(value) {}

  [[nodiscard]] Elements apply(const Elements& in) const override {
    Elements out = in;
    out.resize(std::max(size_, in.size()), value_);
    return out;
  }
  [[nodiscard]] std::optional<Elements> invert(const Elements& out) const override {
    Elements in = out;
    in.resize(before_);
    return in;
  }

 private:
  std::size_t before_, size_;
  std::uint32_t value_;
};

class Convert final : public Transformation {
 public:
  Convert(std::vector<std::uint32_t> rows, int width, std::string text)
      : Transformation(Kind::kConvert, std::move(text)), rows_(std::move(rows)), width_(static_cast<std::size_t>(width)) {
    for (std::size_t row = 0; row * width_ < rows_.size(); ++row) {
      const Elements result(rows_.begin() + static_cast<std::ptrdiff_t>(row * width_),
                            rows_.begin() + static_cast<std::ptrdiff_t>((row + 1) * width_));
      if (result.front() == kNoCode) continue;
      if (!inverse_.emplace(result, static_cast<std::uint32_t>(row)).second) injective_ = false;
    }
  }

  [[nodiscard]] Elements apply(const Elements& in) const override {
    Elements out;
    out.reserve(in.size() * width_);
    for (const std::uint32_t element : in) {
      const std::size_t row = element * width_;
      if (row >= rows_.size() || rows_[row] == kNoCode) throw Error(fmt::format("{}: {} has no result", text(), element));
      for (std::size_t i = 0; i < width_; ++i) out.push_back(rows_[row + i]);
    }
    return out;
  }
  /// Of several elements with the same result the smallest.
  [[nodiscard]] std::optional<Elements> invert(const Elements& out) const override {
    Elements in;
    for (std::size_t i = 0; i + width_ <= out.size(); i += width_) {
      const auto first = out.begin() + static_cast<std::ptrdiff_t>(i);
      const auto found = inverse_.find(Elements(first, first + static_cast<std::ptrdiff_t>(width_)));
      if (found == inverse_.end()) return std::nullopt;
      in.push_back(found->second);
    }
    return in;
  }
  [[nodiscard]] bool invertible() const override { return injective_; }

 private:
  std::vector<std::uint32_t> rows_;
  std::size_t width_;
  std::map<Elements, std::uint32_t> inverse_;
  bool injective_ = true;
};

}  // namespace

std::string to_string(Kind kind) {
  switch (kind) {
    case Kind::kSlice:
      return "slice";
    case Kind::kMap:
      return "map";
    case Kind::kPad:
      return "pad";
    case Kind::kConvert:
      return "convert";
  }
  return "";
}

std::unique_ptr<Transformation> make_slice(std::vector<WordRun> words, int tile_bytes, std::string text) {
  return std::make_unique<Slice>(std::move(words), tile_bytes, std::move(text));
}
std::unique_ptr<Transformation> make_map(std::vector<int> from, int size, std::string text) {
  return std::make_unique<Map>(std::move(from), size, std::move(text));
}
std::unique_ptr<Transformation> make_pad(int before, int size, std::uint32_t value, std::string text) {
  return std::make_unique<Pad>(before, size, value, std::move(text));
}
std::unique_ptr<Transformation> make_convert(std::vector<std::uint32_t> rows, int width, std::string text) {
  return std::make_unique<Convert>(std::move(rows), width, std::move(text));
}

Elements Chain::apply(Elements in) const {
  for (const auto& step : steps_) in = step->apply(in);
  return in;
}

std::optional<Elements> Chain::invert(Elements out) const {
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
    std::optional<Elements> in = (*step)->invert(out);
    if (!in) return std::nullopt;
    out = std::move(*in);
  }
  return out;
}

bool Chain::invertible() const {
  return std::all_of(steps_.begin(), steps_.end(), [](const auto& step) { return step->invertible(); });
}

}  // namespace lutra::workloads

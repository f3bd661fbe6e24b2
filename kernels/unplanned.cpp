// The golden integer GEMM straight from the codes, a vector at a time: for matrices that are used once.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "isa/error.h"
#include "kernels/kernel_set.h"

namespace lutra::kernels {
namespace {

std::size_t size_of(int n) { return static_cast<std::size_t>(n); }

/// How u is found from a plane code: the code itself, by a table of 16, or neither (then only golden_mpgemm can do it).
struct CodeReader {
  explicit CodeReader(const PlaneType& type) : mask((1 << type.planes) - 1), max_value(max_plane_value(type)) {
    bool plain = true;
    for (int p = 0; p < type.planes; ++p) plain = plain && type.shifts[size_of(p)] == p;
    if (plain) return;
    if (type.planes > 4 || max_value > 255) {
      readable = false;
      return;
    }
    for (std::size_t code = 0; code < entries.size(); ++code) {
      entries[code] = static_cast<std::uint8_t>((plane_value(type, static_cast<std::uint8_t>(code)) + max_value) / 2);
    }
    table = entries.data();
  }
  CodeReader(const CodeReader&) = delete;
  CodeReader& operator=(const CodeReader&) = delete;

  bool readable = true;
  int mask;
  int max_value;
  const std::uint8_t* table = nullptr;
  alignas(16) std::array<std::uint8_t, 16> entries{};
};

/// S of each token and segment.
std::vector<std::int64_t> segment_sums(const GemmOperands& o, int segment, int segments) {
  std::vector<std::int64_t> sums(size_of(o.tokens) * size_of(segments));
  for (std::size_t m = 0; m < size_of(o.tokens); ++m) {
    for (std::size_t k = 0; k < size_of(o.depth); ++k)
      sums[m * size_of(segments) + k / size_of(segment)] += o.activations[m * size_of(o.depth) + k];
  }
  return sums;
}

}  // namespace

std::vector<std::int32_t> mpgemm_unplanned(const GemmOperands& o, Target target) {
  const KernelSet& kernels = kernel_set(target);
  const bool sound = o.tokens > 0 && o.outputs > 0 && o.depth > 0 && o.segment >= 0 && o.type.planes > 0 && o.type.planes <= kMaxPlanes;
  const int segment = o.segment == 0 ? o.depth : o.segment;
  const int segments = sound ? (o.depth + segment - 1) / segment : 0;
  const bool per_column = o.type.zero_mode == ZeroMode::kPerColumn;
  const bool sized = sound && o.activations.size() == size_of(o.tokens) * size_of(o.depth) &&
                     o.codes.size() == size_of(o.outputs) * size_of(o.depth) &&
                     (!per_column || o.zeros.size() == size_of(segments) * size_of(o.outputs));
  if (!sized || o.depth > 1 << 17) return golden_mpgemm(o);  // which says what is wrong, or has 64 bits for each sum
  const CodeReader reader(o.type);
  if (!reader.readable) return golden_mpgemm(o);
  const std::vector<std::int64_t> sums = segment_sums(o, segment, segments);
  std::vector<std::int32_t> out(size_of(o.tokens) * size_of(o.outputs));
  for (std::size_t n = 0; n < size_of(o.outputs); ++n) {
    const std::uint8_t* codes = o.codes.data() + n * size_of(o.depth);
    for (std::size_t m = 0; m < size_of(o.tokens); ++m) {
      std::int64_t sum =
          2 * kernels.direct(codes, o.activations.data() + m * size_of(o.depth), size_of(o.depth), reader.table, reader.mask);
      for (std::size_t s = 0; s < size_of(segments); ++s) {
        const int zero = per_column ? o.zeros[s * size_of(o.outputs) + n] : (o.type.zero_mode == ZeroMode::kConstant ? o.type.zero : 0);
        sum -= (reader.max_value + zero) * sums[m * size_of(segments) + s];
      }
      if (sum < std::numeric_limits<std::int32_t>::min() || sum > std::numeric_limits<std::int32_t>::max()) {
        throw Error(fmt::format("GEMM: output ({}, {}) is {}, which INT32 does not hold", m, n, sum), {}, Error::Kind::kCheckFailed);
      }
      out[m * size_of(o.outputs) + n] = static_cast<std::int32_t>(sum);
    }
  }
  return out;
}

}  // namespace lutra::kernels

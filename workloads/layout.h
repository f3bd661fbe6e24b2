// How the operands of one GEMM lie in memory (docs/microarchitecture.md, Clock and words): packing, and unpacking for checks.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "isa/arch_config.h"
#include "isa/geometry.h"
#include "workloads/weight_format.h"
#include "workloads/weights.h"

namespace lutra::workloads {

/// O[m, n] = sum over k of A[m, k] W[n, k]: `tokens` x `depth` activations, `outputs` x `depth` weights.
struct GemmShape {
  long long tokens = 0;
  long long outputs = 0;
  long long depth = 0;
  WeightFormat format;
  bool operator==(const GemmShape&) const = default;
};

/// Byte strides and counts of a GEMM's tensors. Weights: one n-tile after the other, each k-chunk after k-chunk, a k-chunk being
/// k-steps x plane groups words, rounded up to a beat. Activations: a row a token, rounded up to a beat; tokens are padded to whole tiles
/// with zeros when there are several tiles; where tables are loaded, a row of table words a tile instead. Planes outermost: the words of
/// a run (a segment, or a chunk without segments) lie plane after plane, the highest first. Parameters: for each n-tile and k-chunk the z'
/// of its segments, rounded up to a beat; with a float scale unit z' and s' of every segment, and an m-tile's token scales in beats of
/// their own. Outputs: INT32, or what scale.output says, a row a token, padded to whole n-tiles.
struct GemmLayout {
  /// `chunk_ksteps` is the k-chunk of the compiler's plan; it decides where weights and parameters are cut. Throws Error when a segment of
  /// zero points is no multiple of the k-step, or neither a multiple nor a divisor of the chunk.
  GemmLayout(const ArchConfig& arch, const GemmShape& shape, int chunk_ksteps);

  Geometry geometry;
  GemmShape shape;
  kernels::PlaneType type;  // zero points a column also where minima of groups are taken off like zero points that are no integers
  int rows, columns, planes_per_cycle, table_inputs;  // of the array
  bool native_trits;  // ternary weights that index tables of trits: one plane, and outputs of half the size that two planes give
  int planes;         // weight planes as they are stored: of `type`, or 1
  int chunk_ksteps;
  int ksteps;          // k-steps, padded to whole segments
  int segment_ksteps;  // k-steps that share z'; 0: all. With a float scale unit: k-steps that are scaled together, never 0
  int plane_groups;    // weight words a k-step
  long long n_tiles, m_tiles;
  long long tile_rows;   // rows of every m-tile: `rows`, or the tokens when they are fewer
  long long tile_loads;  // rows of memory that a tile's activations take: tile_rows, or 1 where its tables are loaded
  int chunks;            // k-chunks of a tile
  int chunk_parameter_words;
  long long chunk_parameter_bytes;  // 0 without parameters
  long long weight_word_bytes, weight_chunk_bytes, weight_tile_bytes, weight_bytes;
  long long activation_pitch, activation_bytes;
  long long output_pitch, output_bytes;
  long long parameter_bytes;
  long long token_scale_bytes;  // 0 without a float scale unit

  /// Byte offset inside a tile of the weight word that holds a plane of a k-step.
  [[nodiscard]] long long word_offset(long long kstep, int plane) const;
  /// Words of `count` k-steps of weights, rounded up to whole beats' worth of words.
  [[nodiscard]] long long padded_weight_words(long long count) const;
  /// Bytes of `count` k-steps of weights that begin at a k-chunk.
  [[nodiscard]] long long weight_span(long long count) const;
  [[nodiscard]] bool has_parameters() const { return chunk_parameter_words > 0; }
};

/// k-steps of a segment of zero points: 0 when z' does not change along k. With a float scale unit, k-steps of the longest segment over
/// which scales and zero points do not change, which the accumulator surely holds and whose weights and tables fit their buffers. Throws
/// Error when the group is no multiple of the k-step.
int segment_ksteps(const ArchConfig& arch, const GemmShape& shape);

/// Packs n-tile `tile`: `codes` are its rows (at most `columns` of them, each K plane codes), `out` holds weight_tile_bytes.
/// Columns beyond the last row, k beyond K and unused bits are filled with a weight whose q' is z' where the type has one.
void pack_weight_tile(const GemmLayout& layout, std::span<const std::uint8_t> codes, std::span<std::uint8_t> out);
/// Plane codes of column `column` and k < K read back from a packed tile.
std::vector<std::uint8_t> unpack_weight_column(const GemmLayout& layout, std::span<const std::uint8_t> tile, int column);

/// Sets `count` bits of zeros from bit `at` on.
void put_bits(std::span<std::uint8_t> out, long long at, int count, std::uint64_t value);

/// Packs tokens x K activations as they are loaded, INT8 or INT16 codes or the bits of floating-point numbers; `out` holds
/// activation_bytes. Where tables are loaded, machine_rows.h packs these instead.
void pack_activations(const GemmLayout& layout, std::span<const std::int16_t> activations, std::span<std::uint8_t> out);
/// The inverse of pack_activations; 8 bits are sign-extended.
std::vector<std::int16_t> unpack_activations(const GemmLayout& layout, std::span<const std::uint8_t> bytes);

/// Packs the z' of n-tile `tile`: `zeros` are rows x groups as WeightSource::zeros gives them; `out` holds chunks x chunk_parameter_bytes.
void pack_parameter_tile(const GemmLayout& layout, std::span<const std::int16_t> zeros, std::span<std::uint8_t> out);

/// s' and zero points of an n-tile for a float scale unit, each rows x groups as WeightSource gives them, or none.
struct TileScales {
  std::span<const float> scales;
  std::span<const std::int16_t> zeros;
  std::span<const float> real_zeros;  // s' z' (real_zeros())
};
void pack_scale_tile(const GemmLayout& layout, const TileScales& tile, std::span<std::uint8_t> out);
/// s' z' of weights s' (q' - z') + offset, for a machine that takes it off scaled sums: fl(fl(s' z') - offset). Spans hold rows x groups;
/// without `zeros` z' is the type's own.
std::vector<float> real_zeros(const GemmLayout& layout, std::span<const float> scales, std::span<const std::int16_t> zeros,
                              std::span<const float> offsets);
/// Packs the tokens' s_a for a float scale unit; `out` holds token_scale_bytes.
void pack_token_scales(const GemmLayout& layout, std::span<const float> scales, std::span<std::uint8_t> out);

/// The tokens x outputs results in a memory image of output_bytes; bits of narrower outputs stand in the low end.
std::vector<std::int32_t> unpack_outputs(const GemmLayout& layout, std::span<const std::uint8_t> bytes);

/// Receives packed bytes: offset from the tensor's base, and the bytes.
using ByteSink = std::function<void(long long offset, std::span<const std::uint8_t> bytes)>;
/// Packs a whole weight tensor tile by tile.
void pack_weights(const GemmLayout& layout, const Tensor& tensor, const WeightSource& source, const ByteSink& sink);
/// Packs all z', and with a float scale unit all s', of a tensor; nothing when the layout has no parameters.
void pack_parameters(const GemmLayout& layout, const Tensor& tensor, const WeightSource& source, const ByteSink& sink);

}  // namespace lutra::workloads

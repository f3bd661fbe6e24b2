// Packs plane codes into lines, block by block.
#include "kernels/packing.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "kernels/kernel_set.h"
#include "kernels/parallel.h"

namespace lutra::kernels {
namespace {

using FieldOf = std::array<std::uint8_t, 256>;  // a chunk's field for each plane code

/// One segment of one row of codes, as chunks are packed from it.
struct RowPart {
  const std::uint8_t* codes;
  std::size_t depth;  // k in this segment
  std::size_t lane;   // output within its block
};

FieldOf field_table(const PlanData& plan, const Chunk& chunk) {
  FieldOf fields{};
  const bool by_plane = plan.layout != Layout::kDot || plan.max_value > 255;
  for (std::size_t code = 0; code < fields.size(); ++code) {
    const int u = (plane_value(plan.type, static_cast<std::uint8_t>(code)) + plan.max_value) / 2;
    const int mask = chunk.kind == ChunkKind::kDense ? 3 : (1 << field_bits(chunk.kind)) - 1;
    fields[code] = static_cast<std::uint8_t>((u >> chunk.shift) & mask);
  }
  if (by_plane) {  // then chunks are the planes, in their order
    const auto plane = static_cast<std::size_t>(&chunk - plan.chunks.data());
    for (std::size_t code = 0; code < fields.size(); ++code) fields[code] = (code >> plane) & 1;
  }
  if (chunk.kind == ChunkKind::kCode) {
    for (std::size_t code = 0; code < fields.size(); ++code) fields[code] = static_cast<std::uint8_t>(code);
  }
  return fields;
}

template <int kBits>
void pack_fields(const RowPart& row, const FieldOf& fields, std::uint8_t* lines) {
  constexpr std::size_t kFields = 8 / kBits;
  for (std::size_t k = 0; k < row.depth; ++k) {
    const std::size_t line = k / (4 * kFields), place = k / 4 % kFields;
    std::uint8_t& byte = lines[line * kLineBytes + row.lane * 4 + k % 4];
    byte = static_cast<std::uint8_t>(byte | fields[row.codes[k]] << (place * kBits));
  }
}

void pack_dense(const RowPart& row, const FieldOf& fields, std::uint8_t* lines) {
  for (std::size_t begin = 0; begin < row.depth; begin += kDenseDepth, lines += kDenseLines * kLineBytes) {
    for (std::size_t j = 0; j < 4; ++j) {
      std::array<unsigned, 8> index{};
      for (std::size_t v = 0; v < index.size(); ++v) {
        for (std::size_t trit = 3; trit-- > 0;) {
          const std::size_t k = begin + 12 * v + 4 * trit + j;
          index[v] = 3 * index[v] + (k < row.depth ? fields[row.codes[k]] : 0);
        }
      }
      std::uint8_t* byte = lines + row.lane * 4 + j;
      byte[0 * kLineBytes] = static_cast<std::uint8_t>(index[0] | (index[5] & 7) << 5);
      byte[1 * kLineBytes] = static_cast<std::uint8_t>(index[1] | (index[6] & 7) << 5);
      byte[2 * kLineBytes] = static_cast<std::uint8_t>(index[2] | (index[7] & 7) << 5);
      byte[3 * kLineBytes] = static_cast<std::uint8_t>(index[3] | index[5] >> 3 << 5 | (index[7] >> 3 & 1) << 7);
      byte[4 * kLineBytes] = static_cast<std::uint8_t>(index[4] | index[6] >> 3 << 5 | index[7] >> 4 << 7);
    }
  }
}

/// Where output `lane` of 64 lies in a line, so that 32-bit lanes of the four byte positions hold 16 outputs in a row each.
std::size_t lookup_byte(std::size_t lane) { return lane % 16 * 4 + lane / 16; }

void pack_nibbles(const RowPart& row, const FieldOf& fields, std::uint8_t* lines) {
  for (std::size_t k = 0; k < row.depth; ++k) {
    std::uint8_t& byte = lines[k / 8 * kLineBytes + lookup_byte(row.lane)];
    byte = static_cast<std::uint8_t>(byte | fields[row.codes[k]] << (k % 8));
  }
}

void pack_six_bits(const RowPart& row, const FieldOf& fields, std::uint8_t* lines) {
  for (std::size_t k = 0; k < row.depth; ++k) {
    const std::size_t group = k / kSixBitDepth, index = k % kSixBitDepth / 6, bit = k % 6;
    const std::size_t line = index < 3 ? index : bit / 2;  // the fourth index lies in the top two bits of the three bytes
    const std::size_t place = index < 3 ? bit : 6 + bit % 2;
    std::uint8_t& byte = lines[(group * 3 + line) * kLineBytes + lookup_byte(row.lane)];
    byte = static_cast<std::uint8_t>(byte | fields[row.codes[k]] << place);
  }
}

void pack_row(const Chunk& chunk, const RowPart& row, const FieldOf& fields, std::uint8_t* lines) {
  switch (chunk.kind) {
    case ChunkKind::kField1:
      return pack_fields<1>(row, fields, lines);
    case ChunkKind::kField2:
      return pack_fields<2>(row, fields, lines);
    case ChunkKind::kField4:
      return pack_fields<4>(row, fields, lines);
    case ChunkKind::kDense:
      return pack_dense(row, fields, lines);
    case ChunkKind::kNibble:
      return pack_nibbles(row, fields, lines);
    case ChunkKind::kSixBit:
      return pack_six_bits(row, fields, lines);
    case ChunkKind::kCode:
      std::memcpy(lines, row.codes, row.depth);
      return;
  }
}

/// Parameters of one block and group of k; columns beyond the matrix keep zeros.
void pack_parameters(const PlanData& plan, const WeightMatrix& w, int block, int group) {
  const std::size_t first = static_cast<std::size_t>(block) * static_cast<std::size_t>(plan.block_outputs);
  const auto outputs = static_cast<std::size_t>(plan.outputs), at = static_cast<std::size_t>(group) * outputs + first;
  const std::size_t count = std::min(outputs - first, static_cast<std::size_t>(plan.block_outputs));
  for (std::size_t i = 0; i < count; ++i) {
    if (plan.column_scales) plan.scales_of(block, group)[i] = w.scales[at + i];
    if (plan.column_offsets) plan.offsets_of(block, group)[i] = plan.max_value + w.zeros[at + i];
    if (plan.real_zeros) plan.real_zeros_of(block, group)[i] = w.real_zeros[at + i];
  }
}

void pack_block(const PlanData& plan, const WeightMatrix& w, const std::vector<FieldOf>& fields, int block) {
  std::memset(plan.header_of(block, 0), 0, plan.block_bytes);
  for (int group = 0; group < plan.groups(); ++group) pack_parameters(plan, w, block, group);
  for (int lane = 0; lane < plan.block_outputs; ++lane) {
    const int row = block * plan.block_outputs + lane;
    if (row >= plan.outputs) return;
    for (int s = 0; s < plan.segments; ++s) {
      const std::size_t begin = static_cast<std::size_t>(s) * static_cast<std::size_t>(plan.segment);
      const std::size_t depth = std::min(static_cast<std::size_t>(plan.depth) - begin, static_cast<std::size_t>(plan.segment));
      const RowPart part{w.codes.data() + static_cast<std::size_t>(row) * static_cast<std::size_t>(plan.depth) + begin, depth,
                         static_cast<std::size_t>(lane)};
      for (std::size_t c = 0; c < plan.chunks.size(); ++c) {
        pack_row(plan.chunks[c], part, fields[c], plan.segment_of(block, s) + plan.chunks[c].offset);
      }
    }
  }
}

}  // namespace

int chunk_depth(const Chunk& chunk) {
  switch (chunk.kind) {
    case ChunkKind::kField1:
      return 32;
    case ChunkKind::kField2:
      return 16;
    case ChunkKind::kField4:
      return 8;
    case ChunkKind::kDense:
      return kDenseDepth;
    case ChunkKind::kNibble:
      return 8;
    case ChunkKind::kSixBit:
      return kSixBitDepth;
    case ChunkKind::kCode:
      break;
  }
  return 1;
}

std::size_t chunk_bytes(const Chunk& chunk) {
  switch (chunk.kind) {
    case ChunkKind::kDense:
      return kDenseLines * kLineBytes;
    case ChunkKind::kSixBit:
      return 3 * kLineBytes;
    case ChunkKind::kCode:
      return 1;
    default:
      return kLineBytes;
  }
}

std::vector<Chunk> lookup_chunks(const PlanData& plan) {
  if (plan.layout == Layout::kCodes) return {{ChunkKind::kCode, 0, 0, 0}};
  std::vector<Chunk> chunks;
  for (int p = 0; p < plan.type.planes; ++p) {
    chunks.push_back(
        {plan.layout == Layout::kSixBit ? ChunkKind::kSixBit : ChunkKind::kNibble, plan.type.shifts[static_cast<std::size_t>(p)], 0, 0});
  }
  return chunks;
}

void pack_weights(PlanData& plan, const WeightMatrix& weights, int threads) {
  plan.weights = AlignedBytes(plan.block_bytes * static_cast<std::size_t>(plan.blocks));
  std::vector<FieldOf> fields;
  for (const Chunk& chunk : plan.chunks) fields.push_back(field_table(plan, chunk));
  parallel_parts(threads, plan.blocks, [&](int begin, int end) {
    for (int block = begin; block < end; ++block) pack_block(plan, weights, fields, block);
  });
}

}  // namespace lutra::kernels

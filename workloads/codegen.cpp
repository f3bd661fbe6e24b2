// The loop nest of a GEMM kernel: rings in every buffer, one semaphore for its free slots and one for its full ones.
#include "workloads/codegen.h"

#include <algorithm>

namespace lutra::workloads {
namespace {

enum Register {
  kTableRead = 1,
  kTableWrite,
  kWeight,
  kActivation,
  kOut,
  kParameter,
  kWeightMem = 8,
  kActivationMem,
  kOutMem,
  kParameterMem,
  kTokenMem
};
enum Semaphore { kWeightFree, kWeightReady, kOutFree, kOutReady, kTableFree, kTableReady, kActivationFree, kActivationReady };
enum LoadBuffer { kToActivation = 1, kToWeight = 2, kToTable = 3, kToParameter = 4, kToTokenScale = 5 };

int bit(Semaphore s) { return 1 << s; }

/// Where a chunk stands in its tile.
struct ChunkRole {
  int ksteps;
  bool opens;   // nothing of this tile has been accumulated yet
  bool closes;  // the tile is complete after it
  bool leaves;  // last chunk of the k-block: the read pointers go back to the start of the tables
};

class GemmEmitter {
 public:
  GemmEmitter(const GemmLayout& layout, const GemmPlan& plan) : l_(layout), p_(plan), k_blocks_(workloads::k_blocks(layout, plan)) {}

  KernelBuilder run() {
    prologue();
    if (k_blocks_ > 1) {
      k_blocked();
    } else if (p_.pipelined) {
      pipelined();
    } else {
      serial();
    }
    b_.add(make(Opcode::kHalt));
    return std::move(b_);
  }

 private:
  void prologue();
  void serial();
  void pipelined();
  void k_blocked();
  void build_block(long long tiles, int ksteps);
  void build_piece(int ksteps);
  void sync(Semaphore semaphore, bool waits, long long count);
  void block(long long tiles, bool more);
  void tile(long long tiles, int ksteps, bool first_block, bool last_block);
  void token_scales(long long tiles);
  void chunk(long long tiles, const ChunkRole& role);
  void product(const ChunkRole& role, bool first, bool last);
  void next_row(const ChunkRole& role);
  void rewind(long long tiles, const ChunkRole& role);
  void group(long long tiles);

  [[nodiscard]] long long pieces(int ksteps) const { return ceil_div(ksteps, p_.activation_ksteps); }
  [[nodiscard]] int block_length(int q) const { return std::min(p_.block_ksteps, l_.ksteps - q * p_.block_ksteps); }

  const GemmLayout& l_;
  const GemmPlan& p_;
  int k_blocks_;
  KernelBuilder b_;
  int tile_ksteps_ = 0;  // k-steps of a tile row in the table buffer
};

void GemmEmitter::prologue() {
  std::int64_t shifts = 0;
  for (int p = 0; p < l_.planes; ++p) shifts |= std::int64_t{l_.type.shifts[static_cast<std::size_t>(p)]} << (4 * p);
  b_.add(make(Opcode::kSettype)
             .set("planes", l_.planes)
             .set("shifts", shifts)
             .set("zmode", static_cast<int>(l_.type.zero_mode))
             .set("zero", l_.type.zero_mode == kernels::ZeroMode::kConstant ? l_.type.zero : 0));
  b_.post(kWeightFree, p_.weight_slots);
  b_.post(kOutFree, p_.accumulator_slots);
  b_.post(kTableFree, p_.table_slots);
  b_.post(kActivationFree, p_.activation_slots);
  // r1 to r7 start as 0: every ring begins at word 0.
}

/// Loads and builds one piece of one tile row.
void GemmEmitter::build_piece(int ksteps) {
  const Geometry& g = l_.geometry;
  if (g.memory) {
    const long long beats = std::int64_t{ksteps} * g.table.stride_bytes / g.bus_bytes;
    b_.add(make(Opcode::kLoad)
               .set("wait", bit(kTableFree))
               .set("signal", bit(kTableReady))
               .set("buffer", kToTable)
               .set("dst", kTableWrite)
               .set("mem", kActivationMem)
               .set("beats", beats)
               .set("rows", 1));
    b_.advance(kActivationMem, beats * g.bus_bytes);
    b_.advance(kTableWrite, ksteps);
    return;
  }
  const long long beats = ceil_div(std::int64_t{ksteps} * g.activation.stride_bytes, g.bus_bytes);
  const long long row_words = ceil_div(ksteps, g.activation.words_per_line) * g.activation.words_per_line;
  b_.add(make(Opcode::kLoad)
             .set("wait", bit(kActivationFree))
             .set("signal", bit(kActivationReady))
             .set("buffer", kToActivation)
             .set("dst", kActivation)
             .set("mem", kActivationMem)
             .set("beats", beats)
             .set("rows", l_.tile_rows)
             .set("mem_pitch", l_.activation_pitch)
             .set("dst_pitch", row_words));
  b_.add(make(Opcode::kTbuild)
             .set("wait", bit(kActivationReady) | bit(kTableFree))
             .set("signal", bit(kActivationFree) | bit(kTableReady))
             .set("src", kActivation)
             .set("dst", kTableWrite)
             .set("ksteps", ksteps)
             .set("rows", l_.tile_rows)
             .set("src_pitch", row_words));
  b_.advance(kActivation, l_.tile_rows * row_words);
  b_.advance(kActivationMem, beats * g.bus_bytes);
  b_.advance(kTableWrite, ksteps);
}

/// Loads and builds `ksteps` of `tiles` tile rows; afterwards the memory pointer stands behind the k-block in the row after them.
void GemmEmitter::build_block(long long tiles, int ksteps) {
  const long long full = ksteps / p_.activation_ksteps;
  const int rest = static_cast<int>(ksteps % p_.activation_ksteps);
  const WordLayout& words = l_.geometry.memory ? l_.geometry.table : l_.geometry.activation;
  const long long bytes = ceil_div(std::int64_t{ksteps} * words.stride_bytes, l_.geometry.bus_bytes) * l_.geometry.bus_bytes;
  b_.loop(tiles, [&] {
    b_.loop(full, [&] { build_piece(p_.activation_ksteps); });
    if (rest > 0) build_piece(rest);
    if (k_blocks_ == 1) b_.advance(kActivationMem, l_.tile_loads * l_.activation_pitch - bytes);
  });
}

/// The array waits for, or signals, a semaphore `count` times by products of one k-step that nobody drains: it works in order, so
/// what comes behind in the program comes behind here. The first product of a tile clears the accumulators.
void GemmEmitter::sync(Semaphore semaphore, bool waits, long long count) {
  b_.loop(count, [&] {
    b_.add(make(Opcode::kLmma)
               .set(waits ? "wait" : "signal", bit(semaphore))
               .set("table", kTableRead)
               .set("weight", kWeight)
               .set("ksteps", 1)
               .set("rows", 1)
               .set("out", kOut)
               .set("param", kParameter)
               .set("first", 1));
  });
}

void GemmEmitter::product(const ChunkRole& role, bool first, bool last) {
  const bool drains = !p_.chained || role.closes;
  const bool segmented = l_.segment_ksteps > 0 && role.ksteps % l_.segment_ksteps == 0;
  // With a float scale unit the token scales' load has waited for the tile.
  const bool takes_tile = role.opens && !l_.geometry.scaled;
  const int wait = (first ? bit(kWeightReady) : 0) | (takes_tile ? bit(kOutFree) : 0);
  const int signal = (last ? bit(kWeightFree) : 0) | (role.closes ? bit(kOutReady) : 0);
  b_.add(make(Opcode::kLmma)
             .set("wait", wait)
             .set("signal", signal)
             .set("table", kTableRead)
             .set("weight", kWeight)
             .set("ksteps", role.ksteps)
             .set("rows", l_.tile_rows)
             .set("out", kOut)
             .set("param", kParameter)
             .set("segment", segmented ? l_.segment_ksteps : 0)
             .set("first", !p_.chained || role.opens ? 1 : 0)
             .set("last", drains ? 1 : 0)
             .set("accumulate", !p_.chained && !role.opens ? 1 : 0));
  if (!role.closes) return;
  b_.add(make(Opcode::kStore)
             .set("wait", bit(kOutReady))
             .set("signal", bit(kOutFree))
             .set("src", kOut)
             .set("mem", kOutMem)
             .set("cols", l_.n_tiles == 1 ? l_.shape.outputs : l_.columns)
             .set("rows", l_.tile_rows)
             .set("mem_pitch", l_.output_pitch));
}

void GemmEmitter::next_row(const ChunkRole& role) {
  b_.advance(kTableRead, tile_ksteps_);
  b_.advance(kOut, 1);
  if (role.closes) b_.advance(kOutMem, l_.tile_rows * l_.output_pitch);
}

/// From the last tile row of a chunk to the first one of the next chunk, or of the next n-tile.
void GemmEmitter::rewind(long long tiles, const ChunkRole& role) {
  const int back_to_start = role.leaves ? tile_ksteps_ : 0;
  b_.advance(kTableRead, role.ksteps - (tiles - 1) * tile_ksteps_ - back_to_start);
  b_.advance(kOut, role.leaves ? 1 : -(tiles - 1));
  if (role.closes) b_.advance(kOutMem, l_.geometry.output_row_bytes - (tiles - 1) * l_.tile_rows * l_.output_pitch);
}

/// Loads the token scales of the tiles that are opened next, as soon as these are free.
void GemmEmitter::token_scales(long long tiles) {
  const Geometry& g = l_.geometry;
  b_.loop(tiles, [&] {
    b_.add(make(Opcode::kLoad)
               .set("wait", bit(kOutFree))
               .set("buffer", kToTokenScale)
               .set("dst", kOut)
               .set("mem", kTokenMem)
               .set("beats", g.token_scale.stride_bytes / g.bus_bytes)
               .set("rows", 1));
    if (tiles == 1) return;
    b_.advance(kOut, 1);
    b_.advance(kTokenMem, g.token_scale.stride_bytes);
  });
  if (tiles == 1) return;
  b_.advance(kOut, -tiles);
  b_.advance(kTokenMem, -tiles * g.token_scale.stride_bytes);
}

/// One chunk of weights for all tile rows of the block.
void GemmEmitter::chunk(long long tiles, const ChunkRole& role) {
  const Geometry& g = l_.geometry;
  const auto load = [&](LoadBuffer buffer, Register dst, Register mem, long long bytes, int wait, int signal) {
    b_.add(make(Opcode::kLoad)
               .set("wait", wait)
               .set("signal", signal)
               .set("buffer", buffer)
               .set("dst", dst)
               .set("mem", mem)
               .set("beats", bytes / g.bus_bytes)
               .set("rows", 1));
    b_.advance(mem, bytes);
  };
  // Loads retire in order: when the weights are there, so are their zero points and scales.
  if (g.scaled && role.opens) token_scales(tiles);
  const bool parameters = l_.has_parameters();
  if (parameters) load(kToParameter, kParameter, kParameterMem, l_.chunk_parameter_bytes, bit(kWeightFree), 0);
  load(kToWeight, kWeight, kWeightMem, l_.weight_span(role.ksteps), parameters ? 0 : bit(kWeightFree), bit(kWeightReady));
  product(role, true, tiles == 1);
  if (tiles > 1) {
    next_row(role);
    b_.loop(tiles - 2, [&] {
      product(role, false, false);
      next_row(role);
    });
    product(role, false, true);
  }
  rewind(tiles, role);
  b_.advance(kWeight, l_.padded_weight_words(role.ksteps));
  if (parameters) b_.advance(kParameter, l_.chunk_parameter_bytes / g.parameter.stride_bytes);
}

/// All chunks of one k-block of one n-tile.
void GemmEmitter::tile(long long tiles, int ksteps, bool first_block, bool last_block) {
  const int size = p_.chunk_ksteps;
  const auto count = static_cast<int>(ceil_div(ksteps, size));
  const int last_size = ksteps - (count - 1) * size;
  if (count == 1) return chunk(tiles, {ksteps, first_block, last_block, true});
  // Middle chunks differ from the first one only where that opens a tile.
  const int peeled = first_block ? 1 : 0;
  if (first_block) chunk(tiles, {size, true, false, false});
  b_.loop(count - 1 - peeled, [&] { chunk(tiles, {size, false, false, false}); });
  chunk(tiles, {last_size, false, last_block, true});
}

/// All n-tiles of one m-block whose tables are built; `more`: another block follows and takes the tables' place.
void GemmEmitter::block(long long tiles, bool more) {
  const long long count = tiles * pieces(l_.ksteps);
  sync(kTableReady, true, count);
  tile_ksteps_ = l_.ksteps;
  b_.loop(l_.n_tiles, [&] { tile(tiles, l_.ksteps, true, true); });
  if (!more) return;
  sync(kTableFree, false, count);
  b_.advance(kTableRead, tiles * l_.ksteps);
  b_.advance(kWeightMem, -l_.weight_bytes);
  if (l_.has_parameters()) b_.advance(kParameterMem, -l_.parameter_bytes);
  b_.advance(kOutMem, tiles * l_.tile_rows * l_.output_pitch - l_.output_pitch);
  if (l_.geometry.scaled) b_.advance(kTokenMem, tiles * l_.geometry.token_scale.stride_bytes);
}

void GemmEmitter::serial() {
  const long long blocks = l_.m_tiles / p_.block_tiles, rest = l_.m_tiles % p_.block_tiles;
  // The last block does not end with pointers to the next one, but a second copy of the code only pays when it is there anyway.
  b_.loop(blocks, [&] {
    build_block(p_.block_tiles, l_.ksteps);
    block(p_.block_tiles, blocks > 1 || rest > 0);
  });
  if (rest == 0) return;
  build_block(rest, l_.ksteps);
  block(rest, false);
}

void GemmEmitter::pipelined() {
  const long long blocks = ceil_div(l_.m_tiles, p_.block_tiles);
  const long long last = l_.m_tiles - (blocks - 1) * p_.block_tiles;
  build_block(p_.block_tiles, l_.ksteps);
  const auto ahead = [&](long long tiles) {
    build_block(tiles, l_.ksteps);
    block(p_.block_tiles, true);
  };
  if (last == p_.block_tiles) {
    b_.loop(blocks - 1, [&] { ahead(p_.block_tiles); });
  } else {
    b_.loop(blocks - 2, [&] { ahead(p_.block_tiles); });
    ahead(last);
  }
  block(last, false);
}

/// The n-tiles of one group of one m-tile: their accumulators wait while the tables of one k-block after the other come by.
void GemmEmitter::group(long long tiles) {
  for (int q = 0; q < k_blocks_; ++q) {
    const int ksteps = block_length(q);
    build_block(1, ksteps);
    sync(kTableReady, true, pieces(ksteps));
    tile_ksteps_ = ksteps;
    const bool last = q == k_blocks_ - 1;
    const long long chunks = ceil_div(ksteps, p_.chunk_ksteps);
    b_.loop(tiles, [&] {
      tile(1, ksteps, q == 0, last);
      b_.advance(kWeightMem, l_.weight_tile_bytes - l_.weight_span(ksteps));
      if (l_.has_parameters()) b_.advance(kParameterMem, (l_.chunks - chunks) * l_.chunk_parameter_bytes);
    });
    sync(kTableFree, false, pieces(ksteps));
    b_.advance(kTableRead, ksteps);
    // The loop left the pointers `tiles` n-tiles further, at the same k-block.
    b_.advance(kWeightMem, l_.weight_span(ksteps) - (last ? l_.weight_tile_bytes : tiles * l_.weight_tile_bytes));
    if (l_.has_parameters()) b_.advance(kParameterMem, (chunks - (last ? 1 : tiles) * l_.chunks) * l_.chunk_parameter_bytes);
    if (!last) b_.advance(kOut, -tiles);
  }
  b_.advance(kActivationMem, -l_.activation_pitch);
}

void GemmEmitter::k_blocked() {
  const long long groups = l_.n_tiles / p_.group_tiles, rest = l_.n_tiles % p_.group_tiles;
  b_.loop(l_.m_tiles, [&] {
    b_.loop(groups, [&] { group(p_.group_tiles); });
    if (rest > 0) group(rest);
    if (l_.m_tiles == 1) return;
    b_.advance(kActivationMem, l_.tile_loads * l_.activation_pitch);
    b_.advance(kWeightMem, -l_.weight_bytes);
    if (l_.has_parameters()) b_.advance(kParameterMem, -l_.parameter_bytes);
    b_.advance(kOutMem, (l_.tile_rows - 1) * l_.output_pitch);
    if (l_.geometry.scaled) b_.advance(kTokenMem, l_.geometry.token_scale.stride_bytes);
  });
}

}  // namespace

KernelBuilder emit_gemm(const GemmLayout& layout, const GemmPlan& plan) { return GemmEmitter(layout, plan).run(); }

}  // namespace lutra::workloads

#include "sim/model/array_values.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "isa/float_format.h"
#include "sim/model/packed_bits.h"

namespace lutra::model {
namespace {

// k-steps of one product: the exact sum of 32-bit products must not leave 32 bits.
constexpr std::int64_t kMaxDot = std::int64_t{1} << 30;
constexpr std::int64_t kMaxPlaneWeight = 0x7FFF;  // of a 16-bit factor

/// FP32 numbers kept as their bits.
std::uint32_t float_sum(std::uint32_t a, float b) { return std::bit_cast<std::uint32_t>(std::bit_cast<float>(a) + b); }

std::int16_t activation(const std::uint8_t* bytes, int index, bool wide) {
  if (!wide) return static_cast<std::int8_t>(bytes[index]);
  std::int16_t value = 0;
  std::memcpy(&value, bytes + 2 * index, sizeof value);
  return value;
}

/// What entry `index` multiplies each activation of a table by.
std::array<std::int8_t, 6> pattern(const Geometry& geometry, int inputs, int index) {
  std::array<std::int8_t, 6> factors{};
  int number = index + 1;  // balanced ternary
  for (int i = 0; i < inputs; ++i) {
    std::int8_t& factor = factors[static_cast<std::size_t>(i)];
    if (geometry.ternary) {
      factor = static_cast<std::int8_t>((number + 1) % 3 - 1);
      number = (number - factor) / 3;
    } else {
      factor = i == inputs - 1 || ((index >> i) & 1) != 0 ? 1 : -1;
    }
  }
  return factors;
}

}  // namespace

ArrayValues::ArrayValues(const ArchConfig& config, const Geometry& geometry, const Scratchpads& pads)
    : geometry_(geometry),
      rows_(config.array.rows),
      columns_(config.array.columns),
      inputs_(config.array.table_inputs),
      tables_(config.array.tables_per_lane),
      planes_(config.array.planes_per_cycle),
      kstep_(geometry.kstep),
      accumulator_bits_(config.array.accumulator_bits),
      bytes_(!geometry.ternary && 8 % inputs_ == 0 && kstep_ % 8 == 0),
      pads_(pads),
      accumulators_(static_cast<std::size_t>(rows_ * columns_)),
      sums_(static_cast<std::size_t>(rows_)),
      table_scales_(static_cast<std::size_t>(rows_)),
      held_(static_cast<std::size_t>(rows_ * kstep_)),
      held_entries_(static_cast<std::size_t>(geometry.looked_up ? rows_ * tables_ << geometry.weight_table_bits : 0)),
      activation_sums_(static_cast<std::size_t>(rows_)),
      digits_(256),
      kernels_(lane_kernels()) {
  for (int index = 0; index < geometry.entries; ++index) patterns_.push_back(pattern(geometry, inputs_, index));
  if (!bytes_) return;
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (int bit = 0; bit < 8; ++bit) {
      const int top = bit / inputs_ * inputs_ + inputs_ - 1;
      const bool plus = ((byte >> top) & 1U) != 0;
      const bool one = ((byte >> bit) & 1U) != 0;
      digits_[byte].value[static_cast<std::size_t>(bit)] = (bit == top ? plus : one == plus) ? 1 : 0;
    }
  }
}

void ArrayValues::clear(int rows) {
  std::fill_n(accumulators_.begin(), rows * columns_, 0U);
  std::fill_n(sums_.begin(), rows, 0U);
}

ArrayValues::Shifts ArrayValues::shifts(const ArrayCommand& command) const {
  Shifts list{};
  for (int p = 0; p < command.planes; ++p) {
    const auto field = [&command](int plane) { return static_cast<int>((command.shifts >> static_cast<unsigned>(4 * plane)) & 15U); };
    int& shift = list[static_cast<std::size_t>(p)];
    if (!geometry_.horner) {
      shift = field(p);
    } else if (p > 0) {
      shift = list[static_cast<std::size_t>(p - 1)] + (field(p) != field(p - 1) ? 1 : 0);
    }
  }
  return list;
}

ArrayValues::PlaneWords ArrayValues::plane_words(const ArrayCommand& command, const ArrayRun& run, std::int64_t kstep, int plane) const {
  if (geometry_.horner) return {run.weight + (command.planes - 1 - plane) * run.ksteps + kstep, 1};
  const std::int64_t groups = ceil_div(command.planes, planes_);
  return {run.weight + kstep * groups + plane / planes_, groups};
}

void ArrayValues::accumulate(const ArrayCommand& command, const ArrayRun& run, std::int64_t from, std::int64_t to) {
  const std::int64_t groups = ceil_div(command.planes, planes_);
  while (from < to) {
    std::int64_t whole = 0;
    if (geometry_.horner) {
      whole = from == 0 && to == run.ksteps * groups ? run.ksteps : 0;
    } else {
      whole = from % groups == 0 ? (to - from) / groups : 0;
    }
    if (whole > 0 && !geometry_.looked_up) {
      ksteps(command, run, from / groups, whole);
      from += whole * groups;
    } else {
      step(command, run, from);
      ++from;
    }
  }
}

std::int32_t ArrayValues::result(int m, int n) const {
  const std::uint32_t value = accumulators_[static_cast<std::size_t>(m * columns_ + n)];
  const auto unused = static_cast<unsigned>(32 - accumulator_bits_);
  return static_cast<std::int32_t>(value << unused) >> unused;
}

ArrayValues::Code ArrayValues::code(const std::uint8_t* word, int bit) const {
  const std::uint32_t bits = bits_of(word, bit, geometry_.weight_table_bits);
  const auto number = static_cast<int>(bits & ((1U << static_cast<unsigned>(geometry_.index_bits)) - 1U));
  const int index = geometry_.ternary ? number - 1 : number;
  return {index < geometry_.entries ? index : -1, (bits >> static_cast<unsigned>(geometry_.index_bits)) != 0};
}

void ArrayValues::hold_stored(const std::uint8_t* word, int rows, bool fresh) {
  for (int m = 0; m < rows; ++m) {
    std::int64_t at = std::int64_t{m} * geometry_.table_row_bits;
    // Behind each other what is subtracted and what is added, by the index in the weight bits; that of trits counts from 1, 0 is none.
    const int first = geometry_.ternary ? 1 : 0, plus = 1 << geometry_.index_bits;
    std::int32_t* to = held_entries_.data() + (m * tables_ << geometry_.weight_table_bits);
    for (int g = 0; g < tables_; ++g, at += geometry_.stored_table_bits, to += 2 * plus) {
      const auto parity = static_cast<std::int32_t>(geometry_.parity ? bits_of(word, at + geometry_.stored_table_bits - 1, 1) : 0);
      for (int j = 0; j < geometry_.entries; ++j) {
        const std::int32_t entry = signed_bits_of(word, at + std::int64_t{j} * geometry_.entry_bits, geometry_.entry_bits);
        to[plus + first + j] = geometry_.parity ? 2 * entry + parity : entry;
        to[first + j] = -to[plus + first + j];
      }
    }
    const std::int64_t sum = std::int64_t{rows_} * geometry_.table_row_bits + std::int64_t{m} * geometry_.sum_bits;
    if (!fresh) continue;
    sums_[static_cast<std::size_t>(m)] += static_cast<std::uint32_t>(signed_bits_of(word, sum, geometry_.sum_bits));
    const std::int64_t scale = std::int64_t{rows_} * (geometry_.table_row_bits + geometry_.sum_bits) + std::int64_t{m} * 32;
    if (geometry_.grouped) table_scales_[static_cast<std::size_t>(m)] = bits_of(word, scale, geometry_.table_scale_bits);
  }
}

/// hold_stored of FP32 entries: a subtracted one has its sign turned.
void ArrayValues::hold_floats(const std::uint8_t* word, int rows, bool fresh) {
  const int first = geometry_.ternary ? 1 : 0, plus = 1 << geometry_.index_bits;
  for (int m = 0; m < rows; ++m) {
    std::int64_t at = std::int64_t{m} * geometry_.table_row_bits;
    std::int32_t* to = held_entries_.data() + (m * tables_ << geometry_.weight_table_bits);
    for (int g = 0; g < tables_; ++g, to += 2 * plus)
      for (int j = 0; j < geometry_.entries; ++j, at += geometry_.entry_bits) {
        const std::uint32_t entry = bits_of(word, at, geometry_.entry_bits);
        to[plus + first + j] = static_cast<std::int32_t>(entry);
        to[first + j] = static_cast<std::int32_t>(entry ^ kFp32.sign_bit());
      }
    const std::int64_t all = std::int64_t{rows_} * geometry_.table_row_bits + std::int64_t{m} * geometry_.sum_bits;
    std::uint32_t& sum = sums_[static_cast<std::size_t>(m)];
    if (fresh) sum = float_sum(sum, std::bit_cast<float>(bits_of(word, all, geometry_.sum_bits)));
  }
}

void ArrayValues::hold(std::int64_t table, int rows, bool fresh) {
  const std::uint8_t* word = pads_.table.word(table);
  if (geometry_.floating) return hold_floats(word, rows, fresh);
  if (geometry_.looked_up) return hold_stored(word, rows, fresh);
  const int bytes = rows_ * kstep_ * geometry_.activation_bits / 8;
  for (int i = 0; i < rows * kstep_; ++i) held_[static_cast<std::size_t>(i)] = activation(word, i, geometry_.wide);
  for (int m = 0; fresh && m < rows; ++m) {
    std::uint32_t sum = 0;
    std::memcpy(&sum, word + bytes + m * 4, sizeof sum);
    sums_[static_cast<std::size_t>(m)] += sum;
  }
}

std::int32_t ArrayValues::entry(int row, int table, const Code& code) const {
  if (code.index < 0) return 0;
  const std::int16_t* a = held_.data() + row * kstep_ + table * inputs_;
  const auto& factors = patterns_[static_cast<std::size_t>(code.index)];
  std::int32_t sum = 0;
  for (int i = 0; i < inputs_; ++i) sum += factors[static_cast<std::size_t>(i)] * a[i];
  return sum;
}

/// add_plane where tables are held entry by entry: add(sum, entry) for each.
template <typename Add>
void ArrayValues::look_plane_up(int rows, const std::uint8_t* bits, int lane_plane, const Add& add) {
  const int code_bits = geometry_.weight_table_bits;
  for (int n = 0; n < columns_; ++n) {
    std::int64_t at = std::int64_t{n * planes_ + lane_plane} * geometry_.weight_lane_bits;
    const std::int32_t* table = held_entries_.data();
    for (int g = 0; g < tables_; ++g, at += code_bits, table += std::ptrdiff_t{1} << code_bits) {
      const std::int32_t* entry = table + bits_of(bits, at, code_bits);
      for (int m = 0; m < rows; ++m) add(accumulator(m, n), entry[m * tables_ << code_bits]);
    }
  }
}

void ArrayValues::add_plane(const ArrayCommand& command, std::int64_t word, int lane_plane, int shift) {
  const std::uint8_t* bits = pads_.weight.word(word);
  if (geometry_.floating)  // each is a sum of its own, table by table
    return look_plane_up(command.rows, bits, lane_plane, [shift](std::uint32_t& sum, std::int32_t entry) {
      sum = float_sum(sum, std::ldexp(std::bit_cast<float>(entry), shift));
    });
  if (geometry_.looked_up)
    return look_plane_up(command.rows, bits, lane_plane, [shift](std::uint32_t& sum, std::int32_t entry) {
      sum += static_cast<std::uint32_t>(entry) << static_cast<unsigned>(shift);
    });
  for (int n = 0; n < columns_; ++n) {
    for (int g = 0; g < tables_; ++g) {
      const Code c = code(bits, ((n * planes_ + lane_plane) * tables_ + g) * geometry_.weight_table_bits);
      for (int m = 0; m < command.rows; ++m) {
        const std::int32_t value = entry(m, g, c);
        accumulator(m, n) += static_cast<std::uint32_t>(c.plus ? value : -value) << static_cast<unsigned>(shift);
      }
    }
  }
}

/// One step, as the hardware does it: table by table. For runs that somebody else writes into, and for tables that are loaded.
void ArrayValues::step(const ArrayCommand& command, const ArrayRun& run, std::int64_t step) {
  if (geometry_.horner) {
    const auto pass = static_cast<int>(step / run.ksteps);
    const std::int64_t kstep = step % run.ksteps;
    const int plane = command.planes - 1 - pass;
    const Shifts list = shifts(command);
    if (kstep == 0 && pass > 0 && list[static_cast<std::size_t>(plane)] != list[static_cast<std::size_t>(plane + 1)])
      for (int i = 0; i < command.rows * columns_; ++i) accumulators_[static_cast<std::size_t>(i)] *= 2;
    hold(run.table + kstep, command.rows, pass == 0);
    add_plane(command, run.weight + step, 0, 0);
    return;
  }
  const std::int64_t groups = ceil_div(command.planes, planes_);
  const auto group = static_cast<int>(step % groups);
  if (group == 0) hold(run.table + step / groups, command.rows, true);
  const Shifts list = shifts(command);
  for (int p = 0; p < planes_ && group * planes_ + p < command.planes; ++p)
    add_plane(command, run.weight + step, p, list[static_cast<std::size_t>(group * planes_ + p)]);
}

std::vector<ArrayValues::Pass> ArrayValues::passes(const ArrayCommand& command) const {
  std::vector<Pass> list;
  Pass all{0, command.planes, 0, shifts(command), 0};
  for (int p = 0; p < command.planes; ++p) all.weight += std::int64_t{1} << all.shift[static_cast<std::size_t>(p)];
  const std::int64_t most = kMaxDot / kstep_ >> (geometry_.activation_bits - 1);
  if (all.weight <= std::min(kMaxPlaneWeight, most)) return {all};
  for (int p = 0; p < command.planes; ++p) list.push_back({p, p + 1, all.shift[static_cast<std::size_t>(p)], {}, 1});
  return list;
}

void ArrayValues::gather(std::int64_t table, int rows, std::int64_t count) {
  activations_.resize(static_cast<std::size_t>(rows * count * kstep_));
  const int row_bytes = kstep_ * geometry_.activation_bits / 8;
  for (int m = 0; m < rows; ++m) {
    std::int16_t* to = activations_.data() + m * count * kstep_;
    std::int64_t total = 0;
    for (std::int64_t k = 0; k < count; ++k, to += kstep_) {
      const std::uint8_t* word = pads_.table.word(table + k);
      const std::uint8_t* from = word + m * row_bytes;
      int part = 0;
      if (geometry_.wide) {
        std::memcpy(to, from, static_cast<std::size_t>(row_bytes));
        for (int i = 0; i < kstep_; ++i) part += to[i];
      } else {
        for (int i = 0; i < kstep_; ++i) {
          to[i] = static_cast<std::int8_t>(from[i]);
          part += to[i];
        }
      }
      total += part;
      std::uint32_t sum = 0;
      std::memcpy(&sum, word + rows_ * row_bytes + m * 4, sizeof sum);
      sums_[static_cast<std::size_t>(m)] += sum;
    }
    activation_sums_[static_cast<std::size_t>(m)] = total;
  }
}

void ArrayValues::expand_bytes(const ArrayCommand& command, const ArrayRun& run, const Pass& pass, int column, std::int64_t first,
                               std::int64_t count) {
  const int plane_bytes = kstep_ / 8, planes = pass.end - pass.first;
  std::int16_t factor[8] = {};
  int offset[8] = {};
  PlaneWords words[8] = {};
  const std::uint8_t* from[8] = {};
  for (int i = 0; i < planes; ++i) {
    const int p = pass.first + i;
    factor[i] = static_cast<std::int16_t>(1 << pass.shift[static_cast<std::size_t>(p)]);
    offset[i] = (column * planes_ + p % planes_) * plane_bytes;
    words[i] = plane_words(command, run, first, p);
  }
  std::int16_t* to = weights_.data();
  for (std::int64_t k = 0; k < count; ++k, to += kstep_) {
    for (int i = 0; i < planes; ++i) from[i] = pads_.weight.word(words[i].first + k * words[i].step) + offset[i];
    kernels_.expand(digits_.data(), from, factor, planes, plane_bytes, to);
  }
}

/// Factors table by table: u of bits, d of trits.
void ArrayValues::expand_tables(const ArrayCommand& command, const ArrayRun& run, const Pass& pass, int column, std::int64_t first,
                                std::int64_t count) {
  std::fill_n(weights_.begin(), count * kstep_, std::int16_t{0});
  for (int p = pass.first; p < pass.end; ++p) {
    const PlaneWords words = plane_words(command, run, first, p);
    const int one = 1 << pass.shift[static_cast<std::size_t>(p)];
    std::int16_t* to = weights_.data();
    for (std::int64_t k = 0; k < count; ++k) {
      const std::uint8_t* word = pads_.weight.word(words.first + k * words.step);
      for (int g = 0; g < tables_; ++g, to += inputs_) {
        const Code c = code(word, ((column * planes_ + p % planes_) * tables_ + g) * geometry_.weight_table_bits);
        if (c.index < 0) continue;
        const auto& factors = patterns_[static_cast<std::size_t>(c.index)];
        for (int i = 0; i < inputs_; ++i) {
          const int d = c.plus ? factors[static_cast<std::size_t>(i)] : -factors[static_cast<std::size_t>(i)];
          to[i] = static_cast<std::int16_t>(to[i] + one * (geometry_.ternary ? d : (d + 1) / 2));
        }
      }
    }
  }
}

/// Whole k-steps: one product a column, pass and row.
void ArrayValues::ksteps(const ArrayCommand& command, const ArrayRun& run, std::int64_t from, std::int64_t count) {
  const std::vector<Pass> list = passes(command);
  if (geometry_.horner) {
    const int doublings = shifts(command)[static_cast<std::size_t>(command.planes - 1)];
    for (int i = 0; i < command.rows * columns_; ++i) accumulators_[static_cast<std::size_t>(i)] <<= doublings;
  }
  std::int64_t heaviest = 1;
  for (const Pass& pass : list) heaviest = std::max(heaviest, pass.weight);
  const std::int64_t longest = std::max<std::int64_t>(1, (kMaxDot >> (geometry_.activation_bits - 1)) / (heaviest * kstep_));
  for (std::int64_t done = 0; done < count; done += longest) {
    const std::int64_t part = std::min(longest, count - done);
    const std::int64_t length = part * kstep_;
    gather(run.table + from + done, command.rows, part);
    weights_.resize(static_cast<std::size_t>(length));
    for (int n = 0; n < columns_; ++n) {
      for (const Pass& pass : list) {
        if (bytes_) {
          expand_bytes(command, run, pass, n, from + done, part);
        } else {
          expand_tables(command, run, pass, n, from + done, part);
        }
        for (int m = 0; m < command.rows; ++m) {
          const auto dot = static_cast<std::int64_t>(kernels_.dot(weights_.data(), activations_.data() + m * length, length));
          const std::int64_t product = geometry_.ternary ? dot : 2 * dot - pass.weight * activation_sums_[static_cast<std::size_t>(m)];
          accumulator(m, n) += static_cast<std::uint32_t>(product) << static_cast<unsigned>(pass.scale);
        }
      }
    }
  }
}

}  // namespace lutra::model

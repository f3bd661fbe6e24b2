#include "sim/model/array_values.h"

#include <algorithm>
#include <cstring>

namespace lutra::model {
namespace {

// k-steps of one product: the exact sum of 32-bit products must not leave 32 bits.
constexpr std::int64_t kMaxTerm = 128;
constexpr std::int64_t kMaxDot = std::int64_t{1} << 30;
constexpr std::int64_t kMaxPlaneWeight = 0x7FFF;  // of a 16-bit factor

}  // namespace

ArrayValues::ArrayValues(const ArchConfig& config, const Geometry& geometry, const Scratchpads& pads)
    : rows_(config.array.rows),
      columns_(config.array.columns),
      inputs_(config.array.table_inputs),
      tables_(config.array.tables_per_lane),
      planes_(config.array.planes_per_cycle),
      kstep_(geometry.kstep),
      accumulator_bits_(config.array.accumulator_bits),
      bytes_(8 % inputs_ == 0 && kstep_ % 8 == 0),
      pads_(pads),
      accumulators_(static_cast<std::size_t>(rows_ * columns_)),
      sums_(static_cast<std::size_t>(rows_)),
      held_(static_cast<std::size_t>(rows_ * kstep_)),
      activation_sums_(static_cast<std::size_t>(rows_)),
      digits_(256),
      kernels_(lane_kernels()) {
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

void ArrayValues::accumulate(const ArrayCommand& command, std::int64_t table, std::int64_t weight, std::int64_t from, std::int64_t to) {
  const std::int64_t groups = ceil_div(command.planes, planes_);
  while (from < to) {
    const std::int64_t whole = from % groups == 0 ? (to - from) / groups : 0;
    if (whole > 0) {
      ksteps(command, table + from / groups, weight + from, whole);
      from += whole * groups;
    } else {
      step(command, table, weight, from);
      ++from;
    }
  }
}

std::int32_t ArrayValues::result(int m, int n) const {
  const std::uint32_t value = accumulators_[static_cast<std::size_t>(m * columns_ + n)];
  const auto unused = static_cast<unsigned>(32 - accumulator_bits_);
  return static_cast<std::int32_t>(value << unused) >> unused;
}

unsigned ArrayValues::code(const std::uint8_t* word, int bit) const {
  unsigned value = 0;
  for (int i = 0; i < inputs_; ++i, ++bit)
    value |= ((static_cast<unsigned>(word[bit / 8]) >> static_cast<unsigned>(bit % 8)) & 1U) << static_cast<unsigned>(i);
  return value;
}

void ArrayValues::hold(std::int64_t table, int rows) {
  const std::uint8_t* word = pads_.table.word(table);
  std::memcpy(held_.data(), word, static_cast<std::size_t>(rows * kstep_));
  for (int m = 0; m < rows; ++m) {
    std::uint32_t sum = 0;
    std::memcpy(&sum, word + rows_ * kstep_ + m * 4, sizeof sum);
    sums_[static_cast<std::size_t>(m)] += sum;
  }
}

/// One step, as the hardware does it: table by table. For runs that somebody else writes into.
void ArrayValues::step(const ArrayCommand& command, std::int64_t table, std::int64_t weight, std::int64_t step) {
  const std::int64_t groups = ceil_div(command.planes, planes_);
  const auto group = static_cast<int>(step % groups);
  if (group == 0) hold(table + step / groups, command.rows);
  const std::uint8_t* word = pads_.weight.word(weight + step);
  for (int p = 0; p < planes_ && group * planes_ + p < command.planes; ++p) {
    const unsigned shift = (command.shifts >> static_cast<unsigned>(4 * (group * planes_ + p))) & 15U;
    for (int n = 0; n < columns_; ++n) {
      for (int g = 0; g < tables_; ++g) {
        const unsigned bits = code(word, ((n * planes_ + p) * tables_ + g) * inputs_);
        const bool plus = ((bits >> static_cast<unsigned>(inputs_ - 1)) & 1U) != 0;
        for (int m = 0; m < command.rows; ++m) {
          const std::int8_t* a = held_.data() + m * kstep_ + g * inputs_;
          int entry = a[inputs_ - 1];
          for (int i = 0; i + 1 < inputs_; ++i) entry += ((bits >> static_cast<unsigned>(i)) & 1U) != 0 ? a[i] : -a[i];
          accumulators_[static_cast<std::size_t>(m * columns_ + n)] += static_cast<std::uint32_t>(plus ? entry : -entry) << shift;
        }
      }
    }
  }
}

std::vector<ArrayValues::Pass> ArrayValues::passes(const ArrayCommand& command) const {
  std::vector<Pass> list;
  Pass all{0, command.planes, 0, {}, 0};
  for (int p = 0; p < command.planes; ++p) {
    all.shift[static_cast<std::size_t>(p)] = static_cast<int>((command.shifts >> static_cast<unsigned>(4 * p)) & 15U);
    all.weight += std::int64_t{1} << all.shift[static_cast<std::size_t>(p)];
  }
  if (all.weight <= kMaxPlaneWeight) return {all};
  for (int p = 0; p < command.planes; ++p) list.push_back({p, p + 1, all.shift[static_cast<std::size_t>(p)], {}, 1});
  return list;
}

void ArrayValues::gather(std::int64_t table, int rows, std::int64_t count) {
  activations_.resize(static_cast<std::size_t>(rows * count * kstep_));
  for (int m = 0; m < rows; ++m) {
    std::int16_t* to = activations_.data() + m * count * kstep_;
    std::int64_t total = 0;
    for (std::int64_t k = 0; k < count; ++k, to += kstep_) {
      const std::uint8_t* word = pads_.table.word(table + k);
      const std::uint8_t* from = word + m * kstep_;
      int part = 0;
      for (int i = 0; i < kstep_; ++i) {
        to[i] = static_cast<std::int8_t>(from[i]);
        part += to[i];
      }
      total += part;
      std::uint32_t sum = 0;
      std::memcpy(&sum, word + rows_ * kstep_ + m * 4, sizeof sum);
      sums_[static_cast<std::size_t>(m)] += sum;
    }
    activation_sums_[static_cast<std::size_t>(m)] = total;
  }
}

void ArrayValues::expand_bytes(const Pass& pass, int column, int groups, std::int64_t weight, std::int64_t count) {
  const int plane_bytes = kstep_ / 8, planes = pass.end - pass.first;
  std::int16_t factor[8] = {};
  const std::uint8_t* from[8] = {};
  for (int i = 0; i < planes; ++i) factor[i] = static_cast<std::int16_t>(1 << pass.shift[static_cast<std::size_t>(pass.first + i)]);
  std::int16_t* to = weights_.data();
  for (std::int64_t k = 0; k < count; ++k, to += kstep_) {
    for (int i = 0; i < planes; ++i) {
      const int p = pass.first + i;
      from[i] = pads_.weight.word(weight + k * groups + p / planes_) + (column * planes_ + p % planes_) * plane_bytes;
    }
    kernels_.expand(digits_.data(), from, factor, planes, plane_bytes, to);
  }
}

void ArrayValues::expand_tables(const Pass& pass, int column, int groups, std::int64_t weight, std::int64_t count) {
  std::fill_n(weights_.begin(), count * kstep_, std::int16_t{0});
  for (std::int64_t k = 0; k < count; ++k) {
    for (int p = pass.first; p < pass.end; ++p) {
      const std::uint8_t* word = pads_.weight.word(weight + k * groups + p / planes_);
      const auto one = static_cast<std::int16_t>(1 << pass.shift[static_cast<std::size_t>(p)]);
      std::int16_t* to = weights_.data() + k * kstep_;
      for (int g = 0; g < tables_; ++g, to += inputs_) {
        const unsigned bits = code(word, ((column * planes_ + p % planes_) * tables_ + g) * inputs_);
        const bool plus = ((bits >> static_cast<unsigned>(inputs_ - 1)) & 1U) != 0;
        for (int i = 0; i + 1 < inputs_; ++i)
          if ((((bits >> static_cast<unsigned>(i)) & 1U) != 0) == plus) to[i] = static_cast<std::int16_t>(to[i] + one);
        if (plus) to[inputs_ - 1] = static_cast<std::int16_t>(to[inputs_ - 1] + one);
      }
    }
  }
}

/// Whole k-steps: one product a column, pass and row.
void ArrayValues::ksteps(const ArrayCommand& command, std::int64_t table, std::int64_t weight, std::int64_t count) {
  const auto groups = static_cast<int>(ceil_div(command.planes, planes_));
  const std::vector<Pass> list = passes(command);
  std::int64_t heaviest = 1;
  for (const Pass& pass : list) heaviest = std::max(heaviest, pass.weight);
  const std::int64_t longest = std::max<std::int64_t>(1, kMaxDot / (kMaxTerm * heaviest * kstep_));
  for (std::int64_t done = 0; done < count; done += longest) {
    const std::int64_t part = std::min(longest, count - done);
    const std::int64_t length = part * kstep_;
    gather(table + done, command.rows, part);
    weights_.resize(static_cast<std::size_t>(length));
    for (int n = 0; n < columns_; ++n) {
      for (const Pass& pass : list) {
        if (bytes_) {
          expand_bytes(pass, n, groups, weight + done * groups, part);
        } else {
          expand_tables(pass, n, groups, weight + done * groups, part);
        }
        for (int m = 0; m < command.rows; ++m) {
          const std::int64_t product =
              2 * static_cast<std::int64_t>(kernels_.dot(weights_.data(), activations_.data() + m * length, length)) -
              pass.weight * activation_sums_[static_cast<std::size_t>(m)];
          accumulators_[static_cast<std::size_t>(m * columns_ + n)] += static_cast<std::uint32_t>(product)
                                                                       << static_cast<unsigned>(pass.scale);
        }
      }
    }
  }
}

}  // namespace lutra::model

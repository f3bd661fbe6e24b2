#include "sim/cost/netlist_simulator.h"

#include <algorithm>

namespace lutra::cost {
namespace {

struct SramState {
  std::vector<std::uint8_t> content;  // a byte a bit
  std::vector<std::uint8_t> next_read;
  bool read = false;
  SramActivity counts;
};

/// Counts of a byte a net are added to wide ones before they overflow, so that counting is a plain pass over bytes.
class Counter {
 public:
  explicit Counter(std::size_t nets) : last_(nets, 0), toggles8_(nets, 0), ones8_(nets, 0), toggles_(nets, 0), ones_(nets, 0) {}

  void count(const std::vector<std::uint8_t>& value) {
    const std::uint8_t* v = value.data();
    std::uint8_t* last = last_.data();
    std::uint8_t* toggles = toggles8_.data();
    std::uint8_t* ones = ones8_.data();
    for (std::size_t n = 0; n < value.size(); ++n) {
      toggles[n] = static_cast<std::uint8_t>(toggles[n] + (v[n] ^ last[n]));
      ones[n] = static_cast<std::uint8_t>(ones[n] + v[n]);
      last[n] = v[n];
    }
    ++cycles_;
    if (++pending_ == 255) flush();
  }

  /// Forgets the counts, not the values: the next cycle's toggles are against the last one's.
  void clear() {
    flush();
    std::fill(toggles_.begin(), toggles_.end(), 0);
    std::fill(ones_.begin(), ones_.end(), 0);
    cycles_ = 0;
  }

  void results(std::vector<double>& toggles, std::vector<double>& duty) {
    flush();
    for (std::size_t n = 0; n < toggles_.size(); ++n) {
      toggles.push_back(static_cast<double>(toggles_[n]) / static_cast<double>(cycles_));
      duty.push_back(static_cast<double>(ones_[n]) / static_cast<double>(cycles_));
    }
  }
  [[nodiscard]] long long cycles() const { return cycles_; }

 private:
  void flush() {
    for (std::size_t n = 0; n < toggles_.size(); ++n) {
      toggles_[n] += toggles8_[n];
      ones_[n] += ones8_[n];
    }
    std::fill(toggles8_.begin(), toggles8_.end(), 0);
    std::fill(ones8_.begin(), ones8_.end(), 0);
    pending_ = 0;
  }

  std::vector<std::uint8_t> last_, toggles8_, ones8_;
  std::vector<long long> toggles_, ones_;
  long long cycles_ = 0;
  int pending_ = 0;
};

double mean_toggles(const FlatNetlist& flat, const std::vector<double>& toggles) {
  double total = 0;
  for (const FlatGate& g : flat.gates) total += toggles[g.output];
  for (const FlatFlop& f : flat.flops)
    total += toggles[static_cast<std::size_t>(f.output >= 0 ? f.output : std::max<std::int64_t>(f.inverted_output, 0))];
  const std::size_t count = flat.gates.size() + flat.flops.size();
  return count == 0 ? 0 : total / static_cast<double>(count);
}

}  // namespace

class NetlistSimulator::Impl {
 public:
  explicit Impl(const FlatNetlist& flat) : flat_(flat), value_(flat.net_count, 0), counter_(flat.net_count) {
    value_[kNetOne] = 1;
    // A register that holds logical 0 shows what its data input at 0 leads to (libraries whose flops invert).
    for (const FlatFlop& f : flat.flops) next_.push_back(flat.tables[f.table]);
    for (const FlatSram& s : flat.srams) {
      SramState state;
      state.content.assign(static_cast<std::size_t>(s.rows) * s.wdata.size(), 0);
      state.next_read.assign(s.rdata.size(), 0);
      state.counts.path = s.path;
      state.counts.module = s.module;
      srams_.push_back(std::move(state));
    }
    commit_flops();
  }

  void set(std::uint32_t net, std::uint8_t value) { value_[net] = value; }
  [[nodiscard]] std::uint8_t get(std::uint32_t net) const { return value_[net]; }

  /// Settles combinational logic and counts what the cycle shows.
  void settle() {
    const std::uint32_t* inputs = flat_.inputs.data();
    const std::uint8_t* tables = flat_.tables.data();
    for (const FlatGate& g : flat_.gates) value_[g.output] = tables[g.table + index(inputs + g.first_input, g.input_count)];
    counter_.count(value_);
  }

  /// The rising edge: samples every register and macro, then shows the new state.
  void edge() {
    for (std::size_t i = 0; i < flat_.flops.size(); ++i) {
      const FlatFlop& f = flat_.flops[i];
      next_[i] = flat_.tables[f.table + index(flat_.inputs.data() + f.first_input, f.input_count)];
    }
    for (std::size_t i = 0; i < srams_.size(); ++i) sample_sram(flat_.srams[i], srams_[i]);
    commit_flops();
    for (std::size_t i = 0; i < srams_.size(); ++i)
      if (srams_[i].read)
        for (std::size_t b = 0; b < flat_.srams[i].rdata.size(); ++b) set(flat_.srams[i].rdata[b], srams_[i].next_read[b]);
  }

  /// Forgets what was counted so far.
  void clear_counts() {
    counter_.clear();
    for (SramState& s : srams_) s.counts.reads = 0, s.counts.writes = 0;
  }

  Activity activity() {
    Activity result;
    result.cycles = counter_.cycles();
    counter_.results(result.toggles_per_cycle, result.duty);
    for (const SramState& s : srams_) result.srams.push_back(s.counts);
    result.mean_toggles_per_cycle = mean_toggles(flat_, result.toggles_per_cycle);
    return result;
  }

 private:
  [[nodiscard]] std::uint32_t index(const std::uint32_t* nets, std::uint32_t count) const {
    std::uint32_t x = 0;
    for (std::uint32_t k = 0; k < count; ++k) x |= static_cast<std::uint32_t>(value_[nets[k]]) << k;
    return x;
  }

  void commit_flops() {
    for (std::size_t i = 0; i < flat_.flops.size(); ++i) {
      const FlatFlop& f = flat_.flops[i];
      if (f.output >= 0) value_[static_cast<std::size_t>(f.output)] = next_[i];
      if (f.inverted_output >= 0) value_[static_cast<std::size_t>(f.inverted_output)] = next_[i] ^ 1;
    }
  }

  [[nodiscard]] std::size_t number(const std::vector<std::uint32_t>& nets) const {
    std::size_t x = 0;
    for (std::size_t b = 0; b < nets.size(); ++b) x |= static_cast<std::size_t>(value_[nets[b]]) << b;
    return x;
  }

  void sample_sram(const FlatSram& s, SramState& state) {
    const std::size_t width = s.wdata.size();
    state.read = value_[s.re[0]] != 0;
    if (state.read) {
      ++state.counts.reads;
      const std::size_t row = number(s.raddr);
      for (std::size_t b = 0; b < width; ++b)
        state.next_read[b] = row < static_cast<std::size_t>(s.rows) ? state.content[row * width + b] : 0;
    }
    const std::size_t group = width / s.we.size();
    const std::size_t row = number(s.waddr);
    for (std::size_t g = 0; g < s.we.size(); ++g) {
      if (value_[s.we[g]] == 0) continue;
      state.counts.writes += 1.0 / static_cast<double>(s.we.size());
      for (std::size_t b = g * group; b < (g + 1) * group && row < static_cast<std::size_t>(s.rows); ++b)
        state.content[row * width + b] = value_[s.wdata[b]];
    }
  }

  const FlatNetlist& flat_;
  std::vector<std::uint8_t> value_, next_;
  Counter counter_;
  std::vector<SramState> srams_;
};

NetlistSimulator::NetlistSimulator(const FlatNetlist& flat) : impl_(std::make_unique<Impl>(flat)) {}
NetlistSimulator::~NetlistSimulator() = default;
void NetlistSimulator::set(std::uint32_t net, std::uint8_t value) { impl_->set(net, value); }
std::uint8_t NetlistSimulator::get(std::uint32_t net) const { return impl_->get(net); }
void NetlistSimulator::settle() { impl_->settle(); }
void NetlistSimulator::edge() { impl_->edge(); }
void NetlistSimulator::clear_counts() { impl_->clear_counts(); }
Activity NetlistSimulator::activity() { return impl_->activity(); }

}  // namespace lutra::cost

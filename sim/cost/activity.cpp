#include "sim/cost/activity.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "isa/error.h"
#include "sim/cost/flat_netlist.h"

namespace lutra::cost {
namespace {

struct SramState {
  std::vector<std::uint8_t> content;  // a byte a bit
  std::vector<std::uint8_t> next_read;
  bool read = false;
  SramActivity counts;
};

class Simulator {
 public:
  explicit Simulator(const FlatNetlist& flat) : flat_(flat), value_(flat.net_count, 0), toggles_(flat.net_count, 0), since_(flat.net_count, 0), ones_(flat.net_count, 0) {
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

  void set(std::uint32_t net, std::uint8_t value) {
    if (value_[net] != value) change(net, value);
  }
  [[nodiscard]] std::uint8_t get(std::uint32_t net) const { return value_[net]; }

  /// Settles combinational logic.
  void settle() {
    const std::uint32_t* inputs = flat_.inputs.data();
    const std::uint8_t* tables = flat_.tables.data();
    for (const FlatGate& g : flat_.gates) {
      const std::uint8_t v = tables[g.table + index(inputs + g.first_input, g.input_count)];
      if (v != value_[g.output]) change(g.output, v);
    }
  }

  /// The rising edge: samples every register and macro, then shows the new state.
  void edge() {
    ++now_;
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
    std::fill(toggles_.begin(), toggles_.end(), 0);
    std::fill(ones_.begin(), ones_.end(), 0);
    std::fill(since_.begin(), since_.end(), now_);
    start_ = now_;
    for (SramState& s : srams_) s.counts.reads = 0, s.counts.writes = 0;
  }

  /// Toggles a cycle and share of cycles at 1, by net.
  void activity(std::vector<double>& toggles, std::vector<double>& duty) const {
    const double cycles = static_cast<double>(now_ - start_);
    for (std::size_t n = 0; n < value_.size(); ++n) {
      toggles.push_back(static_cast<double>(toggles_[n]) / cycles);
      duty.push_back(static_cast<double>(ones_[n] + (value_[n] != 0 ? now_ - since_[n] : 0)) / cycles);
    }
  }
  [[nodiscard]] long long counted_cycles() const { return now_ - start_; }
  [[nodiscard]] const std::vector<SramState>& srams() const { return srams_; }

 private:
  [[nodiscard]] std::uint32_t index(const std::uint32_t* nets, std::uint32_t count) const {
    std::uint32_t x = 0;
    for (std::uint32_t k = 0; k < count; ++k) x |= static_cast<std::uint32_t>(value_[nets[k]]) << k;
    return x;
  }

  void change(std::uint32_t net, std::uint8_t value) {
    if (value == 0) ones_[net] += now_ - since_[net];
    since_[net] = now_;
    value_[net] = value;
    ++toggles_[net];
  }

  void commit_flops() {
    for (std::size_t i = 0; i < flat_.flops.size(); ++i) {
      const FlatFlop& f = flat_.flops[i];
      if (f.output >= 0) set(static_cast<std::uint32_t>(f.output), next_[i]);
      if (f.inverted_output >= 0) set(static_cast<std::uint32_t>(f.inverted_output), next_[i] ^ 1);
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
      for (std::size_t b = 0; b < width; ++b) state.next_read[b] = row < static_cast<std::size_t>(s.rows) ? state.content[row * width + b] : 0;
    }
    const std::size_t group = width / s.we.size();
    const std::size_t row = number(s.waddr);
    for (std::size_t g = 0; g < s.we.size(); ++g) {
      if (value_[s.we[g]] == 0) continue;
      state.counts.writes += 1.0 / static_cast<double>(s.we.size());
      for (std::size_t b = g * group; b < (g + 1) * group && row < static_cast<std::size_t>(s.rows); ++b) state.content[row * width + b] = value_[s.wdata[b]];
    }
  }

  const FlatNetlist& flat_;
  std::vector<std::uint8_t> value_, next_;
  std::vector<std::uint32_t> toggles_;
  std::vector<long long> since_, ones_;
  std::vector<SramState> srams_;
  long long now_ = 0, start_ = 0;
};

/// A recorded port and the nets of the port of that name.
struct Binding {
  const Stimulus::Port* port;
  const FlatPort* nets;
};

std::vector<Binding> bind(const FlatNetlist& flat, const Stimulus& stimulus) {
  std::map<std::string, const Stimulus::Port*> recorded;
  for (const Stimulus::Port& p : stimulus.ports()) recorded[p.name] = &p;
  std::vector<Binding> bindings;
  for (const FlatPort& p : flat.ports) {
    if (p.name == "clk_i") continue;
    const auto found = recorded.find(p.name);
    if (found == recorded.end()) throw Error(fmt::format("the recorded stimulus has no port {}", p.name), {}, Error::Kind::kCheckFailed);
    if (found->second->bits != static_cast<int>(p.nets.size()) || found->second->output != p.output)
      throw Error(fmt::format("port {} is recorded with {} bits, the netlist has {}", p.name, found->second->bits, p.nets.size()), {}, Error::Kind::kCheckFailed);
    bindings.push_back({found->second, &p});
  }
  return bindings;
}

std::uint8_t bit_of(const std::uint8_t* row, const Stimulus::Port& port, std::size_t bit) { return row[port.offset + bit / 8] >> (bit % 8) & 1; }

[[noreturn]] void mismatch(std::size_t cycle, const Binding& b, std::size_t bit, int expected) {
  throw Error(fmt::format("the mapped netlist differs from the RTL in cycle {}: {}[{}] is {}, expected {}", cycle, b.port->name, bit, 1 - expected, expected), {}, Error::Kind::kCheckFailed);
}

double mean_toggles(const FlatNetlist& flat, const std::vector<double>& toggles) {
  double total = 0;
  for (const FlatGate& g : flat.gates) total += toggles[g.output];
  for (const FlatFlop& f : flat.flops) total += toggles[static_cast<std::size_t>(f.output >= 0 ? f.output : std::max<std::int64_t>(f.inverted_output, 0))];
  const std::size_t count = flat.gates.size() + flat.flops.size();
  return count == 0 ? 0 : total / static_cast<double>(count);
}

}  // namespace

Activity measure_activity(const FlatNetlist& flat, const Stimulus& stimulus, const ActivityOptions& options) {
  if (stimulus.cycles() <= options.first_cycle) throw Error(fmt::format("the recorded stimulus has {} cycles; none is left after skipping {}", stimulus.cycles(), options.first_cycle));
  const std::vector<Binding> bindings = bind(flat, stimulus);
  Simulator simulator(flat);
  long long compared = 0;
  for (std::size_t t = 0; t < stimulus.cycles(); ++t) {
    if (t == options.first_cycle) simulator.clear_counts();
    const std::uint8_t* row = stimulus.row(t);
    for (const Binding& b : bindings)
      for (std::size_t i = 0; i < b.nets->nets.size() && !b.nets->output; ++i) simulator.set(b.nets->nets[i], bit_of(row, *b.port, i));
    simulator.settle();
    for (const Binding& b : bindings) {
      if (!b.nets->output) continue;
      for (std::size_t i = 0; i < b.nets->nets.size(); ++i) {
        const int expected = bit_of(row, *b.port, i);
        if (simulator.get(b.nets->nets[i]) != expected) mismatch(t, b, i, expected);
      }
      compared += static_cast<long long>(b.nets->nets.size());
    }
    simulator.edge();
  }
  Activity result;
  result.cycles = simulator.counted_cycles();
  simulator.activity(result.toggles_per_cycle, result.duty);
  for (const SramState& s : simulator.srams()) result.srams.push_back(s.counts);
  result.mean_toggles_per_cycle = mean_toggles(flat, result.toggles_per_cycle);
  result.compared_bits = compared;
  return result;
}

Activity assumed_activity(const FlatNetlist& flat, double toggles_per_cycle) {
  Activity result;
  result.cycles = 1000;
  result.toggles_per_cycle.assign(flat.net_count, toggles_per_cycle);
  result.duty.assign(flat.net_count, 0.5);
  for (const std::uint32_t constant : {0U, 1U}) {
    result.toggles_per_cycle[constant] = 0;
    result.duty[constant] = constant;
  }
  const double accesses = toggles_per_cycle * static_cast<double>(result.cycles);
  for (const FlatSram& s : flat.srams) result.srams.push_back({s.path, s.module, static_cast<long long>(accesses), accesses});
  result.mean_toggles_per_cycle = toggles_per_cycle;
  return result;
}

}  // namespace lutra::cost

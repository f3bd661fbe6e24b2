#include "sim/cost/activity.h"

#include <fmt/format.h>

#include <map>

#include "isa/error.h"
#include "sim/cost/flat_netlist.h"
#include "sim/cost/netlist_simulator.h"

namespace lutra::cost {
namespace {

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
      throw Error(
          fmt::format("port {} is recorded as {} of {} bits, the netlist has an {} of {}", p.name,
                      found->second->output ? "output" : "input", found->second->bits, p.output ? "output" : "input", p.nets.size()),
          {}, Error::Kind::kCheckFailed);
    bindings.push_back({found->second, &p});
  }
  return bindings;
}

std::uint8_t bit_of(const std::uint8_t* row, const Stimulus::Port& port, std::size_t bit) {
  return row[port.offset + bit / 8] >> (bit % 8) & 1;
}

void drive(NetlistSimulator& simulator, const std::vector<Binding>& bindings, const std::uint8_t* row) {
  for (const Binding& b : bindings)
    for (std::size_t i = 0; i < b.nets->nets.size() && !b.nets->output; ++i) simulator.set(b.nets->nets[i], bit_of(row, *b.port, i));
}

/// Compares every output bit; gives how many there were.
long long compare(const NetlistSimulator& simulator, const std::vector<Binding>& bindings, const std::uint8_t* row, std::size_t cycle) {
  long long bits = 0;
  for (const Binding& b : bindings) {
    if (!b.nets->output) continue;
    for (std::size_t i = 0; i < b.nets->nets.size(); ++i) {
      const int expected = bit_of(row, *b.port, i);
      if (simulator.get(b.nets->nets[i]) != expected)
        throw Error(fmt::format("the mapped netlist differs from the RTL in cycle {}: {}[{}] is {}, expected {}", cycle, b.port->name, i,
                                1 - expected, expected),
                    {}, Error::Kind::kCheckFailed);
    }
    bits += static_cast<long long>(b.nets->nets.size());
  }
  return bits;
}

}  // namespace

Activity measure_activity(const FlatNetlist& flat, const Stimulus& stimulus, const ActivityOptions& options) {
  if (stimulus.cycles() <= options.first_cycle)
    throw Error(fmt::format("the recorded stimulus has {} cycles; none is left after skipping {}", stimulus.cycles(), options.first_cycle));
  const std::vector<Binding> bindings = bind(flat, stimulus);
  NetlistSimulator simulator(flat);
  long long compared = 0;
  for (std::size_t t = 0; t < stimulus.cycles(); ++t) {
    if (t == options.first_cycle) simulator.clear_counts();
    drive(simulator, bindings, stimulus.row(t));
    simulator.settle();
    compared += compare(simulator, bindings, stimulus.row(t), t);
    simulator.edge();
  }
  Activity result = simulator.activity();
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

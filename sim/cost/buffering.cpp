#include "sim/cost/buffering.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace lutra::cost {
namespace {

/// The end of a net: bit `bit` of connection `connection` of instance `instance`.
struct Sink {
  std::size_t instance, connection, bit;
  double load;
};

using PortLoads = std::map<std::string, std::vector<double>>;  // input port -> load a bit

std::string output_pin(const LibraryCell& cell) { return cell.pins[0].output ? cell.pins[0].name : cell.pins[1].name; }
std::string input_pin(const LibraryCell& cell) { return cell.pins[0].output ? cell.pins[1].name : cell.pins[0].name; }

/// The pin in "CLK", "!CLK" or "(CLK)".
std::string clock_pin(const LibraryCell& cell) {
  std::string name;
  for (const char c : cell.flop.clocked_on)
    if (c != '!' && c != '(' && c != ')' && c != ' ' && c != '\'') name += c;
  return name;
}

class Repair {
 public:
  Repair(Netlist& netlist, const Library& library, const BufferingOptions& options) : netlist_(netlist) {
    const LibraryCell& inverter = *library.inverters().front();
    unit_ = inverter.pin(input_pin(inverter))->capacitance;
    limit_ = unit_ * options.max_load_inverters;
    buffer_ = pick_buffer(library, inverter);
    buffer_load_ = buffer_->pin(input_pin(*buffer_))->capacitance;
  }

  BufferingReport run() {
    for (const std::string& name : netlist_.bottom_up()) module(netlist_.modules.at(name));
    return report_;
  }

 private:
  /// About four times the drive of the smallest inverter: strong enough to be fast, small enough to be driven by anything.
  static const LibraryCell* pick_buffer(const Library& library, const LibraryCell& inverter) {
    const double wanted = 4 * inverter.pin(output_pin(inverter))->max_capacitance;
    const LibraryCell* best = nullptr;
    double best_distance = 0;
    for (const LibraryCell* b : library.buffers()) {
      const double distance = std::fabs(std::log((b->pin(output_pin(*b))->max_capacitance + 1e-9) / (wanted + 1e-9)));
      if (best == nullptr || distance < best_distance) {
        best = b;
        best_distance = distance;
      }
    }
    return best;
  }

  void module(NetModule& m) {
    if (m.black_box) {
      // A macro's pins are taken as four inverter inputs each.
      for (const ModulePort& p : m.ports)
        if (!p.output) port_loads_[m.name][p.name].assign(p.nets.size(), 4 * unit_);
      clock_nets(m, netlist_, clock_ports_);
      return;
    }
    const std::vector<char> clocks = clock_nets(m, netlist_, clock_ports_);
    own_output_nets(m);
    std::vector<std::vector<Sink>> sinks = find_sinks(m);
    std::vector<char> input_net(m.net_names.size(), 0);
    for (const ModulePort& p : m.ports)
      if (!p.output)
        for (const int n : p.nets) input_net[static_cast<std::size_t>(n)] = 1;
    for (std::size_t n = 2; n < sinks.size(); ++n) {
      const bool is_clock = n < clocks.size() && clocks[n] != 0;
      if (!is_clock) tree(m, static_cast<int>(n), std::move(sinks[n]), input_net[n] != 0 ? limit_ / 2 : limit_);
    }
    sum_port_loads(m, clocks);
  }

  Instance make_buffer(NetModule& m, int from, int to) {
    ++report_.buffers;
    Instance b;
    b.name = fmt::format("fb{}_", ++serial_);
    b.type = buffer_->name;
    b.cell = buffer_;
    b.connections = {{input_pin(*buffer_), {from}}, {output_pin(*buffer_), {to}}};
    m.instances.push_back(b);
    return b;
  }

  /// An output bit that is an input bit, or the same net as another output bit, gets a buffer; constants stay constants.
  void own_output_nets(NetModule& m) {
    std::vector<char> taken(m.net_names.size(), 0);
    for (const ModulePort& p : m.ports)
      if (!p.output)
        for (const int n : p.nets) taken[static_cast<std::size_t>(n)] = 1;
    for (ModulePort& p : m.ports) {
      if (!p.output) continue;
      for (int& n : p.nets) {
        if (n <= kNetOne) continue;
        if (taken[static_cast<std::size_t>(n)] != 0) {
          const int fresh = m.new_net();
          make_buffer(m, n, fresh);
          n = fresh;
        } else {
          taken[static_cast<std::size_t>(n)] = 1;
        }
      }
    }
  }

  [[nodiscard]] double load_of(const Instance& i, const Connection& c, std::size_t bit) const {
    if (i.cell != nullptr) {
      const LibraryPin* pin = i.cell->pin(c.pin);
      return pin == nullptr || pin->output ? -1 : pin->capacitance;
    }
    const auto& ports = port_loads_.at(i.type);
    const auto found = ports.find(c.pin);
    return found == ports.end() ? -1 : found->second.at(bit);
  }

  [[nodiscard]] std::vector<std::vector<Sink>> find_sinks(const NetModule& m) const {
    std::vector<std::vector<Sink>> sinks(m.net_names.size());
    for (std::size_t i = 0; i < m.instances.size(); ++i)
      for (std::size_t c = 0; c < m.instances[i].connections.size(); ++c) {
        const Connection& connection = m.instances[i].connections[c];
        for (std::size_t b = 0; b < connection.nets.size(); ++b) {
          const double load = load_of(m.instances[i], connection, b);
          if (connection.nets[b] > kNetOne && load >= 0) sinks[static_cast<std::size_t>(connection.nets[b])].push_back({i, c, b, load});
        }
      }
    return sinks;
  }

  /// Balanced groups of sinks behind a buffer each, level by level, until the root sees no more than `root_limit`.
  void tree(NetModule& m, int net, std::vector<Sink> sinks, double root_limit) {
    double total = 0;
    for (const Sink& s : sinks) total += s.load;
    report_.worst_load_before = std::max(report_.worst_load_before, total / unit_);
    while (total > root_limit && sinks.size() > 1) {
      const std::size_t groups = std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(total / limit_)));
      if (groups >= sinks.size()) return;
      std::vector<Sink> roots;
      std::size_t next = 0;
      double used = 0;
      for (std::size_t g = 0; g < groups && next < sinks.size(); ++g) {
        const double until = total * static_cast<double>(g + 1) / static_cast<double>(groups);
        const int branch = m.new_net();
        const std::size_t first = next;
        while (next < sinks.size() && (next == first || g + 1 == groups || used + sinks[next].load / 2 <= until)) {
          const Sink& s = sinks[next++];
          used += s.load;
          m.instances[s.instance].connections[s.connection].nets[s.bit] = branch;
        }
        make_buffer(m, net, branch);
        roots.push_back({m.instances.size() - 1, 0, 0, buffer_load_});
      }
      sinks = std::move(roots);
      total = buffer_load_ * static_cast<double>(sinks.size());
      if (sinks.size() == 1) return;
    }
  }

  void sum_port_loads(const NetModule& m, const std::vector<char>& clocks) {
    std::vector<double> loads(m.net_names.size(), 0);
    const auto sinks = find_sinks(m);
    for (std::size_t n = 0; n < sinks.size(); ++n)
      for (const Sink& s : sinks[n]) loads[n] += s.load;
    for (const ModulePort& p : m.ports) {
      if (p.output) continue;
      std::vector<double>& bits = port_loads_[m.name][p.name];
      for (const int n : p.nets)
        bits.push_back(static_cast<std::size_t>(n) < clocks.size() && clocks[static_cast<std::size_t>(n)] != 0
                           ? 0
                           : loads[static_cast<std::size_t>(n)]);
    }
    port_loads_[m.name];
  }

  Netlist& netlist_;
  double unit_ = 0, limit_ = 0, buffer_load_ = 0;
  const LibraryCell* buffer_ = nullptr;
  int serial_ = 0;
  std::map<std::string, PortLoads> port_loads_;
  std::map<std::string, std::vector<std::string>> clock_ports_;
  BufferingReport report_;
};

}  // namespace

std::vector<char> clock_nets(const NetModule& module, const Netlist& netlist,
                             std::map<std::string, std::vector<std::string>>& clock_ports) {
  std::vector<char> flags(module.net_names.size(), 0);
  std::vector<std::string>& ports = clock_ports[module.name];
  if (module.black_box) {
    for (const ModulePort& p : module.ports)
      if (!p.output && p.name.rfind("clk", 0) == 0) ports.push_back(p.name);
    return flags;
  }
  for (const Instance& i : module.instances)
    for (const Connection& c : i.connections) {
      bool is_clock = false;
      if (i.cell != nullptr) {
        const LibraryPin* pin = i.cell->pin(c.pin);
        is_clock = i.cell->kind == CellKind::kFlop && pin != nullptr && !pin->output && c.pin == clock_pin(*i.cell);
      } else {
        const std::vector<std::string>& inner = clock_ports.at(netlist.modules.at(i.type).name);
        is_clock = std::find(inner.begin(), inner.end(), c.pin) != inner.end();
      }
      if (is_clock && c.nets.size() == 1) flags[static_cast<std::size_t>(c.nets[0])] = 1;
    }
  for (const ModulePort& p : module.ports)
    if (!p.output && p.nets.size() == 1 && flags[static_cast<std::size_t>(p.nets[0])] != 0) ports.push_back(p.name);
  return flags;
}

BufferingReport insert_buffers(Netlist& netlist, const Library& library, const BufferingOptions& options) {
  return Repair(netlist, library, options).run();
}

}  // namespace lutra::cost

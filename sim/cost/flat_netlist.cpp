#include "sim/cost/flat_netlist.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "isa/error.h"
#include "sim/cost/boolean_function.h"

namespace lutra::cost {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(message, {}, Error::Kind::kCheckFailed); }

class Flattener {
 public:
  explicit Flattener(const Netlist& netlist) : netlist_(netlist), alias_{0, 1} {}

  FlatNetlist run() {
    const NetModule& top = netlist_.modules.at(netlist_.top);
    std::vector<std::uint32_t> map = local_nets(top);
    for (const ModulePort& p : top.ports) {
      FlatPort port{p.name, p.output, {}};
      for (const int n : p.nets) port.nets.push_back(map[static_cast<std::size_t>(n)]);
      if (p.name == "clk_i") clock_ = port.nets.at(0);
      flat_.ports.push_back(std::move(port));
    }
    module(top, map, "");
    resolve_aliases();
    check_clocks();
    sort_gates();
    renumber();
    return std::move(flat_);
  }

 private:
  std::uint32_t new_net() {
    alias_.push_back(flat_.net_count);
    return flat_.net_count++;
  }

  std::vector<std::uint32_t> local_nets(const NetModule& m) {
    std::vector<std::uint32_t> map(m.net_names.size());
    for (std::size_t n = 0; n < map.size(); ++n) map[n] = n <= kNetOne ? static_cast<std::uint32_t>(n) : new_net();
    return map;
  }

  void module(const NetModule& m, const std::vector<std::uint32_t>& map, const std::string& path) {
    flat_.paths.push_back(path.empty() ? path : path.substr(0, path.size() - 1));
    for (const Instance& i : m.instances)
      if (i.cell != nullptr) cell(i, map, path);
    for (const Instance& i : m.instances) {
      if (i.cell != nullptr) continue;
      if (netlist_.modules.at(i.type).black_box)
        sram(i, netlist_.modules.at(i.type), map, path);
      else
        child(i, map, path);
    }
  }

  void child(const Instance& i, const std::vector<std::uint32_t>& map, const std::string& path) {
    const NetModule& m = netlist_.modules.at(i.type);
    std::vector<std::uint32_t> inner(m.net_names.size(), UINT32_MAX);
    inner[kNetZero] = 0;
    inner[kNetOne] = 1;
    for (const ModulePort& p : m.ports) {
      const Connection* c = i.find(p.name);
      for (std::size_t b = 0; c != nullptr && b < p.nets.size() && b < c->nets.size(); ++b) {
        const std::uint32_t outside = map[static_cast<std::size_t>(c->nets[b])];
        std::uint32_t& inside = inner[static_cast<std::size_t>(p.nets[b])];
        // An output that is constant inside makes the net outside constant.
        if (p.output && p.nets[b] <= kNetOne)
          alias_[outside] = static_cast<std::uint32_t>(p.nets[b]);
        else
          inside = outside;
      }
    }
    for (std::uint32_t& n : inner)
      if (n == UINT32_MAX) n = new_net();
    module(m, inner, path + i.name + "/");
  }

  std::uint32_t add_table(const std::vector<std::uint8_t>& table, const std::string& key) {
    const auto [it, fresh] = table_of_.emplace(key, static_cast<std::uint32_t>(flat_.tables.size()));
    if (fresh) flat_.tables.insert(flat_.tables.end(), table.begin(), table.end());
    return it->second;
  }

  std::uint32_t net_of(const Instance& i, const std::string& pin, const std::vector<std::uint32_t>& map) const {
    const Connection* c = i.find(pin);
    return c == nullptr || c->nets.empty() ? 0 : map[static_cast<std::size_t>(c->nets[0])];
  }

  /// The cell's input nets in the order of its truth tables.
  std::uint32_t add_inputs(const Instance& i, const std::vector<std::string>& names, const std::vector<std::uint32_t>& map) {
    const auto first = static_cast<std::uint32_t>(flat_.inputs.size());
    for (const std::string& name : names) flat_.inputs.push_back(net_of(i, name, map));
    return first;
  }

  void cell(const Instance& i, const std::vector<std::uint32_t>& map, const std::string& path) {
    const LibraryCell& c = *i.cell;
    if (c.kind != CellKind::kCombinational && c.kind != CellKind::kFlop && c.kind != CellKind::kTie)
      fail(fmt::format("cell {} ({}) cannot be simulated", path + i.name, c.name));
    const std::vector<std::string> names = c.input_names();
    flat_.cells.push_back({&c, static_cast<std::uint32_t>(flat_.paths.size() - 1), static_cast<std::uint32_t>(flat_.cell_nets.size())});
    for (const LibraryPin& pin : c.pins) flat_.cell_nets.push_back(i.find(pin.name) == nullptr ? kUnconnected : net_of(i, pin.name, map));
    const std::uint32_t first = add_inputs(i, names, map);
    const auto count = static_cast<std::uint32_t>(names.size());
    if (c.kind == CellKind::kFlop) {
      flop(i, map, path, first, names);
      return;
    }
    for (const LibraryPin& pin : c.pins) {
      if (!pin.output || i.find(pin.name) == nullptr) continue;
      const std::string key = c.name + "/" + pin.name;
      const auto known = table_of_.find(key);
      cell_of_gate_.push_back(static_cast<std::uint32_t>(flat_.cells.size() - 1));
      flat_.gates.push_back({known != table_of_.end() ? known->second : add_table(truth_table(pin.function, names), key), first, count,
                             net_of(i, pin.name, map)});
    }
  }

  void flop(const Instance& i, const std::vector<std::uint32_t>& map, const std::string& path, std::uint32_t first,
            const std::vector<std::string>& names) {
    const FlopFunction& f = i.cell->flop;
    if (!f.clear.empty() || !f.preset.empty())
      fail(fmt::format("flip-flop {} ({}) has an asynchronous set or reset", path + i.name, i.cell->name));
    if (std::find(names.begin(), names.end(), f.clocked_on) == names.end())
      fail(fmt::format("flip-flop {} ({}) is not clocked by a plain rising edge", path + i.name, i.cell->name));
    const std::string key = i.cell->name + "/next";
    const auto known = table_of_.find(key);
    FlatFlop flop{known != table_of_.end() ? known->second : add_table(truth_table(f.next_state, names), key), first,
                  static_cast<std::uint32_t>(names.size()), -1, -1};
    for (const LibraryPin& pin : i.cell->pins) {
      if (!pin.output || i.find(pin.name) == nullptr) continue;
      // As a function of (state, complement), index 1 is state 1 and index 2 state 0.
      const std::vector<std::uint8_t> table = truth_table(pin.function, {f.state, f.inverted});
      (table[1] == 1 ? flop.output : flop.inverted_output) = net_of(i, pin.name, map);
    }
    clock_pins_.push_back({net_of(i, f.clocked_on, map), path + i.name});
    flat_.flops.push_back(flop);
  }

  void sram(const Instance& i, const NetModule& m, const std::vector<std::uint32_t>& map, const std::string& path) {
    const auto nets = [&](const char* pin) {
      const Connection* c = i.find(pin);
      if (c == nullptr) fail(fmt::format("SRAM {} has no port {}", path + i.name, pin));
      std::vector<std::uint32_t> result;
      for (const int n : c->nets) result.push_back(map[static_cast<std::size_t>(n)]);
      return result;
    };
    FlatSram s{path + i.name,   m.name,       m.parameters.at("DEPTH"), 0, nets("we_i"), nets("waddr_i"),
               nets("wdata_i"), nets("re_i"), nets("raddr_i"),          {}};
    s.rdata = nets("rdata_o");
    s.write_groups = static_cast<int>(s.we.size());
    if (s.wdata.size() % s.we.size() != 0 || s.rdata.size() != s.wdata.size())
      fail(fmt::format("SRAM {} has ports of unequal width", s.path));
    clock_pins_.push_back({nets("clk_i").at(0), s.path});
    flat_.srams.push_back(std::move(s));
  }

  std::uint32_t resolved(std::uint32_t n) const {
    while (alias_[n] != n) n = alias_[n];
    return n;
  }

  void resolve_aliases() {
    for (std::uint32_t& n : flat_.inputs) n = resolved(n);
    for (std::uint32_t& n : flat_.cell_nets)
      if (n != kUnconnected) n = resolved(n);
    for (FlatPort& p : flat_.ports)
      for (std::uint32_t& n : p.nets) n = resolved(n);
    for (FlatSram& s : flat_.srams)
      for (auto* nets : {&s.we, &s.waddr, &s.wdata, &s.re, &s.raddr})
        for (std::uint32_t& n : *nets) n = resolved(n);
  }

  void check_clocks() const {
    for (const auto& [net, path] : clock_pins_)
      if (resolved(net) != clock_) fail(fmt::format("{} is not clocked by clk_i", path));
  }

  /// Kahn's algorithm over nets that gates drive.
  void sort_gates() {
    std::vector<std::int64_t> driver(flat_.net_count, -1);
    for (std::size_t g = 0; g < flat_.gates.size(); ++g) {
      std::int64_t& d = driver[flat_.gates[g].output];
      if (d >= 0) fail("a net has two drivers");
      d = static_cast<std::int64_t>(g);
    }
    std::vector<std::vector<std::uint32_t>> readers(flat_.gates.size());
    std::vector<std::uint32_t> waiting(flat_.gates.size(), 0), ready;
    std::vector<int> level(flat_.gates.size(), 1);
    for (std::uint32_t g = 0; g < flat_.gates.size(); ++g) {
      for (std::uint32_t k = 0; k < flat_.gates[g].input_count; ++k) {
        const std::int64_t d = driver[flat_.inputs[flat_.gates[g].first_input + k]];
        if (d < 0) continue;
        readers[static_cast<std::size_t>(d)].push_back(g);
        ++waiting[g];
      }
      if (waiting[g] == 0) ready.push_back(g);
    }
    std::vector<FlatGate> sorted;
    for (std::size_t next = 0; next < ready.size(); ++next) {
      const std::uint32_t g = ready[next];
      sorted.push_back(flat_.gates[g]);
      flat_.depth = std::max(flat_.depth, level[g]);
      for (const std::uint32_t r : readers[g]) {
        level[r] = std::max(level[r], level[g] + 1);
        if (--waiting[r] == 0) ready.push_back(r);
      }
    }
    if (sorted.size() != flat_.gates.size()) fail("the netlist has a combinational loop");
    flat_.gates = std::move(sorted);
    sort_cells(ready);
  }

  /// Cells in the order in which their (first) gate is evaluated.
  void sort_cells(const std::vector<std::uint32_t>& gate_order) {
    std::vector<FlatCell> sorted;
    std::vector<char> placed(flat_.cells.size(), 0);
    const auto place = [&](std::uint32_t c) {
      if (placed[c] != 0) return;
      placed[c] = 1;
      sorted.push_back(flat_.cells[c]);
    };
    for (const std::uint32_t g : gate_order) place(cell_of_gate_[g]);
    for (std::uint32_t c = 0; c < flat_.cells.size(); ++c) place(c);
    flat_.cells = std::move(sorted);
  }

  /// Nets in the order in which they are written, which makes simulation write memory in order.
  void renumber() {
    std::vector<std::uint32_t> id(flat_.net_count, kUnconnected);
    std::uint32_t next = 0;
    const auto give = [&](std::uint32_t n) {
      if (id[n] == kUnconnected) id[n] = next++;
    };
    give(kNetZero);
    give(kNetOne);
    std::vector<char> gated(flat_.net_count, 0);
    for (const FlatGate& g : flat_.gates) gated[g.output] = 1;
    for (std::uint32_t n = 0; n < flat_.net_count; ++n)
      if (gated[n] == 0) give(n);
    for (const FlatGate& g : flat_.gates) give(g.output);
    const auto apply = [&](std::vector<std::uint32_t>& nets) {
      for (std::uint32_t& n : nets)
        if (n != kUnconnected) n = id[n];
    };
    apply(flat_.inputs);
    apply(flat_.cell_nets);
    for (FlatGate& g : flat_.gates) g.output = id[g.output];
    for (FlatFlop& f : flat_.flops)
      for (std::int64_t* n : {&f.output, &f.inverted_output})
        if (*n >= 0) *n = id[static_cast<std::size_t>(*n)];
    for (FlatPort& p : flat_.ports) apply(p.nets);
    for (FlatSram& s : flat_.srams)
      for (auto* nets : {&s.we, &s.waddr, &s.wdata, &s.re, &s.raddr, &s.rdata}) apply(*nets);
  }

  const Netlist& netlist_;
  FlatNetlist flat_;
  std::vector<std::uint32_t> alias_;
  std::uint32_t clock_ = UINT32_MAX;
  std::map<std::string, std::uint32_t> table_of_;
  std::vector<std::uint32_t> cell_of_gate_;
  std::vector<std::pair<std::uint32_t, std::string>> clock_pins_;
};

}  // namespace

FlatNetlist flatten(const Netlist& netlist) { return Flattener(netlist).run(); }

}  // namespace lutra::cost

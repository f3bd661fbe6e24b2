#include "sim/cost/netlist.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "isa/error.h"

namespace lutra::cost {
namespace {

using Json = nlohmann::json;

/// A name usable as a plain Verilog identifier and as a piece of an OpenSTA path.
std::string identifier(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (fine)
      result += c;
    else if (!result.empty() && result.back() != '_')
      result += '_';
  }
  while (!result.empty() && result.back() == '_') result.pop_back();
  if (result.empty() || (result.front() >= '0' && result.front() <= '9')) result.insert(0, "n");
  return result;
}

std::string unique_name(const std::string& wanted, std::set<std::string>& used) {
  std::string name = wanted;
  for (int i = 2; !used.insert(name).second; ++i) name = fmt::format("{}_{}", wanted, i);
  return name;
}

/// hdlname is "\lutra_array_lane"; without it the module was never parametrised.
std::string source_name(const std::string& name, const Json& module) {
  const Json attributes = module.value("attributes", Json::object());
  const std::string hdl = attributes.value("hdlname", name);
  return hdl.size() > 1 && hdl.front() == '\\' ? hdl.substr(1) : hdl;
}

class JsonReader {
 public:
  JsonReader(const Json& design, const Library& library) : modules_(design.at("modules")), library_(library) {}

  Netlist read(const std::string& top) {
    Netlist netlist;
    std::set<std::string> used;
    for (const auto& [name, module] : modules_.items())
      if (library_.cell(name) == nullptr) names_[name] = unique_name(identifier(source_name(name, module)), used);
    if (names_.count(top) == 0) throw Error(fmt::format("the synthesised design has no module {}", top), {}, Error::Kind::kCheckFailed);
    netlist.top = names_.at(top);
    for (const auto& [name, unique] : names_) netlist.modules.emplace(unique, module(name, unique));
    return netlist;
  }

 private:
  NetModule module(const std::string& name, const std::string& unique) {
    const Json& json = modules_.at(name);
    NetModule m;
    m.name = unique;
    m.source_name = source_name(name, json);
    m.black_box = json.value("attributes", Json::object()).contains("blackbox");
    m.net_names = {"", ""};
    numbers_.clear();
    for (const auto& [port, value] : json.at("ports").items())
      m.ports.push_back({port, value.at("direction") == "output", nets(m, value.at("bits"))});
    if (json.contains("parameter_default_values"))
      for (const auto& [key, value] : json.at("parameter_default_values").items())
        if (value.is_string()) m.parameters[key] = static_cast<long long>(std::strtoull(value.get<std::string>().c_str(), nullptr, 2));
    if (m.black_box) return m;
    used_.clear();
    name_nets(m, json);
    for (const auto& [cell, value] : json.at("cells").items()) m.instances.push_back(instance(m, cell, value));
    name_instances(m);
    return m;
  }

  std::vector<int> nets(NetModule& m, const Json& bits) {
    std::vector<int> result;
    for (const Json& bit : bits) {
      if (bit.is_string()) {
        result.push_back(bit == "1" ? kNetOne : kNetZero);
        continue;
      }
      const auto [it, fresh] = numbers_.emplace(bit.get<int>(), 0);
      if (fresh) it->second = m.new_net();
      result.push_back(it->second);
    }
    return result;
  }

  /// Ports keep their names; other nets take that of the first public wire.
  void name_nets(NetModule& m, const Json& json) {
    for (const ModulePort& p : m.ports) used_.insert(p.name);
    for (const auto& [name, value] : json.at("netnames").items()) {
      if (value.at("hide_name") != 0) continue;
      const std::vector<int> bits = nets(m, value.at("bits"));
      for (std::size_t i = 0; i < bits.size(); ++i) {
        std::string& text = m.net_names[static_cast<std::size_t>(bits[i])];
        if (bits[i] > kNetOne && text.empty())
          text = unique_name(bits.size() == 1 ? identifier(name) : fmt::format("{}_{}", identifier(name), i), used_);
      }
    }
  }

  Instance instance(NetModule& m, const std::string& name, const Json& json) {
    Instance result;
    const std::string type = json.at("type");
    result.cell = library_.cell(type);
    if (result.cell == nullptr && names_.count(type) == 0)
      throw Error(fmt::format("synthesis left a cell {} in module {} that the library does not have", type, m.source_name), {},
                  Error::Kind::kCheckFailed);
    result.type = result.cell != nullptr ? type : names_.at(type);
    result.name = result.cell != nullptr ? "" : unique_name(identifier(name), used_);
    for (const auto& [pin, bits] : json.at("connections").items()) result.connections.push_back({pin, nets(m, bits)});
    return result;
  }

  /// Flops are named after the net they drive, so that a timing report can be read.
  void name_instances(NetModule& m) {
    int serial = 0;
    for (Instance& i : m.instances) {
      if (i.cell == nullptr) continue;
      std::string wanted = fmt::format("u{}", ++serial);
      if (i.cell->kind == CellKind::kFlop)
        for (const Connection& c : i.connections)
          if (const LibraryPin* pin = i.cell->pin(c.pin);
              pin != nullptr && pin->output && c.nets[0] > kNetOne && !m.net_names[static_cast<std::size_t>(c.nets[0])].empty())
            wanted = m.net_names[static_cast<std::size_t>(c.nets[0])] + "_reg";
      i.name = unique_name(wanted, used_);
    }
  }

  const Json& modules_;
  const Library& library_;
  std::map<std::string, std::string> names_;  // Yosys' name -> ours
  std::map<int, int> numbers_;                // Yosys' bit -> our net, of the module in work
  std::set<std::string> used_;                // identifiers of the module in work
};

class VerilogWriter {
 public:
  explicit VerilogWriter(const Netlist& netlist) : netlist_(netlist) {}

  std::string write() {
    for (const std::string& name : netlist_.bottom_up())
      if (!netlist_.modules.at(name).black_box) module(netlist_.modules.at(name));
    return std::move(out_);
  }

 private:
  void module(const NetModule& m) {
    names_.assign(m.net_names.size(), "");
    names_[kNetZero] = "1'b0";
    names_[kNetOne] = "1'b1";
    std::string assigns;
    out_ += fmt::format("module {} (", m.name);
    for (std::size_t i = 0; i < m.ports.size(); ++i) out_ += (i == 0 ? "" : ", ") + m.ports[i].name;
    out_ += ");\n";
    for (const bool outputs : {false, true})
      for (const ModulePort& p : m.ports)
        if (p.output == outputs) port(p, assigns);
    for (std::size_t n = 2; n < names_.size(); ++n) {
      if (!names_[n].empty()) continue;
      names_[n] = m.net_names[n].empty() ? fmt::format("n{}_", n) : m.net_names[n];
      out_ += fmt::format("  wire {};\n", names_[n]);
    }
    out_ += assigns;
    for (const Instance& i : m.instances) instance(i);
    out_ += "endmodule\n";
  }

  void port(const ModulePort& p, std::string& assigns) {
    const std::string range = p.nets.size() == 1 ? "" : fmt::format("[{}:0] ", p.nets.size() - 1);
    out_ += fmt::format("  {} {}{};\n", p.output ? "output" : "input", range, p.name);
    for (std::size_t i = 0; i < p.nets.size(); ++i) {
      const std::string bit = p.nets.size() == 1 ? p.name : fmt::format("{}[{}]", p.name, i);
      std::string& name = names_[static_cast<std::size_t>(p.nets[i])];
      if (name.empty())
        name = bit;
      else
        assigns += fmt::format("  assign {} = {};\n", bit, name);
    }
  }

  void instance(const Instance& i) {
    out_ += fmt::format("  {} {} (", i.type, i.name);
    bool first = true;
    for (const Connection& c : i.connections) {
      out_ += fmt::format("{}.{}(", first ? "" : ", ", c.pin);
      first = false;
      if (c.nets.size() == 1) {
        out_ += names_[static_cast<std::size_t>(c.nets[0])];
      } else {
        out_ += '{';
        for (std::size_t b = c.nets.size(); b-- > 0;) {
          out_ += names_[static_cast<std::size_t>(c.nets[b])];
          if (b != 0) out_ += ", ";
        }
        out_ += '}';
      }
      out_ += ')';
    }
    out_ += ");\n";
  }

  const Netlist& netlist_;
  std::string out_;
  std::vector<std::string> names_;
};

}  // namespace

const Connection* Instance::find(const std::string& pin) const {
  for (const Connection& c : connections)
    if (c.pin == pin) return &c;
  return nullptr;
}

const ModulePort* NetModule::port(const std::string& port_name) const {
  for (const ModulePort& p : ports)
    if (p.name == port_name) return &p;
  return nullptr;
}

int NetModule::new_net() {
  net_names.emplace_back();
  return static_cast<int>(net_names.size()) - 1;
}

std::vector<std::string> Netlist::bottom_up() const {
  std::vector<std::string> order;
  std::set<std::string> seen;
  const std::function<void(const std::string&)> visit = [&](const std::string& name) {
    if (!seen.insert(name).second) return;
    for (const Instance& i : modules.at(name).instances)
      if (i.cell == nullptr) visit(i.type);
    order.push_back(name);
  };
  visit(top);
  return order;
}

std::vector<std::string> Netlist::cells_used() const {
  std::set<std::string> names;
  for (const std::string& name : bottom_up())
    for (const Instance& i : modules.at(name).instances)
      if (i.cell != nullptr) names.insert(i.type);
  return {names.begin(), names.end()};
}

Netlist read_netlist_json(const std::string& json_text, const Library& library, const std::string& top) {
  try {
    const Json design = Json::parse(json_text);
    return JsonReader(design, library).read(top);
  } catch (const Json::exception& e) {
    throw Error(fmt::format("cannot read the synthesised netlist: {}", e.what()), {}, Error::Kind::kCheckFailed);
  }
}

std::string write_netlist_verilog(const Netlist& netlist) { return VerilogWriter(netlist).write(); }

}  // namespace lutra::cost

// Reads port lists back from module text and connects them.
#include "gen/netlist.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace lutra::gen {
namespace {

std::string net_of(const Port& port) { return port.name.substr(0, port.name.size() - 2); }

bool is_global(const Port& port) { return port.name == "clk_i" || port.name == "rst_ni"; }

// "  output wire [7:0] name, // comment"
bool parse_port(const std::string& line, Port& port) {
  std::istringstream words(line);
  std::string direction, kind, name;
  if (!(words >> direction >> kind >> name) || (direction != "input" && direction != "output")) return false;
  port.output = direction == "output";
  port.bits = 1;
  if (name.front() == '[') {
    port.bits = std::stoi(name.substr(1)) + 1;
    words >> name;
  }
  if (!name.empty() && name.back() == ',') name.pop_back();
  port.name = name;
  const std::size_t comment = line.find("// ");
  port.comment = comment == std::string::npos ? "" : line.substr(comment + 3);
  return true;
}

}  // namespace

std::vector<Port> ports_of(const std::string& verilog, const std::string& name) {
  std::istringstream lines(verilog);
  std::string line;
  std::vector<Port> ports;
  while (std::getline(lines, line)) {
    if (line != "module " + name + " (") continue;
    Port port;
    while (std::getline(lines, line) && line != ");")
      if (parse_port(line, port)) ports.push_back(port);
    return ports;
  }
  throw std::logic_error("no module " + name + " in the text");
}

void Netlist::add(const std::string& module, const std::string& instance, const std::string& verilog) {
  instances_.push_back({module, instance, ports_of(verilog, module)});
}

void Netlist::expose(const std::string& net, const std::string& port) { exposed_.push_back({net, port}); }

const Port* Netlist::driver(const std::string& net) const {
  const Port* found = nullptr;
  for (const Instance& i : instances_)
    for (const Port& p : i.ports)
      if (p.output && net_of(p) == net) {
        if (found != nullptr) throw std::logic_error("two outputs drive " + net);
        found = &p;
      }
  return found;
}

const Port* Netlist::reader(const std::string& net) const {
  for (const Instance& i : instances_)
    for (const Port& p : i.ports)
      if (!p.output && !is_global(p) && net_of(p) == net) return &p;
  return nullptr;
}

bool Netlist::exposed(const std::string& net) const {
  return std::any_of(exposed_.begin(), exposed_.end(), [&](const Exposed& e) { return e.net == net; });
}

std::string Netlist::outside_name(const std::string& net) const {
  for (const Exposed& e : exposed_)
    if (e.net == net) return e.port + (driver(net) != nullptr ? "_o" : "_i");
  throw std::logic_error("net " + net + " is not exposed");
}

std::vector<Port> Netlist::ports() const {
  std::vector<Port> ports;
  for (const Exposed& e : exposed_) {
    const Port* inside = driver(e.net) != nullptr ? driver(e.net) : reader(e.net);
    if (inside == nullptr) throw std::logic_error("nothing in the core is named " + e.net);
    ports.push_back({inside->output, inside->bits, outside_name(e.net), inside->comment});
  }
  return ports;
}

std::string Netlist::text() const { return text({}); }

std::string Netlist::text(const std::vector<std::string>& read_outside) const {
  std::string nets = "\n", body;
  for (const Instance& i : instances_) {
    std::size_t width = 0;
    for (const Port& p : i.ports) width = std::max(width, p.name.size());
    body += fmt::format("\n  {} {} (\n", i.module, i.name);
    for (std::size_t k = 0; k < i.ports.size(); ++k) {
      const Port& p = i.ports[k];
      const std::string net = net_of(p);
      std::string signal = p.name;
      if (!is_global(p)) {
        const Port* source = driver(net);
        if (source == nullptr && !exposed(net)) throw std::logic_error(i.module + "." + p.name + " has no driver");
        if (source != nullptr && source->bits != p.bits)
          throw std::logic_error(fmt::format("{}.{} has {} bits, its driver {}", i.module, p.name, p.bits, source->bits));
        signal = source == nullptr ? outside_name(net) : net;
      }
      body += fmt::format("    .{:<{}} ({}){}\n", p.name, width, signal, k + 1 < i.ports.size() ? "," : "");
      if (!p.output) continue;
      if (!exposed(net) && reader(net) == nullptr && std::find(read_outside.begin(), read_outside.end(), net) == read_outside.end())
        throw std::logic_error("nothing reads " + i.module + "." + p.name);
      nets += fmt::format("  wire {} {};\n", range(p.bits), net);
    }
    body += "  );\n";
  }
  for (const Exposed& e : exposed_)
    if (driver(e.net) != nullptr) nets += fmt::format("  assign {} = {};\n", outside_name(e.net), e.net);
  return nets + body;
}

}  // namespace lutra::gen

// Wires modules together by the names of their ports: the net x connects the output x_o with every input x_i.
#pragma once

#include <string>
#include <vector>

#include "gen/verilog.h"

namespace lutra::gen {

/// Ports of the module `name` in Verilog text that declares one port a line with a comment, as module_text() writes it.
/// Throws std::logic_error when the text holds no such module.
std::vector<Port> ports_of(const std::string& verilog, const std::string& name);

/// Instances that are to be wired to each other and to the ports of the module around them.
class Netlist {
 public:
  /// Adds an instance `instance` of the module `module`, whose declaration is in `verilog`.
  void add(const std::string& module, const std::string& instance, const std::string& verilog);
  /// The net becomes a port of the surrounding module: an output where an instance drives it, else an input.
  /// `port` is the name outside, without _i or _o.
  void expose(const std::string& net, const std::string& port);

  /// Ports made by expose(), in its order.
  [[nodiscard]] std::vector<Port> ports() const;
  /// Declarations of the nets and the instances. Throws std::logic_error where an input has no driver, a net has two, widths
  /// differ, or an output is neither read nor exposed.
  [[nodiscard]] std::string text() const;
  /// The same, with the listed nets allowed to be read by the surrounding text only.
  [[nodiscard]] std::string text(const std::vector<std::string>& read_outside) const;

 private:
  struct Instance {
    std::string module, name;
    std::vector<Port> ports;
  };
  struct Exposed {
    std::string net, port;
  };
  [[nodiscard]] const Port* driver(const std::string& net) const;
  [[nodiscard]] const Port* reader(const std::string& net) const;
  [[nodiscard]] bool exposed(const std::string& net) const;
  [[nodiscard]] std::string outside_name(const std::string& net) const;

  std::vector<Instance> instances_;
  std::vector<Exposed> exposed_;
};

}  // namespace lutra::gen

#include "gen/verilog.h"

#include <fmt/format.h>

#include <algorithm>

namespace lutra::gen {

std::string range(int bits) { return bits == 1 ? std::string() : fmt::format("[{}:0]", bits - 1); }

std::string module_text(const std::string& purpose, const std::string& name, const std::vector<Port>& ports, const std::string& body,
                        Clocking clocking) {
  std::vector<Port> all;
  if (clocking != Clocking::kNone) all.push_back({false, 1, "clk_i", "clock"});
  if (clocking == Clocking::kClockAndReset) all.push_back({false, 1, "rst_ni", "synchronous reset, active low"});
  all.insert(all.end(), ports.begin(), ports.end());
  std::size_t range_width = 0, name_width = 0;
  for (const Port& p : all) {
    range_width = std::max(range_width, range(p.bits).size());
    name_width = std::max(name_width, p.name.size() + 1);
  }
  std::string text = fmt::format("// {}\nmodule {} (\n", purpose, name);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Port& p = all[i];
    const std::string separator = i + 1 < all.size() ? "," : "";
    text += fmt::format("  {} wire {:<{}} {:<{}} // {}\n", p.output ? "output" : "input ", range(p.bits), range_width, p.name + separator,
                        name_width, p.comment);
  }
  return text + ");\n" + body + "endmodule\n";
}

}  // namespace lutra::gen

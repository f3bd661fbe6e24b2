// Cells that convention forbids, and process nodes, by library.
#include "sim/cost/liberty.h"

namespace lutra::cost {
namespace {

const std::vector<LibraryRules>& table() {
  static const std::vector<LibraryRules> rules = {
      // Clock buffers, tri-states, and the flop on the falling edge; the only flop with reset is a large asynchronous one.
      {"osu018*", "OSU 0.18 um", 180, {"CLKBUF*", "TBUF*", "DFFNEG*", "DFFSR", "LATCH"}},
      // Under-sized drives, scan, clock gates, latches, falling edge, clock inverters, hold buffers.
      {"asap7*", "ASAP7 7.5t RVT", 7, {"*x1p*", "*xp*", "SDF*", "ICG*", "DLL*", "DHL*", "DFFL*", "DFFASR*", "CKINV*", "HB*"}},
      {"sky130_fd_sc_hd*",
       "SkyWater sky130_fd_sc_hd",
       130,
       {"*_0", "*lpflow*", "*dly*", "*probe*", "*__dl*", "*__ebuf*", "*__einv*", "*__clk*", "*__sdf*", "*__sedf*", "*__edf*", "*__df?bn*",
        "*__dfbb*", "*__dfr*", "*__dfs*", "*macro*", "*bufinv*", "*bufbuf*"}},
      {"*Nangate*", "Nangate 45 nm", 45, {"SDFF*", "DL*", "CLKGATE*", "CLKBUF*", "TBUF*", "TINV*", "LOGIC*", "ANTENNA*", "FILL*"}},
  };
  return rules;
}

}  // namespace

bool matches(const std::string& pattern, const std::string& text) {
  std::size_t p = 0, t = 0, star = std::string::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == text[t] || pattern[p] == '?')) {
      ++p;
      ++t;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (star != std::string::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

const LibraryRules& library_rules(const std::string& library_name) {
  static const LibraryRules unknown;
  for (const LibraryRules& rules : table())
    if (matches(rules.pattern, library_name)) return rules;
  return unknown;
}

}  // namespace lutra::cost

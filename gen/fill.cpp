#include "gen/fill.h"

#include <stdexcept>

namespace lutra::gen {

std::string fill(std::string_view text, const std::vector<Hole>& holes) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    // Verilog's own @ stands before a parenthesis or a star.
    if (text[at] != '@' || at + 1 == text.size() || text[at + 1] < 'A' || text[at + 1] > 'Z') {
      out += text[at++];
      continue;
    }
    const std::size_t close = text.find('@', at + 1);
    const std::string_view name = text.substr(at + 1, close - at - 1);
    const Hole* found = nullptr;
    for (const Hole& h : holes)
      if (h.name == name) found = &h;
    if (found == nullptr) throw std::logic_error("no value for @" + std::string(name) + "@");
    out += found->value;
    at = close + 1;
  }
  return out;
}

}  // namespace lutra::gen

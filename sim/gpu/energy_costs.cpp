// The table of costs: reads it and checks it.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <sstream>

#include "isa/error.h"
#include "isa/file.h"
#include "sim/gpu/energy.h"

namespace lutra::gpu {
namespace {

constexpr const char* kBuiltIn = "energy.csv";
constexpr std::uint64_t kMaxBytes = 1 << 20;
constexpr std::string_view kHeader = "event,energy_pj,provenance";
constexpr double kMaxPj = 1e6;
const std::vector<std::string>& events() {
  static const std::vector<std::string> kEvents{"fp16_mac",       "fp8_mac",       "int8_mac",      "lut_plane_mac",
                                                "table_addition", "register_byte", "shared_byte",   "l2_byte",
                                                "vector_simple",  "vector_mac",    "vector_special"};
  return kEvents;
}

EnergyCost parse_row(const std::string& line, const SourceLocation& where) {
  const std::size_t first = line.find(','), second = line.find(',', first + 1);
  if (first == std::string::npos || second == std::string::npos || second + 1 == line.size())
    throw Error(fmt::format("a line has three fields: {}", kHeader), where);
  EnergyCost cost{line.substr(0, first), 0, line.substr(second + 1)};
  if (std::find(events().begin(), events().end(), cost.event) == events().end())
    throw Error(fmt::format("unknown event {}{}; allowed are {}", cost.event, did_you_mean(cost.event, events()), listed(events())), where);
  const char *begin = line.data() + first + 1, *end = line.data() + second;
  const auto [stop, code] = std::from_chars(begin, end, cost.pj);
  if (code != std::errc{} || stop != end || !(cost.pj >= 0 && cost.pj <= kMaxPj))
    throw Error(fmt::format("energy_pj: given '{}', allowed a number 0..{}", std::string(begin, end), kMaxPj), where);
  return cost;
}

}  // namespace

EnergyCosts EnergyCosts::parse(const std::string& csv, const std::string& file) {
  EnergyCosts costs;
  std::istringstream lines(csv);
  std::string line;
  int number = 0;
  while (std::getline(lines, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const SourceLocation where{file, ++number, 1};
    if (number == 1 && line != kHeader) throw Error(fmt::format("the first line is '{}', allowed is {}", line, kHeader), where);
    if (number == 1 || line.empty()) continue;
    EnergyCost cost = parse_row(line, where);
    for (const EnergyCost& other : costs.rows_)
      if (other.event == cost.event) throw Error(fmt::format("{}: given twice", cost.event), where);
    costs.rows_.push_back(std::move(cost));
  }
  for (const std::string& event : events())
    if (std::none_of(costs.rows_.begin(), costs.rows_.end(), [&](const EnergyCost& c) { return c.event == event; }))
      throw Error(fmt::format("{} is missing; wanted is a line of {}", event, kHeader), {file});
  return costs;
}

EnergyCosts EnergyCosts::load(const std::string& file) {
  return file.empty() ? parse(std::string(embedded_energy(kBuiltIn)), kBuiltIn) : parse(read_file(file, kMaxBytes), file);
}

double EnergyCosts::pj(std::string_view event) const {
  const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const EnergyCost& c) { return c.event == event; });
  if (found == rows_.end()) throw Error(fmt::format("no cost is known for the event {}", event));
  return found->pj;
}

}  // namespace lutra::gpu

// Reads lists of matrix products.
#include "workloads/import/lists.h"

#include <fmt/format.h>

#include <charconv>

#include "isa/error.h"
#include "workloads/weight_format.h"
#include "workloads/yaml_reader.h"

namespace lutra::workloads {
namespace {

constexpr long long kMaxDimension = 1 << 26;
constexpr std::size_t kMaxGemms = 100'000;
constexpr std::size_t kMaxName = 200;  // a name is repeated with its product

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r"), last = text.find_last_not_of(" \t\r");
  return first == std::string_view::npos ? "" : std::string(text.substr(first, last - first + 1));
}

struct Cell {
  std::string text;
  int column = 1;
};

std::vector<Cell> cells_of(std::string_view line) {
  std::vector<Cell> cells;
  for (std::size_t begin = 0; begin <= line.size();) {
    const std::size_t end = std::min(line.find(',', begin), line.size());
    cells.push_back({trimmed(line.substr(begin, end - begin)), static_cast<int>(begin) + 1});
    begin = end + 1;
  }
  while (!cells.empty() && cells.back().text.empty()) cells.pop_back();  // SCALE-Sim ends its lines with a comma
  return cells;
}

long long dimension(const Cell& cell, const char* what, const std::string& file, int line) {
  long long value = 0;
  const char* end = cell.text.data() + cell.text.size();
  const auto [stop, code] = std::from_chars(cell.text.data(), end, value);
  if (code != std::errc() || stop != end || value < 1 || value > kMaxDimension)
    throw Error(fmt::format("{} is '{}', allowed is 1 to {}", what, cell.text, kMaxDimension), {file, line, cell.column});
  return value;
}

}  // namespace

std::vector<ListedGemm> parse_scale_sim(const std::string& csv, const std::string& file) {
  std::vector<ListedGemm> gemms;
  int number = 0;
  for (std::size_t begin = 0; begin < csv.size();) {
    const std::size_t end = std::min(csv.find('\n', begin), csv.size());
    const std::vector<Cell> cells = cells_of(std::string_view(csv).substr(begin, end - begin));
    begin = end + 1;
    ++number;
    if (cells.empty() || number == 1) {
      if (number == 1 && (cells.size() != 4 || cells[1].text != "M" || cells[2].text != "N" || cells[3].text != "K"))
        throw Error("the first line of a GEMM table names the columns: Layer, M, N, K", {file, 1, 1});
      continue;
    }
    if (cells.size() != 4)
      throw Error(fmt::format("a line has {} values, allowed are four: layer, M, N, K", cells.size()), {file, number, 1});
    if (gemms.size() == kMaxGemms) throw Error(fmt::format("more than {} layers", kMaxGemms), {file, number, 1});
    gemms.push_back({cells[0].text, dimension(cells[1], "M", file, number), dimension(cells[2], "N", file, number),
                     dimension(cells[3], "K", file, number), ""});
  }
  if (gemms.empty()) throw Error("the table has no layer", {file, 1, 1});
  return gemms;
}

std::vector<ListedGemm> parse_gemm_list(const std::string& yaml, const std::string& file) {
  const YamlValue root = YamlValue::parse(yaml, file);
  root.only({"gemms"});
  std::vector<ListedGemm> gemms;
  for (const YamlValue& y : root.list("gemms")) {
    y.only({"name", "tokens", "outputs", "depth", "weights", "repeat"});
    ListedGemm gemm{y.at("name").text(), y.has("tokens") ? y.at("tokens").integer(1, kMaxDimension) : 0,
                    y.at("outputs").integer(1, kMaxDimension), y.at("depth").integer(1, kMaxDimension), ""};
    if (gemm.name.size() > kMaxName) y.at("name").refuse(fmt::format("given {} characters, allowed {}", gemm.name.size(), kMaxName));
    if (y.has("weights")) {
      gemm.weights = y.at("weights").text();
      try {
        static_cast<void>(parse_weight_format(gemm.weights));
      } catch (const Error& e) {
        y.at("weights").refuse(e.what());
      }
    }
    const int repeat = y.integer_or("repeat", 1, static_cast<int>(kMaxGemms), 1);
    if (gemms.size() + static_cast<std::size_t>(repeat) > kMaxGemms) y.refuse(fmt::format("more than {} products", kMaxGemms));
    const std::string name = gemm.name;
    for (int i = 0; i < repeat; ++i) {
      if (repeat > 1) gemm.name = fmt::format("{}.{}", name, i);
      gemms.push_back(gemm);
    }
  }
  return gemms;
}

}  // namespace lutra::workloads

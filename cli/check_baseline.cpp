// Reads, writes and compares baselines.
#include "cli/check_baseline.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "isa/error.h"
#include "isa/file.h"
#include "workloads/json_reader.h"

namespace lutra::cli {
namespace {

using workloads::JsonObject;
using workloads::JsonText;

constexpr std::int64_t kMost = std::int64_t{1} << 40;
const std::vector<std::string> kKinds = {"cycles", "area_um2", "energy_pj"};

/// "area" and "energy" are what the command line calls "area_um2" and "energy_pj".
std::string kind_named(const std::string& name) {
  for (const std::string& kind : kKinds)
    if (kind == name || kind.substr(0, kind.find('_')) == name) return kind;
  return "";
}

Figures read_figures(const JsonObject& object, const std::string& kind, const nlohmann::json& values) {
  if (!values.is_object()) object.refuse(kind, fmt::format("'{}' has to be an object of figures", kind));
  Figures figures;
  for (const auto& [name, value] : values.items()) {
    if (!value.is_number()) object.refuse(name, fmt::format("'{}' is {}; a number is allowed", name, value.dump()));
    figures[name] = value.get<double>();
  }
  return figures;
}

CheckCase read_case(const JsonText& text, const nlohmann::json& value, int index) {
  const JsonObject object(text, value, fmt::format("case {}: ", index + 1), "cases", index);
  object.only({"arch", "model", "phase", "batch", "seq", "context", "price", "library", "figures"});
  CheckCase c;
  c.arch = object.string("arch");
  c.model = object.string("model");
  c.phase = object.string("phase");
  c.batch = object.integer("batch", 1, kMost);
  c.seq = object.integer("seq", 1, kMost);
  c.context = object.integer("context", 0, kMost);
  c.price = object.boolean("price");
  c.library = object.string_or("library", "");
  if (!value.contains("figures") || !value["figures"].is_object()) object.refuse("figures", "'figures' has to be an object of kinds");
  for (const auto& [kind, figures] : value["figures"].items()) {
    if (kind_named(kind) != kind) object.refuse(kind, fmt::format("unknown kind '{}'; allowed: {}", kind, listed(kKinds)));
    c.figures[kind] = read_figures(object, kind, figures);
  }
  return c;
}

void compare_kind(const CheckCase& before, const std::string& kind, const Figures& now, double allowed, Comparison& out) {
  static const Figures kNothing;
  const auto found = before.figures.find(kind);
  const Figures& was = found == before.figures.end() ? kNothing : found->second;
  for (const auto& [name, value] : was) {
    ++out.compared;
    const auto at = now.find(name);
    Change change{before.str(), kind, name, value, at == now.end() ? 0 : at->second, at == now.end(), false, 0, allowed};
    if (change.before != change.after)
      change.percent = value == 0 ? std::numeric_limits<double>::infinity() : 100 * (change.after - value) / std::abs(value);
    if (change.gone || std::abs(change.percent) > allowed) out.changes.push_back(change);
  }
  for (const auto& [name, value] : now) {
    if (was.contains(name)) continue;
    ++out.compared;
    out.changes.push_back({before.str(), kind, name, 0, value, false, true, 0, allowed});
  }
}

}  // namespace

std::string CheckCase::str() const {
  return fmt::format("{} on {}, {}, batch {}, seq {}, context {}", model, arch, phase, batch, seq, context);
}

Baseline read_baseline(const std::string& path) {
  const JsonText text(read_file(path), path);
  const JsonObject root(text, text.root());
  root.only({"lutra_version", "seed", "tolerance_percent", "cases"});
  Baseline baseline;
  baseline.seed = static_cast<std::uint64_t>(root.integer("seed", 0, std::numeric_limits<std::int64_t>::max()));
  if (root.has("tolerance_percent")) {
    for (const auto& [kind, percent] : read_figures(root, "tolerance_percent", text.root()["tolerance_percent"])) {
      if (kind_named(kind) != kind) root.refuse(kind, fmt::format("unknown kind '{}'; allowed: {}", kind, listed(kKinds)));
      if (percent < 0) root.refuse(kind, fmt::format("'{}' is {}; a percentage of at least 0 is allowed", kind, percent));
      baseline.tolerances[kind] = percent;
    }
  }
  const nlohmann::json& cases = root.array("cases");
  if (cases.empty()) root.refuse("cases", "'cases' is empty; at least one case is needed");
  for (std::size_t i = 0; i < cases.size(); ++i) baseline.cases.push_back(read_case(text, cases[i], static_cast<int>(i)));
  return baseline;
}

nlohmann::json to_json(const Baseline& baseline) {
  nlohmann::json cases = nlohmann::json::array();
  for (const CheckCase& c : baseline.cases) {
    cases.push_back({{"arch", c.arch},
                     {"model", c.model},
                     {"phase", c.phase},
                     {"batch", c.batch},
                     {"seq", c.seq},
                     {"context", c.context},
                     {"price", c.price},
                     {"library", c.library},
                     {"figures", c.figures}});
  }
  return {{"lutra_version", LUTRA_VERSION}, {"seed", baseline.seed}, {"tolerance_percent", baseline.tolerances}, {"cases", cases}};
}

void set_tolerances(Tolerances& tolerances, const std::vector<std::string>& given) {
  for (const std::string& text : given) {
    const std::size_t equals = text.find('=');
    const std::string kind = kind_named(text.substr(0, equals));
    char* end = nullptr;
    const std::string number = equals == std::string::npos ? "" : text.substr(equals + 1);
    const double percent = std::strtod(number.c_str(), &end);
    if (kind.empty() || number.empty() || *end != '\0' || !(percent >= 0) || std::isinf(percent))
      throw Error(fmt::format("--tolerance: '{}' is given; allowed: cycles=P, area=P or energy=P with P percent of at least 0", text));
    tolerances[kind] = percent;
  }
}

Comparison compare(const Baseline& recorded, const std::vector<CheckCase>& now, const Tolerances& tolerances) {
  Comparison out;
  for (std::size_t i = 0; i < recorded.cases.size(); ++i) {
    for (const std::string& kind : kKinds) {
      const auto figures = now[i].figures.find(kind);
      compare_kind(recorded.cases[i], kind, figures == now[i].figures.end() ? Figures{} : figures->second, tolerances.at(kind), out);
    }
  }
  return out;
}

std::string describe(const Comparison& comparison) {
  std::string text, in;
  for (const Change& c : comparison.changes) {
    if (c.in != in) text += (in = c.in) + '\n';
    const std::string change = c.gone ? "gone" : c.appeared ? "new" : fmt::format("{:+.3f} %", c.percent);
    text +=
        fmt::format("  {:<10} {:<32} {:>16} -> {:<16} {:>12}  (allowed {:g} %)\n", c.kind, c.name,
                    c.appeared ? "-" : fmt::format("{:.10g}", c.before), c.gone ? "-" : fmt::format("{:.10g}", c.after), change, c.allowed);
  }
  const std::string verdict =
      comparison.changes.empty() ? "all within tolerance" : fmt::format("{} beyond tolerance", comparison.changes.size());
  return text + fmt::format("{} figures compared, {}\n", comparison.compared, verdict);
}

}  // namespace lutra::cli

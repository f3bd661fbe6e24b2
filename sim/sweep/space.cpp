// Reads a space and checks it against the schema.
#include "sim/sweep/space.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "isa/schema.h"
#include "isa/sha256.h"
#include "sim/hardware/campaign.h"
#include "sim/sweep/metrics.h"
#include "sim/system/edge_host.h"
#include "workloads/model.h"
#include "workloads/yaml_reader.h"

namespace lutra::sweep {
namespace {

using workloads::YamlValue;

constexpr std::size_t kMaxValues = 65535;
constexpr std::size_t kMaxWorkloads = 1000;

const std::vector<std::string> kRelations = {"<=", ">=", "==", "!=", "<", ">"};

bool is_number(const std::string& text, double& value) {
  try {
    std::size_t used = 0;
    value = std::stod(text, &used);
    return used == text.size();
  } catch (const std::logic_error&) {
    return false;
  }
}

const SchemaField& field_of(const YamlValue& where, const std::string& at, const std::string& key) {
  if (const SchemaField* field = find_schema_field(key)) return *field;
  where.refuse(at, fmt::format("unknown key {}{}", key.substr(0, 100), did_you_mean(key, schema_keys())));
}

Condition parse_condition(const YamlValue& where, const std::string& at, const std::string& text) {
  Condition condition;
  for (const std::string& relation : kRelations) {
    const std::size_t found = text.find(" " + relation + " ");
    if (found == std::string::npos) continue;
    condition = {text.substr(0, found), relation, text.substr(found + relation.size() + 2)};
    break;
  }
  if (condition.relation.empty())
    where.refuse(at, fmt::format("given \"{}\", allowed KEY RELATION VALUE with one of {} between spaces", text, listed(kRelations)));
  const SchemaField& left = field_of(where, at, condition.left);
  const bool equality = condition.relation == "==" || condition.relation == "!=";
  if (left.kind() == ValueKind::kText) {
    if (!equality) where.refuse(at, fmt::format("{} is a word: allowed == and !=", condition.left));
    return condition;
  }
  double number = 0;
  if (!is_number(condition.right, number) && field_of(where, at, condition.right).kind() == ValueKind::kText)
    where.refuse(at, fmt::format("{} is a word, not a number", condition.right));
  return condition;
}

/// The words and numbers of a list, at least one.
std::vector<std::string> texts(const YamlValue& list) {
  std::vector<std::string> texts;
  for (const YamlValue& value : list.list(kMaxValues)) texts.push_back(value.text());
  if (texts.empty()) list.refuse("given an empty list, allowed words and numbers");
  return texts;
}

std::vector<Condition> parse_conditions(const YamlValue& object, const std::string& key) {
  std::vector<Condition> conditions;
  if (!object.has(key)) return conditions;
  for (const std::string& text : texts(object.at(key))) conditions.push_back(parse_condition(object, key, text));
  return conditions;
}

/// from .. to by steps or by factors.
std::vector<std::string> range_values(const YamlValue& range, const SchemaField& field) {
  const double from = range.number("from", field.min, field.max), to = range.number("to", from, field.max);
  if (range.has("step") == range.has("factor")) range.refuse("from", "a range needs either step or factor");
  const bool factor = range.has("factor");
  const double by = factor ? range.number("factor", 1.0001, 1e9) : range.number("step", 1e-9, 1e9);
  std::vector<std::string> values;
  constexpr double kSlack = 1e-9;  // the last value is meant even where the sum of steps misses it by a rounding
  for (int i = 0;; ++i) {
    const double value = factor ? from * std::pow(by, i) : from + by * i;
    if (value > to * (1 + kSlack)) break;
    if (values.size() == kMaxValues) range.refuse("from", fmt::format("more than {} values", kMaxValues));
    values.push_back(fmt::format("{:.12g}", field.kind() == ValueKind::kInteger && factor ? std::round(value) : value));
  }
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

Parameter parse_parameter(const YamlValue& object, const std::string& key) {
  const SchemaField& field = field_of(object, key, key);
  if (key == "name" || key == "description" || key == "status" || key == "memory.kind")
    object.refuse(key, "cannot be a parameter of a sweep");
  Parameter parameter{key, {}, {}};
  if (object.at(key).is_list()) {
    parameter.values = texts(object.at(key));
  } else {
    const YamlValue entry = object.at(key);
    entry.only({"values", "from", "to", "step", "factor", "when"});
    parameter.when = parse_conditions(entry, "when");
    if (entry.has("values")) {
      parameter.values = texts(entry.at("values"));
    } else {
      if (field.kind() == ValueKind::kText) entry.refuse("from", fmt::format("{} is a word: give values", key));
      parameter.values = range_values(entry, field);
    }
  }
  ArchConfig scratch;
  std::set<std::string> seen;
  for (std::string& value : parameter.values) {
    try {
      set_field(scratch, key, value);
    } catch (const Error& error) {
      throw Error(error.what(), object.at(key).place());
    }
    value = field_text(field, scratch);
    if (!seen.insert(value).second) object.refuse(key, fmt::format("the value {} is given twice", value));
  }
  return parameter;
}

Workload parse_workload(const YamlValue& object) {
  object.only({"name", "model", "phase", "batch", "seq", "context", "kv", "host"});
  Workload w;
  w.model = object.text("model");
  w.host = object.text_or("host", "phone");
  try {
    w.request.phase = workloads::parse_phase(object.text_or("phase", "decode"));
    w.request.kv = workloads::parse_kv_format(object.text_or("kv", to_string(workloads::KvFormat::kFp16)));
    (void)workloads::load_model(w.model);
    (void)system::load_edge_host(w.host);
  } catch (const Error& error) {
    throw Error(error.what(), object.at("model").place());
  }
  w.request.batch = object.integer_or("batch", 1, 65536, 1);
  w.request.seq = object.integer_or("seq", 1, 1 << 20, 1);
  w.request.context = object.integer_or("context", 0, 1 << 20, 0);
  w.name = object.text_or("name", fmt::format("{}_{}_b{}_c{}", w.model, to_string(w.request.phase), w.request.batch, w.request.context));
  return w;
}

std::string metric_of(const YamlValue& object, const std::string& at, const std::string& name) {
  if (find_metric(name) != nullptr) return name;
  object.refuse(at, fmt::format("unknown metric {}, allowed {}{}", name, listed(metric_names()), did_you_mean(name, metric_names())));
}

void parse_constraints(const YamlValue& object, Space& space) {
  if (!object.has("constraints")) return;
  const YamlValue constraints = object.at("constraints");
  for (const std::string& name : constraints.keys()) {
    const YamlValue entry = constraints.at(metric_of(constraints, name, name));
    entry.only({"at_most", "at_least"});
    if (entry.has("at_most") == entry.has("at_least")) entry.refuse("at_most", "give one of at_most and at_least");
    const bool at_most = entry.has("at_most");
    space.constraints.push_back({name, at_most, entry.number(at_most ? "at_most" : "at_least", -1e300, 1e300)});
  }
}

void parse_libraries(const YamlValue& object, const std::string& pdk, Space& space) {
  space.libraries = object.has("libraries") ? texts(object.at("libraries")) : std::vector<std::string>{"osu018"};
  for (const std::string& name : space.libraries) {
    try {
      (void)hardware::choose_library(name, pdk);
    } catch (const Error& error) {
      throw Error(fmt::format("libraries: {}", error.what()), (object.has("libraries") ? object.at("libraries") : object).place());
    }
  }
}

void add_choices(Space& space) {
  std::vector<std::string> names;
  for (const Workload& w : space.workloads) names.push_back(w.name);
  if (names.size() > 1) space.parameters.push_back({kWorkload, names, {}});
  if (space.libraries.size() > 1) space.parameters.push_back({kLibrary, space.libraries, {}});
}

std::string canonical(const Space& s) {
  std::string text = to_yaml(s.base);
  for (const Parameter& p : s.parameters) {
    text += fmt::format("{}: {}\n", p.name, fmt::join(p.values, " "));
    for (const Condition& c : p.when) text += "when " + c.text() + "\n";
  }
  for (const Condition& c : s.conditions) text += c.text() + "\n";
  for (const Workload& w : s.workloads)
    text += fmt::format("{} {} {} {} {} {} {} {}\n", w.name, w.model, w.host, to_string(w.request.phase), w.request.batch, w.request.seq,
                        w.request.context, to_string(w.request.kv));
  text += fmt::format("{}\n{}\n", fmt::join(s.libraries, " "), fmt::join(s.objectives, " "));
  for (const Constraint& c : s.constraints) text += fmt::format("{} {} {}\n", c.name, c.at_most, c.value);
  return text;
}

}  // namespace

bool Condition::holds(const ArchConfig& config) const {
  const SchemaField& field = *find_schema_field(left);
  if (field.kind() == ValueKind::kText) return (field_text(field, config) == right) == (relation == "==");
  const double a = get_number(config, left);
  double b = 0;
  if (!is_number(right, b)) b = get_number(config, right);
  if (relation == "<=") return a <= b;
  if (relation == ">=") return a >= b;
  if (relation == "==") return a == b;
  if (relation == "!=") return a != b;
  return relation == "<" ? a < b : a > b;
}

std::uint64_t Space::grid_size() const {
  std::uint64_t size = 1;
  for (const Parameter& p : parameters) size *= p.values.size();
  return size;
}

Space parse_space(const std::string& yaml, const std::string& file, const std::function<ArchConfig(const std::string&)>& load_base,
                  const std::string& pdk) {
  const YamlValue object = YamlValue::parse(yaml, file);
  object.only({"name", "base", "parameters", "conditions", "workloads", "libraries", "objectives", "constraints"});
  Space space;
  space.name = object.text("name");
  try {
    space.base = load_base(object.text("base"));
  } catch (const Error& error) {
    if (!error.where().file.empty()) throw;
    throw Error(fmt::format("base: {}", error.what()), object.at("base").place());
  }
  const YamlValue parameters = object.at("parameters");
  double size = 1;
  for (const std::string& key : parameters.keys()) {
    space.parameters.push_back(parse_parameter(parameters, key));
    size *= static_cast<double>(space.parameters.back().values.size());
  }
  if (size > 1e15) object.refuse("parameters", fmt::format("the grid has {:.3g} points, allowed 1e15", size));
  space.conditions = parse_conditions(object, "conditions");
  const std::vector<YamlValue> workloads = object.list("workloads");
  if (workloads.size() > kMaxWorkloads)
    object.refuse("workloads", fmt::format("given {} elements, allowed {}", workloads.size(), kMaxWorkloads));
  for (const YamlValue& w : workloads) space.workloads.push_back(parse_workload(w));
  parse_libraries(object, pdk, space);
  for (const std::string& name : texts(object.at("objectives"))) space.objectives.push_back(metric_of(object, "objectives", name));
  parse_constraints(object, space);
  if (space.base.memory.kind != "simple")
    object.refuse(
        "base", fmt::format("given memory.kind {}, but sweeps time passes in fast mode, which allows simple only", space.base.memory.kind));
  add_choices(space);
  space.hash = sha256_hex(canonical(space)).substr(0, 16);
  return space;
}

const std::string& value_of(const Space& space, const Choice& choice, std::size_t parameter) {
  return space.parameters[parameter].values[choice[parameter]];
}

Point point_of(const Space& space, const Choice& choice) {
  Point point{space.base, 0, 0, ""};
  for (std::size_t i = 0; i < space.parameters.size(); ++i) {
    const Parameter& p = space.parameters[i];
    if (p.name == kWorkload) {
      point.workload = choice[i];
    } else if (p.name == kLibrary) {
      point.library = choice[i];
    } else if (std::all_of(p.when.begin(), p.when.end(), [&](const Condition& c) { return c.holds(point.config); })) {
      set_field(point.config, p.name, p.values[choice[i]]);
    }
  }
  if (const std::vector<Violation> found = violations(point.config); !found.empty())
    point.problem = found.front().keys.front() + ": " + found.front().message;
  return point;
}

bool belongs(const Space& space, const Choice& choice) {
  ArchConfig config = space.base;
  for (std::size_t i = 0; i < space.parameters.size(); ++i) {
    const Parameter& p = space.parameters[i];
    if (p.name == kWorkload || p.name == kLibrary) continue;
    if (std::all_of(p.when.begin(), p.when.end(), [&](const Condition& c) { return c.holds(config); })) {
      set_field(config, p.name, p.values[choice[i]]);
    } else if (choice[i] != 0) {
      return false;
    }
  }
  return std::all_of(space.conditions.begin(), space.conditions.end(), [&](const Condition& c) { return c.holds(config); });
}

Choice grid_choice(const Space& space, std::uint64_t number) {
  Choice choice(space.parameters.size());
  for (std::size_t i = choice.size(); i-- > 0;) {
    const std::uint64_t count = space.parameters[i].values.size();
    choice[i] = static_cast<std::uint16_t>(number % count);
    number /= count;
  }
  return choice;
}

}  // namespace lutra::sweep

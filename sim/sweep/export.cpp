// Writes what the store holds as JSON.
#include "sim/sweep/export.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/file.h"
#include "isa/schema.h"
#include "workloads/model.h"

namespace lutra::sweep {
namespace {

using nlohmann::json;

json parameters_json(const Space& space) {
  json list = json::array();
  for (const Parameter& p : space.parameters) {
    if (const SchemaField* field = find_schema_field(p.name)) {
      list.push_back({{"name", p.name},
                      {"unit", field->unit},
                      {"kind", field->kind() == ValueKind::kText ? "choice" : "number"},
                      {"doc", field->doc}});
    } else {
      list.push_back({{"name", p.name},
                      {"unit", ""},
                      {"kind", "choice"},
                      {"doc", p.name == kWorkload ? "model and pass that are timed" : "standard-cell library of area and energy"}});
    }
  }
  return list;
}

json objectives_json(const Space& space) {
  json list = json::array();
  for (const std::string& name : space.objectives) {
    const Metric& m = *find_metric(name);
    list.push_back({{"name", m.name}, {"unit", m.unit}, {"direction", m.maximise ? "maximise" : "minimise"}});
  }
  return list;
}

json constraints_json(const Space& space) {
  json list = json::array();
  for (const Constraint& c : space.constraints)
    list.push_back({{"name", c.name}, {c.at_most ? "at_most" : "at_least", c.value}, {"unit", find_metric(c.name)->unit}});
  return list;
}

/// Objectives, and what constraints speak of.
json values_json(const Space& space, const Values& values) {
  json object = json::object();
  for (const std::string& name : space.objectives) object[name] = values[metric_index(name)];
  for (const Constraint& c : space.constraints) object[c.name] = values[metric_index(c.name)];
  return object;
}

json parameter_values(const Space& space, const Choice& choice) {
  const Point point = point_of(space, choice);
  json object = json::object();
  for (std::size_t i = 0; i < space.parameters.size(); ++i) {
    const std::string& name = space.parameters[i].name;
    const SchemaField* field = find_schema_field(name);
    if (field == nullptr) {
      object[name] = value_of(space, choice, i);
    } else if (field->kind() == ValueKind::kText) {
      object[name] = field_text(*field, point.config);
    } else {
      object[name] = get_number(point.config, name);
    }
  }
  return object;
}

/// What the real flow found, which objectives and constraints do not speak of.
json synthesised_json(const Outcome& outcome) {
  json object = {{"status", to_string(outcome.status)}, {"error", outcome.error}};
  for (const Metric& m : metrics())
    if (m.priced) object[std::string(m.name)] = outcome.values[metric_index(m.name)];
  return object;
}

json point_json(const Space& space, const StoredPoint& p, bool on_front, const Outcome* synthesised) {
  const bool timed = !p.outcome.cycles.empty();
  json object = {{"id", p.id},
                 {"status", to_string(p.outcome.status)},
                 {"error", p.outcome.error},
                 {"parameters", parameter_values(space, p.choice)},
                 {"objectives", timed ? values_json(space, p.outcome.values) : json::object()},
                 {"area_um2", p.outcome.area_um2},
                 {"energy_pj", p.outcome.energy_pj},
                 {"cycles", p.outcome.cycles},
                 {"on_front", on_front}};
  if (synthesised != nullptr) object["synthesised"] = synthesised_json(*synthesised);
  return object;
}

json references_json(Evaluator& evaluator) {
  const Space& space = evaluator.space();
  const Outcome outcome = evaluator.evaluate(Point{space.base, 0, 0, ""});
  if (outcome.cycles.empty()) return json::array();
  return {{{"name", space.base.name},
           {"objectives", values_json(space, outcome.values)},
           {"source", fmt::format("lutra {}, the sweep's base, {}, {}", LUTRA_VERSION, space.workloads[0].name, space.libraries[0])}}};
}

const char* price_text(const Evaluator& evaluator) {
  return evaluator.priced() ? "every priced point is synthesised, timed and priced by the flow of lutra ppa (boundary core, layout none, "
                              "activity assumed); equal cores once, cached by content"
                            : "no objective or constraint needs a price";
}

}  // namespace

SweepSummary summarise(const Store& store, const Space& space) {
  SweepSummary summary;
  std::vector<Candidate> candidates;
  store.for_each([&](const StoredPoint& p) {
    ++summary.points;
    summary.ok += p.outcome.status == Status::kOk ? 1 : 0;
    summary.failed += p.outcome.status == Status::kFailed ? 1 : 0;
    summary.infeasible += p.outcome.status == Status::kInfeasible ? 1 : 0;
    if (p.outcome.status == Status::kOk) candidates.push_back({p.id, summary.points, p.outcome.values});
  });
  ParetoResult result = pareto(candidates, space.objectives, summary.points);
  summary.front = std::move(result.front);
  summary.hypervolume = std::move(result.hypervolume);
  return summary;
}

std::vector<Task> best_of_front(const Store& store, const Space& space, const SweepSummary& summary, std::size_t count) {
  std::vector<std::pair<std::vector<double>, Task>> ranked;
  for (const std::uint64_t id : summary.front) {
    const StoredPoint point = store.load(id);
    std::vector<double> costs;
    for (const std::string& name : space.objectives) {
      const double value = point.outcome.values[metric_index(name)];
      costs.push_back(find_metric(name)->maximise ? -value : value);
    }
    ranked.emplace_back(std::move(costs), Task{id, point.choice});
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Task> tasks;
  for (std::size_t i = 0; i < std::min(count, ranked.size()); ++i) tasks.push_back(ranked[i].second);
  return tasks;
}

void export_sweep(const Store& store, const SweepSummary& summary, Evaluator& evaluator, const std::string& engine, const std::string& path,
                  const Store* synthesised) {
  const Space& space = evaluator.space();
  json volumes = json::array();
  for (const HypervolumeSample& s : summary.hypervolume) volumes.push_back({{"evaluated", s.evaluated}, {"value", s.value}});
  json head = {{"lutra_version", LUTRA_VERSION},
               {"name", space.name},
               {"seed", store.identity().seed},
               {"space_hash", space.hash},
               {"config_hash", config_hash(space.base)},
               {"engine", engine},
               {"search", store.identity().search},
               {"library", fmt::format("{}", fmt::join(space.libraries, ", "))},
               {"price_model", nullptr},
               {"prices", price_text(evaluator)},
               {"parameters", parameters_json(space)},
               {"objectives", objectives_json(space)},
               {"constraints", constraints_json(space)},
               {"points_total", summary.points},
               {"front", summary.front},
               {"hypervolume", volumes},
               {"references", references_json(evaluator)}};
  // Points one by one: as one document they would take many times their length in memory.
  std::string text = head.dump();
  text.back() = ',';
  text += "\"points\":[";
  const std::size_t stride = (summary.points + kMaxExported - 1) / kMaxExported;
  bool first = true;
  store.for_each([&](const StoredPoint& p) {
    const bool on_front = std::binary_search(summary.front.begin(), summary.front.end(), p.id);
    if (!on_front && p.id % stride != 0) return;
    text += first ? "\n" : ",\n";
    const StoredPoint* priced = synthesised == nullptr ? nullptr : synthesised->find(p.choice);
    text += point_json(space, p, on_front, priced == nullptr ? nullptr : &priced->outcome).dump();
    first = false;
  });
  write_file_atomically(path, text + "\n]}\n");
}

json describe_point(const Store& store, Evaluator& evaluator, std::uint64_t id) {
  const StoredPoint stored = store.load(id);
  const Space& space = evaluator.space();
  const Point point = point_of(space, stored.choice);
  if (!point.problem.empty()) throw Error(fmt::format("point {} is no machine: {}", id, point.problem));
  const std::vector<OperatorFigures> figures = evaluator.operators(point);
  json operators = json::array(), marks = json::array(), timeline = json::array();
  double peak = 0;
  for (const OperatorFigures& f : figures) {
    operators.push_back({{"name", f.op.name},
                         {"kind", f.op.kind},
                         {"unit", f.op.on_core ? "core" : "vector"},
                         {"count", f.count},
                         {"m", f.op.m},
                         {"n", f.op.n},
                         {"k", f.op.k},
                         {"seconds", f.seconds},
                         {"bytes", f.bytes},
                         {"ops", f.ops},
                         {"cycles", f.cycles},
                         {"bound", f.bound}});
    if (!f.op.on_core) continue;
    marks.push_back({{"name", f.op.name}, {"ops_per_byte", f.ops / f.bytes}, {"ops_s", f.ops / f.seconds}});
    const ArrayConfig& a = point.config.array;
    const auto groups = static_cast<double>(ceil_div(workloads::plane_type(*f.op.weights).planes, a.planes_per_cycle));
    peak = std::max(peak, 2.0 * a.rows * a.columns * a.table_inputs * a.tables_per_lane / groups * point.config.clock_mhz * 1e6);
  }
  const Workload& w = space.workloads[point.workload];
  double begin = 0;
  for (const workloads::Operator& op : workloads::trace_model(workloads::load_model(w.model), w.request).operators) {
    const auto found = std::find_if(figures.begin(), figures.end(), [&](const OperatorFigures& f) {
      workloads::Operator same = op;
      same.name = f.op.name;
      same.layer = f.op.layer;
      return same == f.op;
    });
    timeline.push_back({{"name", op.name}, {"unit", op.on_core ? "core" : "vector"}, {"begin_s", begin}, {"seconds", found->seconds}});
    begin += found->seconds;
  }
  return {{"id", id},
          {"configuration", to_yaml(point.config)},
          {"operators", operators},
          {"roofline", {{"peak_ops_s", peak}, {"bytes_s", point.config.memory.bandwidth_gb_s * 1e9}, {"points", marks}}},
          {"timeline", timeline}};
}

}  // namespace lutra::sweep

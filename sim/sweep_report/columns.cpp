// Turns a sweep's list of points into columns, which are a third of the size and what the page computes with.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "sim/report/json_node.h"
#include "sim/sweep_report/page.h"

namespace lutra::sweep_report {
namespace {

using report::Json;
using report::Node;

struct Column {
  Json head;            // name, unit, role, ...
  const char* section;  // object of a point that holds the value
  std::string key;
};

std::string id_text(const Json& id) { return id.is_string() ? id.get<std::string>() : id.dump(); }

/// Columns of what the document declares: parameters and objectives.
void add_declared(const Node& root, const char* list, const char* section, const char* role, std::vector<Column>& columns) {
  for (const Node& node : root.list(list)) {
    std::string name;
    node.get("name", name);
    Json head = node.json();
    head["role"] = role;
    columns.push_back({head, section, name});
  }
}

/// Columns of what only the points say: blocks, components and classes, in the order of their names.
void add_found(const std::vector<Node>& points, const char* section, const char* role, const char* unit, std::vector<Column>& columns) {
  std::set<std::string> names;
  for (const Node& point : points) {
    if (!point.has(section)) continue;
    const Node values = point.object(section);
    for (const auto& [name, value] : values.json().items()) names.insert(name);
  }
  for (const std::string& name : names) columns.push_back({{{"name", name}, {"unit", unit}, {"role", role}}, section, name});
}

const Json* value_of(const Node& point, const Column& column) {
  const auto section = point.json().find(column.section);
  if (section == point.json().end() || !section->is_object()) return nullptr;
  const auto value = section->find(column.key);
  return value == section->end() || value->is_null() ? nullptr : &*value;
}

std::string shown(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

/// A column with its values: numbers, or, where any value is a word, indices into `categories`.
std::string column_json(const std::vector<Node>& points, const Column& column) {
  std::vector<const Json*> values;
  std::set<std::string> words;
  bool numbers = true;
  for (const Node& point : points) values.push_back(value_of(point, column));
  for (const Json* value : values) numbers = numbers && (value == nullptr || value->is_number());
  Json head = column.head;
  if (!numbers) {
    for (const Json* value : values)
      if (value != nullptr) words.insert(shown(*value));
    head["categories"] = words;
  }
  std::string text = head.dump();
  text.back() = ',';
  text += "\"values\":[";
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) text += ',';
    if (values[i] == nullptr)
      text += "null";
    else if (numbers)
      text += fmt::format("{:.7g}", values[i]->get<double>());
    else
      text += std::to_string(std::distance(words.begin(), words.find(shown(*values[i]))));
  }
  return text + "]}";
}

std::string status_json(const std::vector<Node>& points) {
  static const std::vector<std::string> kStatus = {"ok", "infeasible", "failed"};
  std::string text =
      Json{{"name", "status"}, {"role", "status"}, {"unit", ""}, {"doc", "how the point ended"}, {"categories", kStatus}}.dump();
  text.back() = ',';
  text += "\"values\":[";
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::string status;
    points[i].get("status", status);
    const auto at = std::find(kStatus.begin(), kStatus.end(), status);
    if (at == kStatus.end()) points[i].refuse("status", "ok, infeasible or failed");
    text += fmt::format("{}{}", i > 0 ? "," : "", at - kStatus.begin());
  }
  return text + "]}";
}

/// Everything of the sweep that is not a list of points.
Json frame(const SweepDocument& document, const Node& root, const std::vector<Node>& points) {
  Json out;
  for (const char* key :
       {"lutra_version", "seed", "space_hash", "engine", "search", "library", "price_model", "constraints", "hypervolume"})
    out[key] = document.sweep.value(key, Json());
  out["references"] = Json::array();
  for (const Node& reference : root.list("references")) {
    std::string name, source;
    reference.get("name", name);
    reference.get("source", source);
    out["references"].push_back({{"name", name}, {"source", source}, {"objectives", reference.object("objectives").json()}});
  }
  out["errors"] = Json::object();
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::string id = id_text(points[i].at("id"));
    if (!places.emplace(id, i).second) points[i].refuse("id", "different for every point");
    out["ids"].push_back(id);
    const std::string error = points[i].json().value("error", Json()).is_string() ? points[i].json()["error"].get<std::string>() : "";
    if (!error.empty()) out["errors"][std::to_string(i)] = error;
  }
  out["front"] = Json::array();
  for (const Json& id : root.at("front")) {
    const auto at = places.find(id_text(id));
    if (at == places.end()) root.refuse("front", "a list of ids of points");
    out["front"].push_back(at->second);
  }
  if (!document.details.is_null())
    out["details"] = Node(document.details, document.details_file, "").object("points").json();
  else
    out["details"] = Json::object();
  return out;
}

}  // namespace

SweepDocument read_sweep(const std::string& directory) {
  SweepDocument document;
  document.file = directory + "/sweep.json";
  document.details_file = directory + "/details.json";
  document.sweep = report::read_json(document.file);
  if (std::filesystem::exists(document.details_file)) document.details = report::read_json(document.details_file);
  return document;
}

std::string columns_json(const SweepDocument& document) {
  const Node root(document.sweep, document.file, "");
  const std::vector<Node> points = root.list("points");
  if (points.empty()) root.refuse("points", "a list of at least one point");
  std::vector<Column> columns;
  add_declared(root, "parameters", "parameters", "parameter", columns);
  add_declared(root, "objectives", "objectives", "objective", columns);
  if (columns.empty()) root.refuse("parameters", "a list that names what was varied");
  add_found(points, "area_um2", "area", "um2", columns);
  add_found(points, "energy_pj", "energy", "pJ", columns);
  add_found(points, "cycles", "cycles", "cycles", columns);
  std::string text = frame(document, root, points).dump();
  text.back() = ',';
  text += "\"dimensions\":[" + status_json(points);
  for (const Column& column : columns) text += ',' + column_json(points, column);
  return text + "]}";
}

}  // namespace lutra::sweep_report

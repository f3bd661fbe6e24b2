// The JSON form of a trace, written and read with the same table of keys.
#include <fmt/format.h>

#include <limits>

#include "isa/error.h"
#include "isa/file.h"
#include "workloads/gzip.h"
#include "workloads/json_reader.h"
#include "workloads/trace.h"
#include "workloads/trace_operators.h"

namespace lutra::workloads {
namespace {

constexpr std::uint64_t kMaxTraceBytes = std::uint64_t{256} << 20;
constexpr const char* kFormat = "lutra-trace";

nlohmann::ordered_json operator_json(const Operator& op) {
  nlohmann::ordered_json json;
  json["name"] = op.name;
  json["kind"] = op.kind;
  json["layer"] = op.layer;
  json["on_core"] = op.on_core;
  for (const CountField& field : kTraceCounts) {
    if (op.*field.member != 0) json[field.key] = op.*field.member;
  }
  if (op.weights) {
    json["weights"] = to_string(*op.weights);
    json["scales"] = scale_layout(*op.weights);
  }
  json["activations"] = op.activations;
  json["results"] = op.results;
  return json;
}

Operator read_operator(const JsonText& text, const nlohmann::json& json, int index) {
  const JsonObject object(text, json, fmt::format("operator {}: ", index), "operators", index);
  std::vector<std::string> keys{"name", "kind", "layer", "on_core", "weights", "scales", "activations", "results"};
  for (const CountField& field : kTraceCounts) keys.emplace_back(field.key);
  object.only(keys);
  Operator op;
  op.name = object.string("name");
  op.kind = object.string("kind");
  op.layer = static_cast<int>(object.integer("layer", -1, kMaxTraceLayer));
  op.on_core = object.boolean("on_core");
  for (const CountField& field : kTraceCounts) op.*field.member = object.integer_or(field.key, 0, field.max, 0);
  op.activations = object.string("activations");
  op.results = object.string("results");
  if (object.has("weights")) {
    try {
      op.weights = parse_weight_format(object.string("weights"));
    } catch (const Error& e) {
      if (!e.where().file.empty()) throw;
      object.refuse("weights", e.what());
    }
  }
  if (const auto found = contradiction_in(op, op.weights ? object.string("scales") : "")) object.refuse(found->key, found->message);
  return op;
}

/// What version 2 added to the request.
void read_request(const JsonText& text, const JsonObject& object, TraceRequest& request) {
  const std::string kv = object.string_or("kv", "fp16");
  if (kv != "fp16" && kv != "int8" && kv != "int4") object.refuse("kv", fmt::format("kv is '{}', allowed are fp16, int8 and int4", kv));
  request.kv = parse_kv_format(kv);
  request.draft = object.integer_or("draft", 0, kMaxTraceDimension, 0);
  request.router_seed = static_cast<std::uint64_t>(object.integer_or("router_seed", 0, std::numeric_limits<std::int64_t>::max(), 0));
  if (!object.has("sequences")) return;
  int index = 0;
  for (const nlohmann::json& json : object.array("sequences")) {
    const JsonObject group(text, json, fmt::format("sequences {}: ", index), "sequences", index);
    group.only({"count", "queries", "past"});
    request.groups.push_back({group.integer("count", 1, kMaxTraceDimension), group.integer("queries", 1, kMaxTraceDimension),
                              group.integer("past", 0, kMaxTraceDimension)});
    ++index;
  }
}

/// Where the array of operators begins and ends in the text; an empty range where that is not plain to see.
std::pair<std::size_t, std::size_t> operators_in(std::string_view text) {
  constexpr std::string_view kKey = "\"operators\"", kSpace = " \t\r\n";
  const std::size_t key = text.find(kKey);
  if (key == std::string_view::npos) return {};
  const std::size_t colon = text.find_first_not_of(kSpace, key + kKey.size());
  if (colon == std::string_view::npos || text[colon] != ':') return {};
  const std::size_t begin = text.find_first_not_of(kSpace, colon + 1);
  if (begin == std::string_view::npos || text[begin] != '[') return {};
  // Operators hold no arrays, and a bracket in a name only makes this the wrong place, which does not parse.
  const std::size_t end = text.find(']', begin);
  if (end == std::string_view::npos || text.find(kKey, end) != std::string_view::npos) return {};
  return {begin, end + 1};
}

Trace parse_in_full(const std::string& json, const std::string& file) {
  const JsonText text(json, file);
  const JsonObject object(text, text.root());
  if (!object.has("format")) throw Error("not a trace: it has no key 'format'; `lutra trace` makes one from a model", {file});
  if (object.string("format") != kFormat)
    object.refuse("format", fmt::format("format is '{}', allowed is '{}'", object.string("format"), kFormat));
  static_cast<void>(object.integer("version", 1, kTraceVersion));
  object.only({"format", "version", "lutra_version", "model", "phase", "batch", "seq", "context", "kv", "draft", "router_seed", "sequences",
               "operators"});
  Trace trace;
  trace.model = object.string("model");
  try {
    trace.request.phase = parse_phase(object.string("phase"));
  } catch (const Error& e) {
    if (!e.where().file.empty()) throw;
    object.refuse("phase", e.what());
  }
  trace.request.batch = object.integer("batch", 1, kMaxTraceDimension);
  trace.request.seq = object.integer("seq", 1, kMaxTraceDimension);
  trace.request.context = object.integer("context", 0, kMaxTraceDimension);
  read_request(text, object, trace.request);
  int index = 0;
  for (const nlohmann::json& op : object.array("operators")) trace.operators.push_back(read_operator(text, op, index++));
  return trace;
}

}  // namespace

std::string trace_json(const Trace& trace) {
  nlohmann::ordered_json json;
  json["format"] = kFormat;
  json["version"] = kTraceVersion;
  json["lutra_version"] = LUTRA_VERSION;
  json["model"] = trace.model;
  json["phase"] = to_string(trace.request.phase);
  json["batch"] = trace.request.batch;
  json["seq"] = trace.request.seq;
  json["context"] = trace.request.context;
  json["kv"] = to_string(trace.request.kv);
  if (trace.request.draft != 0) json["draft"] = trace.request.draft;
  if (trace.request.router_seed != 0) json["router_seed"] = trace.request.router_seed;
  for (const SequenceGroup& g : trace.request.groups)
    json["sequences"].push_back({{"count", g.count}, {"queries", g.queries}, {"past", g.past}});
  json["operators"] = nlohmann::ordered_json::array();
  for (const Operator& op : trace.operators) json["operators"].push_back(operator_json(op));
  return json.dump(1) + "\n";
}

Trace parse_trace(const std::string& json, const std::string& file) {
  // Almost all of a trace is its operators: they are read without a tree, and the rest as a trace that has none.
  if (const auto [begin, end] = operators_in(json); begin < end) {
    if (auto operators = read_operators(std::string_view(json).substr(begin, end - begin))) {
      try {
        Trace trace = parse_in_full(json.substr(0, begin) + "[]" + json.substr(end), file);
        trace.operators = std::move(*operators);
        return trace;
      } catch (const Error&) {
        // Said below, with the place in the whole text.
      }
    }
  }
  return parse_in_full(json, file);
}

void write_trace(const Trace& trace, const std::string& path) {
  const std::string text = trace_json(trace);
  const bool compressed = path.size() > 3 && path.compare(path.size() - 3, 3, ".gz") == 0;
  write_file_atomically(path, compressed ? gzip(text) : text);
}

Trace read_trace(const std::string& path) {
  const std::string bytes = read_file(path, kMaxTraceBytes);
  return parse_trace(is_gzip(bytes) ? gunzip(bytes, path, kMaxTraceBytes) : bytes, path);
}

}  // namespace lutra::workloads

// The JSON form of a trace, written and read with the same table of keys.
#include <fmt/format.h>

#include <limits>

#include "isa/error.h"
#include "isa/file.h"
#include "workloads/gzip.h"
#include "workloads/json_reader.h"
#include "workloads/trace.h"

namespace lutra::workloads {
namespace {

constexpr std::uint64_t kMaxTraceBytes = std::uint64_t{256} << 20;
constexpr std::int64_t kMaxCount = std::int64_t{1} << 50;
constexpr std::int64_t kMaxDimension = std::int64_t{1} << 26;
constexpr const char* kFormat = "lutra-trace";

struct CountField {
  const char* key;
  std::int64_t Operator::*member;
  std::int64_t max;
};
constexpr CountField kCounts[] = {
    {"m", &Operator::m, kMaxDimension},
    {"n", &Operator::n, kMaxDimension},
    {"k", &Operator::k, kMaxDimension},
    {"elements", &Operator::elements, kMaxCount},
    {"weight_bytes", &Operator::weight_bytes, kMaxCount},
    {"activation_bytes", &Operator::activation_bytes, kMaxCount},
    {"kv_bytes", &Operator::kv_bytes, kMaxCount},
    {"written_bytes", &Operator::written_bytes, kMaxCount},
    {"macs", &Operator::macs, kMaxCount},
};

nlohmann::ordered_json operator_json(const Operator& op) {
  nlohmann::ordered_json json;
  json["name"] = op.name;
  json["kind"] = op.kind;
  json["layer"] = op.layer;
  json["on_core"] = op.on_core;
  for (const CountField& field : kCounts) {
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
  for (const CountField& field : kCounts) keys.emplace_back(field.key);
  object.only(keys);
  Operator op;
  op.name = object.string("name");
  op.kind = object.string("kind");
  op.layer = static_cast<int>(object.integer("layer", -1, 1 << 20));
  op.on_core = object.boolean("on_core");
  for (const CountField& field : kCounts) op.*field.member = object.integer_or(field.key, 0, field.max, 0);
  op.activations = object.string("activations");
  op.results = object.string("results");
  if (object.has("weights")) {
    try {
      op.weights = parse_weight_format(object.string("weights"));
    } catch (const Error& e) {
      if (!e.where().file.empty()) throw;
      object.refuse("weights", e.what());
    }
    if (object.string("scales") != scale_layout(*op.weights)) {
      object.refuse("scales", fmt::format("scales is '{}', weights {} have '{}'", object.string("scales"), to_string(*op.weights),
                                          scale_layout(*op.weights)));
    }
  }
  if (!op.on_core) return op;
  if (op.kind != "gemm") object.refuse("kind", fmt::format("kind is '{}', allowed on the core is gemm", op.kind));
  if (!op.weights) object.refuse("name", "an operator on the core needs weights");
  if (op.activations != "int8" || op.results != "int32")
    object.refuse("activations", "the core takes int8 activations and gives int32 results");
  for (const CountField& field : kCounts) {
    const bool dimension = field.member == &Operator::m || field.member == &Operator::n || field.member == &Operator::k;
    if (dimension && op.*field.member < 1)
      object.refuse(field.key, fmt::format("{} is {}, allowed on the core is 1 to {}", field.key, op.*field.member, field.max));
  }
  if (op.m * op.n > kMaxCount / op.k || op.macs != op.m * op.n * op.k) {
    object.refuse("macs", fmt::format("macs is {}, m x n x k of {} x {} x {} is another", op.macs, op.m, op.n, op.k));
  }
  return op;
}

/// What version 2 added to the request.
void read_request(const JsonText& text, const JsonObject& object, TraceRequest& request) {
  const std::string kv = object.string_or("kv", "fp16");
  if (kv != "fp16" && kv != "int8" && kv != "int4") object.refuse("kv", fmt::format("kv is '{}', allowed are fp16, int8 and int4", kv));
  request.kv = parse_kv_format(kv);
  request.draft = object.integer_or("draft", 0, kMaxDimension, 0);
  request.router_seed = static_cast<std::uint64_t>(object.integer_or("router_seed", 0, std::numeric_limits<std::int64_t>::max(), 0));
  if (!object.has("sequences")) return;
  int index = 0;
  for (const nlohmann::json& json : object.array("sequences")) {
    const JsonObject group(text, json, fmt::format("sequences {}: ", index), "sequences", index);
    group.only({"count", "queries", "past"});
    request.groups.push_back(
        {group.integer("count", 1, kMaxDimension), group.integer("queries", 1, kMaxDimension), group.integer("past", 0, kMaxDimension)});
    ++index;
  }
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
  trace.request.batch = object.integer("batch", 1, kMaxDimension);
  trace.request.seq = object.integer("seq", 1, kMaxDimension);
  trace.request.context = object.integer("context", 0, kMaxDimension);
  read_request(text, object, trace.request);
  int index = 0;
  for (const nlohmann::json& op : object.array("operators")) trace.operators.push_back(read_operator(text, op, index++));
  return trace;
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

// Traces and programs in Python.
#include <fmt/format.h>

#include "python/bind.h"
#include "python/convert.h"
#include "workloads/compile.h"
#include "workloads/import/model_file.h"
#include "workloads/trace.h"

namespace lutra::python {
namespace {

using workloads::Operator;
using workloads::Trace;
using workloads::TraceRequest;

struct TraceOptions {
  std::string phase, kv;
  std::optional<std::string> weights;
  bool allow_loss;
};

Trace make_trace(const std::string& model, TraceRequest request, const TraceOptions& options) {
  std::optional<workloads::WeightFormat> format;
  if (options.weights) format = workloads::parse_weight_format(*options.weights, options.allow_loss);
  request.phase = workloads::parse_phase(options.phase);
  request.kv = workloads::parse_kv_format(options.kv);
  return workloads::trace_file(*workloads::open_model(model, format), request, format);
}

py::object operators_frame(const Trace& trace) {
  const std::vector<Operator>& rows = trace.operators;
  py::dict columns;
  columns["name"] = words(rows, [](const Operator& o) { return o.name; });
  columns["kind"] = words(rows, [](const Operator& o) { return o.kind; });
  columns["layer"] = numbers<std::int64_t>(rows, [](const Operator& o) { return o.layer; });
  columns["on_core"] = numbers<bool>(rows, [](const Operator& o) { return o.on_core; });
  columns["m"] = numbers<std::int64_t>(rows, [](const Operator& o) { return o.m; });
  columns["n"] = numbers<std::int64_t>(rows, [](const Operator& o) { return o.n; });
  columns["k"] = numbers<std::int64_t>(rows, [](const Operator& o) { return o.k; });
  columns["elements"] = numbers<std::int64_t>(rows, [](const Operator& o) { return o.elements; });
  columns["weights"] = words(rows, [](const Operator& o) { return o.weights ? workloads::to_string(*o.weights) : std::string(); });
  columns["activations"] = words(rows, [](const Operator& o) { return o.activations; });
  columns["results"] = words(rows, [](const Operator& o) { return o.results; });
  columns["weight_bytes"] = numbers<std::int64_t>(rows, [](const Operator& o) { return o.weight_bytes; });
  columns["activation_bytes"] = numbers<std::int64_t>(rows, [](const Operator& o) { return o.activation_bytes; });
  columns["kv_bytes"] = numbers<std::int64_t>(rows, [](const Operator& o) { return o.kv_bytes; });
  columns["written_bytes"] = numbers<std::int64_t>(rows, [](const Operator& o) { return o.written_bytes; });
  columns["macs"] = numbers<std::int64_t>(rows, [](const Operator& o) { return o.macs; });
  return frame(columns);
}

py::object jobs_frame(const Program& program) {
  const std::vector<Job>& rows = program.jobs;
  py::dict columns;
  columns["op"] = words(rows, [](const Job& j) { return j.op; });
  columns["layer"] = numbers<std::int64_t>(rows, [](const Job& j) { return j.layer; });
  columns["kernel"] = numbers<std::int64_t>(rows, [](const Job& j) { return j.kernel; });
  columns["repeat"] = numbers<std::int64_t>(rows, [](const Job& j) { return j.repeat; });
  columns["bytes_read"] = numbers<std::int64_t>(rows, [](const Job& j) { return j.bytes_read; });
  columns["bytes_written"] = numbers<std::int64_t>(rows, [](const Job& j) { return j.bytes_written; });
  columns["macs"] = numbers<std::int64_t>(rows, [](const Job& j) { return j.macs; });
  return frame(columns);
}

py::object kernels_frame(const Program& program) {
  py::dict columns;
  columns["name"] = words(program.kernels, [](const Kernel& k) { return k.name; });
  columns["instructions"] = numbers<std::int64_t>(program.kernels, [](const Kernel& k) { return k.code.size(); });
  return frame(columns);
}

void bind_trace(py::module_& module) {
  py::class_<Trace>(module, "Trace", "Every operator of a model in one pass.")
      .def_property_readonly(
          "model", [](const Trace& t) { return t.model; }, "Name of the model.")
      .def_property_readonly("operators", &operators_frame, "A pandas.DataFrame, one row an operator in the order of execution.")
      .def(
          "to_dict", [](const Trace& t) { return to_python(nlohmann::json::parse(workloads::trace_json(t))); }, "What a trace file holds.")
      .def("save", &workloads::write_trace, py::arg("path"), "Writes the file that `lutra trace` writes; compressed where it ends in .gz.")
      .def("__len__", [](const Trace& t) { return t.operators.size(); })
      .def("__repr__", [](const Trace& t) { return fmt::format("<lutra.Trace {}: {} operators>", t.model, t.operators.size()); });
  const TraceRequest standard;
  module.def(
      "trace",
      [](const std::string& model, const std::string& phase, std::int64_t batch, std::int64_t seq, std::int64_t context,
         const std::string& kv, const std::optional<std::string>& weights, std::int64_t draft, std::uint64_t router_seed, bool allow_loss) {
        TraceRequest request;
        request.batch = batch;
        request.seq = seq;
        request.context = context;
        request.draft = draft;
        request.router_seed = router_seed;
        return make_trace(model, request, {phase, kv, weights, allow_loss});
      },
      py::arg("model") = "bitnet_b158_2b4t", py::arg("phase") = "decode", py::arg("batch") = standard.batch, py::arg("seq") = standard.seq,
      py::arg("context") = standard.context, py::arg("kv") = "fp16", py::arg("weights") = py::none(), py::arg("draft") = standard.draft,
      py::arg("router_seed") = standard.router_seed, py::arg("allow_loss") = false,
      "Lists the operators of a model file or a built-in model; options as those of `lutra trace`.");
  module.def("read_trace", &workloads::read_trace, py::arg("path"), "Reads a trace file.");
  module.def("models", &workloads::embedded_model_names, "Names of the built-in models.");
}

}  // namespace

void bind_workloads(py::module_& module) {
  bind_trace(module);
  py::class_<Program>(module, "Program", "A compiled program: kernels and the jobs that run them.")
      .def_property_readonly("jobs", &jobs_frame, "A pandas.DataFrame, one row a job.")
      .def_property_readonly("kernels", &kernels_frame, "A pandas.DataFrame, one row a kernel.")
      .def_property_readonly(
          "metadata", [](const Program& p) { return to_python(p.metadata); }, "What the compiler noted, as a dictionary.")
      .def_property_readonly(
          "arch_name", [](const Program& p) { return p.arch_name; }, "The machine it was compiled for.")
      .def_property_readonly(
          "program_hash", [](const Program& p) { return p.program_hash; }, "It runs where this is the machine's.")
      .def("save", &write_program, py::arg("path"), "Writes the file that `lutra compile` writes.")
      .def("__len__", [](const Program& p) { return p.jobs.size(); })
      .def("__repr__", [](const Program& p) {
        return fmt::format("<lutra.Program for {}: {} kernels, {} jobs>", p.arch_name, p.kernels.size(), p.jobs.size());
      });
  module.def(
      "compile",
      [](const ArchConfig& arch, const Trace& trace, bool share_layers) {
        const py::gil_scoped_release release;
        return workloads::compile(arch, trace, {share_layers});
      },
      py::arg("arch"), py::arg("trace"), py::arg("share_layers") = workloads::CompileOptions{}.share_layers,
      "Compiles every operator on the core. share_layers: activations of different layers share memory.");
  module.def(
      "read_program",
      [](const std::string& path, const std::optional<ArchConfig>& arch) { return arch ? read_program(path, *arch) : read_program(path); },
      py::arg("path"), py::arg("arch") = py::none(), "Reads a program file; with `arch` refuses one that does not run there.");
}

}  // namespace lutra::python

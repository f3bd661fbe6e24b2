// The price of a core in Python.
#include <fmt/format.h>

#include "gen/generator.h"
#include "python/bind.h"
#include "python/convert.h"
#include "sim/cost/ppa.h"

namespace lutra::python {
namespace {

using cost::Ppa;
using cost::PpaNode;

struct Row {
  std::string path;
  const PpaNode* node;
};

void collect(const PpaNode& node, const std::string& path, std::vector<Row>& rows) {
  rows.push_back({path, &node});
  for (const PpaNode& child : node.children) collect(child, path + "/" + child.instance, rows);
}

py::object tree_frame(const Ppa& ppa) {
  std::vector<Row> rows;
  collect(ppa.tree, ppa.tree.instance, rows);
  py::dict columns;
  columns["path"] = words(rows, [](const Row& r) { return r.path; });
  columns["module"] = words(rows, [](const Row& r) { return r.node->module; });
  columns["area_um2"] = numbers<double>(rows, [](const Row& r) { return r.node->area_um2; });
  columns["cells"] = numbers<std::int64_t>(rows, [](const Row& r) { return r.node->cells; });
  columns["internal_mw"] = numbers<double>(rows, [](const Row& r) { return r.node->power.internal_mw; });
  columns["switching_mw"] = numbers<double>(rows, [](const Row& r) { return r.node->power.switching_mw; });
  columns["leakage_mw"] = numbers<double>(rows, [](const Row& r) { return r.node->power.leakage_mw; });
  return frame(columns);
}

Ppa price(const ArchConfig& arch, const std::vector<std::string>& liberty, double clock_mhz, const std::string& boundary, int planes) {
  if (planes < 1 || planes > 8) throw Error(fmt::format("planes: given {}, allowed is 1..8", planes));
  validate(arch);
  const py::gil_scoped_release release;
  const gen::Design design = gen::generate(arch);
  cost::PpaRequest request;
  request.files = design.files;
  request.top = design.top;
  request.config = arch;
  request.liberties = liberty;
  request.clock_mhz = clock_mhz;
  request.boundary = cost::parse_boundary(boundary);
  request.planes = planes;
  return cost::measure(request);
}

}  // namespace

void bind_cost(py::module_& module) {
  py::class_<Ppa>(module, "Ppa", "Area, clock and power of a core, without layout, with an ideal clock tree.")
      .def_readonly("library", &Ppa::library, "The standard-cell library.")
      .def_readonly("area_um2", &Ppa::area_um2, "Cell area inside the boundary.")
      .def_readonly("cells", &Ppa::cells, "Standard cells inside the boundary.")
      .def_readonly("clock_mhz", &Ppa::clock_mhz, "The clock that was asked for.")
      .def_property_readonly("timing_met", &Ppa::timing_met, "Whether that clock is reached.")
      .def_property_readonly(
          "best_clock_mhz", [](const Ppa& p) { return p.timing.best_clock_mhz; }, "Where the worst slack is zero.")
      .def_property_readonly("power_mw", &Ppa::total_power_mw, "At clock_mhz, every net toggling 0.2 times a cycle.")
      .def_property_readonly("energy_pj_per_cycle", &Ppa::energy_pj_per_cycle, "Power over clock.")
      .def_readonly("tops_per_mm2", &Ppa::tops_per_mm2, "Peak.")
      .def_property_readonly("tree", &tree_frame,
                             "A pandas.DataFrame of all instances: area, cells and power of each with what is below it.")
      .def(
          "to_dict", [](const Ppa& p) { return to_python(cost::to_json(p)); }, "What `lutra ppa --json` writes.")
      .def("__repr__", [](const Ppa& p) {
        return fmt::format("<lutra.Ppa in {}: {:.0f} um2, best clock {:.1f} MHz>", p.library, p.area_um2, p.timing.best_clock_mhz);
      });
  module.def(
      "ppa", &price, py::arg("arch"), py::arg("liberty") = std::vector<std::string>{}, py::arg("clock_mhz") = 0.0,
      py::arg("boundary") = "core", py::arg("planes") = 2,
      "Generates, synthesises, times and prices a core, as `lutra ppa` does without a program; no liberty: OSU 0.18 um, clock 0: the "
      "machine's.");
}

}  // namespace lutra::python

// The native module lutra._lutra: its exception and its parts.
#include "isa/error.h"
#include "python/bind.h"
#include "python/convert.h"

namespace lutra::python {
namespace {

constexpr const char* kErrorDoc =
    "Bad input or a failed check, with the message that the command line prints. file, line and column say where the input is wrong "
    "(\"\" and 0 where unknown); exit_code is 2 for bad input and 1 for a failed check.";

/// A lutra::Error as a lutra.Error. The type is looked up in the module, which owns it.
void translate(std::exception_ptr thrown) {
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (const Error& error) {
    const py::object type = py::module_::import("lutra._lutra").attr("Error");
    const py::object instance = type(error.what());
    instance.attr("file") = error.where().file;
    instance.attr("line") = error.where().line;
    instance.attr("column") = error.where().column;
    instance.attr("exit_code") = error.exit_code();
    PyErr_SetObject(type.ptr(), instance.ptr());
  }
}

void bind_error(py::module_& module) {
  py::dict defaults;
  defaults["file"] = "";
  defaults["line"] = 0;
  defaults["column"] = 0;
  defaults["exit_code"] = 2;
  module.attr("Error") =
      py::reinterpret_steal<py::object>(PyErr_NewExceptionWithDoc("lutra.Error", kErrorDoc, PyExc_Exception, defaults.ptr()));
  py::register_exception_translator(translate);
}

}  // namespace
}  // namespace lutra::python

PYBIND11_MODULE(_lutra, module) {
  module.doc() = "Native part of lutra: configurations, traces, programs, simulation, price.";
  module.attr("__version__") = LUTRA_VERSION;
  lutra::python::bind_error(module);
  lutra::python::bind_arch(module);
  lutra::python::bind_workloads(module);
  lutra::python::bind_sim(module);
  lutra::python::bind_cost(module);
}

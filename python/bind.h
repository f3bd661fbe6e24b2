// The parts of the module, each in a file of its own.
#pragma once

#include <pybind11/pybind11.h>

namespace lutra::python {

void bind_arch(pybind11::module_& module);
void bind_workloads(pybind11::module_& module);
void bind_sim(pybind11::module_& module);
void bind_cost(pybind11::module_& module);

}  // namespace lutra::python

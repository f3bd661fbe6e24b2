// Runs a core of the model under the SystemC kernel, without SystemC's headers.
#pragma once

#include <functional>

#include "sim/memory/memory.h"
#include "sim/model/core.h"

namespace lutra::systemc {

/// Runs `core`, which was built on `memory`, to the end of its host script as a SystemC simulation with the given clock.
/// `after_step`, when given, is called after every step of the core. Any number of runs may follow each other in a process: the modules
/// are elaborated at the first one and then take the next core. Not to be called from several threads: SystemC has one
/// simulation context a process. Returns the simulated seconds. Throws what Core::step() throws.
double run(model::Core& core, memory::Memory& memory, double clock_mhz, const std::function<void()>& after_step = {});

}  // namespace lutra::systemc

// The process's one SystemC design.
#include "sim/systemc/simulation.h"

#include "sim/systemc/modules.h"

int sc_main(int, char*[]) { return 0; }  // SystemC's library asks for it; lutra's own main() runs

namespace lutra::systemc {

double run(model::Core& core, memory::Memory& memory, double clock_mhz, const std::function<void()>& after_step) {
  // The one place with state of the process: SystemC elaborates once, so there can be one design only.
  static SystemModule system("lutra");
  return system.run(core, memory, clock_mhz, after_step).to_seconds();
}

}  // namespace lutra::systemc

// Lets SystemC's kernel run; all that simulate with it start it here.
#pragma once

namespace lutra::systemc {

/// Elaborates the modules that were made and lets their processes reach their first waits. No module may be made after it.
void elaborate();

/// Runs until no process has anything left to do.
void run_to_end();

}  // namespace lutra::systemc

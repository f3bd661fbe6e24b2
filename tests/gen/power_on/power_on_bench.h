// A four-state testbench around an emitted core: memory and host in Verilog, and a check that no unknown value leaves the core.
#pragma once

#include <string>

#include "isa/arch_config.h"
#include "sim/regression/core_programs.h"

namespace lutra::test {

using regression::Product;

/// Verilog of the module `bench`: every register of the core starts unknown, the host launches the product's program, waits for the
/// interrupt and reads STATUS. It prints one line for each unknown value and each wrong output, and at the end "bench: done".
std::string power_on_bench(const ArchConfig& config, const Product& product);

/// The product's memory below kWindowEnd for $readmemh, one beat a line.
std::string memory_text(const ArchConfig& config, const Product& product);

}  // namespace lutra::test

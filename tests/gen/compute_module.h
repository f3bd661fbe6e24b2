// The Verilog of builder, array and scale unit as one module, and the bits of its ports.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "isa/geometry.h"
#include "sim/cosim/verilated_module.h"
#include "sim/model/array.h"
#include "sim/model/table_builder.h"

namespace lutra::tests {

/// Bits of a buffer word or a port, least significant first.
using Bits = std::vector<std::uint8_t>;

void copy_bits(Bits& to, int to_bit, const std::uint8_t* from, int from_bit, int count);
void put(Bits& to, int bit, int count, std::uint64_t value);
/// Bits beyond the port's are left out, those that are missing are 0.
void set_bits(cosim::PortRef port, const Bits& bits);

/// Commands as the queues take them.
Bits pack(const model::ArrayCommand& c);
Bits pack(const model::BuildCommand& c);

/// Ports of the same name are connected, and all are ports of the module.
std::unique_ptr<cosim::VerilatedModule> build_compute_module(const ArchConfig& config, const Geometry& geometry);

}  // namespace lutra::tests

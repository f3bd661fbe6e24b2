// Runs a design on the operands of a layer and checks every result.
#pragma once

#include "gen/designs/design.h"
#include "sim/hardware/device.h"
#include "sim/hardware/operands.h"

namespace lutra::hardware {

struct DriveResult {
  long long cycles = 0;   // of work
  long long vectors = 0;  // results checked
  long long mismatched_bits = 0;
  double signal = 0, noise = 0;  // squares of exact results and of errors; only for floating-point lanes
};

/// The product is tiled output-stationary: row tiles, column tiles, segments, then k-steps with planes innermost (Horner: planes outside,
/// highest first). A result is read back from the accumulator with the codec's offsets and compared with the golden one (through quantised
/// tables where the design has them); a floating-point lane's with its model. Throws Error for operands that the design cannot run.
DriveResult drive(const gen::IntegerDesign& design, const Operands& operands, Device& device);
/// The same on the RTL.
DriveResult drive(const gen::IntegerDesign& design, const Operands& operands);

}  // namespace lutra::hardware

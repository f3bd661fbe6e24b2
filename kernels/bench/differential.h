// One random GEMM, computed by every family on every target and compared with the reference: the body of `verify` and of the fuzz target.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lutra::kernels {

/// Makes a problem of the bytes, whatever they are: they choose shape, type, mode and values. Returns "" when all results are the
/// reference's, bit by bit, else what differs and where.
std::string differential_case(const std::vector<std::uint8_t>& bytes);

}  // namespace lutra::kernels

// Dequantised GGML blocks in double precision, written from the published layouts alone: what the table of types is compared with.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lutra::test {

/// The weights of one block of q2_k, q4_0, q4_k, q8_0, tq1_0, tq2_0, iq4_nl or mxfp4.
std::vector<double> dequantise_ggml(const std::string& type, std::span<const std::uint8_t> block);

}  // namespace lutra::test

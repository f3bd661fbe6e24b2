// Programs for whole-core tests: a matrix product with its right answer, and random programs with races and deadlocks.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "isa/arch_config.h"
#include "isa/instruction.h"
#include "sim/memory/image.h"
#include "sim/model/host.h"

namespace lutra::regression {

inline constexpr std::uint64_t kProgramAt = 0x1000;
inline constexpr std::uint64_t kScalesAt = 0x8000;
inline constexpr std::uint64_t kTokenScalesAt = 0xC000;
inline constexpr std::uint64_t kActivationsAt = 0x10000;
inline constexpr std::uint64_t kWeightsAt = 0x40000;
inline constexpr std::uint64_t kOutputsAt = 0x80000;
inline constexpr std::uint64_t kWindowEnd = 0x100000;

struct Product {
  memory::Image image;  // program, activations, weights
  std::vector<Encoded> program;
  std::vector<std::uint8_t> expected;  // bytes of the outputs, tiles x rows x columns, row-major within a tile, tiles one behind the other
  model::Launch launch;
};

/// Writes a program into an image and returns its launch with the whole of memory up to kWindowEnd as window.
model::Launch place_program(memory::Image& image, const std::vector<Encoded>& program);
/// The same with the places of activations, weights and outputs as arguments.
model::Launch place_with_operands(memory::Image& image, const std::vector<Encoded>& program);

/// `tiles` tiles of outputs of one tile row, k = ksteps * K * G, `planes` planes with weights 1, 2, 4, ..., z' = `zero`; where zero points
/// are real and `zero` is not 0, random ones.
/// `segment` k-steps a segment, 0: all of k. With a float scale unit, random s' a segment and column and s_a a row.
Product matrix_product(const ArchConfig& config, int tiles, int ksteps, int planes, int zero, int segment, std::uint64_t seed);

/// Commands at random with random addresses and semaphores, loops, settypes; many wait for each other in vain.
std::vector<Encoded> random_program(const ArchConfig& config, std::mt19937_64& random);
/// Bytes everywhere below kWindowEnd that random loads read.
void fill_random(memory::Image& image, std::mt19937_64& random);

}  // namespace lutra::regression

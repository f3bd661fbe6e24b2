// A packed tensor of any type with random codes, scales and zero points.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "isa/geometry.h"
#include "workloads/types/packed_weights.h"

namespace lutra::test {

struct RandomTensor {
  RandomTensor(const std::string& text, long long outputs, long long depth, std::mt19937& random)
      : type_(text), outputs_(outputs), depth_(depth) {
    const workloads::Lowering l = workloads::parse_lowering(text);
    const workloads::Chain chain = workloads::unpacking(l.type);
    std::vector<std::uint32_t> codes;  // those that mean something
    for (std::uint32_t code = 0; code < l.words.size(); ++code)
      if (l.words[code] != workloads::kNoCode) codes.push_back(code);
    const long long tiles = outputs * ceil_div(depth, l.type.weights);
    for (long long tile = 0; tile < tiles; ++tile) {
      workloads::Elements elements;
      for (int i = 0; i < l.type.weights; ++i) elements.push_back(codes[random() % codes.size()]);
      workloads::Elements filled = *chain.invert(elements);
      fill(l.type.scale, filled, random);
      fill(l.type.minimum, filled, random);
      for (const std::uint32_t byte : filled) bytes.push_back(static_cast<std::uint8_t>(byte));
    }
    if (!l.type.scales_beside()) return;
    const auto groups = static_cast<std::size_t>(outputs * (l.group == 0 ? 1 : ceil_div(depth, l.group)));
    for (std::size_t i = 0; i < groups * static_cast<std::size_t>(workloads::format_of(l).scales); ++i)
      scales.push_back(static_cast<float>(random() % 4096 + 1) / 1024.0F);
    if (l.type.kind == workloads::ValueKind::kZeroPoint)
      for (std::size_t i = 0; i < groups; ++i) zeros.push_back(static_cast<std::uint8_t>(random() % (1U << l.type.code_bits)));
  }

  [[nodiscard]] workloads::PackedTensor packed() const { return {type_, outputs_, depth_, bytes, scales, zeros}; }

  std::vector<std::uint8_t> bytes;
  std::vector<float> scales;
  std::vector<std::uint8_t> zeros;

 private:
  /// Random factors that are finite and near 1.
  static void fill(const std::vector<workloads::Factor>& factors, workloads::Elements& bytes, std::mt19937& random) {
    for (const workloads::Factor& factor : factors) {
      for (const workloads::WordRun& run : factor.words) {
        for (int i = 0; i < run.count; ++i) {
          std::uint32_t word = random();
          if (factor.as == workloads::ScaleCode::kFp16) word = (word & 0x83FF) | (10 + word % 8) << 10;
          if (factor.as == workloads::ScaleCode::kE8M0) word = 120 + word % 16;
          if (factor.as == workloads::ScaleCode::kFp32) word = (word & 0x807FFFFF) | 127U << 23;
          int place = 0;
          for (const workloads::BitPiece& piece : run.pieces) {
            for (int bit = 0; bit < piece.bits; ++bit, ++place) {
              const auto at = static_cast<std::size_t>(piece.at + i * piece.step + bit);
              bytes[at / 8] = (bytes[at / 8] & ~(1U << (at % 8))) | ((word >> place) & 1) << (at % 8);
            }
          }
        }
      }
    }
  }

  std::string type_;
  long long outputs_, depth_;
};

}  // namespace lutra::test

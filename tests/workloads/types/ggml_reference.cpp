// One loop nest for each kind of block.
#include "tests/workloads/types/ggml_reference.h"

#include <cmath>
#include <stdexcept>

namespace lutra::test {
namespace {

double half(const std::uint8_t* p) {
  const int bits = p[0] | (p[1] << 8), exponent = (bits >> 10) & 31, mantissa = bits & 1023;
  const double magnitude = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
  return (bits >> 15) != 0 ? -magnitude : magnitude;
}

std::vector<double> nibbles_of_32(const std::uint8_t* codes, double scale, const std::vector<double>& levels) {
  std::vector<double> w(32);
  for (std::size_t j = 0; j < 16; ++j) {
    w[j] = scale * levels[codes[j] & 15U];
    w[j + 16] = scale * levels[codes[j] >> 4U];
  }
  return w;
}

std::vector<double> q2_k(const std::uint8_t* b) {
  std::vector<double> w;
  for (int i = 0; i < 256; ++i) {
    const int quarter = i % 128 / 32, byte = i / 128 * 32 + i % 32;
    const int q = (b[16 + byte] >> (2 * quarter)) & 3;
    w.push_back(half(b + 80) * (b[i / 16] & 15) * q - half(b + 82) * (b[i / 16] >> 4));
  }
  return w;
}

std::vector<double> q4_k(const std::uint8_t* b) {
  const std::uint8_t* s = b + 4;
  std::vector<double> w;
  for (int i = 0; i < 256; ++i) {
    const int sub = i / 32;
    const int scale = sub < 4 ? s[sub] & 63 : (s[sub + 4] & 15) | (s[sub - 4] >> 6 << 4);
    const int minimum = sub < 4 ? s[sub + 4] & 63 : (s[sub + 4] >> 4) | (s[sub] >> 6 << 4);
    const int byte = b[16 + i / 64 * 32 + i % 32];
    const int q = i % 64 < 32 ? byte & 15 : byte >> 4;
    w.push_back(half(b) * scale * q - half(b + 2) * minimum);
  }
  return w;
}

std::vector<double> tq1_0(const std::uint8_t* b) {
  static const int kPower[] = {1, 3, 9, 27, 81};
  std::vector<double> w;
  const auto trit = [b, &w](int byte, int digit) { w.push_back(half(b + 52) * (((b[byte] * kPower[digit] & 255) * 3 >> 8) - 1)); };
  for (int digit = 0; digit < 5; ++digit)
    for (int byte = 0; byte < 32; ++byte) trit(byte, digit);
  for (int digit = 0; digit < 5; ++digit)
    for (int byte = 32; byte < 48; ++byte) trit(byte, digit);
  for (int digit = 0; digit < 4; ++digit)
    for (int byte = 48; byte < 52; ++byte) trit(byte, digit);
  return w;
}

std::vector<double> tq2_0(const std::uint8_t* b) {
  std::vector<double> w;
  for (int i = 0; i < 256; ++i) w.push_back(half(b + 64) * (((b[i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2)) & 3) - 1));
  return w;
}

}  // namespace

std::vector<double> dequantise_ggml(const std::string& type, std::span<const std::uint8_t> block) {
  const std::uint8_t* b = block.data();
  if (type == "q2_k") return q2_k(b);
  if (type == "q4_k") return q4_k(b);
  if (type == "tq1_0") return tq1_0(b);
  if (type == "tq2_0") return tq2_0(b);
  if (type == "q4_0") return nibbles_of_32(b + 2, half(b), {-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7});
  if (type == "iq4_nl") return nibbles_of_32(b + 2, half(b), {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113});
  if (type == "mxfp4")
    return nibbles_of_32(b + 1, std::ldexp(1.0, b[0] - 127), {0, .5, 1, 1.5, 2, 3, 4, 6, -0.0, -.5, -1, -1.5, -2, -3, -4, -6});
  if (type != "q8_0") throw std::runtime_error("no reference for " + type);
  std::vector<double> w;
  for (int i = 0; i < 32; ++i) w.push_back(half(b) * static_cast<std::int8_t>(b[2 + i]));
  return w;
}

}  // namespace lutra::test

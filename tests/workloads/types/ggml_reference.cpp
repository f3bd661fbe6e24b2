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

// Twelve bytes with eight scales and eight minima of six bits.
double k_weight(const std::uint8_t* b, int sub, int q) {
  const std::uint8_t* s = b + 4;
  const int scale = sub < 4 ? s[sub] & 63 : (s[sub + 4] & 15) | (s[sub - 4] >> 6 << 4);
  const int minimum = sub < 4 ? s[sub + 4] & 63 : (s[sub + 4] >> 4) | (s[sub] >> 6 << 4);
  return half(b) * scale * q - half(b + 2) * minimum;
}

std::vector<double> q4_k(const std::uint8_t* b) {
  std::vector<double> w;
  for (int i = 0; i < 256; ++i) {
    const int byte = b[16 + i / 64 * 32 + i % 32];
    w.push_back(k_weight(b, i / 32, i % 64 < 32 ? byte & 15 : byte >> 4));
  }
  return w;
}

// Fifth bits of eight runs of 32 lie in the eight bits of 32 bytes.
std::vector<double> q5_k(const std::uint8_t* b) {
  std::vector<double> w;
  for (int i = 0; i < 256; ++i) {
    const int byte = b[48 + i / 64 * 32 + i % 32];
    const int high = (b[16 + i % 32] >> (i / 32)) & 1;
    w.push_back(k_weight(b, i / 32, (i % 64 < 32 ? byte & 15 : byte >> 4) + 16 * high));
  }
  return w;
}

// A cleared bit of the mask takes 4 away. Scales: four low bits in eight bytes, two high bits in four more, less 32.
std::vector<double> q3_k(const std::uint8_t* b) {
  std::vector<double> w;
  for (int i = 0; i < 256; ++i) {
    const int sub = i / 16;
    const int low = sub < 8 ? b[96 + sub] & 15 : b[96 + sub - 8] >> 4;
    const int high = (b[104 + sub % 4] >> (sub / 4 * 2)) & 3;
    const int q = (b[32 + i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2)) & 3;
    const bool set = ((b[i % 32] >> (i / 32)) & 1) != 0;
    w.push_back(half(b + 108) * (low + 16 * high - 32) * (set ? q : q - 4));
  }
  return w;
}

// Halves of 128: 64 bytes of low nibbles, 32 bytes with two high bits for each of four weights.
std::vector<double> q6_k(const std::uint8_t* b) {
  std::vector<double> w(256);
  for (int n = 0; n < 2; ++n) {
    const std::uint8_t *low = b + 64 * n, *high = b + 128 + 32 * n;
    for (int l = 0; l < 32; ++l) {
      const int q[] = {(low[l] & 15) | (high[l] & 3) << 4, (low[l + 32] & 15) | (high[l] >> 2 & 3) << 4,
                       low[l] >> 4 | (high[l] >> 4 & 3) << 4, low[l + 32] >> 4 | (high[l] >> 6 & 3) << 4};
      for (int part = 0; part < 4; ++part) {
        const int at = 128 * n + 32 * part + l;
        w[static_cast<std::size_t>(at)] = half(b + 208) * static_cast<std::int8_t>(b[192 + at / 16]) * (q[part] - 32);
      }
    }
  }
  return w;
}

const std::vector<double> kIq4Levels{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

std::vector<double> iq4_xs(const std::uint8_t* b) {
  std::vector<double> w;
  const int high = b[2] | b[3] << 8;
  for (int sub = 0; sub < 8; ++sub) {
    const int low = sub % 2 == 0 ? b[4 + sub / 2] & 15 : b[4 + sub / 2] >> 4;
    const auto part = nibbles_of_32(b + 8 + 16 * sub, half(b) * ((low | (high >> (2 * sub) & 3) << 4) - 32), kIq4Levels);
    w.insert(w.end(), part.begin(), part.end());
  }
  return w;
}

// Nibbles and a fifth bit of 32 weights: `first` is what code 0 stands for, `plus` is added behind the scale.
std::vector<double> five_bits(const std::uint8_t* high, const std::uint8_t* codes, double scale, int first, double plus) {
  std::vector<double> w;
  for (int i = 0; i < 32; ++i) {
    const int nibble = i < 16 ? codes[i] & 15 : codes[i - 16] >> 4;
    w.push_back(scale * (first + nibble + 16 * ((high[i / 8] >> (i % 8)) & 1)) + plus);
  }
  return w;
}

std::vector<double> q4_1(const std::uint8_t* b) {
  std::vector<double> w = nibbles_of_32(b + 4, half(b), {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15});
  for (double& value : w) value += half(b + 2);
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
  if (type == "q3_k") return q3_k(b);
  if (type == "q5_k") return q5_k(b);
  if (type == "q6_k") return q6_k(b);
  if (type == "iq4_xs") return iq4_xs(b);
  if (type == "q4_1") return q4_1(b);
  if (type == "q5_0") return five_bits(b + 2, b + 6, half(b), -16, 0);
  if (type == "q5_1") return five_bits(b + 4, b + 8, half(b), 0, half(b + 2));
  if (type == "tq1_0") return tq1_0(b);
  if (type == "tq2_0") return tq2_0(b);
  if (type == "q4_0") return nibbles_of_32(b + 2, half(b), {-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7});
  if (type == "iq4_nl") return nibbles_of_32(b + 2, half(b), kIq4Levels);
  if (type == "mxfp4")
    return nibbles_of_32(b + 1, std::ldexp(1.0, b[0] - 127), {0, .5, 1, 1.5, 2, 3, 4, 6, -0.0, -.5, -1, -1.5, -2, -3, -4, -6});
  if (type != "q8_0") throw std::runtime_error("no reference for " + type);
  std::vector<double> w;
  for (int i = 0; i < 32; ++i) w.push_back(half(b) * static_cast<std::int8_t>(b[2 + i]));
  return w;
}

}  // namespace lutra::test

// FP16 and BF16 conversions over their whole spaces.
#include "kernels/half.h"

#include <catch2/catch.hpp>
#include <limits>

namespace lutra::kernels {

TEST_CASE("every FP16 and BF16 value survives the way to FP32 and back") {
  int wrong = 0;
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const bool fp16_nan = (bits & 0x7FFF) > 0x7C00, bf16_nan = (bits & 0x7FFF) > 0x7F80;
    if (float_to_fp16(fp16_to_float(half)) != (fp16_nan ? 0x7E00 : half)) ++wrong;
    if (float_to_bf16(bf16_to_float(half)) != (bf16_nan ? 0x7FC0 : half)) ++wrong;
  }
  CHECK(wrong == 0);
}

TEST_CASE("values between two FP16 or BF16 values go to the nearer one, halves to the even one") {
  int wrong = 0;
  for (unsigned bits = 0; bits < 0x7BFF; ++bits) {
    const float low = fp16_to_float(static_cast<std::uint16_t>(bits)), high = fp16_to_float(static_cast<std::uint16_t>(bits + 1));
    const float middle = low + (high - low) / 2;
    if (float_to_fp16(middle) != (bits % 2 == 0 ? bits : bits + 1)) ++wrong;
    if (float_to_fp16(std::nextafter(middle, 0.0F)) != bits || float_to_fp16(std::nextafter(middle, high)) != bits + 1) ++wrong;
    if (float_to_fp16(-middle) != (0x8000 | float_to_fp16(middle))) ++wrong;
  }
  for (unsigned bits = 0; bits < 0x7F7F; ++bits) {
    const float middle = std::bit_cast<float>(bits << 16 | 0x8000);
    if (float_to_bf16(middle) != (bits % 2 == 0 ? bits : bits + 1)) ++wrong;
    if (float_to_bf16(std::nextafter(middle, std::numeric_limits<float>::infinity())) != bits + 1) ++wrong;
  }
  CHECK(wrong == 0);
}

TEST_CASE("overflow goes to infinity and NaN is canonical") {
  CHECK(float_to_fp16(65519.0F) == 0x7BFF);
  CHECK(float_to_fp16(65520.0F) == 0x7C00);
  CHECK(float_to_fp16(-1e30F) == 0xFC00);
  CHECK(float_to_bf16(std::numeric_limits<float>::max()) == 0x7F80);
  CHECK(float_to_fp16(-std::numeric_limits<float>::quiet_NaN()) == 0x7E00);
  CHECK(float_to_bf16(-std::numeric_limits<float>::quiet_NaN()) == 0x7FC0);
}

TEST_CASE("an output is stored in its type's own bits") {
  CHECK(output_bits("fp16", -1.0F) == 0xBC00);
  CHECK(output_bits("bf16", -1.0F) == 0xBF80);
  CHECK(output_bits("int8", -1.25F) == 0xFF);
  CHECK(output_bits("full", -1.0F) == 0xBF800000);
}

}  // namespace lutra::kernels

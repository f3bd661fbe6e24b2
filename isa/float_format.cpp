// Which formats there are, and which has a name.
#include "isa/float_format.h"

namespace lutra {
namespace {
constexpr FloatFormat kFormats[] = {kFp32, kFp16, kBf16, kFp8E4M3, kFp8E5M2, kFp8E4M3Saturating, kFp8E5M2Saturating};
}

std::span<const FloatFormat> float_formats() { return kFormats; }

const FloatFormat* find_float_format(std::string_view name) {
  for (const FloatFormat& f : kFormats)
    if (f.name == name) return &f;
  return nullptr;
}

}  // namespace lutra

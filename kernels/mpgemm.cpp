// Runs a plan: prepares activations, splits the outputs between threads, converts results.
#include "kernels/mpgemm.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "isa/error.h"
#include "kernels/half.h"
#include "kernels/kernel_set.h"
#include "kernels/parallel.h"
#include "kernels/tables.h"

namespace lutra::kernels {
namespace {

constexpr float kCanonicalNan = std::numeric_limits<float>::quiet_NaN();  // 0x7FC00000

OutputView resolve_output(const PlanData& plan, const Output& output, bool unit_token_scales) {
  if (output.data == nullptr) throw Error("mpgemm: the output has no address");
  const std::ptrdiff_t stride = output.stride == 0 ? plan.outputs : output.stride;
  if (stride < plan.outputs) throw Error(fmt::format("mpgemm: rows of output are {} apart, a row has {}", stride, plan.outputs));
  if (output.type == ValueType::kInt32) {
    if (plan.options.mode != TableMode::kExact)
      throw Error(fmt::format("mpgemm: INT32 output needs exact tables, the plan's are {}", to_string(plan.options.mode)));
    if (!plan.unit_scales || !unit_token_scales || plan.real_zeros)
      throw Error("mpgemm: INT32 output needs all scales to be 1 and integer zero points");
  }
  return {output.type, static_cast<std::uint8_t*>(output.data), stride, plan.outputs};
}

void run_dot(const PlanData& plan, const ResolvedActivations& activations, const OutputView& output, int threads) {
  const KernelSet& kernels = kernel_set(plan.target);
  const bool panels = activations.tokens >= kernels.panel_tokens && plan.max_value <= 255;
  const PaddedRows rows = pad_rows(plan, activations, panels);
  const DotCall call{
      &plan, rows.codes.data(), rows.row_bytes, rows.tiles.data(), rows.sums.data(), activations.scales.data(), activations.tokens, output};
  const auto run = panels ? kernels.dot_panels : kernels.dot_stream;
  parallel_parts(threads, plan.blocks, [&](int begin, int end) { run(call, begin, end); });
}

void run_lookup(const PlanData& plan, const ResolvedActivations& activations, const OutputView& output, int threads) {
  const KernelSet& kernels = kernel_set(plan.target);
  for (int token = 0; token < activations.tokens; ++token) {
    const ByteTables tables = build_byte_tables(plan, activations, token);
    const LookupCall call{&plan,
                          tables.bytes.data(),
                          tables.corrections.data(),
                          tables.sums.data(),
                          tables.scales.data(),
                          activations.scales[static_cast<std::size_t>(token)],
                          token,
                          output};
    parallel_parts(threads, plan.blocks, [&](int begin, int end) { kernels.lookup(call, begin, end); });
  }
}

template <typename To, typename Convert>
void store_as(std::uint8_t* to, int count, const float* values, const Convert& convert) {
  for (int i = 0; i < count; ++i) {
    const To value = convert(values[i]);
    std::memcpy(to + static_cast<std::size_t>(i) * sizeof(To), &value, sizeof(To));
  }
}

template <std::size_t N>
std::string_view name_of(const std::array<std::string_view, N>& names, std::size_t index) {
  return index < N ? names[index] : "?";
}

}  // namespace

void store_results(const OutputView& output, int token, int column, int count, const void* values) {
  const auto* floats = static_cast<const float*>(values);
  const std::ptrdiff_t at = token * output.stride + column;
  switch (output.type) {
    case ValueType::kInt32:
      std::memcpy(output.data + at * 4, values, static_cast<std::size_t>(count) * 4);
      return;
    case ValueType::kFp32:
      return store_as<float>(output.data + at * 4, count, floats, [](float v) { return std::isnan(v) ? kCanonicalNan : v; });
    case ValueType::kFp16:
      return store_as<std::uint16_t>(output.data + at * 2, count, floats, float_to_fp16);
    case ValueType::kBf16:
      return store_as<std::uint16_t>(output.data + at * 2, count, floats, float_to_bf16);
    case ValueType::kInt8:
      return store_as<std::int8_t>(output.data + at, count, floats, float_to_int8);
  }
}

void mpgemm(const Plan& plan, const Activations& activations, const Output& output, int threads) {
  const PlanData& data = plan.data();
  const ResolvedActivations resolved = resolve(data, activations);
  const bool unit = std::all_of(resolved.scales.begin(), resolved.scales.end(), [](float s) { return s == 1.0F; });
  const OutputView view = resolve_output(data, output, unit);
  switch (data.layout) {
    case Layout::kDot:
      return run_dot(data, resolved, view, threads);
    case Layout::kNibble:
    case Layout::kSixBit:
      return run_lookup(data, resolved, view, threads);
    case Layout::kCodes:
      for (int token = 0; token < resolved.tokens; ++token) scalar_gemm(data, resolved, token, view, threads);
  }
}

std::string_view to_string(Target target) {
  static constexpr std::array<std::string_view, 7> kNames = {"auto", "portable", "avx2", "avx512", "avx512vnni", "neon", "sve"};
  return name_of(kNames, static_cast<std::size_t>(target));
}

std::string_view to_string(Family family) {
  static constexpr std::array<std::string_view, 4> kNames = {"auto", "multiply-add", "lookup", "scalar"};
  return name_of(kNames, static_cast<std::size_t>(family));
}

std::string_view to_string(ValueType type) {
  static constexpr std::array<std::string_view, 5> kNames = {"int8", "int32", "fp16", "bf16", "fp32"};
  return name_of(kNames, static_cast<std::size_t>(type));
}

std::string_view to_string(TableMode mode) {
  static constexpr std::array<std::string_view, 3> kNames = {"exact", "quantised", "float"};
  return name_of(kNames, static_cast<std::size_t>(mode));
}

}  // namespace lutra::kernels

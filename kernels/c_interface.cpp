// The C interface: exceptions become return codes and messages.
#include <algorithm>
#include <cstring>
#include <exception>
#include <new>

#include "isa/error.h"
#include "kernels/lutra_kernels.h"
#include "kernels/mpgemm.h"

struct lutra_plan {
  lutra::kernels::Plan plan;
};

namespace {

using lutra::kernels::Family;
using lutra::kernels::PlanOptions;
using lutra::kernels::TableMode;
using lutra::kernels::Target;
using lutra::kernels::ValueType;
using lutra::kernels::WeightMatrix;
using lutra::kernels::ZeroMode;

constexpr int kFailed = 2;

template <typename Run>
int guarded(char* message, std::size_t size, const Run& run) {
  const auto report = [&](const char* what) {
    if (message == nullptr || size == 0) return kFailed;
    const std::size_t length = std::min(std::strlen(what), size - 1);
    std::memcpy(message, what, length);
    message[length] = '\0';
    return kFailed;
  };
  try {
    run();
    return 0;
  } catch (const std::exception& error) {
    return report(error.what());
  }
}

template <typename Enum>
Enum checked(const char* what, std::int32_t value, Enum last) {
  if (value < 0 || value > static_cast<std::int32_t>(last)) {
    throw lutra::Error(std::string(what) + " " + std::to_string(value) + " is not one of 0 to " + std::to_string(static_cast<int>(last)));
  }
  return static_cast<Enum>(value);
}

/// The first `count` values at `data`; Error when there are none but some are needed.
template <typename T>
std::span<const T> values(const char* what, const T* data, std::size_t count) {
  if (data == nullptr && count != 0) throw lutra::Error(std::string(what) + ": no address");
  return {data, count};
}

WeightMatrix weight_matrix(const lutra_weights& w) {
  WeightMatrix matrix;
  if (w.outputs < 1 || w.depth < 1 || w.group < 0) throw lutra::Error("weights: outputs and depth are at least 1, group at least 0");
  const auto n = static_cast<std::size_t>(w.outputs), k = static_cast<std::size_t>(w.depth);
  const std::size_t group = w.group == 0 ? k : static_cast<std::size_t>(w.group), parameters = (k + group - 1) / group * n;
  matrix.outputs = w.outputs;
  matrix.depth = w.depth;
  matrix.type.planes = w.planes;
  std::copy(std::begin(w.shifts), std::end(w.shifts), matrix.type.shifts.begin());
  matrix.type.zero_mode = checked("zero mode", w.zero_mode, ZeroMode::kPerColumn);
  matrix.type.zero = w.zero;
  matrix.group = w.group;
  matrix.codes = values("codes", w.codes, n * k);
  matrix.scales = values("scales", w.scales, w.scale_count);
  if (matrix.type.zero_mode == ZeroMode::kPerColumn) matrix.zeros = values("zeros", w.zeros, parameters);
  if (w.real_zeros != nullptr) matrix.real_zeros = {w.real_zeros, parameters};
  return matrix;
}

PlanOptions plan_options(const lutra_plan_options* o) {
  PlanOptions options;
  if (o == nullptr) return options;
  options.mode = checked("table mode", o->mode, TableMode::kFloat);
  options.table_k = o->table_k;
  options.table_group = o->table_group;
  options.pow2 = o->pow2 != 0;
  options.dense_ternary = o->dense_ternary != 0;
  options.batch = o->batch;
  options.family = checked("family", o->family, Family::kScalar);
  options.target = checked("target", o->target, Target::kSve);
  return options;
}

}  // namespace

extern "C" {

void lutra_default_options(lutra_plan_options* options) {
  const PlanOptions o;
  *options = {static_cast<std::int32_t>(o.mode),
              o.table_k,
              o.table_group,
              o.pow2 ? 1 : 0,
              o.dense_ternary ? 1 : 0,
              o.batch,
              static_cast<std::int32_t>(o.family),
              static_cast<std::int32_t>(o.target)};
}

int lutra_plan_create(const lutra_weights* weights, const lutra_plan_options* options, int threads, lutra_plan** plan, char* message,
                      size_t message_size) {
  return guarded(message, message_size, [&] {
    if (weights == nullptr || plan == nullptr) throw lutra::Error("lutra_plan_create: no address for weights or plan");
    *plan = new lutra_plan{lutra::kernels::make_plan(weight_matrix(*weights), plan_options(options), threads)};
  });
}

int lutra_mpgemm(const lutra_plan* plan, const lutra_activations* activations, const lutra_output* output, int threads, char* message,
                 size_t message_size) {
  return guarded(message, message_size, [&] {
    if (plan == nullptr || activations == nullptr || output == nullptr)
      throw lutra::Error("lutra_mpgemm: no address for plan, activations or output");
    lutra::kernels::Activations a{
        checked("activation type", activations->type, ValueType::kFp32), activations->data, activations->tokens, activations->stride, {}};
    if (activations->scales != nullptr) a.scales = {activations->scales, static_cast<std::size_t>(std::max(activations->tokens, 0))};
    lutra::kernels::mpgemm(plan->plan, a, {checked("output type", output->type, ValueType::kFp32), output->data, output->stride}, threads);
  });
}

void lutra_plan_free(lutra_plan* plan) { delete plan; }

}  // extern "C"

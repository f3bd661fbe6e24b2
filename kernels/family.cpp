// Which family and layout a plan gets: the measured crossover of lookups and multiply-adds.
#include <fmt/format.h>

#include "isa/error.h"
#include "kernels/kernel_set.h"
#include "kernels/packing.h"

namespace lutra::kernels {
namespace {

/// Up to `batch` tokens, lookups in exact tables are faster than multiply-adds for `planes` planes on `target`. Only what was measured
/// is listed (one token, 4096 x 4096, weights in cache; docs/kernels.md); `lutra kernels bench --crossover` measures larger batches.
struct Crossover {
  Target target;
  int planes;
  int batch;
};

constexpr Crossover kCrossovers[] = {
    {Target::kAvx2, 1, 1},
    {Target::kAvx512, 1, 1},
    {Target::kAvx512Vnni, 1, 1},
};

bool lookup_is_faster(const PlanData& plan) {
  for (const Crossover& c : kCrossovers) {
    if (c.target == plan.target && c.planes == plan.type.planes && plan.options.batch <= c.batch) return true;
  }
  return false;
}

Family automatic(const PlanData& plan) {
  switch (plan.options.mode) {
    case TableMode::kExact:
      return !plan.options.dense_ternary && lookup_is_faster(plan) ? Family::kLookup : Family::kMultiplyAdd;
    case TableMode::kQuantised:
      return plan.options.table_k == 4 ? Family::kLookup : Family::kScalar;
    case TableMode::kFloat:
      break;
  }
  return Family::kScalar;
}

[[noreturn]] void refuse(const PlanData& plan) {
  throw Error(fmt::format("plan: the {} family does not do {} tables of {} activations{}", to_string(plan.family),
                          to_string(plan.options.mode), plan.options.table_k,
                          plan.options.dense_ternary ? " with dense ternary weights" : ""));
}

}  // namespace

void choose_family(PlanData& plan) {
  plan.family = plan.options.family == Family::kAuto ? automatic(plan) : plan.options.family;
  const TableMode mode = plan.options.mode;
  switch (plan.family) {
    case Family::kMultiplyAdd:
      if (mode != TableMode::kExact) refuse(plan);
      plan.layout = Layout::kDot;
      return;
    case Family::kLookup:
      if (plan.options.dense_ternary || mode == TableMode::kFloat || (mode == TableMode::kQuantised && plan.options.table_k != 4))
        refuse(plan);
      plan.layout = mode == TableMode::kExact && plan.target == Target::kAvx512Vnni ? Layout::kSixBit : Layout::kNibble;
      plan.block_outputs = kLookupOutputs;
      return;
    case Family::kScalar:
      if (plan.options.dense_ternary) refuse(plan);
      plan.layout = Layout::kCodes;
      plan.block_outputs = 1;
      return;
    case Family::kAuto:
      break;
  }
}

}  // namespace lutra::kernels

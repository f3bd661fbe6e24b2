// Operations an element, by kind (docs/system.md, Edge devices).
#include "workloads/vector_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "isa/error.h"

namespace lutra::workloads {
namespace {

/// What an element of each kind costs: simple operations and special ones. Kinds that only multiply and accumulate have none.
struct ElementWork {
  const char* kind;
  double simple, special;
};
constexpr ElementWork kElementWork[] = {
    {"quantise", 4, 0},         // magnitude, maximum, product, rounding
    {"norm", 4, 0},             // square, sum, two products; the root of a token is not counted
    {"residual", 2, 0},         // scale, addition
    {"activation", 4, 1},       // two scales, product with the gate, one exponential or square
    {"rotary", 4, 0},           // scale, two products, sum
    {"rescale", 1, 0},          // scale
    {"kv_append", 2, 0},        // scale, conversion
    {"softmax", 4, 1},          // maximum, difference, sum, product; exponential
    {"attention_score", 1, 0},  // scale
    {"attention_value", 0, 0},
    {"embedding", 1, 0},  // conversion
    {"router", 2, 1},     // maximum, sum; exponential
};

}  // namespace

void VectorWork::add(const VectorWork& other, double times) {
  simple += times * other.simple;
  macs += times * other.macs;
  special += times * other.special;
}

VectorWork vector_work(std::string_view kind, double elements) {
  const auto found = std::find_if(std::begin(kElementWork), std::end(kElementWork), [&](const ElementWork& w) { return kind == w.kind; });
  if (found == std::end(kElementWork)) throw Error(fmt::format("no cost is known for the kind '{}'", kind));
  return {elements * found->simple, 0, elements * found->special};
}

VectorWork vector_work(const Operator& op) {
  try {
    VectorWork work = vector_work(op.kind, static_cast<double>(op.elements));
    work.macs = static_cast<double>(op.macs);
    return work;
  } catch (const Error& e) {
    throw Error(fmt::format("{}: {}", op.name, e.what()));
  }
}

}  // namespace lutra::workloads

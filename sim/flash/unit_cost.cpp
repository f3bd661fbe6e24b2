// Lines through the compiler's estimates, and rates of other units.
#include "sim/flash/unit_cost.h"

#include <algorithm>

#include "workloads/compile.h"

namespace lutra::flash {
namespace {

double product_ns(const ArchConfig& arch, long long tokens, long long outputs, long long depth, int bits) {
  const workloads::GemmShape shape{tokens, outputs, depth, {workloads::WeightKind::kTwosComplement, bits, 0}};
  return workloads::compile_gemm(arch, shape).estimate.total() * 1e3 / arch.clock_mhz;
}

}  // namespace

double UnitCost::ns(double bytes, double macs, double matrices) const {
  return macs <= 0 ? 0 : fixed_ns * matrices + std::max(bytes * ns_per_byte, macs * ns_per_mac);
}

UnitCost unit_cost(const Unit& unit, int bits, long long hidden, const std::function<ArchConfig(const std::string&)>& load_arch) {
  UnitCost cost;
  cost.name = unit.name;
  cost.kind = unit.kind;
  cost.watts = unit.watts;
  if (unit.kind != UnitKind::kLut) {
    cost.ns_per_byte = 1 / unit.gb_s;
    cost.prefill_ns_per_mac = 2 / unit.gop_s;
    return cost;
  }
  const ArchConfig arch = load_arch(unit.arch);
  const long long few = 256, many = 4096;
  const double small = product_ns(arch, 1, few, hidden, bits), large = product_ns(arch, 1, many, hidden, bits);
  cost.ns_per_mac = (large - small) / static_cast<double>((many - few) * hidden);
  cost.fixed_ns = std::max(0.0, small - cost.ns_per_mac * static_cast<double>(few * hidden));
  cost.prefill_ns_per_mac = product_ns(arch, kPrefillBatch, many, hidden, bits) / static_cast<double>(kPrefillBatch * many * hidden);
  // Each core takes its share of the outputs; the memory that they share is the caller's business.
  cost.ns_per_mac /= unit.cores;
  cost.prefill_ns_per_mac /= unit.cores;
  cost.gather = std::max(arch.array.columns, arch.array.table_inputs * arch.array.tables_per_lane);
  return cost;
}

}  // namespace lutra::flash

// Counts events of kernels and prices them.
#include "sim/gpu/energy.h"

#include <algorithm>
#include <cmath>

namespace lutra::gpu {
namespace {

constexpr double kPico = 1e-12;
constexpr EnergyComponent kComponents[] = {
    {"tensor", &GpuEnergy::tensor}, {"lut", &GpuEnergy::lut}, {"tables", &GpuEnergy::tables}, {"registers", &GpuEnergy::registers},
    {"shared", &GpuEnergy::shared}, {"l2", &GpuEnergy::l2},   {"hbm", &GpuEnergy::hbm},       {"vector", &GpuEnergy::vector},
    {"idle", &GpuEnergy::idle}};

// What a matrix instruction of a warp multiplies: 16 rows by 8 columns by 32 bytes of k (mma.sync m16n8k16 in FP16, m16n8k32 in INT8).
// A lookup-table unit's is taken to be as large, all planes at once, activations in place of their tables.
constexpr double kMmaRows = 16, kMmaColumns = 8, kMmaDepthBytes = 32;
// The tile that a warp keeps in its accumulators with a register file of 256 KiB; a larger one holds more columns. A warp reads each
// operand from shared memory once for so many rows or columns of the other's.
constexpr double kWarpRows = 64, kWarpColumns = 64, kRegisterKib = 256;
constexpr double kAccumulatorBytes = 4;

double warp_columns(const GpuHost& host) { return kWarpColumns * std::max(1.0, host.sm.register_kib / kRegisterKib); }

double macs_of(const KernelResult& result) { return result.plan ? result.plan->macs(result.kernel.gemm) : result.kernel.macs; }

void count_unit(Unit unit, int planes, double macs, GpuEvents& events) {
  if (unit == Unit::kFp16) events.fp16_mac += macs;
  if (unit == Unit::kFp8) events.fp8_mac += macs;
  if (unit == Unit::kInt8) events.int8_mac += macs;
  if (unit == Unit::kLut) events.lut_plane_mac += macs * planes;
}

/// What tensor pipes read and write in registers: both operands and the accumulators of every matrix instruction.
double register_bytes(double macs, double a_bytes, double w_bytes) {
  const double depth = kMmaDepthBytes / a_bytes;
  return macs * (a_bytes / kMmaColumns + w_bytes / kMmaRows + 2 * kAccumulatorBytes / depth);
}

void count_product(const GpuHost& host, const KernelResult& result, GpuEvents& events) {
  const GemmShape& s = result.kernel.gemm;
  const TilePlan& p = *result.plan;
  const double macs = macs_of(result), tiles = static_cast<double>(p.tiles), depth = static_cast<double>(s.k);
  const double rows = p.inner_rows(s), columns = p.inner_columns(s);
  count_unit(s.unit, s.planes, macs, events);
  // Eight entries of a byte stand for four activations once tables are there.
  const double a_shared = s.unit == Unit::kLut ? kTableBytes : s.a_bytes;
  const double a_register = s.unit == Unit::kLut ? 1 : s.a_bytes;
  events.register_byte += register_bytes(macs, a_register, s.w_shared_bytes);
  const double written = tiles * depth * (rows * a_shared + columns * s.w_shared_bytes);
  const double read =
      macs * (a_shared / std::min<double>(warp_columns(host), p.columns) + s.w_shared_bytes / std::min<double>(kWarpRows, p.rows));
  // Slices of k meet in shared memory: all but one write their sums, one reads them.
  const double sums = tiles * (p.slices - 1) * 2 * kAccumulatorBytes * p.rows * p.columns;
  events.shared_byte += written + read + sums;
  const double results = static_cast<double>(s.batch) * static_cast<double>(s.m) * static_cast<double>(s.n) * s.out_bytes;
  events.l2_byte += tiles * depth * (rows * s.a_bytes + columns * s.w_bytes) + results;
  events.hbm_byte += p.hbm_bytes;
  if (builds_tables(host, s.unit)) events.table_addition += tiles * p.rows * depth * kTableAdditions;
}

}  // namespace

void GpuEnergy::add(const GpuEnergy& other) {
  for (const EnergyComponent& c : kComponents) this->*c.joules += other.*c.joules;
}

std::span<const EnergyComponent> energy_components() { return kComponents; }

GpuEvents count_events(const GpuHost& host, const KernelResult& result) {
  const Kernel& k = result.kernel;
  GpuEvents events;
  events.vector = k.work;
  events.table_addition = k.table_additions;
  if (result.plan) {
    count_product(host, result, events);
    return events;
  }
  events.l2_byte = k.bytes;
  events.hbm_byte = fits_l2(host, k.bytes) ? 0 : k.bytes;
  if (k.kind == KernelKind::kFusedAttention) {
    const GemmShape fp16;
    count_unit(fp16.unit, 1, k.macs, events);
    events.register_byte = register_bytes(k.macs, fp16.a_bytes, fp16.w_bytes);
    events.shared_byte = k.macs * (fp16.a_bytes / warp_columns(host) + fp16.w_shared_bytes / kWarpRows);
  }
  return events;
}

GpuEnergy kernel_energy(const GpuHost& host, const EnergyCosts& costs, const KernelResult& result) {
  const GpuEvents n = count_events(host, result);
  const auto joules = [&costs](const char* event, double count) { return count * costs.pj(event) * kPico; };
  GpuEnergy energy;
  energy.tensor = joules("fp16_mac", n.fp16_mac) + joules("fp8_mac", n.fp8_mac) + joules("int8_mac", n.int8_mac);
  energy.lut = joules("lut_plane_mac", n.lut_plane_mac);
  energy.tables = joules("table_addition", n.table_addition);
  energy.registers = joules("register_byte", n.register_byte);
  energy.shared = joules("shared_byte", n.shared_byte);
  energy.l2 = joules("l2_byte", n.l2_byte);
  energy.hbm = n.hbm_byte * 8 * host.hbm.pj_per_bit * kPico;
  energy.vector =
      joules("vector_simple", n.vector.simple) + joules("vector_mac", n.vector.macs) + joules("vector_special", n.vector.special);
  energy.idle = host.power.idle_w * kernel_seconds(host, result);
  return energy;
}

}  // namespace lutra::gpu

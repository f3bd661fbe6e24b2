// Energy of kernels on a GPU host: events that the tile model counts, times what each costs.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/gpu/simulate.h"

namespace lutra::gpu {

/// Joules by component. `registers` is what the tensor pipes read and write; those of vector work are in its own cost. `idle` is the
/// board at rest over the kernel's time, launch included.
struct GpuEnergy {
  double tensor = 0, lut = 0, tables = 0, registers = 0, shared = 0, l2 = 0, hbm = 0, vector = 0, idle = 0;
  [[nodiscard]] double total() const { return tensor + lut + tables + registers + shared + l2 + hbm + vector + idle; }
  void add(const GpuEnergy& other);
};

struct EnergyComponent {
  const char* name;
  double GpuEnergy::*joules;
};
/// All components, in the order in which they are shown.
std::span<const EnergyComponent> energy_components();

/// What happened, as in the table of costs.
struct GpuEvents {
  double fp16_mac = 0, fp8_mac = 0, int8_mac = 0;  // multiply-accumulates of tensor cores, borders of tiles in full
  double lut_plane_mac = 0;                        // one-bit multiply-accumulates of lookup-table units
  double table_addition = 0;                       // of 16 bits
  double register_byte = 0, shared_byte = 0, l2_byte = 0, hbm_byte = 0;
  workloads::VectorWork vector;
};

/// Events of one kernel (docs/gpu.md, Energy, says how each is counted).
GpuEvents count_events(const GpuHost& host, const KernelResult& result);

/// One event's cost and where it comes from.
struct EnergyCost {
  std::string event;
  double pj = 0;
  std::string provenance;
};

/// A table of all events' costs. HBM and the board at rest are the host's.
class EnergyCosts {
 public:
  /// Reads CSV: event,energy_pj,provenance; the last may hold commas. Throws Error with file, line and what is allowed, also for events
  /// that are missing or given twice.
  static EnergyCosts parse(const std::string& csv, const std::string& file);
  /// A file, or with an empty name the built-in table (configs/gpu/energy.csv).
  static EnergyCosts load(const std::string& file);

  [[nodiscard]] const std::vector<EnergyCost>& rows() const { return rows_; }
  [[nodiscard]] double pj(std::string_view event) const;

 private:
  std::vector<EnergyCost> rows_;
};

GpuEnergy kernel_energy(const GpuHost& host, const EnergyCosts& costs, const KernelResult& result);

/// The built-in table of costs, generated at build time from configs/gpu/energy.csv.
std::string_view embedded_energy(std::string_view name);
std::vector<std::string_view> embedded_energy_names();

}  // namespace lutra::gpu

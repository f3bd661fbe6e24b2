// Dense prefill: every weight once, layer after layer.
#include <fmt/format.h>

#include <algorithm>

#include "sim/flash/decoder.h"

namespace lutra::flash {

PrefillResult prefill(const DecodeSetup& setup, const std::string& unit_name, std::int64_t tokens) {
  constexpr std::uint32_t kRead = 512 * 1024;
  const Footprint f = footprint(setup.model, setup.storage);
  const workloads::SparsityShape shape = workloads::sparsity_shape(setup.model);
  const UnitCost unit =
      unit_cost(find_unit(setup.phone, unit_name), static_cast<int>(setup.storage.bits + 0.5), setup.model.hidden, setup.load_arch);
  const double layer_bytes = f.neuron * shape.neurons * shape.experts;
  const double all = layer_bytes * shape.layers, room = std::max(0.0, setup.budget_bytes - f.fixed - setup.staging_bytes);
  const double read_bytes = std::max(0.0, all - room) / shape.layers;  // of a layer
  const double tokens_d = static_cast<double>(tokens);
  // Every token goes through its own experts, and through attention.
  const double macs = tokens_d * (f.macs * shape.neurons * shape.active_experts + f.attention * 8 / setup.storage.bits);
  const double layer_compute = std::max(macs * unit.prefill_ns_per_mac, (layer_bytes + f.attention) / setup.phone.dram_gb_s);
  storage::FlashDevice device(setup.device, setup.phone.io_core, setup.phone.io_threads);
  const double command_ns = static_cast<double>(device.service_time({0, kRead, storage::Pattern::kSequential, 0, 0}));
  const double layer_read = read_bytes / kRead * command_ns;
  PrefillResult result;
  // The first layer's reads have nothing to hide behind.
  result.seconds = (layer_read + (shape.layers - 1) * std::max(layer_read, layer_compute) + layer_compute) * 1e-9;
  result.read_s = layer_read * shape.layers * 1e-9;
  result.compute_s = layer_compute * shape.layers * 1e-9;
  result.flash_bytes = read_bytes * shape.layers;
  const double dram_bytes = (layer_bytes + f.attention) * shape.layers + result.flash_bytes;
  result.joules = result.seconds * setup.phone.base_watts + result.compute_s * unit.watts +
                  dram_bytes * 8 * setup.phone.dram_pj_per_bit * 1e-12 + result.flash_bytes * setup.device.energy_pj_per_byte * 1e-12 +
                  result.flash_bytes / kRead * setup.device.energy_nj_per_command * 1e-9;
  return result;
}

}  // namespace lutra::flash

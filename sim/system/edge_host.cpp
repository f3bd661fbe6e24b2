// The table of a host's keys, and the hosts that need no file.
#include "sim/system/edge_host.h"

#include <fmt/format.h>

#include <filesystem>

#include "isa/error.h"
#include "isa/file.h"
#include "sim/system/embedded_edge_hosts.h"

namespace lutra::system {
namespace {

constexpr std::uint64_t kMaxHostBytes = 1 << 20;

// clang-format off
constexpr double kMax = 1e6;
#define FIELD(path) LUTRA_RECORD_MEMBER(EdgeHost, path)
const std::vector<RecordField>& table() {
  static const std::vector<RecordField> kTable = {
      {"name", "", FIELD(name), 0, 0, {}, true, "name of the host"},
      {"description", "", FIELD(description), 0, 0, {}, false, "one line on it"},
      {"cores", "", FIELD(cores), 1, 64, {}, true, "LUT cores that share the memory"},
      {"core.clock_mhz", "MHz", FIELD(core_clock_mhz), 1, 20000, {}, true, "their clock, in place of the core's own"},
      {"memory.bandwidth_gb_s", "GB/s", FIELD(bandwidth_gb_s), 0.001, kMax, {}, true, "of the shared memory"},
      {"memory.latency_ns", "ns", FIELD(latency_ns), 0, kMax, {}, true, "from a request to its first data"},
      {"memory.size_gib", "GiB", FIELD(size_gib), 0.001, kMax, {}, true, "size"},
      {"memory.energy_pj_per_bit", "pJ/bit", FIELD(dram_pj_per_bit), 0, kMax, {}, true, "device and interface"},
      {"vector.lanes", "", FIELD(lanes), 1, 65536, {}, true, "lanes of the vector unit"},
      {"vector.clock_mhz", "MHz", FIELD(vector_clock_mhz), 1, 20000, {}, true, "its clock"},
      {"vector.simple_per_lane", "ops", FIELD(simple_per_lane), 0.001, 64, {}, false, "additions, multiplications, comparisons, conversions a lane and cycle"},
      {"vector.macs_per_lane", "ops", FIELD(macs_per_lane), 0.001, 64, {}, false, "FP16 multiply-accumulates a lane and cycle"},
      {"vector.special_per_lane", "ops", FIELD(special_per_lane), 0.001, 64, {}, false, "exponentials, reciprocals, roots a lane and cycle"},
      {"vector.start_ns", "ns", FIELD(start_ns), 0, kMax, {}, false, "before an operator's first result"},
      {"energy.node_nm", "nm", FIELD(node_nm), 1, 1000, {}, false, "process of the on-chip SRAM"},
      {"energy.one_bit_mac_fj", "fJ", FIELD(one_bit_mac_fj), 0, kMax, {}, false, "array, for each one-bit multiply-accumulate"},
      {"energy.table_entry_fj", "fJ", FIELD(table_entry_fj), 0, kMax, {}, false, "table builder, for each entry"},
      {"energy.vector_simple_pj", "pJ", FIELD(vector_simple_pj), 0, kMax, {}, false, "vector unit, a simple operation"},
      {"energy.vector_mac_pj", "pJ", FIELD(vector_mac_pj), 0, kMax, {}, false, "vector unit, a multiply-accumulate"},
      {"energy.vector_special_pj", "pJ", FIELD(vector_special_pj), 0, kMax, {}, false, "vector unit, an exponential"},
      {"energy.leakage_mw", "mW", FIELD(leakage_mw), 0, kMax, {}, false, "all units, always"},
  };
  return kTable;
}
#undef FIELD
// clang-format on

}  // namespace

std::span<const RecordField> edge_host_fields() { return table(); }

std::vector<std::string> edge_host_names() {
  std::vector<std::string> names;
  for (const std::string_view file : embedded_edge_host_names()) names.emplace_back(file.substr(0, file.find(".yaml")));
  return names;
}

EdgeHost load_edge_host(const std::string& name_or_file) {
  EdgeHost host;
  const std::string_view embedded = embedded_edge_host(name_or_file + ".yaml");
  if (!embedded.empty() && !std::filesystem::exists(name_or_file)) {
    read_record(std::string(embedded), name_or_file + ".yaml", edge_host_fields(), &host);
    return host;
  }
  if (name_or_file.find_first_of("/.") == std::string::npos && !std::filesystem::exists(name_or_file)) {
    std::string list;
    for (const std::string& name : edge_host_names()) list += (list.empty() ? "" : ", ") + name;
    const std::string near = nearest(name_or_file, edge_host_names());
    throw Error(fmt::format("--host '{}' is neither a file nor a built-in host ({}){}", name_or_file, list,
                            near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
  }
  read_record(read_file(name_or_file, kMaxHostBytes), name_or_file, edge_host_fields(), &host);
  return host;
}

}  // namespace lutra::system

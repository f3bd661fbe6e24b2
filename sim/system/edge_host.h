// An edge device: cores that share one memory with a vector unit, and what their work costs.
#pragma once

#include <string>
#include <vector>

#include "isa/record.h"

namespace lutra::system {

struct EdgeHost {
  std::string name, description;
  int cores = 1;
  double core_clock_mhz = 1000;
  double bandwidth_gb_s = 6.4, latency_ns = 120, size_gib = 4, dram_pj_per_bit = 4;
  int lanes = 64;
  double vector_clock_mhz = 1000;
  double simple_per_lane = 1, macs_per_lane = 2, special_per_lane = 0.25;  // operations a lane and cycle
  double start_ns = 500;                                                   // of every operator on the vector unit
  double node_nm = 28, one_bit_mac_fj = 31.7, table_entry_fj = 100;
  double vector_simple_pj = 1, vector_mac_pj = 1.5, vector_special_pj = 5, leakage_mw = 50;
};

/// The keys of a host's YAML.
std::span<const RecordField> edge_host_fields();

/// A YAML file, or the name of a built-in host (configs/edge). Throws Error as read_record() does.
EdgeHost load_edge_host(const std::string& name_or_file);
std::vector<std::string> edge_host_names();

}  // namespace lutra::system

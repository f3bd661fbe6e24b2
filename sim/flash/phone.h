// A device that runs a language model from flash: its memory, its compute units, its storage; read from YAML.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lutra::flash {

enum class UnitKind : std::uint8_t {
  kCpu,  // gathers single neurons
  kMac,  // dense matrices only
  kLut,  // the LUT core: dense matrices, and clusters of neurons as wide as its tiles
};

/// Something that multiplies weights. Time of a product: the longer of weight bytes and multiply-accumulates.
struct Unit {
  std::string name;
  UnitKind kind = UnitKind::kCpu;
  double gb_s = 0;   // weights it streams at batch 1
  double gop_s = 0;  // two operations a multiply-accumulate, large batches
  double watts = 0;  // while it works, without DRAM
  std::string arch;  // kLut: the architecture whose costs are used; gb_s and gop_s follow from it
  int cores = 1;     // kLut: cores that share the outputs of a product
};

struct Phone {
  std::string name;
  std::string description;
  std::string storage;  // name of its storage description
  std::string io_core;  // which kind of core submits reads
  int io_threads = 1;
  double available_gb = 0;  // most DRAM a model may take, 10^9 bytes
  double dram_gb_s = 0;     // that all units together reach
  double dram_pj_per_bit = 0;
  double base_watts = 0;  // everything else that is on
  double copy_gb_s = 0;   // DRAM to DRAM, bytes copied a second
  std::vector<Unit> units;
};

/// Reads and checks a description. Throws Error with file, line, key, what was given and what is allowed.
Phone parse_phone(const std::string& yaml, const std::string& file);
/// The unit of that name; throws Error with the names there are.
const Unit& find_unit(const Phone& phone, const std::string& name);

}  // namespace lutra::flash

// What publications report about models that run from flash, beside what this simulator says with the devices' data.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "isa/arch_config.h"
#include "sim/flash/phone.h"
#include "sim/storage/storage_config.h"

namespace lutra::flash {

struct Comparison {
  std::string name;
  std::string unit;
  double published = 0;
  double simulated = 0;
  double tolerance = 0;  // allowed |simulated / published - 1|; 0: shown only
  [[nodiscard]] double deviation() const { return simulated / published - 1; }
};

/// Finds descriptions by name.
struct Library {
  std::function<Phone(const std::string&)> phone;
  std::function<storage::StorageConfig(const std::string&)> storage;
  std::function<ArchConfig(const std::string&)> arch;
};

/// PowerInfer-2 (arXiv 2406.06282v3) on a OnePlus 12.
std::vector<Comparison> compare_powerinfer2(const Library& library, std::int64_t tokens, std::uint64_t seed);
/// LLM in a flash (arXiv 2312.11514): OPT 6.7B on an M1 Max.
std::vector<Comparison> compare_llm_in_flash(const Library& library, std::int64_t tokens, std::uint64_t seed);
/// What the two take for granted beyond the descriptions of the devices, a sentence each.
const std::vector<std::string>& publication_assumptions();

}  // namespace lutra::flash

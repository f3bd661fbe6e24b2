// What the flash commands share: descriptions by name, and the policy that options choose.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "sim/flash/decoder.h"
#include "sim/flash/publications.h"

namespace lutra::cli {

/// Reads a phone: an existing file, or the name of an embedded one. Throws Error.
flash::Phone load_phone(const std::string& name_or_file);
/// Reads a storage device in the same way.
storage::StorageConfig load_storage(const std::string& name_or_file);
/// All three by name.
flash::Library flash_library();

/// A policy by name, and what is changed of it.
struct PolicyOptions {
  std::string name = "segmented", layout, residency, schedule, dense_unit, sparse_unit;
  double hot_share = -2;  // not given
  int window = 0, cluster = 0;
};
void add_policy_options(CLI::App& command, PolicyOptions& options);
/// Throws Error for names that no table has.
flash::Policy chosen_policy(const PolicyOptions& options);

}  // namespace lutra::cli

// Reads safetensors files in place, single or sharded with an index.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "workloads/import/mapped_file.h"
#include "workloads/import/tensor_file.h"

namespace lutra::workloads {

/// `file` is the name used in messages. Throws Error with the offset for anything truncated, unknown or contradictory.
TensorTable parse_safetensors(std::span<const std::uint8_t> bytes, const std::string& file);

/// File names of the shards that an index (model.safetensors.index.json) names, each once. Throws Error for names with a folder in them.
std::vector<std::string> parse_safetensors_index(const std::string& json, const std::string& file);

}  // namespace lutra::workloads

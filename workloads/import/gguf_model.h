// The shapes of a language model from a GGUF file's metadata.
#pragma once

#include <optional>

#include "workloads/import/gguf.h"
#include "workloads/model.h"

namespace lutra::workloads {

/// Architectures llama, qwen2, qwen3, gemma2, gemma3, opt, bloom, falcon, bitnet (and -b1.58). The projections' type is `weights`, else
/// that of most of the layers' weights. Throws Error naming the key that is missing or impossible.
ModelConfig gguf_model(const GgufFile& gguf, const std::string& file, const std::string& name, const std::optional<WeightFormat>& weights);

}  // namespace lutra::workloads

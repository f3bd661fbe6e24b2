// A language model as its Hugging Face config.json describes it: the shapes, not the weights.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "workloads/weight_format.h"

namespace lutra::workloads {

enum class Positions { kRotary, kLearned, kAlibi };

/// Names of a layer's operators differ between families; shapes follow from the figures below.
enum class Family { kLlama, kBitnet, kMixtral, kOpt, kBloom, kFalcon };

struct ModelConfig {
  std::string name;  // file stem, or name of the embedded model
  Family family = Family::kLlama;
  long long hidden = 0;
  long long ffn = 0;
  int layers = 0;
  int heads = 0;
  int kv_heads = 0;
  int head_dim = 0;
  long long vocabulary = 0;
  long long embedding = 0;  // width of the embedding and of the LM head: that of the hidden states, but for the smallest OPT
  std::string activation;
  bool gated = true;        // FFN of gate, up and down instead of two projections
  bool sub_norms = false;   // BitNet: a norm before the output projection and before the down projection
  bool qk_norms = false;    // Qwen3, Gemma 3: a norm of each head of q and k
  bool post_norms = false;  // Gemma 2 and 3: a norm behind attention and behind the FFN too
  bool norms_first = true;  // in front of attention and FFN, and one in front of the LM head; else behind their residuals
  bool parallel = false;    // Falcon: attention and FFN are added together and read the same norm
  bool two_norms = false;   // where they are parallel: a norm of its own for each
  Positions positions = Positions::kRotary;
  int experts = 0;           // 0: dense
  int active_experts = 0;    // experts a token goes through
  std::vector<int> windows;  // keys that a query of each layer looks at, itself among them, 0: all; empty: all in every layer
  WeightFormat weights;      // of the layers' projections
  WeightFormat lm_head{WeightKind::kTwosComplement, 8, 0};
};

/// Reads a config.json (model_type llama, mistral, mixtral, qwen2, qwen3, gemma2, gemma3, opt, bloom, falcon, bitnet). Keys that published
/// files leave out have the values that the family's own code has for them. `path` is a file, or the name of an embedded model
/// (embedded_model_names). The weights' type is `weights` when given; else that of quantization_config
/// (bitnet; bits and group_size of gptq, awq); else ternary for the bitnet family and int4_g128 for the others. Throws Error with file,
/// line, key, what was given and what is allowed.
ModelConfig load_model(const std::string& path, const std::optional<WeightFormat>& weights = {});
/// The same from text; `file` is the name used in messages, `name` becomes ModelConfig::name.
ModelConfig parse_model(const std::string& json, const std::string& file, const std::string& name,
                        const std::optional<WeightFormat>& weights = {});
/// Models that need no file.
std::vector<std::string> embedded_model_names();

std::string to_string(Family family);

}  // namespace lutra::workloads

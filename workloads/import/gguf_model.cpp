// Says in the words of a config.json what GGUF says in its own, so that one reader checks both.
#include "workloads/import/gguf_model.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "isa/error.h"
#include "workloads/types/lowering.h"

namespace lutra::workloads {
namespace {

class Metadata {
 public:
  Metadata(const GgufFile& gguf, std::string file) : gguf_(gguf), file_(std::move(file)) {}

  [[nodiscard]] std::string text(const std::string& key) const {
    const auto found = gguf_.metadata.find(key);
    const std::string* value = found == gguf_.metadata.end() ? nullptr : std::get_if<std::string>(&found->second);
    if (value == nullptr) throw Error(fmt::format("the metadata has no text '{}'", key), {file_});
    return *value;
  }
  [[nodiscard]] std::optional<std::int64_t> integer(const std::string& key) const {
    const auto found = gguf_.metadata.find(key);
    if (found == gguf_.metadata.end()) return std::nullopt;
    if (const auto* value = std::get_if<std::int64_t>(&found->second)) return *value;
    if (const auto* array = std::get_if<GgufArray>(&found->second); array != nullptr && key == "tokenizer.ggml.tokens")
      return static_cast<std::int64_t>(array->count);
    throw Error(fmt::format("the metadata's '{}' is no whole number", key), {file_});
  }
  /// Copies an integer into the configuration under another name.
  void copy(nlohmann::json& config, const std::string& key, const char* name) const {
    if (const auto value = integer(key)) config[name] = *value;
  }

 private:
  const GgufFile& gguf_;
  std::string file_;
};

/// The type of most weights of the layers that weight planes hold; none when there is no such type.
std::optional<WeightFormat> usual_type(const GgufFile& gguf) {
  std::map<std::string, std::size_t> bytes;
  for (const auto& [name, tensor] : gguf.tensors)
    if (tensor.shape.size() >= 2 && name.rfind("blk.", 0) == 0) bytes[tensor.type] += tensor.bytes.size();
  std::string most;
  for (const auto& [type, count] : bytes)
    if (most.empty() || count > bytes[most]) most = type;
  for (const DataType& type : builtin_types())
    if (type.name == most) return parse_weight_format(most);
  return std::nullopt;
}

}  // namespace

ModelConfig gguf_model(const GgufFile& gguf, const std::string& file, const std::string& name, const std::optional<WeightFormat>& weights) {
  const Metadata metadata(gguf, file);
  const std::string architecture = metadata.text("general.architecture");
  const std::string prefix = architecture + ".";
  nlohmann::json config;
  const bool experts = metadata.integer(prefix + "expert_count").value_or(0) > 0;
  const bool sliding = metadata.integer(prefix + "attention.sliding_window").value_or(0) > 0;
  config["model_type"] = architecture == "bitnet-b1.58"       ? "bitnet"
                         : architecture == "gemma3"           ? "gemma3_text"
                         : experts && architecture == "llama" ? "mixtral"
                         : sliding && architecture == "llama" ? "mistral"
                                                              : architecture;
  metadata.copy(config, prefix + "embedding_length", "hidden_size");
  metadata.copy(config, prefix + "block_count", "num_hidden_layers");
  metadata.copy(config, prefix + "attention.head_count", "num_attention_heads");
  metadata.copy(config, prefix + "attention.head_count_kv", architecture == "falcon" ? "num_kv_heads" : "num_key_value_heads");
  metadata.copy(config, prefix + "attention.key_length", "head_dim");
  metadata.copy(config, prefix + "feed_forward_length",
                architecture == "opt"      ? "ffn_dim"
                : architecture == "falcon" ? "ffn_hidden_size"
                : architecture == "bloom"  ? "n_inner"
                                           : "intermediate_size");
  if (sliding) metadata.copy(config, prefix + "attention.sliding_window", "sliding_window");
  if (experts) {
    metadata.copy(config, prefix + "expert_count", "num_local_experts");
    metadata.copy(config, prefix + "expert_used_count", "num_experts_per_tok");
  }
  if (architecture == "falcon") config["new_decoder_architecture"] = true;  // the heads are counted
  metadata.copy(config, "tokenizer.ggml.tokens", "vocab_size");
  metadata.copy(config, prefix + "vocab_size", "vocab_size");
  if (const auto found = gguf.tensors.find("token_embd.weight"); !config.contains("vocab_size") && found != gguf.tensors.end())
    config["vocab_size"] = found->second.shape.front();
  config["hidden_act"] = architecture == "bitnet" || architecture == "bitnet-b1.58" ? "relu2"
                         : architecture.rfind("gemma", 0) == 0                      ? "gelu"
                                                                                    : "silu";
  return parse_model(config.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), file + " (its metadata as a configuration)",
                     name, weights ? weights : usual_type(gguf));
}

}  // namespace lutra::workloads

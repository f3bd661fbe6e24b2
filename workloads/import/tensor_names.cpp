// Names of tensors: Hugging Face's differ by prefix, GGUF's by a table.
#include "workloads/import/tensor_names.h"

#include <array>
#include <charconv>
#include <utility>

namespace lutra::workloads {
namespace {

/// The end of an operator's name and what GGUF calls it.
constexpr std::array<std::pair<const char*, const char*>, 15> kGguf{{{"self_attn.q_proj", "attn_q"},
                                                                     {"self_attn.k_proj", "attn_k"},
                                                                     {"self_attn.v_proj", "attn_v"},
                                                                     {"self_attn.o_proj", "attn_output"},
                                                                     {"self_attn.out_proj", "attn_output"},
                                                                     {"self_attention.query_key_value", "attn_qkv"},
                                                                     {"self_attention.dense", "attn_output"},
                                                                     {"mlp.gate_proj", "ffn_gate"},
                                                                     {"mlp.up_proj", "ffn_up"},
                                                                     {"mlp.down_proj", "ffn_down"},
                                                                     {"mlp.dense_h_to_4h", "ffn_up"},
                                                                     {"mlp.dense_4h_to_h", "ffn_down"},
                                                                     {"fc1", "ffn_up"},
                                                                     {"fc2", "ffn_down"},
                                                                     {"block_sparse_moe.gate", "ffn_gate_inp"}}};
constexpr std::array<const char*, 6> kPrefixes{
    "model.", "", "model.decoder.", "transformer.", "model.language_model.", "language_model.model."};

/// "layers.3.mlp.up_proj" to 3 and "mlp.up_proj".
std::pair<std::string, std::string> split_layer(const std::string& name) {
  const std::string head = "layers.";
  if (name.rfind(head, 0) != 0) return {"", name};
  const std::size_t dot = name.find('.', head.size());
  if (dot == std::string::npos) return {"", name};
  return {name.substr(head.size(), dot - head.size()), name.substr(dot + 1)};
}

}  // namespace

std::vector<std::string> tensor_names(const std::string& operator_name) {
  std::vector<std::string> names{operator_name};
  if (operator_name == "lm_head") {
    // Models that tie their embeddings have no head of its own.
    for (const char* name :
         {"lm_head.weight", "language_model.lm_head.weight", "output.weight", "model.embed_tokens.weight",
          "model.decoder.embed_tokens.weight", "language_model.model.embed_tokens.weight", "model.language_model.embed_tokens.weight",
          "transformer.word_embeddings.weight", "word_embeddings.weight", "token_embd.weight"})
      names.emplace_back(name);
    return names;
  }
  const auto [layer, rest] = split_layer(operator_name);
  for (const char* prefix : kPrefixes) names.push_back(prefix + operator_name + ".weight");
  if (layer.empty()) return names;
  for (const char* prefix : {"transformer.h.", "h."}) names.push_back(prefix + layer + "." + rest + ".weight");
  for (const auto& [end, gguf] : kGguf)
    if (rest == end) names.push_back("blk." + layer + "." + gguf + ".weight");
  return names;
}

ExpertSlice expert_slice(const std::string& operator_name) {
  const auto [layer, rest] = split_layer(operator_name);
  const std::string head = "block_sparse_moe.experts.";
  if (layer.empty() || rest.rfind(head, 0) != 0) return {};
  ExpertSlice slice;
  const char* first = rest.data() + head.size();
  const auto [end, code] = std::from_chars(first, rest.data() + rest.size(), slice.expert);
  if (code != std::errc()) return {};
  const std::string which(end, rest.data() + rest.size());
  const char* name = which == ".w1" ? "ffn_gate_exps" : which == ".w3" ? "ffn_up_exps" : which == ".w2" ? "ffn_down_exps" : nullptr;
  if (name == nullptr) return {};
  slice.tensor = "blk." + layer + "." + name + ".weight";
  return slice;
}

}  // namespace lutra::workloads

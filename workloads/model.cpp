// Reads model configurations and checks that their shapes fit together.
#include "workloads/model.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>

#include "isa/error.h"
#include "isa/file.h"
#include "workloads/embedded_models.h"
#include "workloads/json_reader.h"

namespace lutra::workloads {
namespace {

constexpr std::uint64_t kMaxConfigBytes = 1 << 20;
constexpr std::int64_t kMaxDimension = 1 << 22;
constexpr std::int64_t kMaxLayers = 4096;
constexpr std::int64_t kMaxHeads = 65536;
constexpr int kDefaultGroup = 128;

struct FamilyName {
  Family family;
  const char* model_type;
};
constexpr std::array<FamilyName, 11> kFamilies{{{Family::kLlama, "llama"},
                                                {Family::kBitnet, "bitnet"},
                                                {Family::kMixtral, "mixtral"},
                                                {Family::kOpt, "opt"},
                                                {Family::kBloom, "bloom"},
                                                {Family::kFalcon, "falcon"},
                                                // The same operators as llama, some with more norms:
                                                {Family::kLlama, "mistral"},
                                                {Family::kLlama, "qwen2"},
                                                {Family::kLlama, "qwen3"},
                                                {Family::kLlama, "gemma2"},
                                                {Family::kLlama, "gemma3_text"}}};

/// The first of `keys` that is there; the first of all, to be reported as missing, when none is.
std::string either(const JsonObject& object, const std::vector<std::string>& keys) {
  for (const std::string& key : keys)
    if (object.has(key)) return key;
  return keys.front();
}

/// What a family's own code takes for keys that its published files leave out; 0 where they never do.
struct FamilyDefaults {
  const char* model_type;
  std::int64_t vocabulary, heads, kv_heads, head_dim, window;
};
constexpr std::array<FamilyDefaults, 3> kDefaults{
    {{"gemma2", 0, 8, 4, 256, 4096}, {"gemma3_text", 262208, 8, 4, 256, 4096}, {"qwen3", 0, 0, 0, 128, 0}}};

FamilyDefaults defaults_of(const std::string& type) {
  for (const FamilyDefaults& d : kDefaults)
    if (type == d.model_type) return d;
  return {};
}

/// integer(), or `otherwise` where the key is missing and that is not 0.
std::int64_t integer_unless(const JsonObject& object, const std::string& key, std::int64_t max, std::int64_t otherwise) {
  return otherwise > 0 ? object.integer_or(key, 1, max, otherwise) : object.integer(key, 1, max);
}

bool flag(const JsonObject& object, const std::string& key, bool otherwise) { return object.has(key) ? object.boolean(key) : otherwise; }

Family read_family(const JsonObject& object, const std::string& type) {
  std::vector<std::string> names;
  for (const FamilyName& f : kFamilies) {
    if (type == f.model_type) return f.family;
    names.emplace_back(f.model_type);
  }
  const std::string near = nearest(type, names);
  object.refuse("model_type", fmt::format("model_type is '{}', allowed are {}{}", type, listed(names),
                                          near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
}

WeightFormat read_weights(const JsonText& text, const nlohmann::json& parent, const JsonObject& object, Family family) {
  const WeightFormat otherwise =
      family == Family::kBitnet ? WeightFormat{WeightKind::kTernary, 2, 0} : WeightFormat{WeightKind::kTwosComplement, 4, kDefaultGroup};
  if (!object.has("quantization_config")) return otherwise;
  const JsonObject quantisation(text, parent.at("quantization_config"), "quantization_config: ");
  const std::string method = quantisation.string_or("quant_method", "");
  if (method == "bitnet") return {WeightKind::kTernary, 2, 0};
  if (method == "gptq" || method == "awq") {
    const auto bits = static_cast<int>(quantisation.integer("bits", 1, kernels::kMaxPlanes));
    const std::int64_t group = quantisation.integer_or("group_size", -1, kMaxDimension, -1);
    return {WeightKind::kZeroPoint, bits, group < 1 ? 0 : static_cast<int>(group)};
  }
  quantisation.refuse("quant_method",
                      fmt::format("quant_method is '{}', allowed are bitnet, gptq and awq; or state the weights' type yourself", method));
}

/// Falcon says it with three keys of its own.
int read_kv_heads(const JsonObject& object, const ModelConfig& model, const FamilyDefaults& defaults) {
  if (model.family != Family::kFalcon)
    return static_cast<int>(
        object.integer_or("num_key_value_heads", 1, kMaxHeads, defaults.kv_heads > 0 ? defaults.kv_heads : model.heads));
  if (flag(object, "new_decoder_architecture", false))
    return static_cast<int>(object.integer_or("num_kv_heads", 1, kMaxHeads, model.heads));
  return flag(object, "multi_query", true) ? 1 : model.heads;
}

void read_heads(const JsonObject& object, ModelConfig& model, const std::string& hidden_key, const FamilyDefaults& defaults) {
  const std::string key = either(object, {"num_attention_heads", "n_head"});
  model.heads = static_cast<int>(integer_unless(object, key, kMaxHeads, defaults.heads));
  model.kv_heads = read_kv_heads(object, model, defaults);
  if (model.heads % model.kv_heads != 0) {
    object.refuse("num_key_value_heads",
                  fmt::format("num_key_value_heads is {}, allowed is a divisor of {} {}", model.kv_heads, key, model.heads));
  }
  if (object.has("head_dim") || defaults.head_dim > 0) {
    model.head_dim = static_cast<int>(object.integer_or("head_dim", 1, kMaxHeads, defaults.head_dim));
  } else {
    if (model.hidden % model.heads != 0) {
      object.refuse(hidden_key, fmt::format("{} is {}, allowed is a multiple of {} {} (or state head_dim)", hidden_key, model.hidden, key,
                                            model.heads));
    }
    model.head_dim = static_cast<int>(model.hidden / model.heads);
  }
}

void read_ffn(const JsonObject& object, ModelConfig& model) {
  switch (model.family) {
    case Family::kOpt:
      model.ffn = object.integer("ffn_dim", 1, kMaxDimension);
      model.activation = object.string_or("activation_function", "relu");
      model.gated = false;
      model.positions = Positions::kLearned;
      break;
    case Family::kBloom:
      model.ffn = object.integer_or("n_inner", 1, kMaxDimension, 4 * model.hidden);
      model.activation = "gelu";
      model.gated = false;
      model.positions = Positions::kAlibi;
      break;
    case Family::kFalcon:
      model.ffn = object.integer_or("ffn_hidden_size", 1, kMaxDimension, 4 * model.hidden);
      model.activation = object.string_or("activation", "gelu");
      model.gated = false;
      model.positions = flag(object, "alibi", false) ? Positions::kAlibi : Positions::kRotary;
      // Its newer layers are parallel whatever parallel_attn says.
      model.two_norms = flag(object, "new_decoder_architecture", false);
      model.parallel = model.two_norms || flag(object, "parallel_attn", true);
      model.two_norms = model.two_norms && object.integer_or("num_ln_in_parallel_attn", 1, 2, 2) == 2;
      break;
    default:
      model.ffn = object.integer("intermediate_size", 1, kMaxDimension);
      model.activation = model.post_norms ? object.string_or(either(object, {"hidden_activation", "hidden_act"}), "gelu_pytorch_tanh")
                                          : object.string(either(object, {"hidden_act", "hidden_activation"}));
      break;
  }
}

/// The smallest OPT has narrower embeddings, and norms behind attention and FFN.
void read_embedding(const JsonObject& object, ModelConfig& model) {
  model.embedding = model.hidden;
  if (model.family != Family::kOpt) return;
  model.embedding = object.integer_or("word_embed_proj_dim", 1, kMaxDimension, model.hidden);
  model.norms_first = flag(object, "do_layer_norm_before", true);
}

/// True where layer `index` looks at a window of keys only, by the rule of the model's own code.
bool slides(const JsonObject& object, const std::string& type, int index) {
  if (type == "gemma2") return index % 2 == 0;
  if (type == "gemma3_text") return (index + 1) % object.integer_or("sliding_window_pattern", 1, kMaxLayers, 6) != 0;
  if (type == "qwen2" || type == "qwen3")
    return flag(object, "use_sliding_window", false) && index >= object.integer_or("max_window_layers", 0, kMaxLayers, 28);
  return true;
}

/// Windows of the layers: layer_types of newer files, else the family's rule.
void read_windows(const JsonObject& object, const std::string& type, const FamilyDefaults& defaults, ModelConfig& model) {
  if (model.family != Family::kMixtral && (model.family != Family::kLlama || type == "llama")) return;
  const auto window = static_cast<int>(object.integer_or("sliding_window", 1, kMaxDimension, defaults.window));
  if (window == 0) return;
  for (int i = 0; i < model.layers; ++i) model.windows.push_back(slides(object, type, i) ? window : 0);
  if (!object.has("layer_types")) return;
  const nlohmann::json& types = object.array("layer_types");
  if (static_cast<int>(types.size()) != model.layers)
    object.refuse("layer_types",
                  fmt::format("layer_types has {} elements, allowed is one for each of {} layers", types.size(), model.layers));
  for (int i = 0; i < model.layers; ++i) {
    const nlohmann::json& kind = types[static_cast<std::size_t>(i)];
    if (kind != "sliding_attention" && kind != "full_attention")
      object.refuse("layer_types", "an element of layer_types is neither sliding_attention nor full_attention");
    model.windows[static_cast<std::size_t>(i)] = kind == "sliding_attention" ? window : 0;
  }
}

}  // namespace

std::string to_string(Family family) {
  for (const FamilyName& f : kFamilies)
    if (f.family == family) return f.model_type;
  return "";
}

ModelConfig parse_model(const std::string& json, const std::string& file, const std::string& name,
                        const std::optional<WeightFormat>& weights) {
  const JsonText text(json, file);
  // Models that also see keep their language part in an object of its own.
  const bool nested = text.root().is_object() && text.root().contains("text_config");
  const nlohmann::json& language = nested ? text.root().at("text_config") : text.root();
  const JsonObject object(text, language, nested ? "text_config: " : "");
  const std::string type = object.string("model_type");
  const FamilyDefaults defaults = defaults_of(type);
  ModelConfig model;
  model.name = name;
  model.family = read_family(object, type);
  const std::string hidden_key = either(object, {"hidden_size", "n_embed", "n_embd"});
  model.hidden = object.integer(hidden_key, 1, kMaxDimension);
  model.layers = static_cast<int>(object.integer(either(object, {"num_hidden_layers", "n_layer"}), 1, kMaxLayers));
  model.vocabulary = integer_unless(object, "vocab_size", kMaxDimension, defaults.vocabulary);
  model.sub_norms = model.family == Family::kBitnet;
  model.qk_norms = type == "qwen3" || type == "gemma3_text";
  model.post_norms = type == "gemma2" || type == "gemma3_text";
  read_heads(object, model, hidden_key, defaults);
  read_ffn(object, model);
  read_embedding(object, model);
  read_windows(object, type, defaults, model);
  if (model.family == Family::kMixtral) {
    model.experts = static_cast<int>(object.integer("num_local_experts", 1, kMaxLayers));
    model.active_experts = static_cast<int>(object.integer("num_experts_per_tok", 1, model.experts));
  }
  // A model that also sees may say how it was quantised outside its language part.
  const bool outside = nested && !object.has("quantization_config");
  const nlohmann::json& parent = outside ? text.root() : language;
  model.weights = weights ? *weights : read_weights(text, parent, JsonObject(text, parent), model.family);
  return model;
}

ModelConfig load_model(const std::string& path, const std::optional<WeightFormat>& weights) {
  for (const EmbeddedModel& model : embedded_models()) {
    if (path == model.name) return parse_model(std::string(model.json), fmt::format("{}.json", path), path, weights);
  }
  const std::vector<std::string> names = embedded_model_names();
  const bool looks_like_a_name = path.find('/') == std::string::npos && !std::filesystem::exists(path);
  if (looks_like_a_name) {
    const std::string near = nearest(path, names);
    throw Error(fmt::format("no file and no embedded model has the name '{}'{}; embedded are {}", path,
                            near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near), listed(names)));
  }
  return parse_model(read_file(path, kMaxConfigBytes), path, std::filesystem::path(path).stem().string(), weights);
}

std::vector<std::string> embedded_model_names() {
  std::vector<std::string> names;
  for (const EmbeddedModel& model : embedded_models()) names.emplace_back(model.name);
  return names;
}

}  // namespace lutra::workloads

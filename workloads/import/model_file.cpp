// Tells files apart, opens them, and hands out their weights.
#include "workloads/import/model_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <mutex>

#include "isa/error.h"
#include "isa/file.h"
#include "workloads/import/gguf_model.h"
#include "workloads/import/lists.h"
#include "workloads/import/onnx_file.h"
#include "workloads/import/safetensors.h"
#include "workloads/import/tensor_names.h"
#include "workloads/types/packed_weights.h"

namespace lutra::workloads {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kMaxTextBytes = 64 << 20;
constexpr const char* kIndexEnd = ".safetensors.index.json";

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

void add_safetensors(ModelFile& file, const std::string& path) {
  auto mapped = std::make_shared<MappedFile>(path);
  for (auto& [name, tensor] : parse_safetensors(mapped->bytes(), path)) {
    if (!file.tensors.emplace(name, tensor).second) throw Error(fmt::format("tensor '{}' is in two shards", name), {path});
  }
  file.storage.push_back(mapped);
}

/// `path` is a *.safetensors file or an index; the configuration lies beside it.
void open_safetensors(ModelFile& file, const std::string& path, const std::optional<WeightFormat>& weights) {
  file.kind = "safetensors";
  const fs::path folder = fs::path(path).parent_path();
  if (ends_with(path, kIndexEnd)) {
    for (const std::string& shard : parse_safetensors_index(read_file(path, kMaxTextBytes), path))
      add_safetensors(file, (folder / shard).string());
  } else {
    add_safetensors(file, path);
  }
  const std::string config = (folder / "config.json").string();
  if (fs::exists(config)) {
    file.model = load_model(config, weights);
    file.model->name = file.name;
    return;
  }
  for (const auto& [name, tensor] : file.tensors)
    if (tensor.shape.size() == 2 && is_float(tensor.type)) file.gemms.push_back({name, 0, tensor.shape[0], tensor.shape[1], ""});
  if (file.gemms.empty()) throw Error("there is no config.json beside it, and no matrix of floats in it", {path});
}

void open_onnx(ModelFile& file, std::span<const std::uint8_t> bytes, const std::string& path) {
  std::map<std::string, std::shared_ptr<MappedFile>> others;
  OnnxFile onnx = parse_onnx(bytes, path, [&](const std::string& location) {
    std::shared_ptr<MappedFile>& mapped = others[location];
    if (!mapped) mapped = std::make_shared<MappedFile>((fs::path(path).parent_path() / location).string());
    return mapped->bytes();
  });
  file.kind = "onnx";
  file.gemms = std::move(onnx.gemms);
  file.tensors = std::move(onnx.tensors);
  file.storage.push_back(onnx.storage);
  for (auto& [location, mapped] : others) file.storage.push_back(mapped);
}

std::string inside(const std::string& folder) {
  for (const char* name : {"model.safetensors.index.json", "model.safetensors", "config.json"})
    if (const fs::path path = fs::path(folder) / name; fs::exists(path)) return path.string();
  throw Error("the folder has no model.safetensors.index.json, model.safetensors or config.json", {folder});
}

/// The values of a packed or float tensor.
void decode_rows(const FileTensor& tensor, long long begin, long long end, float* out) {
  if (is_float(tensor.type)) return read_float_rows(tensor, begin, end, out);
  const Lowering lowering = parse_lowering(tensor.type, true);
  const DataType& type = lowering.type;
  const Chain chain = unpacking(type);
  const long long depth = tensor.shape.at(1), row_bytes = packed_row_bytes(type, depth);
  for (long long row = begin; row < end; ++row) {
    for (long long k = 0; k < depth; k += type.weights) {
      const auto tile = tensor.bytes.subspan(static_cast<std::size_t>(row * row_bytes + k / type.weights * type.bytes),
                                             static_cast<std::size_t>(type.bytes));
      const Elements codes = chain.apply(Elements(tile.begin(), tile.end()));
      for (long long i = 0; i < std::min<long long>(type.weights, depth - k); ++i) {
        TileScale s;
        double value = type.values.empty() ? codes[static_cast<std::size_t>(i)] : type.values[codes[static_cast<std::size_t>(i)]];
        if (!type.scales_beside()) {
          s = tile_scale(type, tile, static_cast<int>(i / type.group));
        } else if (!tensor.scales.empty()) {
          const long long group = lowering.group > 0 ? lowering.group : depth, groups = (depth + group - 1) / group;
          const auto at = static_cast<std::size_t>(row * groups + (k + i) / group);
          s.scale = tensor.scales.at(at);
          if (!tensor.zeros.empty()) value -= tensor.zeros.at(at);
        }
        *out++ = static_cast<float>(s.scale * value - s.minimum);
      }
    }
  }
}

/// Throws Error unless lutra knows how to read the elements.
void check_readable(const FileTensor& tensor) {
  if (is_float(tensor.type)) return;
  for (const DataType& type : builtin_types())
    if (tensor.type == type.name || tensor.type.rfind(type.name + "_g", 0) == 0) return;
  throw Error(fmt::format("tensor '{}' is of type {}, which lutra does not decode", tensor.name, tensor.type));
}

class FileFloats final : public FloatSource {
 public:
  explicit FileFloats(std::shared_ptr<const ModelFile> file) : file_(std::move(file)) {}
  void rows(const std::string& name, long long outputs, long long depth, long long begin, long long end, float* out) const override {
    const FileTensor tensor = tensor_of(*file_, name);
    if (tensor.shape[0] != outputs || tensor.shape[1] != depth)
      throw Error(fmt::format("tensor '{}' for {} is {} x {}, asked for are {} x {}", tensor.name, name, tensor.shape[0], tensor.shape[1],
                              outputs, depth));
    check_readable(tensor);
    decode_rows(tensor, begin, end, out);
  }

 private:
  std::shared_ptr<const ModelFile> file_;
};

class FileWeights final : public WeightSource {
 public:
  explicit FileWeights(const std::shared_ptr<const ModelFile>& file)
      : file_(file), floats_(file), quantised_(make_quantised_weights(floats_)) {}

  void codes(const Tensor& t, long long begin, long long end, std::uint8_t* out) const override { source(t).codes(t, begin, end, out); }
  void zeros(const Tensor& t, long long begin, long long end, std::int16_t* out) const override { source(t).zeros(t, begin, end, out); }
  void scales(const Tensor& t, long long begin, long long end, float* out) const override { source(t).scales(t, begin, end, out); }
  void offsets(const Tensor& t, long long begin, long long end, float* out) const override { source(t).offsets(t, begin, end, out); }

 private:
  const WeightSource& source(const Tensor& t) const {
    const std::string wanted = t.format.type.empty() ? to_string(t.format) : t.format.type;
    const std::lock_guard lock(mutex_);
    auto& known = packed_[t.name + "|" + wanted];
    if (known) return *known;
    const FileTensor tensor = tensor_of(*file_, t.name);
    if (tensor.type != wanted) return *quantised_;
    auto packed = std::make_unique<PackedWeights>();
    const auto entry = held_.emplace(t.name, tensor).first;  // its scales have to live on
    packed->add(t.name, {wanted, tensor.shape[0], tensor.shape[1], entry->second.bytes, entry->second.scales, entry->second.zeros});
    known = std::move(packed);
    return *known;
  }

  std::shared_ptr<const ModelFile> file_;
  FileFloats floats_;
  std::unique_ptr<WeightSource> quantised_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::unique_ptr<PackedWeights>> packed_;
  mutable std::map<std::string, FileTensor> held_;
};

}  // namespace

std::shared_ptr<const ModelFile> open_model(const std::string& given, const std::optional<WeightFormat>& weights) {
  auto file = std::make_shared<ModelFile>();
  std::error_code ignored;
  const std::string path = fs::is_directory(given, ignored) ? inside(given) : given;
  file->name = fs::is_directory(given, ignored) ? fs::path(given).filename().string() : fs::path(path).stem().string();
  if (ends_with(path, ".safetensors") || ends_with(path, kIndexEnd)) {
    open_safetensors(*file, path, weights);
  } else if (ends_with(path, ".csv")) {
    file->kind = "scale-sim";
    file->gemms = parse_scale_sim(read_file(path, kMaxTextBytes), path);
  } else if (ends_with(path, ".yaml") || ends_with(path, ".yml")) {
    file->kind = "yaml";
    file->gemms = parse_gemm_list(read_file(path, kMaxTextBytes), path);
  } else if (ends_with(path, ".gguf") || ends_with(path, ".onnx")) {
    auto mapped = std::make_shared<MappedFile>(path);
    file->storage.push_back(mapped);
    if (ends_with(path, ".onnx")) {
      open_onnx(*file, mapped->bytes(), path);
    } else {
      GgufFile gguf = parse_gguf(mapped->bytes(), path);
      file->kind = "gguf";
      file->model = gguf_model(gguf, path, file->name, weights);
      file->tensors = std::move(gguf.tensors);
    }
  } else {
    file->kind = "config";
    file->model = load_model(path, weights);
    file->name = file->model->name;
  }
  return file;
}

Trace trace_file(const ModelFile& file, const TraceRequest& request, const std::optional<WeightFormat>& weights) {
  if (file.model) return trace_model(*file.model, request);
  return trace_list(file.name, file.gemms, request, weights);
}

FileTensor tensor_of(const ModelFile& file, const std::string& name) {
  if (file.tensors.empty()) throw Error(fmt::format("{} holds no weights", file.name));
  for (const std::string& candidate : tensor_names(name)) {
    const auto found = file.tensors.find(candidate);
    if (found == file.tensors.end()) continue;
    if (found->second.shape.size() != 2)
      throw Error(fmt::format("tensor '{}' has {} dimensions, a projection has two", candidate, found->second.shape.size()));
    return found->second;
  }
  const ExpertSlice slice = expert_slice(name);
  const auto found = file.tensors.find(slice.tensor);
  if (found == file.tensors.end()) throw Error(fmt::format("{} has no tensor for {}", file.name, name));
  FileTensor tensor = found->second;
  if (tensor.shape.size() != 3 || slice.expert >= tensor.shape[0])
    throw Error(fmt::format("tensor '{}' has no expert {}", slice.tensor, slice.expert));
  const std::size_t bytes = tensor.bytes.size() / static_cast<std::size_t>(tensor.shape[0]);
  tensor.bytes = tensor.bytes.subspan(bytes * static_cast<std::size_t>(slice.expert), bytes);
  tensor.shape.erase(tensor.shape.begin());
  return tensor;
}

std::unique_ptr<WeightSource> make_file_weights(std::shared_ptr<const ModelFile> file) {
  if (file->tensors.empty()) throw Error(fmt::format("{} holds no weights", file->name));
  return std::make_unique<FileWeights>(file);
}

std::unique_ptr<FloatSource> make_file_floats(std::shared_ptr<const ModelFile> file) {
  if (file->tensors.empty()) throw Error(fmt::format("{} holds no weights", file->name));
  return std::make_unique<FileFloats>(std::move(file));
}

}  // namespace lutra::workloads

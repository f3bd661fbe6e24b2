// One door for every kind of model file: shapes to trace, and real weights where the file has them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "workloads/import/mapped_file.h"
#include "workloads/import/tensor_file.h"
#include "workloads/model.h"
#include "workloads/quantise/quantiser.h"
#include "workloads/trace.h"

namespace lutra::workloads {

/// What a file says. A model has either shapes of a language model or a list of products; tensors only where the file holds weights.
struct ModelFile {
  std::string kind;  // "config", "gguf", "safetensors", "onnx", "scale-sim", "yaml"
  std::string name;
  std::optional<ModelConfig> model;
  std::vector<ListedGemm> gemms;
  TensorTable tensors;
  std::vector<std::shared_ptr<void>> storage;  // keeps the tensors' bytes alive
};

/// Opens a file or a folder, or the name of an embedded model. By content: GGUF and ONNX; by name: *.safetensors and
/// *.safetensors.index.json (with config.json beside them), folders that hold these, *.csv, *.yaml, *.yml, and config.json. `weights`
/// overrides the type of the projections. Throws Error.
std::shared_ptr<const ModelFile> open_model(const std::string& path, const std::optional<WeightFormat>& weights = {});

/// Operators of a model, or the listed products (tokens: those of the file, else of the request).
Trace trace_file(const ModelFile& file, const TraceRequest& request, const std::optional<WeightFormat>& weights = {});

/// The weights of the file by the names of operators. A tensor whose packed type is the one asked for is lowered as it is; others are
/// decoded (or are floats already) and quantised to what is asked for. Throws Error when the file has no tensors.
std::unique_ptr<WeightSource> make_file_weights(std::shared_ptr<const ModelFile> file);
/// The file's tensors as full precision.
std::unique_ptr<FloatSource> make_file_floats(std::shared_ptr<const ModelFile> file);

/// The tensor behind an operator such as "layers.0.self_attn.q_proj"; outputs x depth. Throws Error when there is none.
FileTensor tensor_of(const ModelFile& file, const std::string& operator_name);

}  // namespace lutra::workloads

// safetensors: a length of eight bytes, a JSON header, then the data that the header points into.
#include "workloads/import/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "isa/error.h"
#include "workloads/import/byte_reader.h"
#include "workloads/json_reader.h"

namespace lutra::workloads {
namespace {

constexpr std::uint64_t kMaxHeader = 100 << 20;
constexpr std::int64_t kMaxElements = std::int64_t{1} << 40;
constexpr std::size_t kMaxDimensions = 8;

struct ElementType {
  const char* dtype;
  const char* name;
  int bytes;
};
constexpr ElementType kElementTypes[] = {
    {"F32", "f32", 4}, {"F16", "f16", 2},   {"BF16", "bf16", 2}, {"F64", "f64", 8},          {"U8", "u8", 1},
    {"I8", "i8", 1},   {"BOOL", "bool", 1}, {"I16", "i16", 2},   {"U16", "u16", 2},          {"I32", "i32", 4},
    {"U32", "u32", 4}, {"I64", "i64", 8},   {"U64", "u64", 8},   {"F8_E4M3", "fp8_e4m3", 1}, {"F8_E5M2", "fp8_e5m2", 1}};

FileTensor read_tensor(const std::string& name, const JsonObject& object, std::span<const std::uint8_t> data) {
  object.only({"dtype", "shape", "data_offsets"});
  FileTensor tensor;
  tensor.name = name;
  const std::string dtype = object.string("dtype");
  const auto* type =
      std::find_if(std::begin(kElementTypes), std::end(kElementTypes), [&dtype](const ElementType& t) { return t.dtype == dtype; });
  if (type == std::end(kElementTypes)) object.refuse("dtype", fmt::format("dtype is '{}', which is not known", dtype));
  tensor.type = type->name;
  std::int64_t elements = 1;
  const nlohmann::json& shape = object.array("shape");
  if (shape.size() > kMaxDimensions)
    object.refuse("shape", fmt::format("shape has {} dimensions, allowed are {}", shape.size(), kMaxDimensions));
  for (const nlohmann::json& size : shape) {
    if (!size.is_number_integer() || size.get<std::int64_t>() < 0 || (elements > 0 && size.get<std::int64_t>() > kMaxElements / elements))
      object.refuse("shape", fmt::format("shape is {}, allowed are whole numbers of up to {} elements in all", shape.dump(), kMaxElements));
    elements *= size.get<std::int64_t>();
    tensor.shape.push_back(size.get<std::int64_t>());
  }
  const nlohmann::json& offsets = object.array("data_offsets");
  const auto whole = [](const nlohmann::json& j) { return j.is_number_unsigned(); };
  if (offsets.size() != 2 || !whole(offsets[0]) || !whole(offsets[1])) object.refuse("data_offsets", "data_offsets is no pair of offsets");
  const auto begin = offsets[0].get<std::uint64_t>(), end = offsets[1].get<std::uint64_t>();
  if (end > data.size() || begin > end || end - begin != static_cast<std::uint64_t>(elements) * static_cast<std::uint64_t>(type->bytes)) {
    object.refuse("data_offsets", fmt::format("data_offsets are {} to {}; {} elements of {} need {} bytes, the file has {}", begin, end,
                                              elements, dtype, elements * type->bytes, data.size()));
  }
  tensor.bytes = data.subspan(begin, end - begin);
  return tensor;
}

}  // namespace

TensorTable parse_safetensors(std::span<const std::uint8_t> bytes, const std::string& file) {
  ByteReader reader(bytes, file);
  const auto length = reader.value<std::uint64_t>("a safetensors header");
  if (length > kMaxHeader) reader.refuse(fmt::format("the header has {} bytes, allowed are {}", length, kMaxHeader));
  const auto header = reader.take(length, "the header");
  const auto data = bytes.subspan(reader.offset());
  try {
    const JsonText text(std::string(header.begin(), header.end()), file);
    if (!text.root().is_object()) throw Error("the header is no JSON object", {file, 0, 0, 8});
    TensorTable tensors;
    for (const auto& [name, value] : text.root().items()) {
      if (name == "__metadata__") continue;
      tensors.emplace(name, read_tensor(name, JsonObject(text, value, fmt::format("tensor '{}': ", name)), data));
    }
    return tensors;
  } catch (const Error& e) {
    // Lines of a header inside a binary file help nobody: say where the header is.
    if (e.where().offset >= 0) throw;
    throw Error(fmt::format("the header: {}", e.what()), {file, 0, 0, 8});
  }
}

std::vector<std::string> parse_safetensors_index(const std::string& json, const std::string& file) {
  const JsonText text(json, file);
  const JsonObject object(text, text.root());
  if (!object.has("weight_map") || !text.root().at("weight_map").is_object())
    object.refuse("weight_map", "weight_map is no object of file names");
  std::set<std::string> shards;
  for (const auto& [name, value] : text.root().at("weight_map").items()) {
    const std::string shard = value.is_string() ? value.get<std::string>() : "";
    if (shard.empty() || shard.find('/') != std::string::npos)
      object.refuse("weight_map", fmt::format("weight_map: '{}' is in '{}', allowed is a file beside the index", name, shard));
    shards.insert(shard);
  }
  return {shards.begin(), shards.end()};
}

}  // namespace lutra::workloads

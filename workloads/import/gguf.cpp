// GGUF: magic, version, counts, key-value pairs, tensor descriptions, then aligned data.
#include "workloads/import/gguf.h"

#include <fmt/format.h>

#include <array>

#include "isa/error.h"
#include "workloads/import/byte_reader.h"
#include "workloads/types/data_type.h"

namespace lutra::workloads {
namespace {

constexpr std::uint64_t kMaxName = 65535;
constexpr std::uint32_t kMaxDimensions = 4;
constexpr std::uint64_t kDefaultAlignment = 32;
constexpr std::uint64_t kSmallestTensorInfo = 8 + 4 + 8 + 4 + 8;
constexpr std::uint64_t kSmallestPair = 8 + 4 + 1;

enum ValueType : std::uint32_t { kU8, kI8, kU16, kI16, kU32, kI32, kF32, kBool, kString, kArray, kU64, kI64, kF64, kValueTypes };
constexpr std::array<std::uint64_t, kValueTypes> kValueBytes{1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

struct ElementType {
  std::uint32_t id;
  const char* name;
  std::uint64_t weights, bytes;  // of a block
};
/// Of ggml: the types that lutra has, and those that models also keep tensors in.
constexpr ElementType kElementTypes[] = {
    {0, "f32", 1, 4},       {1, "f16", 1, 2},       {2, "q4_0", 32, 18},    {3, "q4_1", 32, 20},      {6, "q5_0", 32, 22},
    {7, "q5_1", 32, 24},    {8, "q8_0", 32, 34},    {10, "q2_k", 256, 84},  {11, "q3_k", 256, 110},   {12, "q4_k", 256, 144},
    {13, "q5_k", 256, 176}, {14, "q6_k", 256, 210}, {20, "iq4_nl", 32, 18}, {23, "iq4_xs", 256, 136}, {24, "i8", 1, 1},
    {25, "i16", 1, 2},      {26, "i32", 1, 4},      {27, "i64", 1, 8},      {28, "f64", 1, 8},        {30, "bf16", 1, 2},
    {34, "tq1_0", 256, 54}, {35, "tq2_0", 256, 66}, {39, "mxfp4", 32, 17},
};

std::string read_string(ByteReader& reader, const char* what) {
  const auto length = reader.value<std::uint64_t>(what);
  if (length > kMaxName && std::string_view(what) != "a text")
    reader.refuse(fmt::format("{} of {} bytes, allowed are {}", what, length, kMaxName));
  const auto bytes = reader.take(length, what);
  return {bytes.begin(), bytes.end()};
}

GgufValue read_scalar(ByteReader& reader, std::uint32_t type) {
  switch (type) {
    case kU8:
    case kBool:
      return std::int64_t{reader.value<std::uint8_t>("a value")};
    case kI8:
      return std::int64_t{reader.value<std::int8_t>("a value")};
    case kU16:
      return std::int64_t{reader.value<std::uint16_t>("a value")};
    case kI16:
      return std::int64_t{reader.value<std::int16_t>("a value")};
    case kU32:
      return std::int64_t{reader.value<std::uint32_t>("a value")};
    case kI32:
      return std::int64_t{reader.value<std::int32_t>("a value")};
    case kU64:
      return static_cast<std::int64_t>(reader.value<std::uint64_t>("a value"));
    case kI64:
      return reader.value<std::int64_t>("a value");
    case kF32:
      return double{reader.value<float>("a value")};
    case kF64:
      return reader.value<double>("a value");
    case kString:
      return read_string(reader, "a text");
    default:
      reader.refuse(fmt::format("value type {}, allowed are 0 to {}", type, kValueTypes - 1));
  }
}

/// Skips an array's elements; arrays of arrays may nest this deep.
void skip_array(ByteReader& reader, std::uint32_t type, std::uint64_t count, int depth) {
  if (type >= kValueTypes || depth > 4) reader.refuse(fmt::format("an array of value type {} at depth {}", type, depth));
  if (type != kString && type != kArray) {
    if (count > reader.left() / kValueBytes[type]) reader.refuse(fmt::format("an array of {} elements is longer than the file", count));
    reader.take(count * kValueBytes[type], "an array");
    return;
  }
  for (std::uint64_t i = 0; i < count; ++i) {  // every round takes eight bytes or more, or throws
    if (type == kString) {
      reader.take(reader.value<std::uint64_t>("a text"), "a text");
    } else {
      const auto inner = reader.value<std::uint32_t>("an array");
      skip_array(reader, inner, reader.value<std::uint64_t>("an array"), depth + 1);
    }
  }
}

GgufValue read_value(ByteReader& reader) {
  const auto type = reader.value<std::uint32_t>("a value type");
  if (type != kArray) return read_scalar(reader, type);
  const auto element = reader.value<std::uint32_t>("an array");
  const auto count = reader.value<std::uint64_t>("an array");
  skip_array(reader, element, count, 0);
  return GgufArray{count};
}

struct Described {
  FileTensor tensor;
  std::uint64_t offset = 0, bytes = 0, place = 0;
};

Described read_tensor(ByteReader& reader) {
  Described d;
  d.place = reader.offset();
  d.tensor.name = read_string(reader, "a tensor's name");
  const auto dimensions = reader.value<std::uint32_t>("a tensor");
  if (dimensions < 1 || dimensions > kMaxDimensions)
    reader.refuse(fmt::format("tensor '{}' has {} dimensions, allowed are 1 to {}", d.tensor.name, dimensions, kMaxDimensions));
  std::uint64_t elements = 1;
  for (std::uint32_t i = 0; i < dimensions; ++i) {
    const auto size = reader.value<std::uint64_t>("a tensor");
    if (size < 1 || size > (std::uint64_t{1} << 40) / elements)
      reader.refuse(fmt::format("tensor '{}' has {} in dimension {}, more than any file holds, or nothing", d.tensor.name, size, i));
    elements *= size;
    d.tensor.shape.insert(d.tensor.shape.begin(), static_cast<long long>(size));
  }
  const auto id = reader.value<std::uint32_t>("a tensor");
  const ElementType* found = nullptr;
  for (const ElementType& type : kElementTypes)
    if (type.id == id) found = &type;
  if (found == nullptr) reader.refuse(fmt::format("tensor '{}' has the element type {}, which is not known", d.tensor.name, id));
  if (static_cast<std::uint64_t>(d.tensor.shape.back()) % found->weights != 0)
    reader.refuse(fmt::format("tensor '{}': rows of {} are no whole blocks of {}", d.tensor.name, d.tensor.shape.back(), found->weights));
  d.tensor.type = found->name;
  d.bytes = elements / found->weights * found->bytes;
  d.offset = reader.value<std::uint64_t>("a tensor");
  return d;
}

}  // namespace

GgufFile parse_gguf(std::span<const std::uint8_t> bytes, const std::string& file) {
  ByteReader reader(bytes, file);
  if (reader.value<std::uint32_t>("a GGUF header") != 0x46554747) throw Error("not a GGUF file", {file, 0, 0, 0});
  GgufFile gguf;
  gguf.version = static_cast<int>(reader.value<std::uint32_t>("the version"));
  if (gguf.version != 2 && gguf.version != 3) reader.refuse(fmt::format("GGUF version {}, allowed are 2 and 3", gguf.version));
  const auto tensors = reader.value<std::uint64_t>("the tensor count");
  const auto pairs = reader.value<std::uint64_t>("the metadata count");
  if (tensors > reader.left() / kSmallestTensorInfo) reader.refuse(fmt::format("{} tensors are more than the file can describe", tensors));
  if (pairs > reader.left() / kSmallestPair) reader.refuse(fmt::format("{} metadata pairs are more than the file can hold", pairs));
  for (std::uint64_t i = 0; i < pairs; ++i) {
    std::string key = read_string(reader, "a key");
    gguf.metadata.insert_or_assign(std::move(key), read_value(reader));
  }
  std::uint64_t alignment = kDefaultAlignment;
  if (const auto found = gguf.metadata.find("general.alignment"); found != gguf.metadata.end()) {
    const auto* given = std::get_if<std::int64_t>(&found->second);
    if (given == nullptr || *given < 1 || *given > 1 << 20 || (*given & (*given - 1)) != 0)
      reader.refuse("general.alignment is no power of two up to 1048576");
    alignment = static_cast<std::uint64_t>(*given);
  }
  std::vector<Described> described;
  for (std::uint64_t i = 0; i < tensors; ++i) described.push_back(read_tensor(reader));
  const std::uint64_t data = (reader.offset() + alignment - 1) / alignment * alignment;
  for (Described& d : described) {
    const std::uint64_t size = bytes.size();
    if (d.offset % alignment != 0 || data > size || d.offset > size - data || d.bytes > size - data - d.offset) {
      throw Error(fmt::format("tensor '{}' is {} bytes at {} of the data, which begin at {}; the file has {}", d.tensor.name, d.bytes,
                              d.offset, data, size),
                  {file, 0, 0, static_cast<long long>(d.place)});
    }
    d.tensor.bytes = bytes.subspan(data + d.offset, d.bytes);
    if (!gguf.tensors.emplace(d.tensor.name, d.tensor).second)
      throw Error(fmt::format("tensor '{}' is there twice", d.tensor.name), {file, 0, 0, static_cast<long long>(d.place)});
  }
  return gguf;
}

}  // namespace lutra::workloads

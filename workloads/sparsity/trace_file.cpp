// Encoding and decoding of sparsity traces.
#include "workloads/sparsity/trace_file.h"

#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstdio>

#include "isa/error.h"
#include "workloads/json_reader.h"

namespace lutra::workloads {
namespace {

constexpr char kMagic[] = "LUTRASPT", kEnd[] = "LUTRAEND";
constexpr std::size_t kMagicBytes = 8;
constexpr std::uint32_t kMaxHeaderBytes = 1 << 16;
constexpr int kMaxVarintBytes = 5;
constexpr std::uint64_t kMaxTokenBytes = std::uint64_t{1} << 26;  // unpacked; the largest models there are take a tenth

void put_u32(std::string& out, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}
void put_varint(std::string& out, std::uint32_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}
std::uint32_t crc(const std::string& bytes) {
  return static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

std::string encode(const TokenActivity& token) {
  std::string raw;
  for (const ActivitySlice& slice : token.slices) {
    put_varint(raw, static_cast<std::uint32_t>(slice.expert));
    put_varint(raw, slice.end - slice.begin);
    std::uint32_t before = 0;  // one more than the id
    for (std::uint32_t i = slice.begin; i < slice.end; ++i) {
      const Neuron n = token.neurons[i];
      put_varint(raw, (n.id() + 1 - before) << 2 | (n.packed & 3U));
      before = n.id() + 1;
    }
  }
  return raw;
}

/// The most bytes a token can take unpacked.
std::uint64_t largest_token(const SparsityShape& shape) {
  return static_cast<std::uint64_t>(shape.layers) * static_cast<std::uint64_t>(shape.active_experts) *
         (2 + static_cast<std::uint64_t>(shape.neurons)) * kMaxVarintBytes;
}

/// Takes varints from bytes; ends with ok() false when they run out or do not fit 32 bits.
class VarintReader {
 public:
  explicit VarintReader(const std::string& bytes) : bytes_(bytes) {}
  std::uint32_t take() {
    std::uint64_t value = 0;
    for (int i = 0; i < kMaxVarintBytes; ++i) {
      if (at_ >= bytes_.size()) return fail();
      const auto byte = static_cast<unsigned char>(bytes_[at_++]);
      value |= std::uint64_t{byte & 0x7FU} << (7 * i);
      if (byte < 0x80) return value > 0xFFFFFFFFU ? fail() : static_cast<std::uint32_t>(value);
    }
    return fail();
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return at_ == bytes_.size(); }

 private:
  std::uint32_t fail() {
    ok_ = false;
    return 0;
  }
  const std::string& bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace

SparsityTraceWriter::SparsityTraceWriter(const std::string& path, SparsityShape shape, std::int64_t tokens, const std::string& origin)
    : path_(path), temporary_(fmt::format("{}.tmp{}", path, getpid())), shape_(std::move(shape)), tokens_(tokens) {
  out_.open(temporary_, std::ios::binary | std::ios::trunc);
  if (!out_) throw Error("cannot write the file", {path});
  const nlohmann::json header = {
      {"model", shape_.model},     {"layers", shape_.layers}, {"experts", shape_.experts}, {"active_experts", shape_.active_experts},
      {"neurons", shape_.neurons}, {"tokens", tokens_},       {"origin", origin},          {"lutra_version", LUTRA_VERSION}};
  const std::string text = header.dump();
  std::string bytes(kMagic, kMagicBytes);
  put_u32(bytes, kSparsityTraceVersion);
  put_u32(bytes, static_cast<std::uint32_t>(text.size()));
  bytes += text;
  put_u32(bytes, crc(text));
  out_ << bytes;
}

SparsityTraceWriter::~SparsityTraceWriter() {
  if (finished_) return;
  out_.close();
  std::remove(temporary_.c_str());
}

void SparsityTraceWriter::append(const TokenActivity& token) {
  if (const std::string problem = activity_problem(shape_, token); !problem.empty())
    throw Error(fmt::format("token {}: {}", appended_, problem), {path_});
  const std::string raw = encode(token);
  if (raw.size() > kMaxTokenBytes)
    throw Error(fmt::format("token {} takes {} bytes, allowed {}", appended_, raw.size(), kMaxTokenBytes), {path_});
  uLongf packed_bytes = compressBound(static_cast<uLong>(raw.size()));
  std::string packed(packed_bytes, '\0');
  const int result = compress2(reinterpret_cast<Bytef*>(packed.data()), &packed_bytes, reinterpret_cast<const Bytef*>(raw.data()),
                               static_cast<uLong>(raw.size()), Z_BEST_SPEED);
  if (result != Z_OK) throw Error(fmt::format("zlib cannot compress token {}", appended_), {path_});
  std::string head;
  put_u32(head, static_cast<std::uint32_t>(raw.size()));
  put_u32(head, static_cast<std::uint32_t>(packed_bytes));
  put_u32(head, crc(raw));
  out_ << head;
  out_.write(packed.data(), static_cast<std::streamsize>(packed_bytes));
  ++appended_;
}

void SparsityTraceWriter::finish() {
  if (appended_ != tokens_) throw Error(fmt::format("{} tokens were announced, {} came", tokens_, appended_), {path_});
  out_.write(kEnd, kMagicBytes);
  out_.close();
  if (!out_ || std::rename(temporary_.c_str(), path_.c_str()) != 0) throw Error("cannot write the file", {path_});
  finished_ = true;
}

SparsityTraceReader::SparsityTraceReader(const std::string& path) : path_(path), in_(path, std::ios::binary) {
  if (!in_) throw Error("cannot read the file", {path});
  read_header();
}

SparsityTraceReader::SparsityTraceReader(const std::string& path, const SparsityShape& expected) : SparsityTraceReader(path) {
  if (shape_ == expected) return;
  const auto text = [](const SparsityShape& s) {
    return fmt::format("{} ({} layers, {} experts of {} neurons, {} used)", s.model, s.layers, s.experts, s.neurons, s.active_experts);
  };
  throw Error(fmt::format("a trace of {}, the model is {}", text(shape_), text(expected)), {path_});
}

void SparsityTraceReader::refuse(const std::string& message) const {
  SourceLocation where;
  where.file = path_;
  where.offset = offset_;
  throw Error(message, where);
}

std::string SparsityTraceReader::take(std::size_t bytes, const char* what) {
  std::string data(bytes, '\0');
  in_.read(data.data(), static_cast<std::streamsize>(bytes));
  if (static_cast<std::size_t>(in_.gcount()) != bytes) refuse(fmt::format("the file ends inside {}", what));
  offset_ += static_cast<long long>(bytes);
  return data;
}

std::uint32_t SparsityTraceReader::take_u32(const char* what) {
  const std::string bytes = take(4, what);
  std::uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
  return value;
}

void SparsityTraceReader::read_header() {
  if (take(kMagicBytes, "the file's mark") != kMagic) {
    offset_ = 0;
    refuse("not a sparsity trace: it does not begin with LUTRASPT");
  }
  if (const std::uint32_t version = take_u32("the version"); version != kSparsityTraceVersion)
    refuse(fmt::format("version {} of sparsity traces, allowed {}", version, kSparsityTraceVersion));
  const std::uint32_t bytes = take_u32("the header");
  if (bytes > kMaxHeaderBytes) refuse(fmt::format("a header of {} bytes, allowed at most {}", bytes, kMaxHeaderBytes));
  const std::string text = take(bytes, "the header");
  if (take_u32("the header's check sum") != crc(text)) refuse("the header does not match its check sum");
  const JsonText json(text, path_);
  const JsonObject header(json, json.root(), "header: ");
  header.only({"model", "layers", "experts", "active_experts", "neurons", "tokens", "origin", "lutra_version"});
  shape_.model = header.string("model");
  shape_.layers = static_cast<int>(header.integer("layers", 1, 1024));
  shape_.experts = static_cast<int>(header.integer("experts", 1, 1024));
  shape_.active_experts = static_cast<int>(header.integer("active_experts", 1, shape_.experts));
  shape_.neurons = static_cast<int>(header.integer("neurons", 1, 1 << 20));
  tokens_ = header.integer("tokens", 1, std::int64_t{1} << 32);
  origin_ = header.string("origin");
}

void SparsityTraceReader::decode(const std::string& raw, TokenActivity& token) const {
  VarintReader reader(raw);
  for (int i = 0; i < shape_.layers * shape_.active_experts; ++i) {
    ActivitySlice slice{i / shape_.active_experts, static_cast<int>(reader.take() & 0xFFFFU),
                        static_cast<std::uint32_t>(token.neurons.size()), 0};
    const std::uint32_t count = reader.take();
    if (!reader.ok() || count > static_cast<std::uint32_t>(shape_.neurons))
      refuse(fmt::format("token {}: layer {} has {} neurons, the model has {}", token_, slice.layer, count, shape_.neurons));
    std::uint64_t before = 0;
    for (std::uint32_t n = 0; n < count; ++n) {
      const std::uint32_t word = reader.take();
      if (!reader.ok()) refuse(fmt::format("token {}: layer {} ends inside its neurons", token_, slice.layer));
      if (word >> 2 == 0) refuse(fmt::format("token {}: layer {}: neuron {} is listed twice", token_, slice.layer, before - 1));
      before += word >> 2;
      if (before > static_cast<std::uint64_t>(shape_.neurons))
        refuse(fmt::format("token {}: layer {}: neuron {}, allowed 0 to {}", token_, slice.layer, before - 1, shape_.neurons - 1));
      token.neurons.emplace_back(static_cast<std::uint32_t>(before - 1), (word & 2U) != 0, (word & 1U) != 0);
    }
    slice.end = static_cast<std::uint32_t>(token.neurons.size());
    token.slices.push_back(slice);
  }
  if (!reader.at_end()) refuse(fmt::format("token {}: bytes follow its last layer", token_));
  if (const std::string problem = activity_problem(shape_, token); !problem.empty()) refuse(fmt::format("token {}: {}", token_, problem));
}

void SparsityTraceReader::read_end() {
  if (take(kMagicBytes, "the end mark") != kEnd) refuse("the end mark is missing behind the last token");
  if (in_.peek() != std::ifstream::traits_type::eof()) refuse("bytes follow the end mark");
}

bool SparsityTraceReader::next(TokenActivity& token) {
  token.clear();
  if (token_ == tokens_) return false;
  const std::uint32_t raw_bytes = take_u32("a token"), packed_bytes = take_u32("a token"), sum = take_u32("a token");
  const std::uint64_t most = std::min(largest_token(shape_), kMaxTokenBytes);
  if (raw_bytes > most || packed_bytes > compressBound(static_cast<uLong>(most)))
    refuse(fmt::format("token {}: {} bytes ({} packed), a token of this model has at most {}", token_, raw_bytes, packed_bytes, most));
  const std::string packed = take(packed_bytes, "a token");
  std::string raw(raw_bytes, '\0');
  uLongf unpacked = raw_bytes;
  const int result = uncompress(reinterpret_cast<Bytef*>(raw.data()), &unpacked, reinterpret_cast<const Bytef*>(packed.data()),
                                static_cast<uLong>(packed.size()));
  if (result != Z_OK || unpacked != raw_bytes || crc(raw) != sum)
    refuse(fmt::format("token {}: corrupt, it does not match its check sum", token_));
  decode(raw, token);
  if (++token_ == tokens_) read_end();
  return true;
}

}  // namespace lutra::workloads

// Writes and reads program files. Layout, little-endian:
//   0  "LUTRAPRG"   8  u32 format version   12  u32 reserved, 0   16  u64 bytes of the JSON header   24  u64 instructions
//  32  first 32 bytes of the hex SHA-256 of everything from 64 on   64  JSON header   then  16 bytes an instruction, kernel by kernel
#include "isa/program.h"

#include <fmt/format.h>

#include "isa/file.h"
#include "isa/json_depth.h"
#include "isa/sha256.h"

namespace lutra {
namespace {

using nlohmann::json;

constexpr std::string_view kMagic = "LUTRAPRG";
constexpr std::size_t kJsonBytesAt = 16, kInstructionsAt = 24, kDigestAt = 32, kDigestBytes = 32, kHeaderBytes = 64;
constexpr std::size_t kInstructionBytes = 16;
constexpr std::uint64_t kMaxProgramBytes = std::uint64_t{1} << 28;
constexpr std::uint64_t kArgMax = (std::uint64_t{1} << 40) - 1;

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

std::uint64_t get(std::string_view bytes, std::size_t at, int count) {
  std::uint64_t value = 0;
  for (int i = 0; i < count; ++i) value |= std::uint64_t{static_cast<unsigned char>(bytes[at + static_cast<std::size_t>(i)])} << (8 * i);
  return value;
}

std::string digest(std::string_view payload) { return sha256_hex(payload).substr(0, kDigestBytes); }

json job_json(const Job& job) {
  return {{"kernel", job.kernel},
          {"args", job.args},
          {"op", job.op},
          {"layer", job.layer},
          {"repeat", job.repeat},
          {"macs", job.macs},
          {"bytes_read", job.bytes_read},
          {"bytes_written", job.bytes_written}};
}

void check_job(const Job& job, std::size_t index, std::size_t kernels, const SourceLocation& where) {
  if (job.kernel < 0 || static_cast<std::size_t>(job.kernel) >= kernels)
    throw Error(fmt::format("job {}: kernel {} given, allowed 0..{}", index, job.kernel, static_cast<long long>(kernels) - 1), where);
  if (job.repeat == 0) throw Error(fmt::format("job {}: repeat 0 given, allowed 1 and more", index), where);
  for (std::size_t i = 0; i < job.args.size(); ++i)
    if (job.args[i] > kArgMax)
      throw Error(fmt::format("job {}: argument {} is 0x{:x}, allowed 0..0x{:x}", index, i, job.args[i], kArgMax), where);
}

/// Reads the JSON header; every complaint has the offset where it begins.
class HeaderReader {
 public:
  explicit HeaderReader(SourceLocation where) : where_(std::move(where)) {}

  [[nodiscard]] std::string text(const json& object, const char* key) const {
    const json& value = member(object, key);
    if (!value.is_string()) refuse(fmt::format("{} is no text", key));
    return value.get<std::string>();
  }
  [[nodiscard]] std::uint64_t count(const json& value, const char* key, std::uint64_t max) const {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > max) refuse(fmt::format("{} is no whole number 0..{}", key, max));
    return value.get<std::uint64_t>();
  }
  [[nodiscard]] const json& array(const json& object, const char* key) const {
    const json& value = member(object, key);
    if (!value.is_array()) refuse(fmt::format("{} is no list", key));
    return value;
  }
  [[nodiscard]] const json& member(const json& object, const char* key) const {
    if (!object.is_object()) refuse("an object is expected");
    const auto found = object.find(key);
    if (found == object.end()) refuse(fmt::format("{} is missing", key));
    return *found;
  }
  [[nodiscard]] Job job(const json& value) const {
    constexpr std::uint64_t kAll = ~std::uint64_t{0};
    Job job;
    job.kernel = static_cast<int>(count(member(value, "kernel"), "kernel", 0x7fffffff));
    job.op = text(value, "op");
    const json& layer = member(value, "layer");
    if (!layer.is_number_integer() || layer < -1 || layer > 0x7fffffff) refuse("layer is no whole number from -1 on");
    job.layer = layer.get<int>();
    job.repeat = count(member(value, "repeat"), "repeat", kAll);
    job.macs = count(member(value, "macs"), "macs", kAll);
    job.bytes_read = count(member(value, "bytes_read"), "bytes_read", kAll);
    job.bytes_written = count(member(value, "bytes_written"), "bytes_written", kAll);
    const json& args = array(value, "args");
    if (args.size() != job.args.size()) refuse(fmt::format("{} args given, allowed {}", args.size(), job.args.size()));
    for (std::size_t i = 0; i < job.args.size(); ++i) job.args[i] = count(args[i], "args", kAll);
    return job;
  }
  [[noreturn]] void refuse(const std::string& message) const { throw Error("damaged program header: " + message, where_); }

 private:
  SourceLocation where_;
};

/// Checks magic, version, lengths and digest; after that the bytes are as they were written.
void check_envelope(std::string_view bytes, const std::string& file) {
  const auto at = [&](std::size_t offset) { return SourceLocation{file, 0, 0, static_cast<long long>(offset)}; };
  if (bytes.substr(0, kMagic.size()) != kMagic.substr(0, bytes.size()) || bytes.empty()) throw Error("not a lutra program", at(0));
  if (bytes.size() < kHeaderBytes)
    throw Error(fmt::format("the program is cut off: its header takes {} bytes", kHeaderBytes), at(bytes.size()));
  const std::uint64_t version = get(bytes, 8, 4);
  if (version != kProgramFormatVersion)
    throw Error(fmt::format("program format version {} given, allowed {}", version, kProgramFormatVersion), at(8));
  if (get(bytes, 12, 4) != 0) throw Error("reserved bytes are not zero", at(12));
  const std::uint64_t body = bytes.size() - kHeaderBytes;
  const std::uint64_t json_bytes = get(bytes, kJsonBytesAt, 8);
  const std::uint64_t instructions = get(bytes, kInstructionsAt, 8);
  if (json_bytes > body) throw Error(fmt::format("a header of {} bytes is announced, {} bytes follow", json_bytes, body), at(kJsonBytesAt));
  const std::uint64_t code = body - json_bytes;
  if (code % kInstructionBytes != 0 || code / kInstructionBytes != instructions)
    throw Error(fmt::format("{} instructions are announced, {} bytes follow", instructions, code), at(kInstructionsAt));
  if (bytes.substr(kDigestAt, kDigestBytes) != digest(bytes.substr(kHeaderBytes)))
    throw Error("the program is damaged: its checksum does not match", at(kDigestAt));
}

std::vector<Kernel> read_kernels(std::string_view code, const HeaderReader& reader, const json& list) {
  std::vector<Kernel> kernels;
  std::size_t at = 0;
  for (const json& item : list) {
    Kernel kernel{reader.text(item, "name"), {}};
    const std::size_t left = (code.size() - at) / kInstructionBytes;
    const std::uint64_t instructions = reader.count(reader.member(item, "instructions"), "instructions", left);
    if (instructions == 0) reader.refuse(fmt::format("kernel {} is empty", kernel.name));
    kernel.code.reserve(instructions);
    for (std::uint64_t i = 0; i < instructions; ++i, at += kInstructionBytes)
      kernel.code.push_back({{get(code, at, 8), get(code, at + 8, 8)}});
    kernels.push_back(std::move(kernel));
  }
  if (at != code.size()) reader.refuse(fmt::format("kernels take {} bytes of code, the file has {}", at, code.size()));
  return kernels;
}

}  // namespace

std::string serialize_program(const Program& program) {
  json header{{"program_hash", program.program_hash},
              {"arch_name", program.arch_name},
              {"lutra_version", program.lutra_version},
              {"kernels", json::array()},
              {"jobs", json::array()},
              {"metadata", program.metadata}};
  std::string code;
  for (const Kernel& kernel : program.kernels) {
    if (kernel.code.empty()) throw Error(fmt::format("kernel {} is empty", kernel.name));
    header["kernels"].push_back({{"name", kernel.name}, {"instructions", kernel.code.size()}});
    for (const Encoded& encoded : kernel.code)
      for (const std::uint64_t word : encoded.word) put(code, word, 8);
  }
  for (std::size_t i = 0; i < program.jobs.size(); ++i) {
    check_job(program.jobs[i], i, program.kernels.size(), {});
    header["jobs"].push_back(job_json(program.jobs[i]));
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const json::exception& error) {
    throw Error(fmt::format("the program's names or metadata are no valid text: {}", error.what()));
  }
  const std::string body = text + code;
  std::string bytes(kMagic);
  put(bytes, kProgramFormatVersion, 4);
  put(bytes, 0, 4);
  put(bytes, text.size(), 8);
  put(bytes, code.size() / kInstructionBytes, 8);
  return bytes + digest(body) + body;
}

Program parse_program(std::string_view bytes, const std::string& file) {
  check_envelope(bytes, file);
  const std::size_t json_bytes = get(bytes, kJsonBytesAt, 8);
  const SourceLocation where{file, 0, 0, static_cast<long long>(kHeaderBytes)};
  const HeaderReader reader(where);
  const std::string_view text = bytes.substr(kHeaderBytes, json_bytes);
  if (too_deep_json(text) != std::string_view::npos) reader.refuse(too_deep_json_message());
  const json header = json::parse(text, nullptr, false);
  if (header.is_discarded()) reader.refuse("not valid JSON");
  Program program;
  program.program_hash = reader.text(header, "program_hash");
  program.arch_name = reader.text(header, "arch_name");
  program.lutra_version = reader.text(header, "lutra_version");
  program.metadata = reader.member(header, "metadata");
  program.kernels = read_kernels(bytes.substr(kHeaderBytes + json_bytes), reader, reader.array(header, "kernels"));
  for (const json& item : reader.array(header, "jobs")) {
    program.jobs.push_back(reader.job(item));
    check_job(program.jobs.back(), program.jobs.size() - 1, program.kernels.size(), where);
  }
  return program;
}

void write_program(const Program& program, const std::string& path) { write_file_atomically(path, serialize_program(program)); }

Program read_program(const std::string& path) { return parse_program(read_file(path, kMaxProgramBytes), path); }

Program read_program(const std::string& path, const ArchConfig& config) {
  Program program = read_program(path);
  if (const std::string hash = program_hash(config); program.program_hash != hash)
    throw Error(fmt::format("the program was compiled for another machine: program_hash {} ({}) given, allowed {} ({})",
                            program.program_hash, program.arch_name.empty() ? "unnamed" : program.arch_name, hash, config.name),
                {path});
  for (const Kernel& kernel : program.kernels)
    if (kernel.code.size() > static_cast<std::size_t>(config.buffer.instruction_words))
      throw Error(fmt::format("kernel {} has {} instructions, allowed {} (buffer.instruction_words)", kernel.name, kernel.code.size(),
                              config.buffer.instruction_words),
                  {path});
  return program;
}

}  // namespace lutra

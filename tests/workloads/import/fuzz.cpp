// One parser under libFuzzer: whatever the bytes, it returns or throws an Error.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "isa/assembler.h"
#include "isa/error.h"
#include "isa/program.h"
#include "isa/sha256.h"
#include "workloads/import/gguf_model.h"
#include "workloads/import/lists.h"
#include "workloads/import/onnx_file.h"
#include "workloads/import/safetensors.h"
#include "workloads/model.h"
#include "workloads/trace.h"
#include "workloads/types/lowering.h"

using namespace lutra::workloads;

namespace {

using Bytes = std::span<const std::uint8_t>;

void fuzz_types(const std::string& text) {
  for (const DataType& type : parse_types(text, "f")) lower(type, 0, 4);
}

void fuzz_gguf(Bytes bytes) {
  const GgufFile file = parse_gguf(bytes, "f");
  gguf_model(file, "f", "f", {});
}

/// The checksum stops nearly every change, so it is made right: what is behind it has to be safe, too.
void fuzz_program(Bytes bytes) {
  std::string file(bytes.begin(), bytes.end());
  if (file.size() >= 64) file.replace(32, 32, lutra::sha256_hex(std::string_view(file).substr(64)).substr(0, 32));
  for (const lutra::Kernel& kernel : lutra::parse_program(file, "f").kernels) {
    for (const lutra::Encoded& word : kernel.code) lutra::decode(word);
  }
}

void parse(const std::string& parser, Bytes bytes) {
  const std::string text(bytes.begin(), bytes.end());
  if (parser == "gguf") fuzz_gguf(bytes);
  if (parser == "safetensors") parse_safetensors(bytes, "f");
  if (parser == "index") parse_safetensors_index(text, "f");
  if (parser == "onnx") parse_onnx(bytes, "f");
  if (parser == "csv") parse_scale_sim(text, "f");
  if (parser == "yaml") parse_gemm_list(text, "f");
  if (parser == "types") fuzz_types(text);
  if (parser == "trace") parse_trace(text, "f");
  if (parser == "program") fuzz_program(bytes);
  if (parser == "asm") lutra::assemble(text, "f");
  if (parser == "config") parse_model(text, "f", "f");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    parse(LUTRA_FUZZ_PARSER, {data, size});
  } catch (const lutra::Error&) {
    // What a broken file is answered with.
  }
  return 0;
}

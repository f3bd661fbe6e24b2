// One of the parsers that commands read files with, under libFuzzer: whatever the bytes, it returns or throws an Error. Which one is said
// by the environment, LUTRA_FUZZ_PARSER.
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cli/arch_input.h"
#include "cli/check_baseline.h"
#include "isa/error.h"
#include "isa/file.h"
#include "sim/cost/liberty.h"
#include "sim/flash/phone.h"
#include "sim/gpu/host.h"
#include "sim/memory/dram_device.h"
#include "sim/report/json_node.h"
#include "sim/storage/storage_config.h"
#include "sim/sweep/space.h"
#include "sim/system/edge_host.h"
#include "sim/system/measured_costs.h"
#include "sim/system/serve.h"
#include "tests/isa/temporary_directory.h"
#include "tests/sim/cost/test_library.h"
#include "workloads/sparsity/trace_file.h"

using namespace lutra;

namespace {

/// A file in memory, for readers that open a path.
class MemoryFile {
 public:
  explicit MemoryFile(const std::string& text) : file_(memfd_create("fuzz", 0)) {
    if (file_ < 0 || write(file_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) std::abort();
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { close(file_); }
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  int file_;
};

/// Runs each; one that refuses the bytes does not keep them from the next.
void each(std::initializer_list<std::function<void()>> parsers) {
  for (const auto& parser : parsers) {
    try {
      parser();
    } catch (const Error&) {
      // What a broken file is answered with.
    }
  }
}

void parse_liberty(const std::string& text) {
  const MemoryFile file(text);
  cost::read_library({file.path()});
}

void parse_device(const std::string& text) {
  const MemoryFile file(text);
  each({[&] { memory::parse_dram(text, "f"); }, [&] { storage::parse_storage(text, "f"); }, [&] { flash::parse_phone(text, "f"); },
        [&] { gpu::parse_host(text, "f", gpu::stored_calibration()); }, [&] { system::load_edge_host(file.path()); }});
}

void parse_figures(const std::string& text) {
  const MemoryFile file(text);
  each({[&] { cli::read_baseline(file.path()); }, [&] { system::read_measured_costs(file.path()); },
        [&] { report::read_json(file.path()); }});
}

std::uint32_t checksum(const std::string& bytes) {
  return static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

/// A sparsity trace whose only token is `raw`: check sums stop nearly every change, and what is behind them has to be safe, too.
std::string trace_of(const std::string& raw) {
  const std::string header =
      R"({"model":"m","layers":2,"experts":2,"active_experts":1,"neurons":100,"tokens":1,"origin":"o","lutra_version":"0"})";
  const auto u32 = [](std::uint32_t value) { return std::string(reinterpret_cast<const char*>(&value), sizeof value); };
  uLongf bytes = compressBound(static_cast<uLong>(raw.size()));
  std::string packed(bytes, '\0');
  compress(reinterpret_cast<Bytef*>(packed.data()), &bytes, reinterpret_cast<const Bytef*>(raw.data()), static_cast<uLong>(raw.size()));
  packed.resize(bytes);
  return "LUTRASPT" + u32(1) + u32(static_cast<std::uint32_t>(header.size())) + header + u32(checksum(header)) +
         u32(static_cast<std::uint32_t>(raw.size())) + u32(static_cast<std::uint32_t>(bytes)) + u32(checksum(raw)) + packed + "LUTRAEND";
}

void read_trace(const std::string& bytes) {
  const MemoryFile file(bytes);
  workloads::SparsityTraceReader reader(file.path());
  workloads::TokenActivity token;
  while (reader.next(token)) continue;
}

void parse_sparsity(const std::string& text) {
  static const test::TemporaryDirectory directory;
  const MemoryFile file(text);
  each({[&] { read_trace(text); }, [&] { read_trace(trace_of(text)); },
        [&] {
          workloads::import_sparsity_trace(file.path(), {"m", 2, 1, 1, 10}, directory.file("out"));
        }});
}

const std::map<std::string, std::function<void(const std::string&)>>& parsers() {
  static const std::map<std::string, std::function<void(const std::string&)>> kParsers{
      {"arch", [](const std::string& text) { parse_arch_config(text, "f"); }},
      {"liberty", parse_liberty},
      {"space", [](const std::string& text) { sweep::parse_space(text, "f", cli::load_arch, ""); }},
      {"requests", [](const std::string& text) { system::parse_requests(text, "f"); }},
      {"device", parse_device},
      {"figures", parse_figures},
      {"sparsity", parse_sparsity}};
  return kParsers;
}

/// Valid files to start from, where the repository has none.
std::vector<std::string> seeds(const std::string& parser) {
  if (parser == "liberty") return {cost::test::tiny_liberty()};
  if (parser == "requests") return {"arrival_s,prompt_tokens,output_tokens\n0,8,4\n1.5,16,1\n"};
  if (parser == "sparsity")
    return {R"({"token": 0, "layer": 0, "active": [1, 4], "predicted": [2, 4]}
{"token": 0, "layer": 1, "active": [], "predicted": []}
)",
            {0, 2, 4, 9, 1, 1, 7}};
  if (parser == "figures")
    return {R"({"lutra_version": "0.1.0", "seed": 1, "tolerance_percent": {"cycles": 1}, "cases": [{"arch": "tiny", "model": "m",
"phase": "decode", "batch": 1, "seq": 1, "context": 0, "price": false, "library": "", "figures": {"cycles": {"step": 100}}}]})",
            R"({"library": "l", "clock_mhz": 100, "activity": {"source": "measured", "cycles": 10, "events": {"array_steps": 4,
"builder_busy": 2}}, "tree": {"power_mw": {"internal": 1, "switching": 1, "leakage": 0.1}, "children": [{"module": "lutra_array",
"power_mw": {"internal": 1, "switching": 1, "leakage": 0}}, {"module": "lutra_table_builder", "power_mw": {"internal": 1,
"switching": 1, "leakage": 0}}]}})"};
  return {};
}

std::string chosen() { return std::getenv("LUTRA_FUZZ_PARSER"); }

}  // namespace

/// Puts the seeds into the first folder of the command line.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  int number = 0;
  const char* const* folder = std::find_if(*argv + 1, *argv + *argc, [](const char* argument) { return *argument != '-'; });
  if (folder == *argv + *argc) return 0;
  for (const std::string& seed : seeds(chosen())) write_file_atomically(fmt::format("{}/seed{}", *folder, number++), seed);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto parser = parsers().at(chosen());
  const std::string text(data, data + size);
  each({[&text] { parser(text); }});
  return 0;
}

// The table of a GPU host's keys, and where hosts come from.
#include "sim/gpu/host.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "isa/error.h"
#include "isa/file.h"
#include "isa/sha256.h"
#include "sim/gpu/embedded_hosts.h"

namespace lutra::gpu {
namespace {

constexpr const char* kCalibrationFile = "calibration.yaml";

#define LUTRA_HOST(path) LUTRA_RECORD_MEMBER(GpuHost, path)

// One key, two lines: the formatter would make nine of them.
// clang-format off
const std::vector<RecordField>& table() {
  static const std::vector<RecordField> kTable = {
      {"name", "", LUTRA_HOST(name), 0, 0, {}, true, "name of the host"},
      {"description", "", LUTRA_HOST(description), 0, 0, {}, false, "one line on what it is"},
      {"source", "", LUTRA_HOST(source), 0, 0, {}, true, "where the numbers come from; single numbers may say more in comments"},
      {"clock_mhz", "MHz", LUTRA_HOST(clock_mhz), 1, 20000, {}, true, "clock of the SMs, to which all peaks belong"},

      {"sm.count", "", LUTRA_HOST(sm.count), 1, 4096, {}, true, "streaming multiprocessors"},
      {"sm.register_kib", "KiB", LUTRA_HOST(sm.register_kib), 16, 4096, {}, true,
       "register file of an SM; half of it may hold accumulators"},
      {"sm.shared_kib", "KiB", LUTRA_HOST(sm.shared_kib), 16, 4096, {}, true, "shared memory that an SM's thread blocks can use"},
      {"sm.integer_lanes", "", LUTRA_HOST(sm.integer_lanes), 1, 1024, {}, false,
       "32-bit integer lanes of an SM; tables are built on them, two 16-bit additions a lane and cycle"},
      {"sm.special_lanes", "", LUTRA_HOST(sm.special_lanes), 1, 1024, {}, false, "exponentials an SM computes a cycle"},

      {"tensor.fp16_tops", "10^12/s", LUTRA_HOST(tensor.fp16_tops), 1, 1e6, {}, true, "dense peak with FP16 operands, FP32 sums"},
      {"tensor.fp8_tops", "10^12/s", LUTRA_HOST(tensor.fp8_tops), 0, 1e6, {}, false, "dense peak with FP8 operands; 0: none"},
      {"tensor.int8_tops", "10^12/s", LUTRA_HOST(tensor.int8_tops), 0, 1e6, {}, false, "dense peak with INT8 operands; 0: none"},
      {"tensor.lut_plane_tops", "10^12/s", LUTRA_HOST(tensor.lut_plane_tops), 0, 1e7, {}, false,
       "peak of the lookup-table units for one weight plane and INT8 activations; b planes take b times as long; 0: none"},
      {"tensor.tables", "", LUTRA_HOST(tensor.tables), 0, 0, {"sm", "producer", "kernel"}, false,
       "where tables are built: in the SM while activations enter shared memory, by the kernel that makes the activations, by one of their own"},

      {"l2.mib", "MiB", LUTRA_HOST(l2.mib), 0.1, 65536, {}, true, "capacity of the L2 cache"},
      {"l2.bytes_per_cycle", "bytes", LUTRA_HOST(l2.bytes_per_cycle), 1, 1000000, {}, true, "what all SMs together read from it a cycle"},
      {"l2.sm_bytes_per_cycle", "bytes", LUTRA_HOST(l2.sm_bytes_per_cycle), 1, 4096, {}, false, "width of one SM's port to it"},
      {"l2.fraction", "", LUTRA_HOST(l2.fraction), 0.05, 1, {}, false, "share of that bandwidth that kernels reach"},
      {"l2.latency_cycles", "cycles", LUTRA_HOST(l2.latency_cycles), 0, 100000, {}, false,
       "from a load to its data when they come from memory: what a thread block waits before its first product"},

      {"hbm.gib", "GiB", LUTRA_HOST(hbm.gib), 0.1, 100000, {}, true, "capacity of the memory"},
      {"hbm.gb_s", "GB/s", LUTRA_HOST(hbm.gb_s), 1, 1000000, {}, true, "peak bandwidth of the memory"},
      {"hbm.pj_per_bit", "pJ/bit", LUTRA_HOST(hbm.pj_per_bit), 0, 1000, {}, false, "energy of a bit read or written, of the memory devices"},

      {"power.idle_w", "W", LUTRA_HOST(power.idle_w), 0, 100000, {}, false, "of the board at rest, all the time: leakage and the memory's background"},
      {"power.limit_w", "W", LUTRA_HOST(power.limit_w), 1, 100000, {}, false,
       "of the board; a pass above it is reported, since the GPU would lower its clock"},

      {"kernel.attention", "", LUTRA_HOST(kernel.attention), 0, 0, {"separate", "fused"}, false,
       "scores, softmax and values as three kernels with the scores in memory, or as one that keeps them in registers"},
      {"kernel.fusion", "", LUTRA_HOST(kernel.fusion), 0, 0, {"chains", "none"}, false,
       "element-wise operators that follow each other as one kernel (residual, norm, quantiser), or each as its own"},
      {"kernel.launch_us", "us", LUTRA_HOST(kernel.launch_us), 0, 1000, {}, false, "from the end of a kernel to the start of the next"},

      {"calibration.mma_issue", "", LUTRA_HOST(calibration.mma_issue), 0.05, 1, {}, false,
       "share of cycles in which a full 256 KiB register file keeps the tensor pipe busy"},
      {"calibration.hbm_fraction", "", LUTRA_HOST(calibration.hbm_fraction), 0.05, 1, {}, false,
       "share of the memory's peak bandwidth that kernels reach"},
  };
  return kTable;
}
// clang-format on
#undef LUTRA_HOST

struct CalibrationRecord {
  std::string source;
  Calibration value;
};

std::span<const RecordField> calibration_fields() {
  static const std::vector<RecordField> kTable = {
      {"source", "", LUTRA_RECORD_MEMBER(CalibrationRecord, source), 0, 0, {}, true, "how it was found"},
      {"mma_issue", "", LUTRA_RECORD_MEMBER(CalibrationRecord, value.mma_issue), 0.05, 1, {}, true, "see docs/gpu.md"},
      {"hbm_fraction", "", LUTRA_RECORD_MEMBER(CalibrationRecord, value.hbm_fraction), 0.05, 1, {}, true, "see docs/gpu.md"},
  };
  return kTable;
}

void check(const GpuHost& host, const std::string& file) {
  if (host.has_lut() && host.tensor.int8_tops > host.tensor.lut_plane_tops)
    throw Error(fmt::format("tensor.lut_plane_tops: given {}, allowed 0 or at least tensor.int8_tops = {}", host.tensor.lut_plane_tops,
                            host.tensor.int8_tops),
                {file});
}

}  // namespace

std::span<const RecordField> host_fields() { return table(); }

GpuHost parse_host(const std::string& yaml, const std::string& file, const Calibration& calibration) {
  GpuHost host;
  host.calibration = calibration;
  read_record(yaml, file, table(), &host);
  check(host, file);
  return host;
}

std::vector<std::string> host_names() {
  std::vector<std::string> names;
  for (const std::string_view file : embedded_host_names())
    if (file != kCalibrationFile) names.emplace_back(file.substr(0, file.find(".yaml")));
  std::sort(names.begin(), names.end());
  return names;
}

GpuHost load_host(const std::string& name_or_file) {
  const bool exists = std::filesystem::exists(name_or_file);
  const std::string_view embedded = embedded_host(name_or_file + ".yaml");
  if (!embedded.empty() && !exists) return parse_host(std::string(embedded), name_or_file + ".yaml", stored_calibration());
  if (exists || name_or_file.find_first_of("/.") != std::string::npos)
    return parse_host(read_file(name_or_file), name_or_file, stored_calibration());
  throw Error(fmt::format("host '{}' is neither a file nor a built-in host ({}){}", name_or_file, listed(host_names()),
                          did_you_mean(name_or_file, host_names())));
}

Calibration stored_calibration() {
  CalibrationRecord record;
  read_record(std::string(embedded_host(kCalibrationFile)), kCalibrationFile, calibration_fields(), &record);
  return record.value;
}

std::string calibration_yaml(const Calibration& calibration) {
  const CalibrationRecord record{"lutra gpu --calibrate: the FP16 and INT8 rows of Table 1 of LUT Tensor Core (ISCA'25)", calibration};
  return "# Written by `lutra gpu --calibrate FILE`; docs/gpu.md says what the two numbers mean.\n" +
         record_yaml(calibration_fields(), &record);
}

std::string host_hash(const GpuHost& host) { return sha256_hex(record_yaml(table(), &host)).substr(0, 16); }

}  // namespace lutra::gpu

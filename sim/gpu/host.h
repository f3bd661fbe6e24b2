// What a GPU host is to the simulator: streaming multiprocessors, tensor slots, on-chip capacities, L2, HBM; read from YAML.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "isa/record.h"

namespace lutra::gpu {

using Cycle = std::int64_t;

struct SmConfig {
  int count = 108;
  int register_kib = 256;
  int shared_kib = 164;
  int integer_lanes = 64;
  int special_lanes = 16;
};

/// Peaks of the whole GPU, dense, 10^12 operations a second, a multiply-accumulate being two.
struct TensorConfig {
  double fp16_tops = 312;
  double fp8_tops = 0;
  double int8_tops = 624;
  double lut_plane_tops = 0;
  std::string tables = "sm";
};

struct L2Config {
  double mib = 40;
  int bytes_per_cycle = 5120;
  int sm_bytes_per_cycle = 64;
  double fraction = 0.65;
  int latency_cycles = 700;
};

struct HbmConfig {
  double gib = 40;
  double gb_s = 1555;
  double pj_per_bit = 4;
};

struct PowerConfig {
  double idle_w = 50;
  double limit_w = 400;
};

struct KernelConfig {
  std::string attention = "separate";
  std::string fusion = "chains";
  double launch_us = 2;
};

/// What no data sheet says and the calibration finds (calibrate.h).
struct Calibration {
  double mma_issue = 0.65;
  double hbm_fraction = 0.77;
};

struct GpuHost {
  std::string name;
  std::string description;
  std::string source;
  double clock_mhz = 1410;
  SmConfig sm;
  TensorConfig tensor;
  L2Config l2;
  HbmConfig hbm;
  PowerConfig power;
  KernelConfig kernel;
  Calibration calibration;

  [[nodiscard]] bool has_lut() const { return tensor.lut_plane_tops > 0; }
  [[nodiscard]] double clock_hz() const { return clock_mhz * 1e6; }
  /// Multiply-accumulates a cycle of one SM for a peak of this host.
  [[nodiscard]] double macs_per_sm_cycle(double tops) const { return tops * 1e12 / 2 / clock_hz() / sm.count; }
  /// Bytes a cycle that the whole GPU gets from its memory and from its L2.
  [[nodiscard]] double hbm_bytes_per_cycle() const { return hbm.gb_s * 1e9 * calibration.hbm_fraction / clock_hz(); }
  [[nodiscard]] double l2_bytes_per_cycle() const { return l2.bytes_per_cycle * l2.fraction; }
  [[nodiscard]] double l2_bytes() const { return l2.mib * 1024 * 1024; }
};

/// The table of keys.
std::span<const RecordField> host_fields();
/// Reads a host; `calibration` is what it has before its file is read (a file may override it). Throws Error.
GpuHost parse_host(const std::string& yaml, const std::string& file, const Calibration& calibration);
/// A file, or the name of a built-in host ("a100_lut_4x") with the stored calibration. Throws Error with the names there are.
GpuHost load_host(const std::string& name_or_file);
std::vector<std::string> host_names();

/// The calibration that is stored with the built-in hosts (configs/gpu/calibration.yaml).
Calibration stored_calibration();
/// YAML text of a calibration, each line explained.
std::string calibration_yaml(const Calibration& calibration);
/// Hex hash of all fields, for provenance.
std::string host_hash(const GpuHost& host);

}  // namespace lutra::gpu

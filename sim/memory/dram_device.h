// What a DRAM is to the simulator: organisation, timing rules and command energies; read from YAML.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "isa/record.h"

namespace lutra::memory {

/// Times of the rules, in ns, by their data-sheet names.
struct DramTimes {
  double rcd = 0;    // activate to read or write
  double rp = 0;     // precharge to activate
  double ras = 0;    // activate to precharge
  double rrd = 0;    // activate to activate of another bank
  double faw = 0;    // any five activates
  double ccd_s = 0;  // column to column, another bank group
  double ccd_l = 0;  // column to column, same bank group
  double cl = 0;     // read to data
  double cwl = 0;    // write to data
  double wr = 0;     // end of written data to precharge
  double wtr = 0;    // end of written data to read
  double rtp = 0;    // read to precharge
  double rfc = 0;    // refresh to activate, all banks
  double refi = 0;   // refresh to refresh
};

struct DramEnergies {
  double activate_pj = 0;  // activate and precharge of one row
  double read_pj_per_bit = 0;
  double write_pj_per_bit = 0;
  double refresh_pj = 0;     // one refresh of all banks of a channel
  double background_mw = 0;  // of a channel
};

struct DramDevice {
  std::string name;
  std::string source;
  int channels = 1;
  int channel_bits = 16;
  double data_rate_mt_s = 0;
  int burst_length = 16;
  int bank_groups = 4;
  int banks_per_group = 4;
  int row_bytes = 2048;        // of one bank of a channel
  int interleave_bytes = 256;  // that lie together in a channel
  double controller_ns = 0;    // from the port to the first command and from the data to the port
  DramTimes ns;
  DramEnergies energy;

  [[nodiscard]] int burst_bytes() const { return channel_bits / 8 * burst_length; }
  /// Time of a burst on the data bus.
  [[nodiscard]] double burst_ns() const { return burst_length * 1e3 / data_rate_mt_s; }
  [[nodiscard]] double peak_gb_s() const { return channels * (channel_bits / 8.0) * data_rate_mt_s / 1e3; }
};

std::span<const RecordField> dram_fields();
/// Throws Error with file, line, column, key, what was given and what is allowed, also where keys contradict each other.
DramDevice parse_dram(const std::string& yaml, const std::string& file);
/// A file, or the name of a built-in device ("lpddr5x"). Throws Error with the names there are.
DramDevice load_dram(const std::string& name_or_file);
std::vector<std::string> dram_names();

/// YAML of a built-in device by file name, and all their names; generated at build time from configs/memory/.
std::string_view embedded_dram(std::string_view name);
std::vector<std::string_view> embedded_dram_names();

}  // namespace lutra::memory

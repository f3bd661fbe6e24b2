// The table of a DRAM's keys, and where devices come from.
#include "sim/memory/dram_device.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "isa/error.h"
#include "isa/file.h"

namespace lutra::memory {
namespace {

#define LUTRA_DRAM(path) LUTRA_RECORD_MEMBER(DramDevice, path)

// clang-format off
const std::vector<RecordField>& table() {
  static const std::vector<RecordField> kTable = {
      {"name", "", LUTRA_DRAM(name), 0, 0, {}, true, "name of the memory"},
      {"source", "", LUTRA_DRAM(source), 0, 0, {}, true, "where the numbers come from"},
      {"channels", "", LUTRA_DRAM(channels), 1, 1024, {}, true, "independent channels; addresses go round them"},
      {"channel_bits", "bits", LUTRA_DRAM(channel_bits), 8, 1024, {}, true, "data bus of a channel"},
      {"data_rate_mt_s", "MT/s", LUTRA_DRAM(data_rate_mt_s), 1, 100000, {}, true, "transfers a second of a data pin"},
      {"burst_length", "", LUTRA_DRAM(burst_length), 1, 64, {}, true, "transfers of one column command"},
      {"bank_groups", "", LUTRA_DRAM(bank_groups), 1, 16, {}, true, "bank groups of a channel; consecutive bursts alternate between them"},
      {"banks_per_group", "", LUTRA_DRAM(banks_per_group), 1, 64, {}, true, "banks of a group"},
      {"row_bytes", "bytes", LUTRA_DRAM(row_bytes), 64, 65536, {}, true, "row of one bank of a channel"},
      {"interleave_bytes", "bytes", LUTRA_DRAM(interleave_bytes), 16, 65536, {}, true, "bytes in one channel before the next channel's"},
      {"controller_ns", "ns", LUTRA_DRAM(controller_ns), 0, 10000, {}, true, "controller and interface, there and back"},
      {"time_ns.rcd", "ns", LUTRA_DRAM(ns.rcd), 0, 1000, {}, true, "activate to column command"},
      {"time_ns.rp", "ns", LUTRA_DRAM(ns.rp), 0, 1000, {}, true, "precharge to activate"},
      {"time_ns.ras", "ns", LUTRA_DRAM(ns.ras), 0, 1000, {}, true, "activate to precharge"},
      {"time_ns.rrd", "ns", LUTRA_DRAM(ns.rrd), 0, 1000, {}, true, "activate to activate of another bank"},
      {"time_ns.faw", "ns", LUTRA_DRAM(ns.faw), 0, 1000, {}, true, "from an activate to the fourth after it"},
      {"time_ns.ccd_s", "ns", LUTRA_DRAM(ns.ccd_s), 0, 1000, {}, true, "column to column command, different bank groups"},
      {"time_ns.ccd_l", "ns", LUTRA_DRAM(ns.ccd_l), 0, 1000, {}, true, "column to column command, same bank group"},
      {"time_ns.cl", "ns", LUTRA_DRAM(ns.cl), 0, 1000, {}, true, "read command to its data"},
      {"time_ns.cwl", "ns", LUTRA_DRAM(ns.cwl), 0, 1000, {}, true, "write command to its data"},
      {"time_ns.wr", "ns", LUTRA_DRAM(ns.wr), 0, 1000, {}, true, "end of written data to precharge"},
      {"time_ns.wtr", "ns", LUTRA_DRAM(ns.wtr), 0, 1000, {}, true, "end of written data to read command"},
      {"time_ns.rtp", "ns", LUTRA_DRAM(ns.rtp), 0, 1000, {}, true, "read command to precharge"},
      {"time_ns.rfc", "ns", LUTRA_DRAM(ns.rfc), 0, 100000, {}, true, "refresh of all banks to activate"},
      {"time_ns.refi", "ns", LUTRA_DRAM(ns.refi), 1, 10000000, {}, true, "refresh to refresh"},
      {"energy.activate_pj", "pJ", LUTRA_DRAM(energy.activate_pj), 0, 1000000, {}, true, "activate and precharge of a row"},
      {"energy.read_pj_per_bit", "pJ/bit", LUTRA_DRAM(energy.read_pj_per_bit), 0, 1000, {}, true, "column read and interface"},
      {"energy.write_pj_per_bit", "pJ/bit", LUTRA_DRAM(energy.write_pj_per_bit), 0, 1000, {}, true, "column write and interface"},
      {"energy.refresh_pj", "pJ", LUTRA_DRAM(energy.refresh_pj), 0, 10000000, {}, true, "one refresh of all banks of a channel"},
      {"energy.background_mw", "mW", LUTRA_DRAM(energy.background_mw), 0, 100000, {}, true, "a channel that does nothing"},
  };
  return kTable;
}
// clang-format on
#undef LUTRA_DRAM

void check(const DramDevice& d, const std::string& file) {
  const auto require = [&](bool holds, const std::string& message) {
    if (!holds) throw Error(message, {file});
  };
  require(d.channel_bits % 8 == 0, fmt::format("channel_bits: given {}, allowed whole bytes", d.channel_bits));
  require(d.row_bytes % d.burst_bytes() == 0,
          fmt::format("row_bytes: given {}, allowed a multiple of a burst of {} bytes", d.row_bytes, d.burst_bytes()));
  require(d.interleave_bytes % d.burst_bytes() == 0 && d.row_bytes * d.bank_groups % d.interleave_bytes == 0,
          fmt::format(
              "interleave_bytes: given {}, allowed a multiple of a burst of {} bytes that divides the {} bytes of a row of each bank group",
              d.interleave_bytes, d.burst_bytes(), d.row_bytes * d.bank_groups));
  require(d.ns.ccd_s <= d.ns.ccd_l, fmt::format("time_ns.ccd_s: given {}, allowed at most time_ns.ccd_l = {}", d.ns.ccd_s, d.ns.ccd_l));
  require(d.ns.rfc < d.ns.refi, fmt::format("time_ns.rfc: given {}, allowed less than time_ns.refi = {}", d.ns.rfc, d.ns.refi));
}

}  // namespace

std::span<const RecordField> dram_fields() { return table(); }

DramDevice parse_dram(const std::string& yaml, const std::string& file) {
  DramDevice device;
  read_record(yaml, file, table(), &device);
  check(device, file);
  return device;
}

std::vector<std::string> dram_names() {
  std::vector<std::string> names;
  for (const std::string_view file : embedded_dram_names()) names.emplace_back(file.substr(0, file.find(".yaml")));
  std::sort(names.begin(), names.end());
  return names;
}

DramDevice load_dram(const std::string& name_or_file) {
  const bool exists = std::filesystem::exists(name_or_file);
  const std::string_view embedded = embedded_dram(name_or_file + ".yaml");
  if (!embedded.empty() && !exists) return parse_dram(std::string(embedded), name_or_file + ".yaml");
  if (exists || name_or_file.find_first_of("/.") != std::string::npos) return parse_dram(read_file(name_or_file), name_or_file);
  throw Error(fmt::format("memory device '{}' is neither a file nor built in ({}){}", name_or_file, listed(dram_names()),
                          did_you_mean(name_or_file, dram_names())));
}

}  // namespace lutra::memory

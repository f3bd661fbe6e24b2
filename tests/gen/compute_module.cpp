#include "tests/gen/compute_module.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <sstream>

#include "gen/array.h"
#include "gen/array_datapath.h"
#include "gen/array_lane.h"
#include "gen/float/unit.h"
#include "gen/float_tables.h"
#include "gen/generator.h"
#include "gen/rtl_files.h"
#include "gen/scale_unit.h"
#include "gen/table_builder.h"
#include "gen/table_scales.h"

namespace lutra::tests {
namespace {

// One module with all ports of the three blocks, those of the same name connected.
std::string wrapper(const std::vector<std::string>& modules, const std::vector<std::string>& texts) {
  struct Signal {
    std::string range;
    bool driven = false, read = false;
    std::string driver_port;
  };
  std::map<std::string, Signal> signals;
  std::string instances;
  for (std::size_t i = 0; i < modules.size(); ++i) {
    std::istringstream lines(texts[i]);
    std::string line, connections;
    while (std::getline(lines, line) && line != ");") {
      const bool input = line.rfind("  input  wire", 0) == 0, output = line.rfind("  output wire", 0) == 0;
      if (!input && !output) continue;
      std::istringstream words(line.substr(13));
      std::string range, name;
      words >> name;
      if (name[0] == '[') {
        range = name;
        words >> name;
      }
      if (name.back() == ',') name.pop_back();
      const bool global = name == "clk_i" || name == "rst_ni" || name == "stop_i";
      const std::string base = global ? name : name.substr(0, name.rfind('_'));
      Signal& s = signals[base];
      s.range = range;
      (input ? s.read : s.driven) = true;
      connections += fmt::format("{}    .{}({})", connections.empty() ? "" : ",\n", name, global ? name : base + "_w");
    }
    instances += fmt::format("  {0} i_{0} (\n{1}\n  );\n", modules[i], connections);
  }
  std::string ports, wires;
  for (const auto& [base, s] : signals) {
    const bool global = base == "clk_i" || base == "rst_ni" || base == "stop_i";
    const bool out = s.driven;
    ports += fmt::format("{}  {} wire {} {}", ports.empty() ? "" : ",\n", out ? "output" : "input", s.range,
                         global ? base : base + (out ? "_o" : "_i"));
    if (global) continue;
    wires += fmt::format("  wire {} {}_w;\n  assign {};\n", s.range, base,
                         out ? fmt::format("{0}_o = {0}_w", base) : fmt::format("{0}_w = {0}_i", base));
  }
  return fmt::format("module compute_bench (\n{}\n);\n{}{}endmodule\n", ports, wires, instances);
}

}  // namespace

void copy_bits(Bits& to, int to_bit, const std::uint8_t* from, int from_bit, int count) {
  for (int i = 0; i < count; ++i) {
    const unsigned bit = (static_cast<unsigned>(from[(from_bit + i) / 8]) >> static_cast<unsigned>((from_bit + i) % 8)) & 1U;
    std::uint8_t& byte = to[static_cast<std::size_t>((to_bit + i) / 8)];
    const auto mask = static_cast<std::uint8_t>(1U << static_cast<unsigned>((to_bit + i) % 8));
    byte = static_cast<std::uint8_t>(bit ? byte | mask : byte & ~mask);
  }
}

void set_bits(cosim::PortRef port, const Bits& bits) {
  std::memset(port.bytes(), 0, static_cast<std::size_t>(port.byte_count()));
  std::memcpy(port.bytes(), bits.data(), std::min(bits.size(), static_cast<std::size_t>(port.byte_count())));
  const int rest = port.bits() % 8;
  if (rest != 0) port.bytes()[port.byte_count() - 1] &= static_cast<std::uint8_t>((1U << static_cast<unsigned>(rest)) - 1);
}

std::unique_ptr<cosim::VerilatedModule> build_compute_module(const ArchConfig& config, const Geometry& geometry) {
  std::vector<gen::EmittedFile> files = {{"lutra_array.v", gen::emit_array(config, geometry)},
                                         {"lutra_array_datapath.v", gen::emit_array_datapath(config, geometry)},
                                         {"lutra_array_column.v", gen::emit_array_column(config, geometry)},
                                         {"lutra_array_lane.v", gen::emit_array_lane(config, geometry)},
                                         {"lutra_scale_unit.v", gen::emit_scale_unit(config, geometry)},
                                         {"lutra_table_builder.v", gen::emit_table_builder(config, geometry)},
                                         {"lutra_table.v", gen::emit_table(config, geometry)}};
  if (geometry.floating) {
    files.push_back({"lutra_table_weight.v", gen::emit_table_weight()});
    files.push_back({"lutra_float_accumulator.v", gen::emit_float_accumulator(config)});
  } else {
    files.push_back({"lutra_zero_point.v", gen::emit_zero_point(config, geometry)});
  }
  if (geometry.parity) files.push_back({"lutra_array_parity.v", gen::emit_array_parity(config, geometry)});
  if (geometry.aligned) files.push_back({"lutra_align.v", gen::emit_align(config, geometry)});
  if (geometry.quantised && !gen::divides(config)) {
    files.push_back({"lutra_table_shift.v", gen::emit_table_shift(config, geometry)});
    files.push_back({"lutra_quantise.v", gen::emit_quantise(geometry)});
  }
  for (const gen::FloatUnit& unit : gen::float_units(config, geometry)) files.push_back(gen::emit_float_unit(unit));
  files.push_back({"compute_bench.v",
                   wrapper({"lutra_array", "lutra_scale_unit", "lutra_table_builder"}, {files[0].text, files[4].text, files[5].text})});
  for (const gen::EmittedFile& file : gen::rtl_files())
    if (file.name == "lutra_fifo.v" || file.name == "lutra_unit_queue.v") files.push_back(file);
  return cosim::VerilatedModule::build(files, "compute_bench");
}

void put(Bits& to, int bit, int count, std::uint64_t value) { copy_bits(to, bit, reinterpret_cast<const std::uint8_t*>(&value), 0, count); }

Bits pack(const model::ArrayCommand& c) {
  Bits bits(24);
  int at = 0;
  const auto field = [&](int count, std::int64_t value) {
    put(bits, at, count, static_cast<std::uint64_t>(value));
    at += count;
  };
  field(8, c.signal), field(8, c.wait), field(16, c.table), field(16, c.weight), field(16, c.ksteps), field(8, c.rows), field(16, c.out);
  field(16, c.param), field(16, c.segment), field(1, c.first), field(1, c.last), field(1, c.accumulate), field(4, c.planes);
  field(32, c.shifts), field(2, c.zmode), field(10, c.zero);
  return bits;
}

Bits pack(const model::BuildCommand& c) {
  Bits bits(16);
  int at = 0;
  const auto field = [&](int count, std::int64_t value) {
    put(bits, at, count, static_cast<std::uint64_t>(value));
    at += count;
  };
  field(8, c.signal), field(8, c.wait), field(16, c.src), field(16, c.dst), field(16, c.ksteps), field(8, c.rows), field(16, c.src_pitch);
  return bits;
}

}  // namespace lutra::tests

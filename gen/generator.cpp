// Collects the emitted and the hand-written Verilog of a design and writes it.
#include "gen/generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "gen/array.h"
#include "gen/array_datapath.h"
#include "gen/array_lane.h"
#include "gen/buffers.h"
#include "gen/companions.h"
#include "gen/control.h"
#include "gen/core.h"
#include "gen/csr.h"
#include "gen/float/unit.h"
#include "gen/float_tables.h"
#include "gen/load_unit.h"
#include "gen/rtl_files.h"
#include "gen/scale_unit.h"
#include "gen/store_unit.h"
#include "gen/table_builder.h"
#include "gen/table_scales.h"
#include "isa/error.h"
#include "isa/file.h"

namespace lutra::gen {
namespace {

void add_blocks(std::vector<EmittedFile>& files, const ArchConfig& config, const Geometry& geometry) {
  files.push_back({"lutra_csr.v", emit_csr(config, geometry)});
  files.push_back({"lutra_control.v", emit_control(config, geometry)});
  files.push_back({"lutra_load_unit.v", emit_load_unit(config, geometry)});
  files.push_back({"lutra_store_unit.v", emit_store_unit(config, geometry)});
  files.push_back({"lutra_buffers.v", emit_buffers(config, geometry)});
  if (!geometry.memory) files.push_back({"lutra_table.v", emit_table(config, geometry)});
  if (!geometry.memory && geometry.aligned) files.push_back({"lutra_align.v", emit_align(config, geometry)});
  if (!geometry.memory && geometry.quantised && !divides(config)) {
    files.push_back({"lutra_table_shift.v", emit_table_shift(config, geometry)});
    files.push_back({"lutra_quantise.v", emit_quantise(geometry)});
  }
  files.push_back({"lutra_table_builder.v", emit_table_builder(config, geometry)});
  if (geometry.floating) {
    files.push_back({"lutra_table_weight.v", emit_table_weight()});
    files.push_back({"lutra_float_accumulator.v", emit_float_accumulator(config)});
  }
  files.push_back({"lutra_array_lane.v", emit_array_lane(config, geometry)});
  if (geometry.parity) files.push_back({"lutra_array_parity.v", emit_array_parity(config, geometry)});
  files.push_back({"lutra_array_column.v", emit_array_column(config, geometry)});
  files.push_back({"lutra_array_datapath.v", emit_array_datapath(config, geometry)});
  files.push_back({"lutra_array.v", emit_array(config, geometry)});
  if (!geometry.floating) files.push_back({"lutra_zero_point.v", emit_zero_point(config, geometry)});
  for (const FloatUnit& unit : float_units(config, geometry)) files.push_back(emit_float_unit(unit));
  files.push_back({"lutra_scale_unit.v", emit_scale_unit(config, geometry)});
}

std::string header(const ArchConfig& config) {
  return fmt::format("// lutra {} - configuration {} ({})\n", LUTRA_VERSION, config.name, config_hash(config));
}

// The number in ".NAME(number)" behind `from`.
int parameter(const std::string& text, const std::string& name, std::size_t from) {
  const std::size_t at = text.find("." + name + "(", from);
  if (at == std::string::npos) throw std::logic_error("an SRAM without " + name);
  return std::stoi(text.substr(at + name.size() + 2, 12));
}

// Every lutra_sram that lutra_buffers instantiates, read from its text, so that the list is the Verilog's own.
std::vector<MemoryMacro> memories_of(const std::vector<EmittedFile>& files) {
  static constexpr std::string_view kInstance = "lutra_sram #(";
  std::vector<MemoryMacro> list;
  for (const EmittedFile& f : files) {
    if (f.name != "lutra_buffers.v") continue;
    for (std::size_t at = f.text.find(kInstance); at != std::string::npos; at = f.text.find(kInstance, at + 1)) {
      const std::size_t name = f.text.find(") ", f.text.find("\n  )", at)) + 2;
      list.push_back({f.text.substr(name, f.text.find(' ', name) - name), parameter(f.text, "DEPTH", at), parameter(f.text, "WIDTH", at),
                      parameter(f.text, "WRITE_GROUPS", at)});
    }
  }
  return list;
}

bool written_by_lutra(const std::filesystem::path& directory) { return std::filesystem::exists(directory / "manifest.json"); }

}  // namespace

std::vector<FloatUnit> float_units(const ArchConfig& config, const Geometry& geometry) {
  std::vector<FloatUnit> units;
  for (const std::vector<FloatUnit>& block :
       {table_scale_units(config, geometry), float_table_units(config, geometry), store_units(config), scale_units(config, geometry)}) {
    for (const FloatUnit& unit : block) {
      const auto same = [&unit](const FloatUnit& other) { return name_of(other) == name_of(unit); };
      if (std::none_of(units.begin(), units.end(), same)) units.push_back(unit);
    }
  }
  return units;
}

Design generate(const ArchConfig& config) {
  const Geometry geometry(config);
  Design design;
  design.top = "lutra_core";
  for (const EmittedFile& f : rtl_files())
    if ((f.name != "lutra_register_file.v" || config.table.storage == "flops") &&
        (f.name != "lutra_latch_file.v" || config.table.storage == "latches"))
      design.files.push_back(f);
  add_blocks(design.files, config, geometry);
  design.files.push_back({"lutra_core.v", emit_core(config, geometry, design.files)});
  const std::string opening = header(config);
  for (EmittedFile& f : design.files) f.text.insert(0, opening);
  design.memories = memories_of(design.files);
  design.companions = companions_of(design, config);
  return design;
}

const std::string& companion(const Design& design, const std::string& name) {
  for (const EmittedFile& f : design.companions)
    if (f.name == name) return f.text;
  throw std::logic_error("a design has no " + name);
}

void write_design(const Design& design, const std::string& directory) {
  namespace fs = std::filesystem;
  fs::path target = fs::path(directory).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();
  const fs::path beside = target.string() + ".partial", old = target.string() + ".old";
  const SourceLocation where{directory};
  if (target.empty()) throw Error("no directory is named", where);
  std::error_code failure;
  if (fs::exists(target) && !fs::is_directory(target)) throw Error("is a file, not a directory", where);
  if (fs::is_directory(target) && !fs::is_empty(target, failure) && !written_by_lutra(target))
    throw Error("the directory is not empty and holds no design (no manifest.json); name another one", where);
  try {
    fs::remove_all(beside);
    fs::create_directories(beside);
    for (const EmittedFile& f : design.files) write_file_atomically((beside / f.name).string(), f.text);
    for (const EmittedFile& f : design.companions) {
      fs::create_directories((beside / f.name).parent_path());
      write_file_atomically((beside / f.name).string(), f.text);
    }
    fs::remove_all(old);
    if (fs::exists(target)) fs::rename(target, old);
    fs::rename(beside, target);
    fs::remove_all(old);
  } catch (const fs::filesystem_error& error) {
    fs::remove_all(beside, failure);
    throw Error(std::string("cannot write the design: ") + error.code().message(), where);
  } catch (const Error&) {
    fs::remove_all(beside, failure);
    throw;
  }
}

}  // namespace lutra::gen

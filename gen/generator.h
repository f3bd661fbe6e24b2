// From a configuration to a directory of Verilog: every file of a design, its file list and its manifest.
#pragma once

#include <string>
#include <vector>

#include "gen/float/unit.h"
#include "gen/verilog.h"
#include "isa/geometry.h"

namespace lutra::gen {

/// An SRAM of a design, which a flow replaces by a macro.
struct MemoryMacro {
  std::string instance;  // in lutra_buffers
  int words;             // rows
  int bits;              // width
  int write_groups;      // separately writable parts of a row
};

struct Design {
  std::string top;                 // name of the top module
  std::vector<EmittedFile> files;  // Verilog in dependency order, leaves first
  std::vector<MemoryMacro> memories;
  std::vector<EmittedFile> companions;  // gen/companions.h: file list, FuseSoC core, constraints, C header, memories, manifest
};

/// The floating-point units that the blocks of a core are made of, each once.
std::vector<FloatUnit> float_units(const ArchConfig& config, const Geometry& geometry);
/// The whole core. Equal configurations give equal bytes. Every file opens with the configuration's name, hash and lutra's version.
Design generate(const ArchConfig& config);

/// The text of the companion of that name; throws std::logic_error when there is none.
const std::string& companion(const Design& design, const std::string& name);

/// Writes all files and companions into `directory`, which is replaced as a whole: written beside, then renamed.
/// Throws Error when it cannot be written, or when the directory exists and was not written by this function.
void write_design(const Design& design, const std::string& directory);

}  // namespace lutra::gen

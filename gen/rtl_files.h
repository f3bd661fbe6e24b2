// The hand-written Verilog of rtl/, embedded at build time.
#pragma once

#include <span>

#include "gen/verilog.h"

namespace lutra::gen {

/// Every module of rtl/, in file-name order; the same for every design.
std::span<const EmittedFile> rtl_files();

}  // namespace lutra::gen

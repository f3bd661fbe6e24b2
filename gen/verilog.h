// Small helpers for emitting readable Verilog-2005.
#pragma once

#include <string>
#include <vector>

#include "isa/geometry.h"

namespace lutra::gen {

/// "[bits-1:0]" padded for alignment, or "" for one bit.
std::string range(int bits);

/// One port a line, each with a comment.
struct Port {
  bool output;
  int bits;
  std::string name;
  std::string comment;
};

/// Which of clock and reset a module has.
enum class Clocking { kClockAndReset, kClock, kNone };

/// Module text from its parts: opening sentence, name, ports, body (indented by two already). Clock and reset are added first.
std::string module_text(const std::string& purpose, const std::string& name, const std::vector<Port>& ports, const std::string& body,
                        Clocking clocking = Clocking::kClockAndReset);

/// A file of an emitted design.
struct EmittedFile {
  std::string name;
  std::string text;
};

}  // namespace lutra::gen

// Constant expressions of the assembler: numbers, names, + - * with the usual precedence, no spaces.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "isa/error.h"

namespace lutra {

/// Named constants of a program text.
using Constants = std::map<std::string, std::int64_t, std::less<>>;

/// Whether `text` can name a constant: a letter or '_', then letters, digits and '_', and not a register.
bool is_constant_name(std::string_view text);
/// Register number of "r0".."r15", or -1.
int register_number(std::string_view text);

/// Value of "3", "0x1f", "-4", "TILE*2+1"; throws Error at `where` moved to the offending part for anything else or on overflow.
std::int64_t evaluate(std::string_view text, const Constants& constants, const SourceLocation& where);

}  // namespace lutra

// What a given machine's command processor refuses although the instruction's fields are in range.
#pragma once

#include <string>

#include "isa/arch_config.h"
#include "isa/instruction.h"

namespace lutra {

/// Why `config`'s core would trap on this instruction (cause: bad field), with what was given and what is allowed; "" when it
/// would execute it. Depends on the instruction alone, not on register contents or loop nesting.
std::string illegal_on(const ArchConfig& config, const Instruction& instruction);

}  // namespace lutra

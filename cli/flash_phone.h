// Further subcommands of lutra flash.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace lutra::cli {

/// lutra flash phone: the study of docs/phone.md.
void add_flash_phone(CLI::App& command, Action& action);
/// lutra flash gather: sparse products on the core, co-simulated and timed.
void add_flash_gather(CLI::App& command, Action& action);

}  // namespace lutra::cli

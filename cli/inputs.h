// Options that several subcommands share, and what they name.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/arch_input.h"
#include "isa/arch_config.h"

namespace lutra::cli {

/// --arch NAME|FILE, with the embedded default.
void add_arch_option(CLI::App& command, std::string& arch);
/// --json FILE, '-' for standard output.
void add_json_option(CLI::App& command, std::string& json);
/// --seed N.
void add_seed_option(CLI::App& command, std::uint64_t& seed);

/// Creates a directory and its parents; throws Error where that is impossible.
void make_directory(const std::string& path);

/// Prints `text`, and writes `document` to the file `json` where one is asked for; with '-' the document takes the text's place.
void emit(const std::string& json, const nlohmann::json& document, const std::string& text);

/// The fields that every output carries: lutra_version, config_hash, seed.
nlohmann::json provenance(const ArchConfig& config, std::uint64_t seed);

}  // namespace lutra::cli

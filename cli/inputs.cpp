// Shared options of the subcommands.
#include "cli/inputs.h"

#include <cstdio>
#include <filesystem>

#include "isa/error.h"
#include "isa/file.h"

namespace lutra::cli {

void add_arch_option(CLI::App& command, std::string& arch) {
  arch = kDefaultArch;
  command.add_option("--arch", arch, "Architecture: a YAML file, or the name of a built-in one")->capture_default_str();
}

void add_json_option(CLI::App& command, std::string& json) {
  command.add_option("--json", json, "Write the result as JSON to this file; '-' prints it instead of the text");
}

void add_seed_option(CLI::App& command, std::uint64_t& seed) {
  command.add_option("--seed", seed, "Seed of everything random: weights, activations, memory stalls")->capture_default_str();
}

void make_directory(const std::string& path) {
  std::error_code code;
  std::filesystem::create_directories(path, code);
  if (code) throw Error("cannot create the directory: " + code.message(), {path});
}

void emit(const std::string& json, const nlohmann::json& document, const std::string& text) {
  const std::string dump = document.dump(2) + "\n";
  if (json == "-") {
    std::fputs(dump.c_str(), stdout);
    return;
  }
  if (!json.empty()) write_file_atomically(json, dump);
  std::fputs(text.c_str(), stdout);
}

nlohmann::json provenance(const ArchConfig& config, std::uint64_t seed) {
  return {{"lutra_version", LUTRA_VERSION}, {"arch", config.name}, {"config_hash", config_hash(config)}, {"seed", seed}};
}

}  // namespace lutra::cli

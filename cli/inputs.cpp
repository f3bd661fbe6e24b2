// Shared options of the subcommands.
#include "cli/inputs.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <vector>

#include "cli/embedded_configs.h"
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

ArchConfig load_arch(const std::string& name_or_file) {
  const std::string_view embedded = embedded_config(name_or_file + ".yaml");
  if (!embedded.empty() && !std::filesystem::exists(name_or_file)) return parse_arch_config(std::string(embedded), name_or_file + ".yaml");
  const bool looks_like_file = name_or_file.find_first_of("/.") != std::string::npos;
  if (looks_like_file || std::filesystem::exists(name_or_file)) return load_arch_config(name_or_file);
  std::vector<std::string> names;
  std::string list;
  for (const std::string_view file : embedded_config_names()) {
    names.emplace_back(file.substr(0, file.find(".yaml")));
    list += (list.empty() ? "" : ", ") + names.back();
  }
  const std::string likely = nearest(name_or_file, names);
  throw Error(fmt::format("--arch '{}' is neither a file nor a built-in architecture ({}){}", name_or_file, list,
                          likely.empty() ? "" : fmt::format("; did you mean '{}'?", likely)));
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

// Looks among the built-in architectures first, and says which there are.
#include "cli/arch_input.h"

#include <fmt/format.h>

#include <filesystem>
#include <vector>

#include "cli/embedded_configs.h"
#include "isa/error.h"

namespace lutra::cli {

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

}  // namespace lutra::cli

// Names to descriptions, options to policies.
#include "cli/flash_inputs.h"

#include <fmt/format.h>

#include <filesystem>

#include "cli/embedded_devices.h"
#include "cli/inputs.h"
#include "isa/file.h"

namespace lutra::cli {
namespace {

/// The text of a description and the name to use in messages.
std::pair<std::string, std::string> description(const char* what, const std::string& name, std::string_view embedded,
                                                const std::vector<std::string_view>& names) {
  if (!embedded.empty() && !std::filesystem::exists(name)) return {std::string(embedded), name + ".yaml"};
  if (name.find_first_of("/.") != std::string::npos || std::filesystem::exists(name)) return {read_file(name), name};
  std::vector<std::string> known;
  for (const std::string_view file : names) known.emplace_back(file.substr(0, file.find(".yaml")));
  throw Error(fmt::format("--{} '{}' is neither a file nor a built-in one ({}){}", what, name, listed(known), did_you_mean(name, known)));
}

}  // namespace

flash::Phone load_phone(const std::string& name) {
  const auto [text, file] = description("phone", name, embedded_phone(name + ".yaml"), embedded_phone_names());
  return flash::parse_phone(text, file);
}

storage::StorageConfig load_storage(const std::string& name) {
  const auto [text, file] = description("storage", name, embedded_storage(name + ".yaml"), embedded_storage_names());
  return storage::parse_storage(text, file);
}

flash::Library flash_library() { return {load_phone, load_storage, load_arch}; }

void add_policy_options(CLI::App& command, PolicyOptions& options) {
  command.add_option("--policy", options.name, "Combination of techniques (lutra flash policies lists them)")->capture_default_str();
  command.add_option("--layout", options.layout, "Instead of the policy's: how neurons lie in flash");
  command.add_option("--residency", options.residency, "Instead of the policy's: what stays in DRAM");
  command.add_option("--schedule", options.schedule, "Instead of the policy's: how reads and computing overlap");
  command.add_option("--hot-share", options.hot_share, "Share of the neurons that is pinned; -1: the planner decides");
  command.add_option("--window", options.window, "Tokens of the window")->check(CLI::Range(1, 1000));
  command.add_option("--cluster", options.cluster, "Neurons (or clusters of the core) computed together")->check(CLI::Range(1, 100000));
  command.add_option("--dense-unit", options.dense_unit, "Unit of the phone for attention and hot neurons");
  command.add_option("--sparse-unit", options.sparse_unit, "Unit of the phone for cold neurons: a CPU or the core");
}

flash::Policy chosen_policy(const PolicyOptions& options) {
  flash::Policy policy = flash::find_policy(options.name);
  const auto replace = [](std::string& field, const std::string& given) {
    if (!given.empty()) field = given;
  };
  replace(policy.layout, options.layout);
  replace(policy.residency, options.residency);
  replace(policy.schedule, options.schedule);
  replace(policy.dense_unit, options.dense_unit);
  replace(policy.sparse_unit, options.sparse_unit);
  flash::find_layout(policy.layout);
  flash::find_residency(policy.residency);
  flash::find_schedule(policy.schedule);
  if (options.hot_share > -2) {
    if (options.hot_share > 1 || (options.hot_share < 0 && options.hot_share != -1))
      throw Error(fmt::format("--hot-share: given {}, allowed 0 to 1, or -1", options.hot_share));
    policy.hot_share = options.hot_share;
  }
  if (options.window > 0) policy.window = options.window;
  if (options.cluster > 0) policy.cluster = options.cluster;
  return policy;
}

}  // namespace lutra::cli

// lutra sbom: the bill of materials as an SPDX document.
#include <fmt/format.h>

#include <cstdlib>
#include <ctime>

#include "cli/command.h"
#include "cli/inputs.h"
#include "isa/error.h"
#include "isa/file.h"
#include "sim/trust/supply_chain.h"

namespace lutra::cli {
namespace {

struct Options {
  std::string out, json;
};

/// SOURCE_DATE_EPOCH where it is set, so that builds can be reproduced; else now.
std::int64_t created() {
  const char* text = std::getenv("SOURCE_DATE_EPOCH");
  if (text == nullptr || *text == '\0') return std::time(nullptr);
  char* end = nullptr;
  const std::int64_t seconds = std::strtoll(text, &end, 10);
  if (*end != '\0' || seconds < 0 || seconds > 253402300799)
    throw Error(fmt::format("SOURCE_DATE_EPOCH is '{}'; allowed: seconds since 1970, 0 to 253402300799", text));
  return seconds;
}

int run(const Options& options) {
  const std::vector<trust::Dependency> table = trust::installed_dependencies();
  const nlohmann::json document = trust::bill_of_materials(table, created());
  if (!options.out.empty()) write_file_atomically(options.out, document.dump(2) + "\n");
  std::string text;
  for (const trust::Dependency& d : table)
    text += fmt::format("{:<8} {:<26} {:<26} {}\n", d.use, d.package, d.version.empty() ? "not installed" : d.version, d.licence);
  emit(options.json, document, options.out.empty() ? text : fmt::format("{}: {} packages\n", options.out, document.at("packages").size()));
  return 0;
}

}  // namespace

void add_sbom(CLI::App& command, Action& action) {
  auto options = std::make_shared<Options>();
  command.add_option("--out", options->out, "SPDX 2.3 document (JSON) to write");
  add_json_option(command, options->json);
  bind(command, action, options, run);
}

}  // namespace lutra::cli

// What lutra is made with.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cli/measure_row.h"
#include "cli/trust_part.h"
#include "sim/trust/supply_chain.h"

namespace lutra::cli {

using Json = nlohmann::json;

Json measure_supply_chain(const TrustRequest&) {
  const std::vector<trust::Dependency> table = trust::installed_dependencies();
  const std::vector<std::string> linked = trust::linked_packages(std::filesystem::read_symlink("/proc/self/exe").string());
  const auto unknown = std::count_if(linked.begin(), linked.end(), [&](const std::string& package) {
    return std::none_of(table.begin(), table.end(), [&](const trust::Dependency& d) { return d.use == "linked" && d.package == package; });
  });
  Json dependencies = Json::array();
  for (const trust::Dependency& d : table)
    if (!d.version.empty())
      dependencies.push_back(
          {{"package", d.package}, {"version", d.version}, {"licence", d.licence}, {"use", d.use}, {"purpose", d.purpose}});
  return {{"rows", {at_most(measured("linked libraries outside the table", static_cast<double>(unknown), "packages", "lutra sbom"), 0)}},
          {"dependencies", std::move(dependencies)}};
}

std::string supply_chain_page(const Json& part) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& d : part.at("dependencies"))
    rows.push_back({d.at("use").get<std::string>(), d.at("package").get<std::string>(), d.at("version").get<std::string>(),
                    d.at("licence").get<std::string>(), d.at("purpose").get<std::string>()});
  return "All packages are Debian's; nothing is downloaded while lutra is built. The build writes them as SPDX 2.3 into `lutra.spdx.json` "
         "of its "
         "directory (`lutra sbom` does it by itself; `SOURCE_DATE_EPOCH` dates it). `scripts/release` packs a commit; one commit gives the "
         "same "
         "bytes in every clone. Licence and the ownership of emitted files: `LICENSE`, `NOTICE`; how to report a vulnerability: "
         "`SECURITY.md`. "
         "GPL tools run as processes of their own; libraries under the LGPL are linked dynamically.\n\n" +
         markdown_table({"use", "package", "version", "licence", "for"}, rows);
}

}  // namespace lutra::cli

// Reads the table, asks dpkg-query, and writes SPDX.
#include "sim/trust/supply_chain.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "isa/error.h"
#include "isa/sha256.h"
#include "sim/process/process.h"

namespace lutra::trust {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kTable = "dependencies.csv";

std::string spdx_id(const std::string& package) {
  std::string id = "SPDXRef-";
  for (const char c : package) id += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' ? c : '-';
  return id;
}

/// Versions of all installed packages.
std::map<std::string, std::string> installed_versions() {
  std::map<std::string, std::string> versions;
  std::istringstream lines(
      run_checked("asking for installed packages", {"dpkg-query", "-W", "-f", "${Package} ${Version} ${db:Status-Status}\n"}));
  for (std::string package, version, status; lines >> package >> version >> status;)
    if (status == "installed") versions[package] = version;
  return versions;
}

/// A path as packages may have recorded it before Debian merged /usr.
std::string unmerged(const std::string& path) { return path.rfind("/usr/", 0) == 0 ? path.substr(4) : "/usr" + path; }

Json package_of(const std::string& name, const std::string& version, const std::string& licence) {
  return {{"SPDXID", spdx_id(name)},    {"name", name},
          {"versionInfo", version},     {"downloadLocation", "NOASSERTION"},
          {"filesAnalyzed", false},     {"licenseConcluded", licence},
          {"licenseDeclared", licence}, {"copyrightText", "NOASSERTION"}};
}

Json relationship(const Dependency& d) {
  const std::string lutra = spdx_id("lutra"), other = spdx_id(d.package);
  if (d.use == "linked") return {{"spdxElementId", lutra}, {"relationshipType", "DYNAMIC_LINK"}, {"relatedSpdxElement", other}};
  const char* type = d.use == "build" ? "BUILD_DEPENDENCY_OF" : d.use == "tool" ? "RUNTIME_DEPENDENCY_OF" : "TEST_DEPENDENCY_OF";
  return {{"spdxElementId", other}, {"relationshipType", type}, {"relatedSpdxElement", lutra}};
}

}  // namespace

std::vector<Dependency> known_dependencies() {
  std::vector<Dependency> table;
  std::istringstream lines{std::string(embedded_dependencies(kTable))};
  std::string line;
  std::getline(lines, line);  // names of the columns
  while (std::getline(lines, line)) {
    std::istringstream cells(line);
    Dependency d;
    std::getline(cells, d.package, ',');
    std::getline(cells, d.licence, ',');
    std::getline(cells, d.use, ',');
    std::getline(cells, d.purpose);
    table.push_back(d);
  }
  return table;
}

std::vector<Dependency> installed_dependencies() {
  const std::map<std::string, std::string> versions = installed_versions();
  std::vector<Dependency> table = known_dependencies();
  for (Dependency& d : table)
    if (const auto found = versions.find(d.package); found != versions.end()) d.version = found->second;
  return table;
}

std::vector<std::string> linked_packages(const std::string& executable) {
  std::vector<std::string> libraries, question = {"dpkg-query", "-S"};
  std::istringstream lines(run_checked("listing shared libraries", {"ldd", executable}));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t path = line.find("=> /");
    if (path == std::string::npos) continue;
    libraries.push_back(line.substr(path + 3, line.find(" (") - path - 3));
    question.insert(question.end(), {libraries.back(), unmerged(libraries.back())});
  }
  // One question for all: each reads the whole database. It fails since one of the two paths is never there.
  std::map<std::string, std::string> owners;
  std::istringstream answers(run_process(question).output);
  for (std::string line; std::getline(answers, line);)
    if (const std::size_t path = line.find(": /"); path != std::string::npos)
      owners[line.substr(path + 2)] = line.substr(0, line.find(':'));
  std::set<std::string> packages;
  for (const std::string& library : libraries) {
    const auto found = owners.count(library) != 0 ? owners.find(library) : owners.find(unmerged(library));
    if (found == owners.end()) throw Error("no package owns this library", {library}, Error::Kind::kCheckFailed);
    packages.insert(found->second);
  }
  return {packages.begin(), packages.end()};
}

Json bill_of_materials(const std::vector<Dependency>& dependencies, std::int64_t created) {
  Json packages = Json::array(), relationships = Json::array();
  packages.push_back(package_of("lutra", LUTRA_VERSION, "Apache-2.0"));
  relationships.push_back(
      {{"spdxElementId", "SPDXRef-DOCUMENT"}, {"relationshipType", "DESCRIBES"}, {"relatedSpdxElement", spdx_id("lutra")}});
  for (const Dependency& d : dependencies) {
    if (d.version.empty()) continue;
    Json package = package_of(d.package, d.version, d.licence);
    package["externalRefs"] = {{{"referenceCategory", "PACKAGE-MANAGER"},
                                {"referenceType", "purl"},
                                {"referenceLocator", fmt::format("pkg:deb/debian/{}@{}", d.package, d.version)}}};
    packages.push_back(std::move(package));
    relationships.push_back(relationship(d));
  }
  const std::string content = sha256_hex(packages.dump());
  return {{"spdxVersion", "SPDX-2.3"},
          {"dataLicense", "CC0-1.0"},
          {"SPDXID", "SPDXRef-DOCUMENT"},
          {"name", fmt::format("lutra-{}", LUTRA_VERSION)},
          {"documentNamespace", fmt::format("https://spdx.org/spdxdocs/lutra-{}-{}", LUTRA_VERSION, content.substr(0, 16))},
          {"creationInfo",
           {{"created", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(created)))},
            {"creators", {fmt::format("Tool: lutra-{}", LUTRA_VERSION)}}}},
          {"packages", std::move(packages)},
          {"relationships", std::move(relationships)}};
}

}  // namespace lutra::trust

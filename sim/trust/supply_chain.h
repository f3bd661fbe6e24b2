// What lutra is made with: Debian packages with versions and licences, and the bill of materials in SPDX.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace lutra::trust {

struct Dependency {
  std::string package;  // of Debian
  std::string licence;  // SPDX expression
  std::string use;      // linked (into the executable), build, tool (run as a process), test
  std::string purpose;
  std::string version;  // "" where it is not installed
};

/// sim/trust/dependencies.csv by file name.
std::string_view embedded_dependencies(std::string_view name);
std::vector<std::string_view> embedded_dependencies_names();

/// The table, without versions.
std::vector<Dependency> known_dependencies();
/// The table with the versions installed here, as dpkg-query tells. Throws Error where there is no dpkg-query.
std::vector<Dependency> installed_dependencies();
/// Packages whose shared libraries `executable` is linked with, sorted.
std::vector<std::string> linked_packages(const std::string& executable);

/// SPDX 2.3 document of the installed dependencies. `created`: seconds since 1970; equal arguments on equal systems give equal documents.
nlohmann::json bill_of_materials(const std::vector<Dependency>& dependencies, std::int64_t created);

}  // namespace lutra::trust

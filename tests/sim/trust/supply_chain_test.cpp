// The table of dependencies is complete, the bill of materials is what SPDX asks for, a release is the same bytes in every clone.
#include "sim/trust/supply_chain.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <regex>
#include <set>

#include "isa/file.h"
#include "sim/process/process.h"
#include "tests/isa/temporary_directory.h"
#include "tests/source_dir.h"

namespace lutra::test {
namespace {

/// Packages that scripts/setup installs, with or without `test`.
std::set<std::string> set_up_packages() {
  const std::string text = read_file(test::source_dir() + "/scripts/setup");
  static const std::regex list(R"(packages\+?=\(([^)]*)\))"), word(R"([^\s]+)");
  std::set<std::string> packages = {"npm"};  // only where there is none, so not in a list alone
  for (std::sregex_iterator it(text.begin(), text.end(), list), end; it != end; ++it) {
    const std::string words = (*it)[1];
    for (std::sregex_iterator w(words.begin(), words.end(), word); w != end; ++w) packages.insert(w->str());
  }
  return packages;
}

}  // namespace

TEST_CASE("every package that setup installs is in the table of dependencies, and the other way round") {
  std::set<std::string> table;
  for (const trust::Dependency& d : trust::known_dependencies()) {
    INFO(d.package);
    CHECK_FALSE(d.licence.empty());
    CHECK_FALSE(d.purpose.empty());
    CHECK((d.use == "linked" || d.use == "build" || d.use == "tool" || d.use == "test"));
    if (d.use != "linked") table.insert(d.package);
  }
  CHECK(table == set_up_packages());
}

TEST_CASE("every library that the executable is linked with is in the table") {
  const std::string lutra = std::string(LUTRA_BINARY_DIR) + "/cli/lutra";
  if (!std::filesystem::exists(lutra)) return;  // a build of this test alone
  std::set<std::string> table;
  for (const trust::Dependency& d : trust::known_dependencies())
    if (d.use == "linked") table.insert(d.package);
  const std::vector<std::string> linked = trust::linked_packages(lutra);
  CHECK(linked.size() > 5);
  for (const std::string& package : linked) {
    INFO(package);
    CHECK(table.count(package) == 1);
  }
}

TEST_CASE("the bill of materials names every installed package once and relates it to lutra") {
  const std::vector<trust::Dependency> table = trust::installed_dependencies();
  const nlohmann::json document = trust::bill_of_materials(table, 1700000000);
  CHECK(document == trust::bill_of_materials(table, 1700000000));
  CHECK(document.at("spdxVersion") == "SPDX-2.3");
  CHECK(document.at("creationInfo").at("created") == "2023-11-14T22:13:20Z");
  std::set<std::string> ids;
  for (const auto& package : document.at("packages")) CHECK(ids.insert(package.at("SPDXID").get<std::string>()).second);
  CHECK(ids.count("SPDXRef-g---aarch64-linux-gnu") <= 1);
  CHECK(ids.count("SPDXRef-libfmt9") == 1);
  for (const auto& r : document.at("relationships")) {
    INFO(r);
    CHECK(ids.count(r.at("relatedSpdxElement").get<std::string>()) == 1);
    CHECK((ids.count(r.at("spdxElementId").get<std::string>()) == 1 || r.at("spdxElementId") == "SPDXRef-DOCUMENT"));
  }
  CHECK(document.at("relationships").size() == ids.size());
}

TEST_CASE("a commit gives the same release in every clone") {
  const std::string source = test::source_dir();
  if (run_process({"git", "-C", source, "rev-parse", "HEAD"}).exit_code != 0) return;  // lutra from a release itself
  const TemporaryDirectory folder;
  std::vector<std::string> digests;
  for (const char* clone : {"one", "another"}) {
    run_checked("cloning", {"git", "clone", "--quiet", source, folder.file(clone)});
    // The script of this tree: the one in the clone is the last commit's.
    std::filesystem::copy_file(source + "/scripts/release", folder.file(clone) + "/scripts/release",
                               std::filesystem::copy_options::overwrite_existing);
    const std::string output = run_checked("packing", {folder.file(clone) + "/scripts/release"});
    digests.push_back(output.substr(0, 64));
  }
  CHECK(digests[0] == digests[1]);
  const std::string listing = run_checked("listing", {"bash", "-c", "tar -tvzf " + folder.file("one") + "/out/release/*.tar.gz"});
  CHECK(listing.find("root/root") != std::string::npos);
  CHECK(listing.find("/LICENSE") != std::string::npos);
  CHECK(run_process({folder.file("one") + "/scripts/release", "no-such-commit"}).exit_code == 2);
}

}  // namespace lutra::test

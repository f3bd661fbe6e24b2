// Runs gcov on every object's counts and joins what it says, line by line.
#include "sim/trust/cpp_coverage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>
#include <vector>

#include "isa/error.h"
#include "sim/process/process.h"

namespace lutra::trust {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 6> kStages = {"isa/", "kernels/", "workloads/", "gen/", "sim/", "cli/"};
/// Objects a run of gcov is given at once.
constexpr std::size_t kTogether = 16;

using Lines = std::map<int, bool>;

/// Path below `source`, or "" for what is not lutra's own.
std::string own_path(const std::string& file, const fs::path& source) {
  const std::string path = fs::path(file).lexically_normal().lexically_relative(source).string();
  const bool own =
      std::any_of(kStages.begin(), kStages.end(), [&](std::string_view stage) { return path.rfind(std::string(stage), 0) == 0; });
  return own && fs::exists(source / path) ? path : "";
}

void read(const std::string& line, const fs::path& source, const fs::path& build, std::map<std::string, Lines>& files) {
  const nlohmann::json document = nlohmann::json::parse(line);
  for (const auto& file : document.at("files")) {
    fs::path path = file.at("file").get<std::string>();
    if (path.is_relative()) path = build / path;
    const std::string own = own_path(path.string(), source);
    if (own.empty()) continue;
    for (const auto& l : file.at("lines")) {
      bool& reached = files[own][l.at("line_number").get<int>()];
      reached = reached || l.at("count").get<std::int64_t>() > 0;
    }
  }
}

}  // namespace

CppCoverage cpp_coverage(const std::string& source, const std::string& build) {
  const fs::path root = fs::canonical(source), objects = fs::canonical(build);
  std::vector<std::string> counts;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(objects))
    if (entry.path().extension() == ".gcda" && entry.path().string().find("/tests/") == std::string::npos)
      counts.push_back(entry.path().string());
  if (counts.empty()) throw Error("no coverage counts", {build}, Error::Kind::kCheckFailed);
  std::sort(counts.begin(), counts.end());
  std::map<std::string, Lines> files;
  for (std::size_t first = 0; first < counts.size(); first += kTogether) {
    std::vector<std::string> arguments = {"gcov", "--json-format", "--stdout"};
    for (std::size_t i = first; i < std::min(counts.size(), first + kTogether); ++i) arguments.push_back(counts[i]);
    std::istringstream output(run_checked("reading coverage", arguments, objects.string()));
    for (std::string line; std::getline(output, line);)
      if (!line.empty() && line.front() == '{') read(line, root, objects, files);
  }
  CppCoverage result;
  for (const auto& [file, lines] : files)
    for (const auto& [line, reached] : lines) {
      result.files[file].add(reached);
      result.folders[fs::path(file).parent_path().string()].add(reached);
    }
  return result;
}

}  // namespace lutra::trust

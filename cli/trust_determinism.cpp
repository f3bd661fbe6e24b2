// Equal bytes from equal inputs.
#include <fmt/format.h>

#include "cli/inputs.h"
#include "cli/measure_row.h"
#include "cli/trust_part.h"
#include "sim/trust/fingerprints.h"

namespace lutra::cli {
namespace {

using Json = nlohmann::json;

constexpr const char* kCommand = "scripts/measure trust --only determinism";

}  // namespace

Json measure_determinism(const TrustRequest&) {
  std::vector<ArchConfig> configs;
  for (const char* name : {"tiny", "tiny_float", "tiny_ternary", "tiny_fp16", "edge_w2a8"}) configs.push_back(load_arch(name));
  const auto alone = trust::fingerprints(configs, 1);
  int different = 0;
  for (const int threads : {2, 3, 7}) {
    const auto together = trust::fingerprints(configs, threads);
    for (std::size_t i = 0; i < alone.size(); ++i) different += together[i] == alone[i] ? 0 : 1;
  }
  Json prints = Json::array();
  for (const auto& [name, digest] : alone) prints.push_back({{"name", name}, {"sha256", digest}});
  return {{"rows", {at_most(measured("outputs whose bytes depend on 1, 2, 3 or 7 threads", different, "outputs", kCommand), 0)}},
          {"fingerprints", prints}};
}

std::string determinism_page(const Json& part) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& print : part.at("fingerprints"))
    rows.push_back({print.at("name").get<std::string>(), "`" + print.at("sha256").get<std::string>() + "`"});
  return "The same hashes stand in `tests/sim/determinism/golden.txt`, and `ctest -R determinism` compares them in every build: GCC "
         "optimised, "
         "Clang under sanitizers. Events are those of the regression bench on the model, cycle by cycle.\n\n" +
         markdown_table({"output", "SHA-256"}, rows);
}

}  // namespace lutra::cli

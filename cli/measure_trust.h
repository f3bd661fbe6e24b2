// What came of attacking lutra and its hardware, part by part, and the page that says so.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace lutra::cli {

/// Names of the parts, in order.
std::vector<std::string> trust_part_names();
/// Measures the parts of `only` (empty: all). The others are taken from `earlier`, an earlier document, where it has them. `rows` of all.
nlohmann::json measure_trust(const std::vector<std::string>& only, const nlohmann::json& earlier, std::uint64_t seed);
/// docs/trust.md from a document.
std::string trust_page(const nlohmann::json& document);

}  // namespace lutra::cli

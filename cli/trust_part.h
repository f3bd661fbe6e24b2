// A part of `lutra measure trust`: what it measures, and its text of docs/trust.md.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lutra::cli {

struct TrustRequest {
  std::uint64_t seed = 1;
  std::function<void(double)> progress;  // share done, 0 to 1
};

struct TrustPart {
  std::string_view name, title;
  /// `rows` as measure_row.h makes them, and what `page` shows. Throws Error.
  nlohmann::json (*measure)(const TrustRequest& request);
  /// Markdown below the table of rows, from what `measure` gave.
  std::string (*page)(const nlohmann::json& part);
};

/// All parts in the order of the page.
std::span<const TrustPart> trust_parts();

nlohmann::json measure_supply_chain(const TrustRequest& request);
std::string supply_chain_page(const nlohmann::json& part);
nlohmann::json measure_rtl_mutation(const TrustRequest& request);
std::string rtl_mutation_page(const nlohmann::json& part);
nlohmann::json measure_hostile_programs(const TrustRequest& request);
std::string hostile_programs_page(const nlohmann::json& part);
nlohmann::json measure_model_mutation(const TrustRequest& request);
std::string model_mutation_page(const nlohmann::json& part);
nlohmann::json measure_rtl_coverage(const TrustRequest& request);
std::string rtl_coverage_page(const nlohmann::json& part);
nlohmann::json measure_cpp_coverage(const TrustRequest& request);
std::string cpp_coverage_page(const nlohmann::json& part);
nlohmann::json measure_faults(const TrustRequest& request);
std::string faults_page(const nlohmann::json& part);
nlohmann::json measure_determinism(const TrustRequest& request);
std::string determinism_page(const nlohmann::json& part);
nlohmann::json measure_portability(const TrustRequest& request);
std::string portability_page(const nlohmann::json& part);

/// A Markdown table.
std::string markdown_table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows);

}  // namespace lutra::cli

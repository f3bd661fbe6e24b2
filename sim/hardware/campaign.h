// Which designs are measured on which types, and what comes of it: figures, targets, a page.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/hardware/measure.h"

namespace lutra::hardware {

/// A library as `scripts/measure hardware --library` names it.
struct LibraryChoice {
  std::string name;
  std::vector<std::string> files;
  double clock_mhz = 0;        // INT8 activations
  double float_clock_mhz = 0;  // FP16 activations: what an unpipelined floating-point sum reaches when it is mapped for area
};

/// asap7 and sky130 are looked for under `pdk`; osu018 where Debian's qflow-tech-osu018 puts it. Throws Error for other names and where
/// files are missing.
LibraryChoice choose_library(const std::string& name, const std::string& pdk);

/// One measurement of the campaign.
struct Job {
  std::string design;
  std::string weight_type;
  int activation_bits = 8;  // 16: FP16
};

/// Every job, in the order of the page.
std::vector<Job> campaign_jobs();

struct CampaignOptions {
  LibraryChoice library;
  std::vector<std::string> only;   // designs; empty: all
  std::vector<std::string> types;  // weight types; empty: all
  bool full_adder_cells = false;
  std::uint64_t seed = 1;
  std::function<void(std::size_t done, std::size_t of, const Job&, const Measurement*, const std::string& error)> progress;
};

/// Runs the jobs. A design that a tool refuses is left out and reported through `progress`.
std::vector<Measurement> run_campaign(const CampaignOptions& options);

/// Rows {name, value, unit, at_least or at_most, command}: one a target, from designs with (or without) full-adder cells. A target whose
/// designs were not measured gets no row.
nlohmann::json target_rows(const std::vector<Measurement>& measurements, bool full_adder_cells, const std::string& command);

/// The part of docs/measurements/hardware.md about one library: targets, and a table for each pair of types.
std::string library_section(const nlohmann::json& result);
/// Density and energy efficiency of every design as horizontal bars (SVG), best first in each pair of types.
std::string bar_chart(const nlohmann::json& result);
/// `page` with the part between the markers of `library` replaced, or appended where it has none.
std::string with_section(const std::string& page, const std::string& library, const std::string& section);

}  // namespace lutra::hardware

// Synthesised points that the price model is fitted to and judged by: how they are drawn, measured and kept.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "isa/arch_config.h"
#include "sim/cost/liberty.h"

namespace lutra::sweep {

/// Values of one field over which prices are measured.
struct PriceAxis {
  std::string_view key;
  std::vector<std::string_view> values;
};
/// Fields that prices depend on. Every other field is as in price_base().
const std::vector<PriceAxis>& price_axes();
ArchConfig price_base();

/// Largest sizes that are measured: stored table bits under all columns' selects, and those of a lane. Beyond them synthesis takes hours.
inline constexpr double kMaxArrayBits = 65536, kMaxLaneBits = 2560;
double array_bits(const ArchConfig& config);
double lane_bits(const ArchConfig& config);

/// "" where the configuration lies in the range that prices are measured over, else why it does not.
std::string outside_price_range(const ArchConfig& config);

/// Points of two kinds; which configurations they are depends on nothing but kind and index.
enum class PointKind { kFit, kHoldOut };
ArchConfig draw_price_point(PointKind kind, int index);

/// One synthesised core: by block, its area and the energy of a cycle in which every net toggles cost::kAssumedToggles times.
struct PricePoint {
  PointKind kind = PointKind::kFit;
  int index = 0;
  std::map<std::string, double> area_um2, energy_pj;
  double delay_ps = 0;  // shortest clock period of the core
};

/// What names a library in a data file.
struct PriceData {
  std::string library;        // osu018, sky130, asap7
  std::string title;          // as reports call it
  std::string library_hash;   // of the Liberty text
  std::string lutra_version;  // that measured
  double clock_mhz = 0;       // that was mapped for
  std::vector<PricePoint> points;
};

/// Blocks of a core in the order of reports.
const std::vector<std::string>& price_blocks();

/// Generates, maps for area at `clock_mhz`, times and prices one point. Synthesis is cached by content.
PricePoint measure_price_point(PointKind kind, int index, const cost::Library& library, double clock_mhz);
/// The same of any configuration; kind and index are left as they are.
PricePoint measure_price(const ArchConfig& config, const cost::Library& library, double clock_mhz);

std::string to_json(const PriceData& data);
/// Throws Error for a file that is not what to_json() writes.
PriceData parse_price_data(const std::string& json, const std::string& file);

}  // namespace lutra::sweep

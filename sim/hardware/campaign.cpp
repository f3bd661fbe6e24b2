#include "sim/hardware/campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "gen/designs/catalogue.h"
#include "isa/error.h"

namespace lutra::hardware {
namespace {

/// Every campaign multiplies the same slice: as many cycles for every array of 512 one-bit multiply-accumulates.
constexpr int kTokens = 4, kOutputs = 64, kDepth = 512;
/// Aligned FP16: 11 mantissa bits and the sign.
constexpr int kAlignedBits = 12;

/// A design runs a type where it was made for it: arrays that take all planes at once at their own width (INT8 multipliers take all), and
/// those that take planes one after the other at every width they reach.
bool known(const gen::IntegerDesign& d, const std::string& type, int bits, int activation_bits) {
  if (activation_bits == 16)
    return d.float_model != nullptr ? d.stored_bits == 0 || d.stored_bits == bits : (d.activation_bits == kAlignedBits && d.planes == bits);
  if (d.float_model != nullptr || d.activation_bits == kAlignedBits) return false;
  if (d.boundary_array) return type == "W2";
  const bool whole = d.combine == gen::Combine::kParallel;
  if (type == "ternary") return d.weight_class == gen::WeightClass::kTernary || (whole ? d.planes == 2 : d.family == "lut_published");
  if (d.weight_class == gen::WeightClass::kTernary) return d.plane_codec != nullptr && bits == 2;
  if (d.family == "unpu" && bits != 2) return false;
  return whole ? d.planes == bits || d.planes == 8 : bits <= d.max_weight_bits;
}

/// Codes as wide as the design's own where it takes all planes at once.
Operands suited(const gen::IntegerDesign& d, const Operands& o) {
  if (d.float_model != nullptr || (o.ternary && d.weight_class == gen::WeightClass::kTernary)) return o;
  const int bits = o.type_bits;
  const bool whole = d.combine == gen::Combine::kParallel && d.plane_codec == nullptr;
  if (o.ternary || (whole && d.planes > bits)) return as_uniform(o, whole ? d.planes : 2);
  return o;
}

}  // namespace

LibraryChoice choose_library(const std::string& name, const std::string& pdk) {
  LibraryChoice choice{name, {}, 0, 0};
  if (name == "asap7") {
    choice.clock_mhz = 500;
    for (const char* part : {"SEQ_RVT_TT_nldm_220123", "SIMPLE_RVT_TT_nldm_211120", "INVBUF_RVT_TT_nldm_220122", "AO_RVT_TT_nldm_211120",
                             "OA_RVT_TT_nldm_211120"})
      choice.files.push_back(fmt::format("{}/asap7/asap7sc7p5t_{}.lib.gz", pdk, part));
  } else if (name == "sky130") {
    choice.clock_mhz = 50;
    choice.files = {pdk + "/sky130/sky130hd_tt.lib.gz"};
  } else if (name == "osu018") {
    choice.clock_mhz = 50;
    choice.files = {"/usr/share/qflow/tech/osu018/osu018_stdcells.lib"};
  } else {
    throw Error(fmt::format("library \"{}\" is not one of osu018, sky130, asap7", name));
  }
  choice.float_clock_mhz = 0.2 * choice.clock_mhz;
  for (const std::string& file : choice.files)
    if (!std::filesystem::exists(file)) throw Error("this Liberty file is needed and missing", {file, 0, 0});
  return choice;
}

std::vector<Job> campaign_jobs() {
  std::vector<Job> jobs;
  const struct {
    const char* type;
    int bits, activation_bits;
  } kTypes[] = {{"W2", 2, 8}, {"W4", 4, 8}, {"ternary", 2, 8}, {"W1", 1, 16}, {"W2", 2, 16}};
  const std::vector<std::string> names = gen::integer_design_names();
  std::vector<gen::IntegerDesign> designs;
  for (const std::string& name : names) designs.push_back(gen::make_integer_design(name));
  for (const auto& t : kTypes)
    for (const gen::IntegerDesign& d : designs)
      if (known(d, t.type, t.bits, t.activation_bits)) jobs.push_back({d.name, t.type, t.activation_bits});
  return jobs;
}

std::vector<Measurement> run_campaign(const CampaignOptions& options) {
  const cost::Library library = cost::read_library(options.library.files);
  std::vector<Job> jobs = campaign_jobs();
  // What full-adder cells change is shown on the headline pair of types only.
  if (!options.full_adder_cells)
    std::erase_if(
        jobs, [](const Job& j) { return j.weight_type != "W2" || j.activation_bits != 8 || j.design.find("_array") != std::string::npos; });
  if (!options.only.empty())
    std::erase_if(jobs, [&](const Job& j) { return std::find(options.only.begin(), options.only.end(), j.design) == options.only.end(); });
  if (!options.types.empty())
    std::erase_if(jobs, [&](const Job& j) {
      return std::find(options.types.begin(), options.types.end(), fmt::format("{}A{}", j.weight_type, j.activation_bits)) ==
             options.types.end();
    });
  std::vector<Measurement> results;
  std::size_t done = 0;
  for (const Job& job : jobs) {
    ++done;
    const gen::IntegerDesign design = gen::make_integer_design(job.design);
    const bool wide = job.activation_bits == 16;
    const Operands operands = layer_operands(job.weight_type, wide ? kAlignedBits : 8, kTokens, kOutputs, kDepth, options.seed);
    try {
      results.push_back(measure(job.design, suited(design, operands),
                                {&library, wide ? options.library.float_clock_mhz : options.library.clock_mhz, options.full_adder_cells}));
      if (options.progress) options.progress(done, jobs.size(), job, &results.back(), "");
    } catch (const Error& e) {
      if (options.progress) options.progress(done, jobs.size(), job, nullptr, e.what());
    }
  }
  return results;
}

}  // namespace lutra::hardware

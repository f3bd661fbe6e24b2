// Single-event upsets: a bit of a core's state is inverted while it computes a layer, and the end of the run is judged.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "isa/arch_config.h"

namespace lutra::trust {

/// Where a bit lies.
enum class Place { kTables, kWeights, kAccumulators, kOtherMemories, kControl, kDatapath };
inline constexpr Place kPlaces[] = {Place::kTables,        Place::kWeights, Place::kAccumulators,
                                    Place::kOtherMemories, Place::kControl, Place::kDatapath};
std::string_view place_name(Place place);
/// The place of a register or memory by its name in the Verilog ("lutra_core.u_buffers.i_weight.gen_group[0].mem_q").
Place place_of(const std::string& name);

/// How a run ended.
enum class Outcome {
  kMasked,    // done, and memory holds what it should
  kSilent,    // done, and it does not
  kDetected,  // a trap with another cause than the watchdog
  kWatchdog,  // the watchdog's trap
  kBus,       // a write burst of another length than announced, which no memory can go on from
  kHang,      // neither done nor trapped by the watchdog and the time that control gives its units
};
inline constexpr Outcome kOutcomes[] = {Outcome::kMasked,   Outcome::kSilent, Outcome::kDetected,
                                        Outcome::kWatchdog, Outcome::kBus,    Outcome::kHang};
std::string_view outcome_name(Outcome outcome);

/// A projection of BitNet b1.58 2B4T, cut to one token, a few tiles of outputs and a tenth of its reduction, so that its kernel fits the
/// smallest cores.
struct FaultLayer {
  std::string name;
  std::int64_t outputs = 8, depth = 256;
};

struct Upset {
  std::string name;  // of the register or memory
  int word = 0, bit = 0;
  std::int64_t cycle = 0;  // in front of this edge, counted from the first of the run
};

struct FaultTally {
  std::int64_t bits = 0;  // that the place has
  std::map<Outcome, std::int64_t> ends;
  std::int64_t stuck = 0;  // of the traps: busy beside trapped, a unit did not come to rest and the core has to be reset
  [[nodiscard]] std::int64_t upsets() const;
};

struct FaultResult {
  std::int64_t cycles = 0;  // of the run without upset, which equals model and golden outputs
  std::map<Place, FaultTally> places;
  std::vector<std::string> hangs;  // "lutra_core.u_control.state_q[1] in front of edge 812"
};

/// The layer on one core, ready to run with upsets.
class FaultCampaign {
 public:
  /// Compiles and builds. Throws Error (check failed) where the run without upset parts from model or golden outputs.
  FaultCampaign(const ArchConfig& config, const FaultLayer& layer, std::uint64_t seed);
  ~FaultCampaign();

  /// Bits of a place.
  [[nodiscard]] std::int64_t bits(Place place) const;
  /// Upset number `n` of a place: bit and cycle drawn evenly.
  [[nodiscard]] Upset draw(Place place, std::uint64_t n) const;
  struct End {
    Outcome outcome = Outcome::kMasked;
    bool stuck = false;
  };
  [[nodiscard]] End run(const Upset& upset) const;
  /// First edge of the program, and its edges, without upset.
  [[nodiscard]] std::int64_t first() const;
  [[nodiscard]] std::int64_t cycles() const;

  /// `upsets` in each place.
  [[nodiscard]] FaultResult attack(std::int64_t upsets, const std::function<void(double)>& progress = {}) const;

 private:
  struct Setting;
  std::unique_ptr<Setting> setting_;
};

}  // namespace lutra::trust

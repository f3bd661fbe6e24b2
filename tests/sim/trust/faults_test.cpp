// An inverted bit of a running core is masked, spoils the outputs, or is noticed; it never keeps the host waiting.
#include "sim/trust/faults.h"

#include <catch2/catch.hpp>

#include "tests/shipped_config.h"

namespace lutra::test {

using trust::Outcome;
using trust::Place;

TEST_CASE("registers and memories are told apart by their names") {
  CHECK(trust::place_of("lutra_core.u_buffers.i_tables.gen_group.mem_q") == Place::kTables);
  CHECK(trust::place_of("lutra_core.u_buffers.i_sums.gen_group.mem_q") == Place::kTables);
  CHECK(trust::place_of("lutra_core.u_buffers.i_weight.gen_group.rdata_q") == Place::kWeights);
  CHECK(trust::place_of("lutra_core.u_buffers.i_accumulator.gen_group.mem_q") == Place::kAccumulators);
  CHECK(trust::place_of("lutra_core.u_array.i_datapath.gen_column.i_column.gen_row.i_lane.acc_q") == Place::kAccumulators);
  CHECK(trust::place_of("lutra_core.u_buffers.i_instruction.gen_group.mem_q") == Place::kOtherMemories);
  CHECK(trust::place_of("lutra_core.u_control.state_q") == Place::kControl);
  CHECK(trust::place_of("lutra_core.u_load_unit.i_bursts.count_q") == Place::kControl);
  CHECK(trust::place_of("lutra_core.u_store_unit.wdata_q") == Place::kDatapath);
}

TEST_CASE("an upset during a layer ends as it must, and none hangs the core") {
  const ArchConfig config = test::shipped_config("tiny");
  const trust::FaultCampaign campaign(config, {"q_proj", 4, 256}, 1);
  const std::int64_t half = campaign.first() + campaign.cycles() / 2;
  const auto end_of = [&](const std::string& name, int word, int bit) {
    INFO(name);
    return campaign.run({name, word, bit, half}).outcome;
  };
  // A busy core without a state is ended by the watchdog, whatever the state was.
  CHECK(end_of("lutra_core.u_control.state_q", 0, 2) != Outcome::kHang);
  CHECK(end_of("lutra_core.u_control.state_q", 0, 1) != Outcome::kHang);
  // Bursts that will never come: the units cannot come to rest.
  const trust::FaultCampaign::End stuck = campaign.run({"lutra_core.u_load_unit.i_bursts.count_q", 0, 1, half});
  CHECK((stuck.outcome == Outcome::kWatchdog || stuck.outcome == Outcome::kDetected));
  CHECK(stuck.stuck);
  CHECK(end_of("lutra_core.u_control.r7_q", 0, 39) == Outcome::kMasked);  // a register that nobody reads
  const trust::FaultResult result = campaign.attack(40);
  for (const std::string& hang : result.hangs) UNSCOPED_INFO(hang);
  CHECK(result.hangs.empty());
  std::int64_t silent = 0, noticed = 0;
  for (const auto& [place, tally] : result.places) {
    CHECK(tally.bits > 0);
    CHECK(tally.upsets() == 40);
    for (const auto& [outcome, count] : tally.ends) {
      silent += outcome == Outcome::kSilent ? count : 0;
      noticed += outcome == Outcome::kDetected || outcome == Outcome::kWatchdog ? count : 0;
    }
  }
  CHECK(silent > 0);
  CHECK(noticed > 0);
}

}  // namespace lutra::test

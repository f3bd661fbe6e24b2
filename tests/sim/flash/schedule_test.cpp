// Layers whose times can be worked out by hand.
#include "sim/flash/schedule.h"

#include <catch2/catch.hpp>

#include "isa/error.h"
#include "tests/sim/flash/decode_fixture.h"

using namespace lutra;
using namespace lutra::flash;

namespace {

/// One command a microsecond, 10 us latency, whatever its size.
storage::StorageConfig plain_device() {
  storage::StorageConfig config;
  config.name = "plain";
  config.queue_depth = 32;
  config.latency_us = 10;
  config.host_us["big"] = 1;
  config.sequential = storage::Curve({{4, 1000}});
  config.random = {{1, storage::Curve({{4, 1000}})}};
  return config;
}

LayerWork work_of(const ReadPlan& plan, std::size_t missing, double granule_ns, double present_ns) {
  LayerWork work;
  work.plan = &plan;
  work.passes.assign(missing, 1);
  work.granule_ns = granule_ns;
  work.present_ns = present_ns;
  work.staging = 1000;
  return work;
}

const ReadPlan kOnePart{{{{4096}, 1, false}}, storage::Pattern::kRandom};
const ReadPlan kTwoPhases{{{{4096}, 0.5, false}, {{4096}, 0.5, true}}, storage::Pattern::kRandom};

template <typename S>
LayerTiming run(S schedule, const LayerWork& work) {
  storage::FlashDevice device(plain_device(), "big");
  return schedule.run(device, work);
}

}  // namespace

TEST_CASE("the serial schedule adds reads and computing") {
  const LayerTiming t = run(SerialSchedule(), work_of(kOnePart, 20, 3000, 5000));
  CHECK(t.end == 20'000 + 10'000 + 60'000 + 5000);
  CHECK(t.compute_ns == 65'000);
}

TEST_CASE("the matrix schedule computes what is present while it reads") {
  CHECK(run(MatrixSchedule(), work_of(kOnePart, 20, 3000, 5000)).end == 30'000 + 60'000);
  CHECK(run(MatrixSchedule(), work_of(kOnePart, 20, 3000, 50'000)).end == 50'000 + 60'000);
}

TEST_CASE("the cluster schedule begins with the first cluster that is there") {
  // The first read is there at 11 us; then computing is the bottleneck.
  const LayerTiming t = run(ClusterSchedule(1), work_of(kOnePart, 20, 3000, 5000));
  CHECK(t.end == 11'000 + 60'000);
  // With slow reads the last cluster ends the layer.
  CHECK(run(ClusterSchedule(1), work_of(kOnePart, 20, 100, 0)).end == 30'000 + 100);
}

TEST_CASE("conditional parts are read after their gate and only where it is open") {
  LayerWork work = work_of(kTwoPhases, 2, 1000, 0);
  work.passes[1] = 0;
  storage::FlashDevice device(plain_device(), "big");
  const LayerTiming t = ClusterSchedule(1).run(device, work);
  CHECK(device.counters().completed == 3);
  // gate there at 11 us, computed at 11.5, rest read at 12.5 + 10, computed 0.5 later; the other gate is computed in between
  CHECK(t.end == 23'000);
  storage::FlashDevice serial_device(plain_device(), "big");
  CHECK(SerialSchedule().run(serial_device, work).end == 12'000 + 1000 + 11'000 + 500);
}

TEST_CASE("no more granules are on their way than the buffers hold") {
  for (const std::int64_t staging : {1, 4, 9}) {
    LayerWork work = work_of(kTwoPhases, 23, 700, 900);
    work.staging = staging;
    CHECK(run(ClusterSchedule(4), work).most_staged <= staging);
    CHECK(run(SerialSchedule(), work).most_staged <= staging);
    CHECK(run(MatrixSchedule(), work).most_staged <= staging);
  }
}

TEST_CASE("a layer without missing granules takes its computing and no read") {
  for (const double present : {0.0, 7000.0}) {
    const LayerWork work = work_of(kTwoPhases, 0, 1000, present);
    CHECK(run(SerialSchedule(), work).end == present);
    CHECK(run(MatrixSchedule(), work).end == present);
    CHECK(run(ClusterSchedule(4), work).end == present);
  }
}

TEST_CASE("a read that comes back to the wrong layer is caught") {
  storage::FlashDevice device(plain_device(), "big");
  device.operate(0);
  device.submit(0, {999, 4096, storage::Pattern::kRandom, 0, 0});
  CHECK_THROWS_AS(ClusterSchedule(1).run(device, work_of(kOnePart, 3, 10, 0)), Error);
}

// A flash device keeps its curve, its queues and its commands; its descriptions are checked.
#include <catch2/catch.hpp>
#include <set>

#include "isa/file.h"
#include "sim/storage/bench.h"
#include "tests/isa/message_of.h"
#include "tests/source_dir.h"

using namespace lutra;
using namespace lutra::storage;

namespace {

std::string text_of(const std::string& name) { return read_file(test::source_dir() + "/configs/storage/" + name + ".yaml"); }
StorageConfig device(const std::string& name) { return parse_storage(text_of(name), name + ".yaml"); }

constexpr std::uint64_t kWholeDevice = std::uint64_t{24} << 30, kSmallRange = std::uint64_t{128} << 20;

/// GB/s with `in_flight` reads in flight.
double measured(const std::string& name, Pattern pattern, std::uint32_t kib, std::uint64_t range, int in_flight, const char* core = "big",
                int submitters = 1) {
  FlashDevice flash(device(name), core, submitters);
  return bench(flash, {pattern, kib * 1024, range, in_flight, 2000});
}

/// Runs the device until nothing is in flight; returns the completions.
std::vector<Completion> drain(FlashDevice& flash, Nanoseconds now) {
  std::vector<Completion> done;
  while (true) {
    flash.operate(now);
    while (flash.has_completion()) done.push_back(flash.take_completion());
    const Nanoseconds next = flash.next_event(now);
    if (next == model::kNever) return done;
    now = next;
  }
}

std::string edited(const std::string& from, const std::string& to) {
  std::string text = text_of("ufs40");
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}
std::string refusal(const std::string& from, const std::string& to) {
  return test::message_of([&] { parse_storage(edited(from, to), "x.yaml"); });
}

}  // namespace

TEST_CASE("UFS 4.0 reads the published bandwidths with full queues") {
  CHECK(measured("ufs40", Pattern::kSequential, 512, 0, 32) == Approx(4.0).epsilon(0.02));
  CHECK(measured("ufs40", Pattern::kSequential, 4, 0, 32) == Approx(0.45).epsilon(0.02));
  CHECK(measured("ufs40", Pattern::kRandom, 512, kWholeDevice, 32) == Approx(3.5).epsilon(0.02));
  CHECK(measured("ufs40", Pattern::kRandom, 4, kWholeDevice, 32) == Approx(0.45).epsilon(0.02));
  CHECK(measured("ufs40", Pattern::kRandom, 4, std::uint64_t{512} << 20, 32) == Approx(0.85).epsilon(0.02));
}

TEST_CASE("a small random read is as fast as the core that submits it") {
  CHECK(measured("ufs40", Pattern::kRandom, 4, kSmallRange, 32, "big") == Approx(1.076).epsilon(0.02));
  CHECK(measured("ufs40", Pattern::kRandom, 4, kSmallRange, 32, "mid") == Approx(1.008).epsilon(0.02));
  CHECK(measured("ufs40", Pattern::kRandom, 4, kSmallRange, 32, "little") == Approx(0.762).epsilon(0.02));
}

TEST_CASE("several threads on the single queue of UFS lose two fifths, on NVMe nothing") {
  const double one = measured("ufs40", Pattern::kRandom, 4, kSmallRange, 32),
               two = measured("ufs40", Pattern::kRandom, 4, kSmallRange, 32, "big", 2);
  CHECK(two / one == Approx(0.6).epsilon(0.01));
  CHECK(measured("m1max_ssd", Pattern::kRandom, 4, kWholeDevice, 32, "big", 4) ==
        Approx(measured("m1max_ssd", Pattern::kRandom, 4, kWholeDevice, 32)));
}

TEST_CASE("the SSD of the M1 Max reads the published bandwidths") {
  CHECK(measured("m1max_ssd", Pattern::kSequential, 512, 0, 32) > 6.0);
  CHECK(measured("m1max_ssd", Pattern::kRandom, 4, kWholeDevice, 32) == Approx(1.25).epsilon(0.02));
  CHECK(measured("m1max_ssd", Pattern::kRandom, 32, kWholeDevice, 32) == Approx(2.25).epsilon(0.02));
}

TEST_CASE("bandwidth grows with the block and with the reads in flight") {
  for (const char* name : {"ufs40", "ufs31", "m1max_ssd"}) {
    double before = 0;
    for (const std::uint32_t kib : {4U, 8U, 16U, 32U, 64U, 128U, 256U, 512U}) {
      const double now = measured(name, Pattern::kRandom, kib, kWholeDevice, 32);
      INFO(name << " " << kib);
      CHECK(now > before);
      before = now;
    }
  }
  // One read at a time waits for the latency and its own service.
  const double service_us = 4096 / 450.0;
  CHECK(measured("ufs40", Pattern::kRandom, 4, kWholeDevice, 1) == Approx(4.096 / (90 + service_us)).epsilon(0.02));
}

TEST_CASE("no read is lost and none comes twice, whatever queues they go to") {
  FlashDevice flash(device("m1max_ssd"), "big");
  std::set<std::uint64_t> seen;
  std::uint64_t id = 0;
  Nanoseconds now = 0;
  for (int burst = 0; burst < 50; ++burst) {
    flash.operate(now);
    for (int q = 0; q < 8; ++q)
      for (int i = 0; i < (burst * 7 + q) % 5; ++i)
        if (flash.can_submit(q)) flash.submit(now, {id++, 4096U << ((burst + q) % 4), Pattern::kRandom, kWholeDevice, q});
    now += 1000 * (burst % 3);
  }
  for (const Completion& done : drain(flash, now)) CHECK(seen.insert(done.id).second);
  CHECK(seen.size() == id);
  CHECK(flash.counters().submitted == id);
  CHECK(flash.counters().completed == id);
}

TEST_CASE("catching up late gives the completions of going step by step") {
  FlashDevice fine(device("ufs40"), "mid"), coarse(device("ufs40"), "mid");
  for (FlashDevice* flash : {&fine, &coarse}) {
    flash->operate(0);
    for (std::uint64_t i = 0; i < 20; ++i) flash->submit(0, {i, 8192, Pattern::kRandom, kSmallRange, 0});
  }
  const std::vector<Completion> a = drain(fine, 0);
  coarse.operate(1'000'000'000);
  REQUIRE(a.size() == 20);
  for (const Completion& expected : a) {
    REQUIRE(coarse.has_completion());
    const Completion got = coarse.take_completion();
    CHECK(got.id == expected.id);
    CHECK(got.at == expected.at);
  }
}

TEST_CASE("a full queue refuses a command and energy follows bytes and commands") {
  FlashDevice flash(device("ufs40"), "big");
  flash.operate(0);
  for (std::uint64_t i = 0; i < 32; ++i) flash.submit(0, {i, 4096, Pattern::kRandom, kSmallRange, 0});
  CHECK_FALSE(flash.can_submit());
  CHECK_THROWS_AS(flash.submit(0, {32, 4096, Pattern::kRandom, kSmallRange, 0}), Error);
  drain(flash, 0);
  CHECK(flash.counters().energy_pj == Approx(32 * (4096 * 300.0 + 500e3)));
}

TEST_CASE("a storage description that cannot be is refused with line and key") {
  CHECK_THAT(refusal("queue_depth: 32", "queue_depth: 2"), Catch::Contains("cannot be reached"));
  CHECK_THAT(refusal("queues: 1 ", "queues: 0 "), Catch::Contains("x.yaml:4:9: queues: given 0, allowed a whole number 1..64"));
  CHECK_THAT(refusal("latency_us", "latency_ms"), Catch::Contains("did you mean latency_us?"));
  CHECK_THAT(refusal("{block_kib: 512, gb_s: 4.0}", "{block_kib: 2, gb_s: 4.0}"), Catch::Contains("sequential[1].block_kib"));
  CHECK_THAT(refusal("{block_kib: 512, gb_s: 4.0}", "{block_kib: 512, gb_s: 0.1}"), Catch::Contains("at least the 0.45"));
  CHECK_THAT(refusal("range_mib: 512 ", "range_mib: 100 "), Catch::Contains("random[1].range_mib"));
  CHECK_THAT(refusal("latency_us: 90", "latency_us: \"90\""), Catch::Contains("latency_us: given 90"));
  CHECK_THAT(refusal("name: ufs40", "name: ufs40\nname: ufs41"), Catch::Contains("given twice"));
  CHECK_THAT(test::message_of([] { FlashDevice(device("ufs40"), "bigg"); }), Catch::Contains("did you mean big?"));
  CHECK_THAT(test::message_of([] { parse_storage("- 1\n", "x.yaml"); }), Catch::Contains("given a list"));
  CHECK_THAT(test::message_of([] { parse_storage("a: [", "x.yaml"); }), Catch::Contains("not valid YAML"));
}

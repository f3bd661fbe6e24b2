// Banked DRAM: each test is named after the timing rule that it checks.
#include "sim/memory/dram.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "sim/memory/bandwidth.h"
#include "sim/memory/dram_timing.h"
#include "sim/memory/external.h"
#include "tests/isa/message_of.h"

using namespace lutra;
using namespace lutra::memory;
using lutra::test::message_of;

namespace {

/// One channel of 8 bytes, bursts of 64 bytes that take 8 ns, eight banks with rows of 1 KiB, no controller.
DramDevice device() {
  DramDevice d;
  d.name = "test";
  d.channels = 1;
  d.channel_bits = 64;
  d.data_rate_mt_s = 1000;
  d.burst_length = 8;
  d.bank_groups = 1;
  d.banks_per_group = 8;
  d.row_bytes = 1024;
  d.interleave_bytes = 64;
  d.ns = {10, 11, 30, 5, 40, 8, 8, 12, 6, 15, 7, 4, 100, 100000};
  d.energy = {1000, 2, 3, 500, 10};
  return d;
}

constexpr std::uint64_t kBank = 1024, kRow = 8 * kBank;  // from bank to bank, from row to row of a bank

/// End of the last data, in ns.
double read(Dram& dram, double at_ns, std::uint64_t address, std::uint64_t bytes = 64) {
  return static_cast<double>(dram.access(std::llround(at_ns * 1000), address, bytes, false).last) / 1000;
}
double write(Dram& dram, double at_ns, std::uint64_t address, std::uint64_t bytes = 64) {
  return static_cast<double>(dram.access(std::llround(at_ns * 1000), address, bytes, true).last) / 1000;
}

ArchConfig machine(const std::string& kind) {
  ArchConfig config;
  config.clock_mhz = 1000;
  config.axi.data_bits = 128;
  config.memory.kind = kind;
  return config;
}

}  // namespace

TEST_CASE("tRCD and CL: a read of a closed row activates, then reads") {
  Dram dram(device());
  CHECK(read(dram, 0, 0) == 10 + 12 + 8);
}

TEST_CASE("CL: a read of an open row needs no activate") {
  Dram dram(device());
  read(dram, 0, 0);
  CHECK(read(dram, 100, 64) == 100 + 12 + 8);
  CHECK(dram.counters().row_hits == 1);
  CHECK(dram.counters().activates == 1);
}

TEST_CASE("tRP: a read of another row of a bank precharges first") {
  Dram dram(device());
  read(dram, 0, 0);
  CHECK(read(dram, 1000, kRow) == 1000 + 11 + 10 + 12 + 8);
}

TEST_CASE("tRAS: a row stays open that long before its precharge") {
  Dram dram(device());
  read(dram, 0, 0);
  CHECK(read(dram, 0, kRow) == 30 + 11 + 10 + 12 + 8);
}

TEST_CASE("tRTP: a precharge waits for the last read of its row") {
  Dram dram(device());
  CHECK(read(dram, 0, 0, 1024) == 10 + 15 * 8 + 12 + 8);
  CHECK(read(dram, 0, kRow) == 10 + 15 * 8 + 4 + 11 + 10 + 12 + 8);
}

TEST_CASE("tWR: a precharge waits for written data to reach the row") {
  Dram dram(device());
  CHECK(write(dram, 0, 0) == 10 + 6 + 8);
  CHECK(read(dram, 0, kRow) == 24 + 15 + 11 + 10 + 12 + 8);
}

TEST_CASE("tWTR: a read waits after the data of a write") {
  Dram dram(device());
  write(dram, 0, 0);
  CHECK(read(dram, 0, 64) == 24 + 7 + 12 + 8);
  CHECK(dram.counters().turnarounds == 1);
}

TEST_CASE("data bus: what is written does not meet what is read") {
  Dram dram(device());
  CHECK(read(dram, 0, 0) == 30);
  CHECK(write(dram, 0, 64) == 30 + 8);
}

TEST_CASE("tRRD: activates of two banks keep their distance") {
  DramDevice d = device();
  d.ns.rrd = 25;
  Dram dram(d);
  read(dram, 0, 0);
  CHECK(read(dram, 0, kBank) == 25 + 10 + 12 + 8);
}

TEST_CASE("tFAW: a fifth activate waits for the window of the first") {
  DramDevice d = device();
  d.ns.faw = 60;
  Dram dram(d);
  for (std::uint64_t bank = 0; bank < 4; ++bank) read(dram, 0, bank * kBank);
  CHECK(read(dram, 0, 4 * kBank) == 60 + 10 + 12 + 8);
}

TEST_CASE("tCCD_S and tCCD_L: alternating bank groups hide the longer distance") {
  DramDevice d = device();
  d.ns.ccd_l = 20;
  Dram one(d);
  CHECK(read(one, 0, 0, 256) == 10 + 3 * 20 + 12 + 8);
  d.bank_groups = 2;
  Dram two(d);
  CHECK(read(two, 0, 0, 256) == 10 + 3 * 10 + 12 + 8);
}

TEST_CASE("tREFI and tRFC: a refresh closes every row and keeps the channel") {
  Dram dram(device());
  read(dram, 0, 0);
  CHECK(read(dram, 100000, 64) == 100000 + 100 + 10 + 12 + 8);
  CHECK(dram.counters().refreshes == 1);
}

TEST_CASE("tREFI: refreshes during idle time are counted and hidden") {
  Dram dram(device());
  CHECK(read(dram, 1050000, 0) == 1050000 + 10 + 12 + 8);
  CHECK(dram.counters().refreshes == 10);
}

TEST_CASE("the controller's time is added around the commands") {
  DramDevice d = device();
  d.controller_ns = 20;
  Dram dram(d);
  CHECK(read(dram, 0, 0) == 20 + 30);
}

TEST_CASE("channels take turns and work beside each other") {
  DramDevice d = device();
  d.channels = 2;
  Dram dram(d);
  CHECK(read(dram, 0, 0, 128) == 30);
  CHECK(read(dram, 200, 128, 256) == 200 + 12 + 8 + 8);
  CHECK(dram.counters().activates == 2);
  CHECK(dram.counters().read_bursts == 6);
}

TEST_CASE("a run and the same bytes one by one touch the same bursts and rows") {
  for (const int channels : {1, 3, 4}) {
    DramDevice d = device();
    d.channels = channels;
    d.interleave_bytes = 128;
    Dram run(d), bursts(d);
    const std::uint64_t from = 1000 * 64, count = 700;
    run.access(0, from, count * 64, false);
    for (std::uint64_t i = 0; i < count; ++i) bursts.access(0, from + i * 64, 64, false);
    CHECK(run.counters().read_bursts == count);
    CHECK(run.counters().read_bursts == bursts.counters().read_bursts);
    CHECK(run.counters().activates == bursts.counters().activates);
  }
}

TEST_CASE("a gigabyte costs its rows") {
  Dram dram(device());
  const double seconds = read(dram, 0, 0, std::uint64_t{1} << 30) * 1e-9;
  CHECK(dram.counters().row_hits + dram.counters().row_misses == std::uint64_t{1} << 20);
  const double peak = device().peak_gb_s() * 1e9;
  CHECK(seconds > static_cast<double>(std::uint64_t{1} << 30) / peak);
  CHECK(seconds < 1.02 * static_cast<double>(std::uint64_t{1} << 30) / peak);
}

TEST_CASE("energy is that of the commands and of the background") {
  Dram dram(device());
  read(dram, 0, 0);
  write(dram, 0, 64);
  CHECK(dram.energy_pj(1000000) == Approx(1000 + 512 * 2 + 512 * 3 + 10 * 1000));
}

TEST_CASE("no built-in device exceeds its peak, and all stream near it") {
  for (const std::string& name : dram_names()) {
    const DramDevice d = load_dram(name);
    for (const BandwidthPoint& p : bandwidth_curve(d, 1)) {
      CAPTURE(name, p.pattern, p.block_bytes, p.stride_bytes, p.gb_s);
      CHECK(p.of_peak <= 1);
      CHECK(p.pj_per_bit > 0);
      if (p.pattern == "stream") CHECK(p.of_peak > 0.85);
      if (p.pattern == "random" && p.block_bytes == 64) CHECK(p.of_peak < 0.7);
    }
  }
}

TEST_CASE("the peaks of the built-in devices are those of the systems they are named after") {
  CHECK(load_dram("lpddr5x").peak_gb_s() == Approx(68.3).epsilon(0.01));
  CHECK(load_dram("ddr5").peak_gb_s() == Approx(76.8).epsilon(0.01));
  CHECK(load_dram("hbm2e").peak_gb_s() == Approx(2039).epsilon(0.01));
  CHECK(load_dram("hbm3").peak_gb_s() == Approx(3350).epsilon(0.01));
}

TEST_CASE("a device whose keys contradict each other is refused with both") {
  const DramDevice d = load_dram("ddr5");
  DramDevice wrong = d;
  wrong.ns.rfc = 5000;
  const auto complaint = [](const DramDevice& device) {
    return message_of([&] { parse_dram(record_yaml(dram_fields(), &device), "d.yaml"); });
  };
  CHECK(complaint(d).empty());
  CHECK(complaint(wrong) == "d.yaml: time_ns.rfc: given 5000, allowed less than time_ns.refi = 3900");
  wrong = d;
  wrong.row_bytes = 100;
  CHECK(complaint(wrong) == "d.yaml: row_bytes: given 100, allowed a multiple of a burst of 64 bytes");
}

TEST_CASE("behind the bus a burst comes when its last beat will be there in time, one beat a cycle") {
  Memory memory(machine("lpddr5x"), {});
  memory.accept_read(5, 0, 4);
  const Cycle first = memory.next_read(1000);
  // Controller 30 ns, activate 18, CL 17, two bursts of 1.875 ns; 1 ns a cycle.
  CHECK(first >= 5 + 30 + 18 + 17);
  CHECK(first <= 5 + 30 + 18 + 17 + 6);
  for (Cycle i = 0; i < 4; ++i) {
    CHECK(memory.next_read(1000) == first + i);
    memory.take_read(first + i);
  }
}

TEST_CASE("a read and a write at the same edge may be told in either order") {
  const ArchConfig config = machine("ddr5");
  const auto read_first = make_dram_timing(config), write_first = make_dram_timing(config);
  for (Cycle now = 10; now < 4000; now += 37) {
    const auto address = static_cast<std::uint64_t>(now) * 4096;
    const Cycle a = read_first->read_accepted(now, address, 8);
    read_first->take_write(now);
    read_first->write_finished(now, address + 64 * 1024, 1);
    write_first->take_write(now);
    write_first->write_finished(now, address + 64 * 1024, 1);
    REQUIRE(write_first->read_accepted(now, address, 8) == a);
    REQUIRE(read_first->may_write(now + 1) == write_first->may_write(now + 1));
  }
}

TEST_CASE("writes faster than the device fill the buffer and are held back") {
  ArchConfig config = machine("ddr5");
  config.clock_mhz = 20000;
  const auto timing = make_dram_timing(config);
  Cycle taken = 0;
  for (Cycle now = 0; now < 100000; ++now)
    if (timing->may_write(now)) timing->take_write(now), ++taken;
  const double gb_s = static_cast<double>(taken) * 16 / 5000;  // in 5 us
  CHECK(gb_s < load_dram("ddr5").peak_gb_s() + 16384.0 / 5000);
  CHECK(gb_s > 0.9 * load_dram("ddr5").peak_gb_s());
}

TEST_CASE("a model from outside decides when bursts are answered") {
  MemoryOptions options;
  options.make_timing = timing_from_file(LUTRA_MODEL_FROM_OUTSIDE);
  Memory memory(machine("simple"), options);
  memory.accept_read(10, 64, 2);
  CHECK(memory.next_read(100) == 17);
  memory.accept_write(20, 0, 1);
  REQUIRE(memory.w_ready(21));
  memory.take_write(21, nullptr, nullptr, true);
  CHECK(memory.next_b(22) == 30);
  CHECK(message_of([&] { memory.accept_read(40, 0xBAD000, 1); }).find("lutra_memory_read answered 40 at cycle 40") != std::string::npos);
}

TEST_CASE("a model from outside that says what it depends on can be compared with itself") {
  MemoryOptions options;
  options.make_timing = timing_from_file(LUTRA_MODEL_FROM_OUTSIDE);
  const Memory memory(machine("simple"), options);
  std::vector<std::int64_t> words;
  CHECK(memory.append_state(0, words));
  options.make_timing = timing_from_file("lpddr5x");
  CHECK_FALSE(Memory(machine("simple"), options).append_state(0, words));
}

TEST_CASE("a model from outside that refuses, or that is none, is named with the reason") {
  const auto factory = timing_from_file(LUTRA_MODEL_FROM_OUTSIDE);
  ArchConfig fast = machine("simple");
  fast.clock_mhz = 2000;
  CHECK(message_of([&] { factory(fast); }).find("refuses this clock") != std::string::npos);
  CHECK(message_of([] { timing_from_file("/nowhere/model.so"); }).find("cannot load the memory model") != std::string::npos);
  CHECK(message_of([] { timing_from_file("lpddr5"); }).find("did you mean lpddr5x?") != std::string::npos);
}

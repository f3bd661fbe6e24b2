// The memory: its rules of time, bandwidth and errors, and its contents.
#include "sim/memory/memory.h"

#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "isa/error.h"
#include "sim/memory/axi_slave.h"
#include "sim/memory/beat_hash.h"

namespace {

using lutra::ArchConfig;
using lutra::memory::Cycle;
using lutra::memory::Image;
using lutra::memory::kNever;
using lutra::memory::Memory;
using lutra::memory::MemoryOptions;
using lutra::memory::Response;

/// 100 MHz and 64 bits: 0.8 GB/s is one beat a cycle, 100 ns are ten cycles.
ArchConfig machine(double bandwidth_gb_s = 0.8, double latency_ns = 100) {
  ArchConfig config;
  config.clock_mhz = 100;
  config.axi.data_bits = 64;
  config.memory.size_gib = 1;
  config.memory.bandwidth_gb_s = bandwidth_gb_s;
  config.memory.latency_ns = latency_ns;
  return config;
}

std::vector<Cycle> read_all(Memory& memory, Cycle until) {
  std::vector<Cycle> edges;
  for (Cycle t = memory.next_read(until); t != kNever; t = memory.next_read(until)) {
    edges.push_back(t);
    memory.take_read(t);
  }
  return edges;
}

void write_beats(Memory& memory, Cycle first, int beats, std::vector<Cycle>& edges) {
  Cycle t = first;
  for (int i = 0; i < beats; ++t) {
    if (!memory.w_ready(t)) continue;
    memory.take_write(t, nullptr, nullptr, ++i == beats);
    edges.push_back(t);
  }
}

}  // namespace

TEST_CASE("the first beat of a read comes the latency after its acceptance, the others one a cycle") {
  Memory memory(machine());
  CHECK(memory.ar_ready_from(5) == 5);
  memory.accept_read(5, 0x1000, 3);
  CHECK(memory.next_read(14) == kNever);
  CHECK(read_all(memory, 100) == std::vector<Cycle>{15, 16, 17});
}

TEST_CASE("a latency that is not a whole number of cycles is rounded up, and is at least one") {
  Memory memory(machine(0.8, 101));
  memory.accept_read(0, 0, 1);
  CHECK(memory.next_read(100) == 11);
  Memory quick(machine(0.8, 0));
  quick.accept_read(0, 0, 1);
  CHECK(quick.next_read(100) == 1);
}

TEST_CASE("two thirds of a beat a cycle give two beats in every three cycles") {
  Memory memory(machine(1.6 / 3));
  memory.accept_read(0, 0, 6);
  const std::vector<Cycle> edges = read_all(memory, 100);
  REQUIRE(edges.size() == 6);
  CHECK(edges == std::vector<Cycle>{10, 11, 13, 14, 16, 17});
}

TEST_CASE("the lower bound of a later beat is exact while nothing else happens") {
  for (const double bandwidth : {0.8, 1.6, 0.3, 0.123}) {
    Memory memory(machine(bandwidth));
    memory.accept_read(0, 0, 50);
    std::vector<Cycle> bounds;
    for (int n = 1; n <= 50; ++n) bounds.push_back(memory.earliest_read(0, n));
    const std::vector<Cycle> edges = read_all(memory, 10000);
    REQUIRE(edges.size() == 50);
    CHECK(bounds == edges);
  }
}

TEST_CASE("writes go on under reads at full bandwidth, and reads pay for them") {
  Memory memory(machine());
  memory.accept_read(0, 0, 256);
  memory.accept_write(20, 0x8000, 8);
  std::vector<Cycle> writes;
  std::vector<Cycle> reads;
  int left = 8;
  for (Cycle t = 0; t < 400; ++t) {
    if (memory.next_read(t) == t) {
      memory.take_read(t);
      reads.push_back(t);
    }
    if (left > 0 && memory.w_ready(t)) {
      memory.take_write(t, nullptr, nullptr, --left == 0);
      writes.push_back(t);
    }
  }
  REQUIRE(writes.size() == 8);
  CHECK(writes.front() == 21);
  CHECK(writes.back() < 40);
  REQUIRE(reads.size() == 256);
  CHECK(reads.back() == 10 + 255 + 8);
}

TEST_CASE("a response comes the latency after the last write beat") {
  Memory memory(machine());
  CHECK(memory.aw_ready(3));
  memory.accept_write(3, 0, 2);
  CHECK_FALSE(memory.w_ready(3));
  std::vector<Cycle> edges;
  write_beats(memory, 4, 2, edges);
  CHECK(edges == std::vector<Cycle>{4, 5});
  CHECK(memory.next_b(0) == 15);
  CHECK(memory.take_b(15) == Response::kOkay);
  CHECK(memory.next_b(16) == kNever);
}

TEST_CASE("a full queue lowers ready and shows room one edge after a burst has ended") {
  MemoryOptions options;
  options.read_queue = 1;
  options.write_queue = 1;
  Memory memory(machine(), options);
  memory.accept_read(0, 0, 1);
  CHECK(memory.ar_ready_from(1) == kNever);
  memory.take_read(memory.next_read(100));
  CHECK(memory.ar_ready_from(1) == 11);
  memory.accept_write(0, 0, 1);
  CHECK_FALSE(memory.aw_ready(1));
  memory.take_write(1, nullptr, nullptr, true);
  memory.take_b(11);
  CHECK_FALSE(memory.aw_ready(11));
  CHECK(memory.aw_ready(12));
}

TEST_CASE("addresses beyond the memory answer DECERR, injected ranges SLVERR, and neither has contents") {
  MemoryOptions options;
  options.slverr = {{0x100, 8}};
  Memory memory(machine(), options);
  const std::uint64_t ones = ~std::uint64_t{0};
  memory.image().write(0x100, &ones, 8);
  memory.image().write(std::uint64_t{1} << 30U, &ones, 8);
  for (const std::uint64_t address : {std::uint64_t{0x100}, std::uint64_t{1} << 30U}) {
    std::vector<std::uint8_t> data(8, 1);
    memory.read_data(address, data.data(), 8);
    CHECK(data == std::vector<std::uint8_t>(8, 0));
    CHECK(memory.has_error(address, 1));
  }
  CHECK_FALSE(memory.has_error(0x108, 8));
  memory.accept_read(0, 0xF8, 3);
  CHECK(memory.take_read(10).response == Response::kOkay);
  CHECK(memory.take_read(11).response == Response::kSlverr);
  CHECK(memory.take_read(12).response == Response::kOkay);
  memory.accept_write(0, (std::uint64_t{1} << 30U) - 8, 2);
  memory.take_write(20, nullptr, nullptr, false);
  memory.take_write(21, nullptr, nullptr, true);
  CHECK(memory.take_b(31) == Response::kDecerr);
}

TEST_CASE("strobes choose the bytes that a write changes") {
  Memory memory(machine());
  const std::vector<std::uint8_t> data = {1, 2, 3, 4, 5, 6, 7, 8};
  const std::uint8_t strobe = 0b10100001;
  memory.accept_write(0, 0x40, 1);
  memory.take_write(1, data.data(), &strobe, true);
  std::vector<std::uint8_t> back(8);
  memory.read_data(0x40, back.data(), 8);
  CHECK(back == std::vector<std::uint8_t>{1, 0, 0, 0, 0, 6, 0, 8});
  CHECK_THROWS_AS((memory.accept_write(2, 0, 2), memory.take_write(3, data.data(), &strobe, true)), std::logic_error);
}

TEST_CASE("stalls come with the asked probability, depend on the seed, and are the same however often they are asked") {
  MemoryOptions options;
  options.stall_probability = 0.25;
  Memory memory(machine(), options);
  options.seed = 2;
  Memory other(machine(), options);
  int stalls = 0;
  int different = 0;
  for (Cycle t = 0; t < 20000; ++t) {
    const bool ready = memory.aw_ready(t);
    stalls += !ready;
    different += ready != other.aw_ready(t);
    CHECK((memory.ar_ready_from(t) == t) == (memory.ar_ready_from(t) == t));
  }
  CHECK(stalls > 4600);
  CHECK(stalls < 5400);
  CHECK(different > 6000);
  options.stall_probability = 1;
  CHECK_THROWS_AS(Memory(machine(), options), lutra::Error);
}

TEST_CASE("an unknown kind of memory is refused with the kinds there are") {
  ArchConfig config = machine();
  config.memory.kind = "simpel";
  CHECK_THROWS_WITH(Memory(config), Catch::Contains("simple") && Catch::Contains("did you mean"));
}

TEST_CASE("images differ at the lowest differing byte, and pages of zeros equal absent ones") {
  Image a;
  Image b;
  const std::uint8_t zero = 0;
  a.write(0x123456, &zero, 1);
  CHECK(a == b);
  const std::uint8_t one = 1;
  b.write(0x99999999, &one, 1);
  b.write(0x23456, &one, 1);
  CHECK(a.first_difference(b) == std::optional<std::uint64_t>(0x23456));
  const Image copy = b;
  CHECK(copy == b);
  CHECK(copy.pages() == 2);
  std::vector<std::uint8_t> across(4);
  b.write(0x1FFFE, "abcd", 4);
  b.read(0x1FFFE, across.data(), 4);
  CHECK(across == std::vector<std::uint8_t>{'a', 'b', 'c', 'd'});
}

TEST_CASE("a memory without contents keeps time and reads zeros") {
  MemoryOptions options;
  options.contents = false;
  Memory memory(machine(), options);
  const std::vector<std::uint8_t> data(8, 7);
  const std::uint8_t strobe = 255;
  memory.accept_write(0, 0, 1);
  memory.take_write(1, data.data(), &strobe, true);
  std::vector<std::uint8_t> back(8, 1);
  memory.read_data(0, back.data(), 8);
  CHECK(back == std::vector<std::uint8_t>(8, 0));
  CHECK(memory.image().pages() == 0);
}

TEST_CASE("the AXI adapter presents what earlier edges decided") {
  Memory memory(machine());
  const std::uint64_t value = 0x0807060504030201;
  memory.image().write(0x80, &value, 8);
  lutra::memory::AxiSlave slave(memory);
  lutra::memory::AxiMasterOutputs out;
  for (Cycle t = 0; t < 30; ++t) {
    const lutra::memory::AxiMasterInputs& in = slave.present(t);
    CHECK(in.arready);
    CHECK(in.rvalid == (t == 12));
    if (in.rvalid) {
      CHECK(in.rdata == std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6, 7, 8});
      CHECK(in.rlast);
    }
    out.arvalid = t == 2;
    out.araddr = 0x80;
    slave.clock(out);
  }
}

TEST_CASE("hashes of write beats see only bytes with strobe, and their places") {
  const std::vector<std::uint8_t> a = {1, 2, 3, 4, 5, 6, 7, 8};
  std::vector<std::uint8_t> b = a;
  b[3] = 9;
  const std::uint8_t strobe = 0b11110111;
  CHECK(lutra::memory::beat_hash(a.data(), &strobe, 8) == lutra::memory::beat_hash(b.data(), &strobe, 8));
  CHECK(lutra::memory::beat_hash(a.data(), 8) != lutra::memory::beat_hash(b.data(), 8));
  CHECK(lutra::memory::strobe_hash(&strobe, 8, true) != lutra::memory::strobe_hash(&strobe, 8, false));
}

TEST_CASE("an image takes the bytes whose strobes are set, wherever its pages end") {
  std::mt19937 random(5);
  for (int i = 0; i < 200; ++i) {
    Image image;
    const std::uint64_t address = Image::kPageBytes - random() % 70, bytes = 1 + random() % 64;
    std::vector<std::uint8_t> source(bytes), strobe((bytes + 7) / 8), back(bytes), expected(bytes);
    for (std::uint8_t& byte : source) byte = static_cast<std::uint8_t>(1 + random() % 255);
    for (std::uint8_t& mask : strobe) mask = static_cast<std::uint8_t>(random() % 3 == 0 ? 0xFF : random());
    for (std::size_t b = 0; b < bytes; ++b) expected[b] = ((strobe[b / 8] >> (b % 8)) & 1) != 0 ? source[b] : std::uint8_t{0};
    image.write_masked(address, source.data(), strobe.data(), bytes);
    image.read(address, back.data(), bytes);
    CAPTURE(i, address, bytes);
    REQUIRE(back == expected);
  }
}

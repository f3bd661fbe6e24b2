// GPU hosts: what is read, and what is said about files that are wrong.
#include "sim/gpu/host.h"

#include <catch2/catch.hpp>

#include "tests/isa/message_of.h"

using namespace lutra;
using lutra::test::message_of;

namespace {

std::string small(const std::string& more = "") {
  return "name: x\nsource: here\nclock_mhz: 1000\n"
         "sm: {count: 4, register_kib: 256, shared_kib: 128}\n"
         "tensor:\n  fp16_tops: 10\n" +
         more +
         "l2: {mib: 4, bytes_per_cycle: 256}\n"
         "hbm: {gib: 8, gb_s: 100}\n";
}

std::string complaint(const std::string& yaml) {
  return message_of([&] { gpu::parse_host(yaml, "h.yaml", {}); });
}

}  // namespace

TEST_CASE("every built-in host loads and has a source") {
  for (const std::string& name : gpu::host_names()) {
    const gpu::GpuHost host = gpu::load_host(name);
    CHECK(host.name == name);
    CHECK_FALSE(host.source.empty());
  }
}

TEST_CASE("an SM of the A100 does 1024 FP16 multiply-accumulates a cycle") {
  const gpu::GpuHost host = gpu::load_host("a100");
  CHECK(host.macs_per_sm_cycle(host.tensor.fp16_tops) == Approx(1024).epsilon(0.002));
}

TEST_CASE("the lookup-table hosts have their published peaks at two planes and twice the registers") {
  CHECK(gpu::load_host("a100_lut_4x").tensor.lut_plane_tops / 2 == 1248);
  CHECK(gpu::load_host("a100_lut_8x").tensor.lut_plane_tops / 2 == 2496);
  for (const char* name : {"a100_lut_4x", "a100_lut_8x", "h100_lut_4x", "h100_lut_8x"}) CHECK(gpu::load_host(name).sm.register_kib == 512);
}

TEST_CASE("a misspelt host key is named with its place and the nearest one") {
  CHECK(complaint(small("  int8_top: 20\n")) == "h.yaml:7:3: unknown key tensor.int8_top; did you mean tensor.int8_tops?");
}

TEST_CASE("a host value out of range is named with what is allowed") {
  CHECK(complaint(small("  int8_tops: -1\n")) == "h.yaml:7:14: tensor.int8_tops: given -1, allowed a number 0..1000000");
  CHECK(complaint(small("  int8_tops: [1]\n")) == "h.yaml:7:14: tensor.int8_tops: given a list, allowed a number 0..1000000");
  CHECK(complaint(small("  tables: smm\n")) == "h.yaml:7:11: tensor.tables: given smm, allowed sm, producer, kernel; did you mean sm?");
}

TEST_CASE("a host key that is missing or given twice is refused") {
  CHECK(complaint("name: x\n").find("h.yaml: source is missing") == 0);
  CHECK(complaint(small("  fp16_tops: 11\n")) == "h.yaml:7:3: tensor.fp16_tops: given twice");
}

TEST_CASE("lookup-table units slower than the INT8 tensor cores are refused") {
  CHECK(complaint(small("  int8_tops: 20\n  lut_plane_tops: 10\n")).find("at least tensor.int8_tops = 20") != std::string::npos);
}

TEST_CASE("an unknown host is answered with the names there are") {
  CHECK(message_of([] { gpu::load_host("a10"); }).find("did you mean a100?") != std::string::npos);
}

TEST_CASE("canonical YAML of a host reads back equal") {
  const gpu::GpuHost host = gpu::load_host("h100_lut_8x");
  const gpu::GpuHost again = gpu::parse_host(record_yaml(gpu::host_fields(), &host), "again.yaml", {});
  CHECK(gpu::host_hash(again) == gpu::host_hash(host));
  CHECK(again.tensor.lut_plane_tops == host.tensor.lut_plane_tops);
}

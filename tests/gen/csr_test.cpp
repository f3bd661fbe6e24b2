// The registers that the host sees, in Verilog and in the model, against the register table.
#include "gen/csr.h"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "isa/register_map.h"
#include "tests/gen/control_bench.h"
#include "tests/shipped_config.h"

namespace lutra::test {
namespace {

ControlCase with_script(const model::HostScript& script) {
  ControlCase test;
  test.neighbours = {1, 256, 256, 0, 0, 0};
  test.script = script;
  return test;
}

}  // namespace

TEST_CASE("every register reads back the bits it has, in RTL and model") {
  const ArchConfig config = test::shipped_config("tiny");
  model::HostScriptWriter script;
  std::vector<std::string> expected;
  for (const std::uint32_t pattern : {0xFFFFFFFFU, 0xA5C3960FU}) {
    for (const Register& r : registers())
      if (r.access != Access::kPulse) script.write(r.name, pattern);
    for (const Register& r : registers()) {
      script.read(r.name);
      if (r.access == Access::kReadWrite)
        expected.push_back(fmt::format("lite {:x} {:x} 0", r.offset, r.bits == 32 ? pattern : pattern & ((1U << r.bits) - 1)));
    }
  }
  const ControlCase test = with_script(script.script());
  const auto module = build_bench(config);
  const Log rtl = run_rtl(*module, config, test, 1000);
  CHECK(rtl == run_model(config, test, 1000));
  for (const std::string& line : expected) {
    INFO(line);
    CHECK(std::any_of(rtl.begin(), rtl.end(), [&](const std::string& l) { return l.ends_with(" " + line); }));
  }
  const std::string id = "lite 0 4c555452 0", hash = fmt::format("lite 8 {:x} 0", gen::program_hash_word(config));
  CHECK(std::any_of(rtl.begin(), rtl.end(), [&](const std::string& l) { return l.ends_with(id); }));
  CHECK(std::any_of(rtl.begin(), rtl.end(), [&](const std::string& l) { return l.ends_with(hash); }));
}

TEST_CASE("an access outside the register map reads zero and changes nothing") {
  const ArchConfig config = test::shipped_config("tiny");
  model::HostScript script;
  using Kind = model::HostOp::Kind;
  for (const std::uint32_t offset : {0x00CU, 0x07CU, 0x0C0U, 0x140U, 0xFFCU}) {
    script.push_back({Kind::kWrite, offset, 0xFFFFFFFF, 0});
    script.push_back({Kind::kRead, offset, 0, 0});
  }
  const ControlCase test = with_script(script);
  const auto module = build_bench(config);
  const Log rtl = run_rtl(*module, config, test, 100);
  CHECK(rtl == run_model(config, test, 100));
  CHECK(std::count_if(rtl.begin(), rtl.end(), [](const std::string& l) { return l.ends_with(" 0 0"); }) == 5);
}

}  // namespace lutra::test

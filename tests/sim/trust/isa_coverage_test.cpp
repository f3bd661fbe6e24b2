// Nothing of the instruction set stays unseen: counted from its tables.
#include "sim/trust/isa_coverage.h"

#include <catch2/catch.hpp>

#include "isa/instruction.h"
#include "tests/shipped_config.h"

namespace lutra::test {

TEST_CASE("every instruction, field border and trap has been seen on RTL and model") {
  const ArchConfig config = test::shipped_config("tiny");
  const trust::IsaCoverage seen = trust::isa_coverage(config);
  for (const std::string& missed : seen.missed) UNSCOPED_INFO("not seen: " << missed);
  CHECK(seen.executed == seen.instructions);
  CHECK(seen.visited == seen.borders);
  CHECK(seen.taken == seen.traps);
  CHECK(seen.instructions == static_cast<std::int64_t>(instructions().size()));
  CHECK(seen.traps == static_cast<std::int64_t>(trap_causes().size()) - 1);
  std::size_t fields = 0;
  for (const InstructionInfo& info : instructions()) fields += info.fields.size();
  CHECK(seen.borders >= static_cast<std::int64_t>(2 * fields));
  // What the table allows and a small machine does not: more rows and columns than it has, buffers that it does not have.
  for (const std::string& refused : seen.refused) {
    INFO(refused);
    CHECK((refused.find(" rows ") != std::string::npos || refused.find(" cols ") != std::string::npos ||
           refused.find(" buffer ") != std::string::npos));
  }
}

}  // namespace lutra::test

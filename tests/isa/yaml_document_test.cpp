// YAML comes in as one document, and reading it ends on any text.
#include "isa/yaml_document.h"

#include <catch2/catch.hpp>

#include "tests/isa/message_of.h"

using namespace lutra;
using lutra::test::message_of;

TEST_CASE("one YAML document is read and everything else is refused with its place") {
  CHECK(yaml_document("a: 1\n", "a.yaml")["a"].as<int>() == 1);
  CHECK(yaml_document("--- {a: 1}\n", "a.yaml").IsMap());
  CHECK_FALSE(yaml_document("", "a.yaml").IsMap());
  CHECK(message_of([] { yaml_document("a: 1\n---\nb: 2\n", "a.yaml"); }) ==
        "a.yaml: more follows the first document, allowed one mapping of keys to values");
  CHECK_THAT(message_of([] { yaml_document("a: 1\nb: [\n", "a.yaml"); }), Catch::StartsWith("a.yaml:3:1: not valid YAML: "));
  CHECK_THAT(message_of([] { yaml_document(std::string((1 << 20) + 1, ' '), "a.yaml"); }),
             Catch::Contains("longer than the 1048576 bytes"));
}

TEST_CASE("texts on which the YAML library finds empty documents without end are refused") {
  const std::string text = GENERATE(as<std::string>{}, ",", ",&\xf0", "m:\n  a: 1\n,  b", "  x:\n,  - {n");
  CHECK(message_of([&] { yaml_document(text, "a.yaml"); }).rfind("a.yaml", 0) == 0);
}

// Error locations, exit codes and suggestions.
#include "isa/error.h"

#include <catch2/catch.hpp>

using namespace lutra;

TEST_CASE("an error says its place before its message") {
  CHECK(std::string(Error("bad", {"a.yaml", 3, 7}).what()) == "a.yaml:3:7: bad");
  CHECK(std::string(Error("bad", {"a.bin", 0, 0, 16}).what()) == "a.bin:offset 0x10: bad");
  CHECK(std::string(Error("bad", {"a.yaml"}).what()) == "a.yaml: bad");
  CHECK(std::string(Error("bad").what()) == "bad");
}

TEST_CASE("bad input exits with 2, a failed check with 1") {
  CHECK(Error("x").exit_code() == 2);
  CHECK(Error("x", {}, Error::Kind::kCheckFailed).exit_code() == 1);
}

TEST_CASE("the nearest candidate is one likely misspelling away") {
  const std::vector<std::string> words = {"rows", "columns", "table_inputs"};
  CHECK(nearest("colums", words) == "columns");
  CHECK(nearest("Rows", words) == "rows");
  CHECK(nearest("rwos", words) == "rows");
  CHECK(nearest("tabel_input", words) == "table_inputs");
  CHECK(nearest("memory", words) == "");
  CHECK(nearest("", words) == "");
  CHECK(nearest("xy", {"ab"}) == "");
  CHECK(nearest(std::string(100000, 'r'), words) == "");
}

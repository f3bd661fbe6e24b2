// Type tables: what they may say, and where errors point.
#include "workloads/types/data_type.h"

#include <catch2/catch.hpp>

#include "isa/error.h"
#include "isa/file.h"
#include "tests/isa/temporary_directory.h"
#include "workloads/types/lowering.h"

using namespace lutra;
using namespace lutra::workloads;
using Catch::Contains;

namespace {

std::string type_with(const std::string& lines) { return "types:\n  - name: t\n    title: a type\n" + lines; }

std::string error_of(const std::string& lines) {
  try {
    parse_types(type_with(lines), "my.yaml");
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

constexpr const char* kTile = "    tile: {weights: 4, bytes: 1}\n";
constexpr const char* kCode = "    code: {count: 4, at: 0, step: 2, bits: 2}\n";
constexpr const char* kRest = "    values: {list: [-3, -1, 1, 3]}\n    scale: beside\n";

}  // namespace

TEST_CASE("a user's type is read, lowered and named by its file") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("my.yaml");
  write_file_atomically(path, type_with(std::string(kTile) + kCode + kRest));
  const WeightFormat format = parse_weight_format(path + ":t_g8");
  CHECK(format.kind == WeightKind::kOddSymmetric);
  CHECK(format.bits == 2);
  CHECK(format.group == 8);
  CHECK(to_string(format) == path + ":t_g8");
  CHECK_THROWS_WITH(parse_weight_format(path + ":u"), Contains("known are t"));
}

TEST_CASE("mistakes in a type table are reported with file, line, key, what was given and what is allowed") {
  CHECK_THAT(error_of(std::string("    tile: {weights: 4, bites: 1}\n") + kCode + kRest),
             Contains("my.yaml:4:") && Contains("unknown key types[0].tile.bites") && Contains("did you mean bytes"));
  CHECK_THAT(error_of(std::string("    tile: {weights: 0, bytes: 1}\n") + kCode + kRest),
             Contains("my.yaml:4:") && Contains("given 0, allowed a whole number 1..4096"));
  CHECK_THAT(error_of(std::string(kTile) + "    code: {count: 4, at: 2, step: 2, bits: 2}\n" + kRest),
             Contains("my.yaml:5:") && Contains("reaches bit 10, the tile has 8"));
  CHECK_THAT(error_of(std::string(kTile) + "    code: {count: 3, at: 0, step: 2, bits: 2}\n" + kRest),
             Contains("holds 3 codes, the tile has 4"));
  CHECK_THAT(error_of(std::string(kTile) + kCode + "    values: {list: [-3, x]}\n    scale: beside\n"),
             Contains("my.yaml:6:") && Contains("values.list[1]") && Contains("given x"));
  CHECK_THAT(error_of(std::string(kTile) + kCode +
                      "    values: {float: {exponent: 2, mantissa: 1, bias: 1, specials: some}}\n    scale: beside\n"),
             Contains("'some'") && Contains("none, nan, ieee"));
  CHECK_THAT(error_of(std::string(kTile) + kCode + "    values: {signed: 3}\n    scale: beside\n"),
             Contains("the values are of 3-bit codes"));
  CHECK_THAT(error_of(std::string(kTile) + kCode + "    values: {signed: 2}\n    scale: besides\n"), Contains("did you mean beside"));
  CHECK_THAT(error_of(std::string(kTile) + kCode + "    order: [{from: 0, walk: [[3, 1]]}]\n" + kRest), Contains("covers 3 elements"));
  CHECK_THAT(error_of(std::string(kTile) + kCode + "    order: [{from: 0, walk: [[4, 2]]}]\n" + kRest), Contains("reaches code 6"));
  CHECK_THAT(error_of(std::string(kTile) + kCode + "    values: {signed: 2}\n    scale: [{as: fp16, count: 1, at: 0, step: 8, bits: 8}]\n"),
             Contains("fp16 has 16 bits, given 8"));
  CHECK_THAT(error_of(std::string(kTile) + "    code: {runs: []}\n" + kRest), Contains("allowed is one run or more"));
  CHECK_THAT(error_of(std::string(kTile) +
                      "    code: {runs: [{count: 2, at: 0, step: 2, bits: 2}, {count: 2, at: 4, step: 1, bits: 1}]}\n" + kRest),
             Contains("words of different widths"));
  CHECK_THAT(error_of(std::string(kTile) + kCode +
                      "    values: {signed: 2}\n    scale: [{as: signed, less: 8, count: 1, at: 0, step: 4, bits: 4}]\n"),
             Contains("less: allowed with 'unsigned' only"));
  CHECK_THAT(error_of(std::string(kTile) + kCode), Contains("values is missing"));
  CHECK_THROWS_WITH(parse_types("types: [", "x.yaml"), Contains("x.yaml:1:"));
}

TEST_CASE("tables hold every type of the issue once") {
  std::vector<std::string> names;
  for (const DataType& type : builtin_types()) names.push_back(type.name);
  for (const char* name :
       {"int1",     "int8",     "uint1", "uint8", "ternary",    "ternary_5in8", "ternary_sign_index", "fp4_e2m1",   "fp6_e2m3", "fp6_e3m2",
        "fp8_e4m3", "fp8_e5m2", "nf4",   "mxfp4", "mxfp6_e2m3", "mxfp6_e3m2",   "mxfp8_e4m3",         "mxfp8_e5m2", "q2_k",     "q4_0",
        "q4_k",     "q8_0",     "tq1_0", "tq2_0", "iq4_nl",     "bcq2"}) {
    INFO(name);
    CHECK(std::count(names.begin(), names.end(), name) == 1);
  }
}

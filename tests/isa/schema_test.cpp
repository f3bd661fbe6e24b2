// The schema is complete and sound; single fields and rules between them.
#include "isa/schema.h"

#include <catch2/catch.hpp>
#include <set>

#include "isa/geometry.h"
#include "tests/isa/message_of.h"

using namespace lutra;
using lutra::test::message_of;

namespace {

ArchConfig base() { return parse_arch_config("name: x\nclock_mhz: 100\narray: {rows: 2, columns: 16}\n", "a.yaml"); }

/// First key of the first broken rule after setting these fields.
std::string broken(const std::vector<std::pair<std::string, double>>& changes) {
  ArchConfig config = base();
  for (const auto& [key, value] : changes) set_number(config, key, value);
  const std::vector<Violation> found = violations(config);
  return found.empty() ? "" : found.front().keys.front();
}

}  // namespace

TEST_CASE("every key is documented, unique and within its own range by default") {
  std::set<std::string_view> keys;
  std::set<const void*> members;
  ArchConfig config = base();
  for (const SchemaField& field : schema()) {
    CAPTURE(field.key);
    CHECK(keys.insert(field.key).second);
    CHECK(members.insert(std::visit([](auto* member) -> const void* { return member; }, field.member(config))).second);
    CHECK_FALSE(field.doc.empty());
    if (field.kind() != ValueKind::kText) CHECK(field.min < field.max);
  }
  CHECK(violations(config).empty());
  // Fields of ArchConfig that the table forgets would not be written, hashed or swept.
  CHECK(members.size() == 47);
}

TEST_CASE("fields are read and set by their key") {
  ArchConfig config = base();
  set_field(config, "array.rows", "4");
  CHECK(config.array.rows == 4);
  CHECK(get_number(config, "array.rows") == 4);
  set_field(config, "array.rows", "+8");
  CHECK(config.array.rows == 8);
  CHECK_THROWS_AS(set_field(config, "memory.latency_ns", "+-8"), Error);
  set_number(config, "clock_mhz", 12.5);
  CHECK(get_field(config, "clock_mhz") == "12.5");
  set_field(config, "status", "experimental");
  CHECK(config.status == "experimental");
  CHECK(message_of([&] { set_field(config, "array.row", "4"); }) == "unknown key array.row; did you mean array.rows?");
  CHECK(message_of([&] { get_number(config, "status"); }) == "status is a word, not a number");
  CHECK(message_of([&] { set_number(config, "array.rows", 2.5); }) == "array.rows: given 2.5, allowed a whole number 1..64");
}

TEST_CASE("a value that is refused leaves the configuration as it was") {
  ArchConfig config = base();
  CHECK_THROWS_AS(set_field(config, "array.rows", "100"), Error);
  CHECK(config.array.rows == 2);
}

TEST_CASE("values at the ends of a range are allowed, the next ones are not") {
  for (const SchemaField& field : schema()) {
    if (field.kind() == ValueKind::kText || !field.allowed.empty()) continue;
    CAPTURE(field.key);
    ArchConfig config = base();
    const std::string key(field.key);
    set_number(config, key, field.min);
    set_number(config, key, field.max);
    CHECK(get_number(config, key) == field.max);
    const double step = field.kind() == ValueKind::kInteger ? 1 : field.max;
    CHECK_THROWS_AS(set_number(config, key, field.min - step), Error);
    CHECK_THROWS_AS(set_number(config, key, field.max + step), Error);
    if (field.power_of_two) CHECK_THROWS_AS(set_number(config, key, field.max - 1), Error);
  }
}

TEST_CASE("the builder's groups divide a lane") {
  CHECK(broken({{"table.builder_tables", 3}}) == "table.builder_tables");
  CHECK(broken({{"table.builder_tables", 8}}) == "");
}

TEST_CASE("the accumulator holds one k-step at eight planes") {
  // 32 activations: 32 x 128 x 255 = 1,044,480 takes 21 bits.
  CHECK(broken({{"array.accumulator_bits", 20}}) == "array.accumulator_bits");
  CHECK(broken({{"array.accumulator_bits", 21}}) == "");
}

TEST_CASE("outputs of a cycle fit in a row and in a beat") {
  CHECK(broken({{"array.columns", 2}}) == "scale.outputs_per_cycle");
  CHECK(broken({{"axi.data_bits", 64}, {"axi.max_burst_beats", 16}}) == "scale.outputs_per_cycle");
  CHECK(broken({{"axi.data_bits", 128}, {"axi.max_burst_beats", 16}}) == "");
}

TEST_CASE("a burst stays within 4096 bytes") {
  CHECK(broken({{"axi.max_burst_beats", 65}}) == "axi.max_burst_beats");
  CHECK(broken({{"axi.max_burst_beats", 64}}) == "");
}

TEST_CASE("the memory lies within the address space") {
  CHECK(broken({{"axi.address_bits", 32}, {"memory.size_gib", 8}}) == "memory.size_gib");
  CHECK(broken({{"axi.address_bits", 33}, {"memory.size_gib", 8}}) == "");
}

TEST_CASE("a buffer has at least two lines") {
  // Four 128-bit instructions and two 256-bit activation words share a 512-bit beat; sixteen is the least instruction buffer.
  CHECK(broken({{"buffer.activation_words", 2}}) == "buffer.activation_words");
  CHECK(broken({{"buffer.activation_words", 4}}) == "");
  CHECK(broken({{"buffer.parameter_words", 8}}) == "buffer.parameter_words");
  CHECK(broken({{"buffer.parameter_words", 16}}) == "");
}

TEST_CASE("a machine too small for one tile step is refused") {
  CHECK(broken({{"buffer.weight_words", 4}}) == "buffer.weight_words");
  CHECK(broken({{"buffer.weight_words", 8}}) == "");
  CHECK(broken({{"array.rows", 8}, {"buffer.activation_words", 4}}) == "buffer.activation_words");
  CHECK(broken({{"array.columns", 256}, {"buffer.parameter_words", 32}}) == "buffer.parameter_words");
}

TEST_CASE("words and buffers have an upper end") {
  CHECK(broken({{"array.columns", 256}, {"array.table_inputs", 6}, {"array.tables_per_lane", 64}, {"array.accumulator_bits", 32}}) ==
        "buffer.weight_words");
  CHECK(broken({{"array.rows", 64}, {"array.tables_per_lane", 32}, {"array.accumulator_bits", 32}}) == "array.rows");
  CHECK(broken({{"buffer.accumulator_tiles", 65536}, {"array.columns", 256}, {"buffer.parameter_words", 64}}) ==
        "buffer.accumulator_tiles");
}

TEST_CASE("tables with scales, narrow outputs and real zero points name what they lack") {
  const auto first = [](const std::vector<std::pair<std::string, std::string>>& fields) {
    ArchConfig config = base();
    for (const auto& [key, value] : fields) set_field(config, key, value);
    const std::vector<Violation> found = violations(config);
    return found.empty() ? std::string() : found.front().keys.front();
  };
  using Fields = std::vector<std::pair<std::string, std::string>>;
  const auto with = [&](Fields more) {
    more.insert(more.begin(), {{"scale.unit", "float"}, {"array.accumulator_bits", "32"}});
    return first(more);
  };
  CHECK(first({{"table.mode", "quantised"}}) == "table.mode");
  CHECK(with({{"table.mode", "quantised"}}) == "");
  CHECK(with({{"table.mode", "quantised"}, {"table.group", "48"}}) == "table.group");
  CHECK(with({{"table.mode", "quantised"}, {"table.form", "parity"}}) == "table.form");
  CHECK(with({{"table.mode", "quantised"}, {"table.storage", "rebuilt"}}) == "table.storage");
  CHECK(with({{"table.mode", "aligned"}}) == "table.mode");
  CHECK(with({{"array.activations", "fp16"}}) == "array.activations");
  CHECK(with({{"array.activations", "fp16"}, {"table.mode", "aligned"}, {"table.form", "parity"}}) == "");
  CHECK(first({{"scale.output", "int8"}}) == "scale.output");
  CHECK(with({{"scale.output", "int8"}}) == "");
  CHECK(with({{"scale.output", "int8"}, {"scale.outputs_per_cycle", "2"}}) == "scale.outputs_per_cycle");
  CHECK(first({{"scale.zeros", "float"}}) == "scale.zeros");
  CHECK(with({{"scale.zeros", "float"}, {"scale.registers", "2"}}) == "");
  CHECK(with({{"scale.zeros", "float"}, {"scale.registers", "3"}}) == "scale.registers");
}

TEST_CASE("float tables name what their order of additions, and FP32 itself, leaves out") {
  const auto broken_by = [](const std::string& key, const std::string& value) {
    ArchConfig config = base();
    for (const auto& [own, given] : std::vector<std::pair<std::string, std::string>>{{"table.mode", "float"},
                                                                                     {"array.activations", "fp16"},
                                                                                     {"array.tables_per_lane", "1"},
                                                                                     {"table.builder_tables", "1"},
                                                                                     {"array.planes_per_cycle", "1"},
                                                                                     {"array.accumulator_bits", "32"},
                                                                                     {"scale.unit", "float"}})
      set_field(config, own, given);
    if (!key.empty()) set_field(config, key, value);
    const std::vector<Violation> found = violations(config);
    if (!found.empty()) CHECK(found.front().message.find("given") == 0);
    return found.empty() ? std::string() : found.front().keys.front();
  };
  CHECK(broken_by("", "") == "");
  CHECK(broken_by("array.activations", "fp8_e5m2") == "");
  CHECK(broken_by("table.kind", "ternary") == "");
  CHECK(broken_by("table.source", "memory") == "");
  CHECK(broken_by("scale.registers", "3") == "");
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{{"array.tables_per_lane", "2"},
                                                                                   {"array.planes_per_cycle", "2"},
                                                                                   {"array.combine", "horner"},
                                                                                   {"array.accumulator_bits", "31"},
                                                                                   {"table.form", "parity"},
                                                                                   {"table.storage", "rebuilt"},
                                                                                   {"scale.unit", "integer"}})
    CHECK(broken_by(key, value) == key);
  CHECK(broken_by("array.activations", "int16") == "table.mode");
}

TEST_CASE("every violation names keys that exist") {
  ArchConfig config = base();
  config.array.columns = 2;
  config.axi.max_burst_beats = 256;
  config.table.builder_tables = 5;
  const std::vector<Violation> found = violations(config);
  CHECK(found.size() == 3);
  for (const Violation& violation : found)
    for (const std::string& key : violation.keys) CHECK(find_schema_field(key) != nullptr);
  CHECK_THROWS_AS(validate(config), Error);
}

// Loading configurations: what is read, and what is said about files that are wrong.
#include "isa/arch_config.h"

#include <catch2/catch.hpp>

#include "isa/file.h"
#include "isa/schema.h"
#include "tests/isa/message_of.h"
#include "tests/isa/temporary_directory.h"
#include "tests/source_dir.h"

using namespace lutra;
using lutra::test::message_of;

namespace {

const std::string kConfigs = test::source_dir() + "/configs/";

std::string complaint(const std::string& yaml) {
  return message_of([&] { parse_arch_config(yaml, "a.yaml"); });
}

const std::string kSmall = "name: x\nclock_mhz: 100\narray: {rows: 2, columns: 16}\n";

bool same(const ArchConfig& a, const ArchConfig& b) {
  for (const SchemaField& field : schema())
    if (field_text(field, a) != field_text(field, b)) return false;
  return true;
}

}  // namespace

TEST_CASE("the named configurations load and keep their values") {
  const ArchConfig edge = load_arch_config(kConfigs + "edge_w2a8.yaml");
  CHECK(edge.name == "edge_w2a8");
  CHECK(edge.array.tables_per_lane == 8);
  CHECK(edge.memory.bandwidth_gb_s == 6.4);
  const ArchConfig tiny = load_arch_config(kConfigs + "tiny.yaml");
  CHECK(tiny.axi.data_bits == 64);
  CHECK(tiny.scale.outputs_per_cycle == 2);
}

TEST_CASE("keys that are not named have their defaults") {
  const ArchConfig config = parse_arch_config(kSmall, "a.yaml");
  CHECK(config.table.builder_tables == ArchConfig{}.table.builder_tables);
  CHECK(config.axi.data_bits == 512);
}

TEST_CASE("canonical YAML reads back equal") {
  for (const char* name : {"edge_w2a8.yaml", "tiny.yaml"}) {
    ArchConfig config = load_arch_config(kConfigs + name);
    config.description = "quotes \" and \\ and: # colons, 10 \xC2\xB5m";
    config.clock_mhz = 133.33333333333334;
    const ArchConfig again = parse_arch_config(to_yaml(config), "again.yaml");
    CHECK(same(config, again));
    CHECK(to_yaml(again) == to_yaml(config));
    CHECK(config_hash(again) == config_hash(config));
  }
}

TEST_CASE("an unknown or misspelt key is named with the nearest one") {
  CHECK(complaint(kSmall + "clok_mhz: 3\n") == "a.yaml:4:1: unknown key clok_mhz; did you mean clock_mhz?");
  CHECK(complaint("name: x\nclock_mhz: 1\narray:\n  row: 2\n") == "a.yaml:4:3: unknown key array.row; did you mean array.rows?");
  CHECK(complaint("rows: 2\n") == "a.yaml:1:1: unknown key rows; did you mean array.rows?");
  CHECK(complaint("aray: {rows: 2}\n") == "a.yaml:1:1: unknown key aray; did you mean array?");
  CHECK(complaint(kSmall + "zebra: 2\n") == "a.yaml:4:1: unknown key zebra");
}

TEST_CASE("a key given twice says where it was first") {
  CHECK(complaint(kSmall + "name: y\n") == "a.yaml:4:1: name: given twice, first in line 1");
  CHECK(complaint("name: x\nclock_mhz: 1\narray: {rows: 1, rows: 2}\n") == "a.yaml:3:18: array.rows: given twice, first in line 3");
  CHECK(complaint(kSmall + "array: {table_inputs: 2}\n") == "a.yaml:4:1: array: given twice, first in line 3");
}

TEST_CASE("a required key that is missing is named") {
  CHECK(complaint("name: x\nclock_mhz: 1\narray: {rows: 2}\n").find("a.yaml: array.columns is missing, allowed a power of two 1..256") ==
        0);
  CHECK(complaint("clock_mhz: 1\narray: {rows: 2, columns: 2}\n").find("a.yaml: name is missing") == 0);
}

TEST_CASE("a value of the wrong type is refused") {
  CHECK(complaint("array: {rows: two}\n") == "a.yaml:1:15: array.rows: given two, allowed a whole number 1..64");
  CHECK(complaint("array: {rows: 2.5}\n") == "a.yaml:1:15: array.rows: given 2.5, allowed a whole number 1..64");
  CHECK(complaint("array: {rows: \"2\"}\n") == "a.yaml:1:15: array.rows: given the quoted text \"2\", allowed a whole number 1..64");
  CHECK(complaint("array: {rows: }\n") == "a.yaml:1:15: array.rows: given nothing, allowed a whole number 1..64");
  CHECK(complaint("array: {rows: [1, 2]}\n") == "a.yaml:1:15: array.rows: given a list, allowed a whole number 1..64");
  CHECK(complaint("array: {rows: {a: 1}}\n") == "a.yaml:1:15: array.rows: given a mapping, allowed a whole number 1..64");
  CHECK(complaint("array: 3\n") == "a.yaml:1:8: array: given 3, allowed a mapping of its keys");
  CHECK(complaint("name: {a: 1}\n") == "a.yaml:1:7: name: given a mapping, allowed text");
  CHECK(complaint("clock_mhz: nan\n").find("clock_mhz: given nan, allowed a number 0.001..20000") != std::string::npos);
  CHECK(complaint("clock_mhz: 1e999\n").find("clock_mhz: given 1e999") != std::string::npos);
  CHECK(complaint("- 1\n- 2\n").find("a.yaml:1:1: ") == 0);
  CHECK(complaint("just text\n") == "a.yaml:1:1: given plain text, allowed a mapping of keys to values");
}

TEST_CASE("a value out of range or not in the list is refused with what is allowed") {
  CHECK(complaint("array: {rows: 65}\n") == "a.yaml:1:15: array.rows: given 65, allowed a whole number 1..64");
  CHECK(complaint("array: {rows: 99999999999}\n") == "a.yaml:1:15: array.rows: given 99999999999, allowed a whole number 1..64");
  CHECK(complaint("array: {columns: 12}\n") == "a.yaml:1:18: array.columns: given 12, allowed a power of two 1..256");
  CHECK(complaint("axi: {data_bits: 96}\n") == "a.yaml:1:18: axi.data_bits: given 96, allowed 64, 128, 256, 512");
  CHECK(complaint("status: suported\n") == "a.yaml:1:9: status: given suported, allowed supported, experimental; did you mean supported?");
  CHECK(complaint("name: a/b\n").find("a.yaml:1:7: name: given a/b, allowed 1 to 64 letters") == 0);
  CHECK(complaint("name: ..\n").find("a.yaml:1:7: name: given .., allowed") == 0);
}

TEST_CASE("values that contradict each other are refused at the one to change") {
  CHECK(complaint(kSmall + "table: {builder_tables: 3}\n") ==
        "a.yaml:4:25: table.builder_tables: given 3, but the builder works in whole groups: it has to divide array.tables_per_lane = 8");
  CHECK(
      complaint("name: x\nclock_mhz: 1\narray: {rows: 2, columns: 2}\n").find("a.yaml:3:27: scale.outputs_per_cycle: given 4, but a row") ==
      0);
}

TEST_CASE("options that exclude each other are refused with the reason") {
  const auto refused = [](const std::string& array, const std::string& table) {
    return complaint("name: x\nclock_mhz: 1\narray: {rows: 2, columns: 8, accumulator_bits: 32" + array + "}\ntable: {builder_tables: 1" +
                     table + "}\n");
  };
  CHECK(refused("", "").empty());
  CHECK(refused(", combine: horner, planes_per_cycle: 2", "").find("array.planes_per_cycle has to be 1, not 2") != std::string::npos);
  CHECK(refused(", table_inputs: 5", ", kind: ternary").find("table.kind: given ternary, but a table of 5 trits has 121 entries") !=
        std::string::npos);
  CHECK(refused("", ", kind: ternary, form: parity").find("table.form: given parity, but the sums of a ternary table differ in parity") !=
        std::string::npos);
  CHECK(refused("", ", source: memory, storage: rebuilt").find("table.storage: given rebuilt, but tables that are loaded") !=
        std::string::npos);
  CHECK(refused(", activations: int16, tables_per_lane: 32", "").empty());
  CHECK(refused(", activations: int16, tables_per_lane: 64, table_inputs: 6", "").find("INT16 activations with 8 weight planes needs 33") !=
        std::string::npos);
}

TEST_CASE("damaged YAML is refused with its place") {
  CHECK(complaint("name: x\narray: {rows: 2,\n").find("a.yaml:3:1: not valid YAML: ") == 0);
  CHECK(complaint("name: x\n\tclock_mhz: 1\n").find("a.yaml:2:") == 0);
  CHECK(complaint("name: \"x\n").find("a.yaml:") == 0);
  CHECK(complaint("") == "a.yaml: the file is empty, allowed a mapping of keys to values");
  CHECK(complaint("# only a comment\n") == "a.yaml: the file is empty, allowed a mapping of keys to values");
  CHECK(complaint(kSmall + "---\n" + kSmall).find("a second document is not allowed") != std::string::npos);
  CHECK_FALSE(complaint(std::string("\0\1\2\xff\xfe", 5)).empty());
}

TEST_CASE("no file that is cut off is taken for a whole one") {
  const std::string whole = read_file(kConfigs + "edge_w2a8.yaml");
  // Up to the last required key a cut always shows; behind it, sections may be missing by right.
  const std::size_t required = whole.find("columns: 16");
  for (std::size_t length = 0; length < required; ++length) {
    CAPTURE(length);
    REQUIRE_FALSE(complaint(whole.substr(0, length)).empty());
  }
}

TEST_CASE("anchors, aliases, tags and deep nesting are refused before they grow") {
  CHECK(complaint("name: &a x\nstatus: *a\n") == "a.yaml:1:7: anchors are not allowed in a configuration");
  CHECK(complaint("status: *a\n").find("a.yaml:1:") == 0);
  CHECK(complaint("name: !!binary x\n").find("the tag") != std::string::npos);
  CHECK_FALSE(complaint(std::string(100000, '[')).empty());
  CHECK_FALSE(complaint(std::string(100000, '{')).empty());
  CHECK(complaint(std::string((1 << 20) + 1, '#')) == "a.yaml: the file is longer than the 1048576 bytes allowed");
}

TEST_CASE("unreadable files are refused by name") {
  CHECK(message_of([] { load_arch_config("/no/such.yaml"); }) == "/no/such.yaml: cannot read: No such file or directory");
  CHECK(message_of([] { load_arch_config("/tmp"); }).find("/tmp: cannot read: a directory") == 0);
  CHECK(message_of([] { load_arch_config("/dev/zero"); }).find("/dev/zero: the file is longer than") == 0);
}

TEST_CASE("config_hash sees every field, program_hash those that programs depend on") {
  const ArchConfig base = parse_arch_config(kSmall, "a.yaml");
  CHECK(config_hash(base).size() == 16);
  for (const SchemaField& field : schema()) {
    CAPTURE(field.key);
    ArchConfig changed = base;
    const FieldPointer pointer = field.member(changed);
    if (int* const* integer = std::get_if<int*>(&pointer)) **integer += 1;
    if (double* const* real = std::get_if<double*>(&pointer)) **real += 1;
    if (std::string* const* text = std::get_if<std::string*>(&pointer)) **text += "x";
    CHECK(config_hash(changed) != config_hash(base));
    CHECK((program_hash(changed) != program_hash(base)) == field.in_program_hash);
  }
}

TEST_CASE("hashes are the same whatever compiles them") {
  const ArchConfig config = parse_arch_config(kSmall, "a.yaml");
  CHECK(config_hash(config) == "9723521b694cbfae");
  CHECK(program_hash(config) == "b161c53613f02d96");
}

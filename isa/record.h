// Flat YAML records described by a table: hosts and memories are read, checked and documented from their tables.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "isa/schema.h"

namespace lutra {

/// One key of a record: "clock_mhz", or "hbm.gb_s" inside a section.
struct RecordField {
  std::string_view key;
  std::string_view unit;  // "" for plain numbers and words
  FieldPointer (*member)(void* record);
  double min, max;                        // numbers: inclusive range
  std::vector<std::string_view> allowed;  // not empty: only these
  bool required;
  std::string_view doc;
};

/// A table row's accessor for a member of T.
#define LUTRA_RECORD_MEMBER(T, path) [](void* record) -> ::lutra::FieldPointer { return &static_cast<T*>(record)->path; }

/// Fills `record` from YAML: a mapping whose sections are mappings. Throws Error with file, line, column, key, what was given and what
/// is allowed: for unknown, repeated and missing keys, wrong types and values out of range. `file` is the name used in messages.
void read_record(const std::string& yaml, const std::string& file, std::span<const RecordField> fields, void* record);

/// The table as Markdown, one section after the other; defaults are those of `fresh`, a record that nothing was read into.
std::string record_reference(std::span<const RecordField> fields, void* fresh);

/// Canonical YAML with every key in the table's order.
std::string record_yaml(std::span<const RecordField> fields, const void* record);

}  // namespace lutra

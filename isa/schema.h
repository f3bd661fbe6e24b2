// The schema of configurations as data: loader, error messages, documentation and sweeps all iterate over this table.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "isa/arch_config.h"

namespace lutra {

enum class ValueKind : std::uint8_t { kInteger, kReal, kText };

/// Where a field lives inside a configuration.
using FieldPointer = std::variant<int*, double*, std::string*>;

struct SchemaField {
  std::string_view key;   // path such as "array.rows"
  std::string_view unit;  // "" for plain numbers and words
  FieldPointer (*member)(ArchConfig&);
  double min;  // numbers: inclusive range
  double max;
  bool power_of_two;
  std::vector<std::string_view> allowed;  // not empty: only these, written as in YAML
  bool required;                          // no default is offered
  bool in_program_hash;                   // encodings or memory layouts depend on it
  std::string_view doc;

  [[nodiscard]] ValueKind kind() const;
};

/// All fields in the order in which they are written.
std::span<const SchemaField> schema();
/// nullptr when there is no such key.
const SchemaField* find_schema_field(std::string_view key);
/// Names of the sections, "array", "table", ...; the fields before them lie on the top level.
std::vector<std::string> schema_sections();
/// All keys, for suggestions.
std::vector<std::string> schema_keys();

/// The field's value as YAML would have it: shortest decimal form that reads back equal.
std::string field_text(const SchemaField& field, const ArchConfig& config);
/// The value a configuration has that does not name the field.
std::string field_default(const SchemaField& field);
/// "1..64", "a power of two 2..16" or "exact, quantised".
std::string field_range(const SchemaField& field);

/// Value of a numeric field; throws Error for an unknown key or a text field.
double get_number(const ArchConfig& config, std::string_view key);
/// Sets a field from text after checking type and range; throws Error (key, given, allowed) without location.
void set_field(ArchConfig& config, std::string_view key, std::string_view value);
/// The same; a number for an integer field must be whole.
void set_number(ArchConfig& config, std::string_view key, double value);
/// Text of a field; throws Error for an unknown key.
std::string get_field(const ArchConfig& config, std::string_view key);

/// A rule that a configuration breaks: the keys involved (the first one is to blame) and the reason.
struct Violation {
  std::vector<std::string> keys;
  std::string message;
};

/// Fields whose values are outside their own ranges.
std::vector<Violation> field_violations(const ArchConfig& config);
/// Every broken rule, single fields first; rules between fields are looked at only when the fields alone are right. Empty: valid.
/// Does not throw, so that sweeps can count what they skip.
std::vector<Violation> violations(const ArchConfig& config);

}  // namespace lutra

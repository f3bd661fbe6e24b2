// Reads and writes single fields of a configuration through the schema.
#include "isa/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace lutra {
namespace {

FieldPointer pointer_to(const SchemaField& field, ArchConfig& config) { return field.member(config); }

const SchemaField& require_field(std::string_view key) {
  if (const SchemaField* field = find_schema_field(key)) return *field;
  throw Error(fmt::format("unknown key {}{}", key.substr(0, 100), did_you_mean(std::string(key), schema_keys())));
}

[[noreturn]] void refuse(const SchemaField& field, std::string_view given, std::string_view expected) {
  throw Error(fmt::format("{}: given {}, allowed {}", field.key, given.empty() ? "nothing" : given.substr(0, 64), expected));
}

bool is_power_of_two(double value) { return value >= 1 && std::exp2(std::floor(std::log2(value))) == value; }

/// Whether a number lies in the field's range.
bool allows(const SchemaField& field, double value) {
  if (value < field.min || value > field.max || std::isnan(value)) return false;
  return !field.power_of_two || is_power_of_two(value);
}

std::string name_problem(const std::string& text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
  const bool starts_plain = !text.empty() && text[0] != '.' && text[0] != '-';
  return plain && starts_plain && text.size() <= 64 ? "" : "1 to 64 letters, digits, '_', '-' and '.', the first no '-' or '.'";
}

std::string description_problem(const std::string& text) {
  const bool printable = std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return printable && text.size() <= 400 ? "" : "one line of at most 400 bytes";
}

/// What is allowed, when the present value is not; else "".
std::string value_problem(const SchemaField& field, const ArchConfig& config) {
  const std::string text = field_text(field, config);
  if (!field.allowed.empty()) {
    const bool listed = std::find(field.allowed.begin(), field.allowed.end(), text) != field.allowed.end();
    return listed ? "" : field_range(field);
  }
  if (field.kind() == ValueKind::kText) return field.key == "name" ? name_problem(text) : description_problem(text);
  return allows(field, get_number(config, field.key)) ? "" : field_range(field);
}

template <typename T>
bool parse_number(std::string_view text, T& value) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

ValueKind SchemaField::kind() const {
  ArchConfig any;
  return static_cast<ValueKind>(member(any).index());
}

const SchemaField* find_schema_field(std::string_view key) {
  for (const SchemaField& field : schema())
    if (field.key == key) return &field;
  return nullptr;
}

std::vector<std::string> schema_sections() {
  std::vector<std::string> sections;
  for (const SchemaField& field : schema()) {
    const std::size_t dot = field.key.find('.');
    if (dot == std::string_view::npos) continue;
    std::string section(field.key.substr(0, dot));
    if (sections.empty() || sections.back() != section) sections.push_back(std::move(section));
  }
  return sections;
}

std::vector<std::string> schema_keys() {
  std::vector<std::string> keys;
  for (const SchemaField& field : schema()) keys.emplace_back(field.key);
  return keys;
}

std::string field_text(const SchemaField& field, const ArchConfig& config) {
  // Members are only reached through non-const pointers; this one is read.
  return std::visit([](const auto* value) { return fmt::format("{}", *value); }, pointer_to(field, const_cast<ArchConfig&>(config)));
}

std::string field_default(const SchemaField& field) { return field_text(field, ArchConfig{}); }

std::string field_range(const SchemaField& field) {
  if (!field.allowed.empty()) return listed({field.allowed.begin(), field.allowed.end()});
  switch (field.kind()) {
    case ValueKind::kText:
      return "text";
    case ValueKind::kInteger:
      return fmt::format("{} {}..{}", field.power_of_two ? "a power of two" : "a whole number", field.min, field.max);
    case ValueKind::kReal:
      break;
  }
  return fmt::format("a number {}..{}", field.min, field.max);
}

double get_number(const ArchConfig& config, std::string_view key) {
  const SchemaField& field = require_field(key);
  const FieldPointer pointer = pointer_to(field, const_cast<ArchConfig&>(config));
  if (int* const* integer = std::get_if<int*>(&pointer)) return **integer;
  if (double* const* real = std::get_if<double*>(&pointer)) return **real;
  throw Error(fmt::format("{} is a word, not a number", key));
}

std::string get_field(const ArchConfig& config, std::string_view key) { return field_text(require_field(key), config); }

void set_field(ArchConfig& config, std::string_view key, std::string_view value) {
  const SchemaField& field = require_field(key);
  ArchConfig changed = config;
  const FieldPointer pointer = pointer_to(field, changed);
  if (int* const* integer = std::get_if<int*>(&pointer)) {
    if (!parse_number(value, **integer)) refuse(field, value, field_range(field));
  } else if (double* const* real = std::get_if<double*>(&pointer)) {
    if (!parse_number(value, **real)) refuse(field, value, field_range(field));
  } else {
    *std::get<std::string*>(pointer) = value;
  }
  if (const std::string allowed = value_problem(field, changed); !allowed.empty()) {
    const bool word = field.kind() == ValueKind::kText;
    refuse(field, value, allowed + (word ? did_you_mean(std::string(value), {field.allowed.begin(), field.allowed.end()}) : ""));
  }
  config = std::move(changed);
}

void set_number(ArchConfig& config, std::string_view key, double value) { set_field(config, key, fmt::format("{}", value)); }

std::vector<Violation> field_violations(const ArchConfig& config) {
  std::vector<Violation> found;
  for (const SchemaField& field : schema()) {
    const std::string allowed = value_problem(field, config);
    if (allowed.empty()) continue;
    const std::string given = field_text(field, config);
    found.push_back({{std::string(field.key)}, fmt::format("given {}, allowed {}", given.empty() ? "nothing" : given, allowed)});
  }
  return found;
}

}  // namespace lutra

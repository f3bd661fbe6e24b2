// YAML with places.
#include "workloads/yaml_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "isa/yaml_document.h"

namespace lutra::workloads {
namespace {

std::string shown(const YAML::Node& node) {
  if (!node || node.IsNull()) return "nothing";
  if (node.IsSequence()) return "a list";
  if (node.IsMap()) return "a mapping";
  return node.Scalar().empty() ? "an empty text" : node.Scalar().substr(0, 64);
}

std::string key_text(const YAML::Node& key) { return key.IsScalar() ? key.Scalar() : shown(key); }

template <typename T>
bool parse_number(const YAML::Node& node, T& number) {
  if (!node.IsScalar() || node.Tag() == "!") return false;  // a quoted number is text
  const std::string& text = node.Scalar();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

YamlValue YamlValue::parse(const std::string& text, const std::string& file) { return {yaml_document(text, file), file, ""}; }

SourceLocation YamlValue::place() const { return yaml_location(node_.Mark(), file_); }

void YamlValue::refuse(const std::string& message) const { throw Error(path_.empty() ? message : path_ + ": " + message, place()); }

void YamlValue::refuse(const std::string& key, const std::string& message) const {
  throw Error(path_of(key) + ": " + message, has(key) ? at(key).place() : place());
}

void YamlValue::need_mapping() const {
  if (!node_.IsMap()) refuse(fmt::format("given {}, allowed a mapping of keys to values", shown(node_)));
}

void YamlValue::only(const std::vector<std::string>& allowed) const {
  need_mapping();
  std::vector<std::string> seen;
  for (const auto& entry : node_) {
    const std::string key = key_text(entry.first);
    const SourceLocation where = yaml_location(entry.first.Mark(), file_);
    if (std::find(allowed.begin(), allowed.end(), key) == allowed.end())
      throw Error(fmt::format("unknown key {}, allowed {}{}", path_of(key), listed(allowed), did_you_mean(key, allowed)), where);
    if (std::find(seen.begin(), seen.end(), key) != seen.end()) throw Error(fmt::format("{}: given twice", path_of(key)), where);
    seen.push_back(key);
  }
}

std::vector<std::string> YamlValue::keys() const {
  need_mapping();
  std::vector<std::string> keys;
  for (const auto& entry : node_) keys.push_back(key_text(entry.first));
  return keys;
}

bool YamlValue::has(const std::string& key) const { return node_.IsMap() && node_[key].IsDefined(); }

YamlValue YamlValue::at(const std::string& key) const {
  need_mapping();
  if (!has(key)) throw Error(fmt::format("{} is missing", path_of(key)), place());
  return {node_[key], file_, path_of(key)};
}

std::vector<YamlValue> YamlValue::list(std::size_t most) const {
  if (!node_.IsSequence()) refuse(fmt::format("given {}, allowed a list", shown(node_)));
  if (node_.size() > most) refuse(fmt::format("given {} elements, allowed {}", node_.size(), most));
  std::vector<YamlValue> values;
  for (std::size_t i = 0; i < node_.size(); ++i) values.push_back({node_[i], file_, fmt::format("{}[{}]", path_, i)});
  return values;
}

std::vector<YamlValue> YamlValue::list(const std::string& key) const {
  const YamlValue value = at(key);
  const std::vector<YamlValue> items = value.list(kMaxYamlBytes);
  if (items.empty()) value.refuse("given an empty list, allowed one element or more");
  return items;
}

std::int64_t YamlValue::integer(std::int64_t min, std::int64_t max) const {
  std::int64_t number = 0;
  if (!parse_number(node_, number) || number < min || number > max)
    refuse(fmt::format("given {}, allowed a whole number {}..{}", shown(node_), min, max));
  return number;
}

int YamlValue::integer(const std::string& key, int min, int max) const { return static_cast<int>(at(key).integer(min, max)); }

int YamlValue::integer_or(const std::string& key, int min, int max, int otherwise) const {
  return has(key) ? integer(key, min, max) : otherwise;
}

double YamlValue::number() const {
  double number = 0;
  if (!parse_number(node_, number) || !std::isfinite(number)) refuse(fmt::format("given {}, allowed a finite number", shown(node_)));
  return number;
}

double YamlValue::number(const std::string& key, double min, double max) const {
  const YamlValue value = at(key);
  double number = 0;
  if (!parse_number(value.node_, number) || !(number >= min && number <= max))
    value.refuse(fmt::format("given {}, allowed a number {}..{}", shown(value.node_), min, max));
  return number;
}

double YamlValue::number_or(const std::string& key, double min, double max, double otherwise) const {
  return has(key) ? number(key, min, max) : otherwise;
}

bool YamlValue::boolean() const { return word({"true", "false"}) == "true"; }

std::string YamlValue::text() const {
  if (!node_.IsScalar() || node_.Scalar().empty()) refuse(fmt::format("given {}, allowed text", shown(node_)));
  return node_.Scalar();
}

std::string YamlValue::text(const std::string& key) const { return at(key).text(); }

std::string YamlValue::text_or(const std::string& key, const std::string& otherwise) const { return has(key) ? text(key) : otherwise; }

std::string YamlValue::word(const std::vector<std::string>& allowed) const {
  const std::string given = text();
  if (std::find(allowed.begin(), allowed.end(), given) == allowed.end())
    refuse(fmt::format("given '{}', allowed {}{}", given, listed(allowed), did_you_mean(given, allowed)));
  return given;
}

}  // namespace lutra::workloads

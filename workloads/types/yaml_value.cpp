// Bounds and places for values of a YAML file.
#include "workloads/types/yaml_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace lutra::workloads {

YamlValue YamlValue::parse(const std::string& text, const std::string& file) {
  try {
    YAML::Node node = YAML::Load(text);
    return {node, file, ""};
  } catch (const YAML::Exception& e) {
    throw Error("not YAML: " + e.msg, {file, e.mark.line + 1, e.mark.column + 1});
  }
}

SourceLocation YamlValue::place() const {
  const YAML::Mark mark = node_.Mark();
  return mark.is_null() ? SourceLocation{file_} : SourceLocation{file_, mark.line + 1, mark.column + 1};
}

void YamlValue::refuse(const std::string& message) const { throw Error(path_.empty() ? message : path_ + ": " + message, place()); }

void YamlValue::only(const std::vector<std::string>& allowed) const {
  if (!node_.IsMap()) refuse("allowed is a mapping with the keys " + listed(allowed));
  for (const auto& entry : node_) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "?";
    if (std::find(allowed.begin(), allowed.end(), key) != allowed.end()) continue;
    const YamlValue here(entry.first, file_, path_);
    here.refuse(fmt::format("the key '{}' is not known, allowed are {}{}", key, listed(allowed), did_you_mean(key, allowed)));
  }
}

bool YamlValue::has(const std::string& key) const { return node_.IsMap() && node_[key].IsDefined(); }

YamlValue YamlValue::at(const std::string& key) const {
  if (!has(key)) refuse(fmt::format("the key '{}' is missing", key));
  return {node_[key], file_, path_.empty() ? key : path_ + "." + key};
}

std::vector<YamlValue> YamlValue::list(std::size_t most) const {
  if (!node_.IsSequence()) refuse("allowed is a list");
  if (node_.size() > most) refuse(fmt::format("the list has {} elements, allowed are {}", node_.size(), most));
  std::vector<YamlValue> values;
  for (std::size_t i = 0; i < node_.size(); ++i) values.push_back({node_[i], file_, fmt::format("{}[{}]", path_, i)});
  return values;
}

std::string YamlValue::text() const {
  if (!node_.IsScalar()) refuse("allowed is a plain value");
  return node_.Scalar();
}

std::int64_t YamlValue::integer(std::int64_t min, std::int64_t max) const {
  const std::string given = text();
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(given.data(), given.data() + given.size(), value);
  if (code != std::errc() || end != given.data() + given.size() || value < min || value > max)
    refuse(fmt::format("given '{}', allowed is an integer {} to {}", given, min, max));
  return value;
}

std::int64_t YamlValue::integer_or(const std::string& key, std::int64_t min, std::int64_t max, std::int64_t otherwise) const {
  return has(key) ? at(key).integer(min, max) : otherwise;
}

double YamlValue::real() const {
  const std::string given = text();
  double value = 0;
  try {
    value = node_.as<double>();
  } catch (const YAML::Exception&) {
    refuse(fmt::format("given '{}', allowed is a number", given));
  }
  if (!std::isfinite(value)) refuse(fmt::format("given '{}', allowed is a finite number", given));
  return value;
}

bool YamlValue::boolean() const { return word({"true", "false"}) == "true"; }

std::string YamlValue::word(const std::vector<std::string>& allowed) const {
  const std::string given = text();
  if (std::find(allowed.begin(), allowed.end(), given) == allowed.end())
    refuse(fmt::format("given '{}', allowed are {}{}", given, listed(allowed), did_you_mean(given, allowed)));
  return given;
}

}  // namespace lutra::workloads

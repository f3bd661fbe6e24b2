// Loads configurations from YAML, writes them back and hashes them.
#include "isa/arch_config.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "isa/file.h"
#include "isa/schema.h"
#include "isa/sha256.h"
#include "isa/yaml_document.h"

namespace lutra {
namespace {

/// Fills a configuration from YAML events: two levels of mappings, scalars as values. Works without building a document, so that
/// every key keeps its place and no input can make it allocate more than it is long.
class ConfigReader : public YAML::EventHandler {
 public:
  ConfigReader(ArchConfig& config, std::string file) : config_(config), file_(std::move(file)) {}

  [[nodiscard]] bool empty() const { return !saw_map_; }
  /// Where the first of these keys that the file names has its value; else only the file.
  [[nodiscard]] SourceLocation place_of(const std::vector<std::string>& keys) const {
    for (const std::string& key : keys)
      if (const auto found = values_.find(key); found != values_.end()) return yaml_location(found->second, file_);
    return {file_};
  }
  [[nodiscard]] bool has(std::string_view key) const { return values_.count(std::string(key)) != 0; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (saw_document_) refuse(mark, "a second document is not allowed in a configuration");
    saw_document_ = true;
  }
  void OnDocumentEnd() override {}
  void OnAnchor(const YAML::Mark& mark, const std::string&) override { refuse(mark, "anchors are not allowed in a configuration"); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse(mark, "aliases are not allowed in a configuration"); }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { scalar(mark, anchor, "", false); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    if (tag.size() > 1) refuse(mark, fmt::format("the tag {} is not allowed in a configuration", tag));
    scalar(mark, anchor, value, tag == "!");
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    refuse(mark, fmt::format("{}: given a list, allowed {}", key_path(), expected()));
  }
  void OnSequenceEnd() override {}

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    if (anchor != YAML::NullAnchor) OnAnchor(mark, "");
    if (saw_map_ && !have_key_) refuse(mark, "given a mapping where a key is expected");
    if (saw_map_ && (in_section_ || find_schema_field(key_)))
      refuse(mark, fmt::format("{}: given a mapping, allowed {}", key_path(), expected()));
    in_section_ = saw_map_;
    if (in_section_) section_ = key_;
    saw_map_ = true;
    have_key_ = false;
  }
  void OnMapEnd() override {
    in_section_ = false;
    have_key_ = false;
    section_.clear();
  }

 private:
  [[noreturn]] void refuse(const YAML::Mark& mark, const std::string& message) const { throw Error(message, yaml_location(mark, file_)); }

  [[nodiscard]] std::string key_path() const { return section_.empty() ? key_ : section_ + "." + key_; }
  [[nodiscard]] std::string expected() const {
    const SchemaField* field = find_schema_field(key_path());
    return field ? field_range(*field) : "the keys of this section";
  }

  void scalar(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& value, bool quoted) {
    if (anchor != YAML::NullAnchor) OnAnchor(mark, "");
    if (!saw_map_) refuse(mark, fmt::format("given {}, allowed a mapping of keys to values", value.empty() ? "nothing" : "plain text"));
    if (!have_key_) {
      take_key(mark, value);
    } else {
      have_key_ = false;
      take_value(mark, value, quoted);
    }
  }

  void take_key(const YAML::Mark& mark, const std::string& key) {
    key_ = key;
    have_key_ = true;
    const std::string path = key_path();
    const bool is_section = !in_section_ && is_section_name(key);
    if (!is_section && find_schema_field(path) == nullptr) refuse(mark, unknown_key(path));
    if (const auto [earlier, fresh] = keys_.emplace(path, mark); !fresh)
      refuse(mark, fmt::format("{}: given twice, first in line {}", path, earlier->second.line + 1));
  }

  void take_value(const YAML::Mark& mark, const std::string& value, bool quoted) {
    const std::string path = key_path();
    const SchemaField* field = find_schema_field(path);
    if (field == nullptr)
      refuse(mark, fmt::format("{}: given {}, allowed a mapping of its keys", path, value.empty() ? "nothing" : value.substr(0, 64)));
    if (quoted && field->kind() != ValueKind::kText)
      refuse(mark, fmt::format("{}: given the quoted text \"{}\", allowed {}", path, value.substr(0, 64), field_range(*field)));
    try {
      set_field(config_, path, value);
    } catch (const Error& error) {
      refuse(mark, error.what());
    }
    values_.emplace(path, mark);
  }

  static bool is_section_name(const std::string& key) {
    const std::vector<std::string> sections = schema_sections();
    return std::find(sections.begin(), sections.end(), key) != sections.end();
  }

  /// Looks for the misspelt key as written, and for its last part in every section.
  static std::string unknown_key(const std::string& path) {
    const std::string last = path.substr(path.rfind('.') + 1);
    std::vector<std::string> names = schema_sections();
    for (const std::string& key : schema_keys()) names.push_back(key);
    std::string guess = nearest(path, names);
    if (guess.empty() || (path.find('.') != std::string::npos && guess.find('.') == std::string::npos)) {
      for (const std::string& key : schema_keys())
        if (key.substr(key.rfind('.') + 1) == last) guess = key;
    }
    return fmt::format("unknown key {}{}", path.substr(0, 100), guess.empty() ? "" : "; did you mean " + guess + "?");
  }

  ArchConfig& config_;
  std::string file_;
  std::map<std::string, YAML::Mark> keys_;    // everything named, sections too
  std::map<std::string, YAML::Mark> values_;  // where each value stands
  std::string section_, key_;
  bool saw_document_ = false, saw_map_ = false, in_section_ = false, have_key_ = false;
};

void read_events(const std::string& yaml, ConfigReader& reader) {
  std::istringstream stream(yaml);
  YAML::Parser parser(stream);
  while (parser.HandleNextDocument(reader)) continue;
}

}  // namespace

ArchConfig parse_arch_config(const std::string& yaml, const std::string& file) {
  if (yaml.size() > kMaxYamlBytes) throw Error(fmt::format("the file is longer than the {} bytes allowed", kMaxYamlBytes), {file});
  ArchConfig config;
  ConfigReader reader(config, file);
  try {
    read_events(yaml, reader);
  } catch (const YAML::Exception& error) {
    throw Error(fmt::format("not valid YAML: {}", error.msg), yaml_location(error.mark, file));
  }
  if (reader.empty()) throw Error("the file is empty, allowed a mapping of keys to values", {file});
  for (const SchemaField& field : schema())
    if (field.required && !reader.has(field.key))
      throw Error(fmt::format("{} is missing, allowed {}: {}", field.key, field_range(field), field.doc), {file});
  if (const std::vector<Violation> found = violations(config); !found.empty())
    throw Error(found.front().keys.front() + ": " + found.front().message, reader.place_of(found.front().keys));
  return config;
}

ArchConfig load_arch_config(const std::string& path) { return parse_arch_config(read_file(path, kMaxYamlBytes), path); }

std::string to_yaml(const ArchConfig& config) {
  std::string yaml, section;
  for (const SchemaField& field : schema()) {
    const std::size_t dot = field.key.find('.');
    if (dot != std::string_view::npos && field.key.substr(0, dot) != section) {
      section = field.key.substr(0, dot);
      yaml += section + ":\n";
    }
    std::string value = field_text(field, config);
    if (field.kind() == ValueKind::kText && field.allowed.empty())
      value = nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    yaml += dot == std::string_view::npos ? fmt::format("{}: {}\n", field.key, value)
                                          : fmt::format("  {}: {}\n", field.key.substr(dot + 1), value);
  }
  return yaml;
}

std::string config_hash(const ArchConfig& config) { return sha256_hex(to_yaml(config)).substr(0, 16); }

std::string program_hash(const ArchConfig& config) {
  std::string text;
  for (const SchemaField& field : schema())
    if (field.in_program_hash) text += fmt::format("{}={}\n", field.key, field_text(field, config));
  return sha256_hex(text).substr(0, 16);
}

}  // namespace lutra

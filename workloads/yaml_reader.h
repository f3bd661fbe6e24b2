// Reads YAML files with bounds; every error names the file, line and column, the key, what was given and what is allowed.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <string>
#include <vector>

#include "isa/error.h"

namespace lutra::workloads {

/// One node and the path of keys that leads to it. Members that take a key speak of the value under it; the node is then a mapping.
class YamlValue {
 public:
  /// Parses a whole file of one document. `file` is the name used in messages. Throws Error.
  static YamlValue parse(const std::string& text, const std::string& file);

  [[nodiscard]] SourceLocation place() const;
  [[nodiscard]] bool is_scalar() const { return node_.IsScalar(); }
  [[nodiscard]] bool is_list() const { return node_.IsSequence(); }
  /// Throws Error at this node.
  [[noreturn]] void refuse(const std::string& message) const;
  /// Throws Error at `key`, or at the mapping where that key is missing.
  [[noreturn]] void refuse(const std::string& key, const std::string& message) const;

  /// Refuses every key that is not in `allowed`, keys given twice, and what is no mapping.
  void only(const std::vector<std::string>& allowed) const;
  /// The keys that are there, in the file's order. Refuses what is no mapping.
  [[nodiscard]] std::vector<std::string> keys() const;
  [[nodiscard]] bool has(const std::string& key) const;
  /// The value of a key that must be there.
  [[nodiscard]] YamlValue at(const std::string& key) const;
  /// Elements of a list; throws Error for anything else and for more than `most`.
  [[nodiscard]] std::vector<YamlValue> list(std::size_t most) const;
  /// Elements of the list under `key`, at least one.
  [[nodiscard]] std::vector<YamlValue> list(const std::string& key) const;

  [[nodiscard]] std::int64_t integer(std::int64_t min, std::int64_t max) const;
  [[nodiscard]] int integer(const std::string& key, int min, int max) const;
  [[nodiscard]] int integer_or(const std::string& key, int min, int max, int otherwise) const;
  /// A finite number.
  [[nodiscard]] double number() const;
  [[nodiscard]] double number(const std::string& key, double min, double max) const;
  [[nodiscard]] double number_or(const std::string& key, double min, double max, double otherwise) const;
  [[nodiscard]] bool boolean() const;
  /// Text that is not empty.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::string text(const std::string& key) const;
  [[nodiscard]] std::string text_or(const std::string& key, const std::string& otherwise) const;
  /// A word out of `allowed`.
  [[nodiscard]] std::string word(const std::vector<std::string>& allowed) const;

 private:
  YamlValue(const YAML::Node& node, std::string file, std::string path) : node_(node), file_(std::move(file)), path_(std::move(path)) {}
  void need_mapping() const;
  [[nodiscard]] std::string path_of(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }

  YAML::Node node_;
  std::string file_;
  std::string path_;
};

}  // namespace lutra::workloads

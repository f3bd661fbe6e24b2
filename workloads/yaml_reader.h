// Reads fields of a YAML mapping with bounds; every error names the file, the line, the key, what was given and what is allowed.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <string>
#include <vector>

#include "isa/error.h"

namespace lutra::workloads {

/// One mapping of a YAML file. Lists and mappings inside it are read as objects of their own.
class YamlObject {
 public:
  /// Parses a whole file, whose only document has to be a mapping. `file` is the name used in messages. Throws Error.
  static YamlObject parse(const std::string& text, const std::string& file);

  [[nodiscard]] bool has(const std::string& key) const;
  [[nodiscard]] double number(const std::string& key, double min, double max) const;
  [[nodiscard]] double number_or(const std::string& key, double min, double max, double otherwise) const;
  [[nodiscard]] int integer(const std::string& key, int min, int max) const;
  [[nodiscard]] int integer_or(const std::string& key, int min, int max, int otherwise) const;
  [[nodiscard]] std::string text(const std::string& key) const;
  [[nodiscard]] std::string text_or(const std::string& key, const std::string& otherwise) const;
  /// The mapping under `key`.
  [[nodiscard]] YamlObject object(const std::string& key) const;
  /// The mappings of the list under `key`, at least one.
  [[nodiscard]] std::vector<YamlObject> list(const std::string& key) const;
  /// Whether `key` is there and a list.
  [[nodiscard]] bool is_list(const std::string& key) const;
  /// The words and numbers of the list under `key`, at least one, as text.
  [[nodiscard]] std::vector<std::string> texts(const std::string& key) const;
  /// The keys that are there, in the file's order.
  [[nodiscard]] std::vector<std::string> keys() const;
  /// Refuses every key that is not in `allowed`, and keys given twice.
  void only(const std::vector<std::string>& allowed) const;
  /// The place of `key`'s value.
  [[nodiscard]] SourceLocation where(const std::string& key) const;
  /// Throws Error at `key`, or at the mapping where that key is missing.
  [[noreturn]] void refuse(const std::string& key, const std::string& message) const;

 private:
  YamlObject(YAML::Node node, std::string file, std::string path);
  [[nodiscard]] YAML::Node value(const std::string& key) const;
  [[nodiscard]] std::string path_of(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }

  YAML::Node node_;
  std::string file_;
  std::string path_;
};

}  // namespace lutra::workloads

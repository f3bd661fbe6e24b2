// Reads nodes of a YAML file with bounds; every error names the file, line and column, the key, what was given and what is allowed.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "isa/error.h"

namespace lutra::workloads {

/// One node and the path of keys that leads to it.
class YamlValue {
 public:
  /// Parses a whole text. Throws Error with line and column for text that is not YAML.
  static YamlValue parse(const std::string& text, const std::string& file);

  [[nodiscard]] SourceLocation place() const;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool is_map() const { return node_.IsMap(); }
  [[nodiscard]] bool is_list() const { return node_.IsSequence(); }
  [[nodiscard]] bool is_scalar() const { return node_.IsScalar(); }
  [[noreturn]] void refuse(const std::string& message) const;

  /// Refuses every key that is not in `allowed`, and what is no mapping.
  void only(const std::vector<std::string>& allowed) const;
  [[nodiscard]] bool has(const std::string& key) const;
  /// The value of a key that must be there.
  [[nodiscard]] YamlValue at(const std::string& key) const;
  /// Elements of a list; throws Error for anything else and for more than `most`.
  [[nodiscard]] std::vector<YamlValue> list(std::size_t most) const;

  [[nodiscard]] std::int64_t integer(std::int64_t min, std::int64_t max) const;
  [[nodiscard]] std::int64_t integer_or(const std::string& key, std::int64_t min, std::int64_t max, std::int64_t otherwise) const;
  [[nodiscard]] double real() const;
  [[nodiscard]] bool boolean() const;
  [[nodiscard]] std::string text() const;
  /// A word out of `allowed`.
  [[nodiscard]] std::string word(const std::vector<std::string>& allowed) const;

 private:
  YamlValue(YAML::Node node, std::string file, std::string path) : node_(node), file_(std::move(file)), path_(std::move(path)) {}
  YAML::Node node_;
  std::string file_;
  std::string path_;
};

}  // namespace lutra::workloads

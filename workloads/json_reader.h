// Reads fields of a JSON object with bounds; every error names the file, the line, the key, what was given and what is allowed.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "isa/error.h"

namespace lutra::workloads {

/// A parsed JSON text that still knows where its keys stood.
class JsonText {
 public:
  /// Throws Error with line and column for text that is not JSON.
  JsonText(std::string text, std::string file);

  [[nodiscard]] const nlohmann::json& root() const { return root_; }
  [[nodiscard]] const std::string& file() const { return file_; }
  /// Line and column of the first place where `key` is written as a key; only the file when there is none.
  [[nodiscard]] SourceLocation locate(std::string_view key) const { return locate_in(key, 0, text_.size()); }
  /// The same inside element `index` of the array of objects `array`.
  [[nodiscard]] SourceLocation locate(std::string_view key, std::string_view array, int index) const;

 private:
  [[nodiscard]] std::size_t find_key(std::string_view key, std::size_t begin, std::size_t end) const;
  [[nodiscard]] SourceLocation locate_in(std::string_view key, std::size_t begin, std::size_t end) const;

  std::string text_;
  std::string file_;
  nlohmann::json root_;
};

/// One object inside a JsonText.
class JsonObject {
 public:
  /// `context` goes in front of messages, such as "operator 7: ". An object that is element `index` of the array `array` says so, for
  /// the places of errors.
  JsonObject(const JsonText& text, const nlohmann::json& object, std::string context = "", std::string array = "", int index = 0);

  [[nodiscard]] bool has(const std::string& key) const;
  /// An integer in [min, max]. Throws Error when it is missing, no integer or out of range.
  [[nodiscard]] std::int64_t integer(const std::string& key, std::int64_t min, std::int64_t max) const;
  [[nodiscard]] std::int64_t integer_or(const std::string& key, std::int64_t min, std::int64_t max, std::int64_t otherwise) const;
  [[nodiscard]] std::string string(const std::string& key) const;
  [[nodiscard]] std::string string_or(const std::string& key, const std::string& otherwise) const;
  [[nodiscard]] bool boolean(const std::string& key) const;
  [[nodiscard]] const nlohmann::json& array(const std::string& key) const;
  /// Refuses every key that is not in `allowed`.
  void only(const std::vector<std::string>& allowed) const;
  /// Throws Error at `key`.
  [[noreturn]] void refuse(const std::string& key, const std::string& message) const;

 private:
  [[nodiscard]] const nlohmann::json& value(const std::string& key) const;
  [[nodiscard]] SourceLocation locate(const std::string& key) const;

  const JsonText& text_;
  const nlohmann::json& object_;
  std::string context_;
  std::string array_;
  int index_;
};

}  // namespace lutra::workloads

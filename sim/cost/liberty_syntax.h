// Reads the Liberty language into a tree of groups, and writes trees back; knows no cell.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lutra::cost {

/// One value of an attribute, without its quotes.
struct LibertyValue {
  std::string_view text;
  bool quoted = false;
};

/// `name : value ;` (simple) or `name (value, ...) ;` (complex).
struct LibertyAttribute {
  std::string_view name;
  bool complex = false;
  std::vector<LibertyValue> values;
  int line = 0;
};

/// `name (arguments) { attributes and groups }`.
struct LibertyGroup {
  std::string_view name;
  std::vector<LibertyValue> arguments;
  std::vector<LibertyAttribute> attributes;
  std::vector<LibertyGroup> groups;
  int line = 0;

  /// First argument, or "".
  [[nodiscard]] std::string_view first_argument() const { return arguments.empty() ? std::string_view() : arguments.front().text; }
  /// The last attribute of that name, or nullptr.
  [[nodiscard]] const LibertyAttribute* find(std::string_view attribute) const;
  /// First value of that attribute, or "".
  [[nodiscard]] std::string_view value(std::string_view attribute) const;
};

/// A parsed file; the views in `root` point into `text`.
struct LibertyFile {
  std::string path;
  std::unique_ptr<std::string> text;
  LibertyGroup root;
};

/// Reads a Liberty file, plain or gzip. Throws Error with file and line for what is not Liberty, is cut off, nests deeper than 64
/// groups or is larger than 1 GiB unpacked.
LibertyFile read_liberty_file(const std::string& path);
/// The same from text; `path` is the name used in messages.
LibertyFile parse_liberty(std::string text, const std::string& path);

/// Appends a group as Liberty text, leaving out the groups and attributes named in `dropped`.
void write_liberty_group(const LibertyGroup& group, const std::vector<std::string_view>& dropped, int indent, std::string& out);
/// Appends one attribute as Liberty text.
void write_liberty_attribute(const LibertyAttribute& attribute, int indent, std::string& out);

}  // namespace lutra::cost

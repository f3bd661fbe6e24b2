// YAML with places.
#include "workloads/yaml_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace lutra::workloads {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

SourceLocation place(const YAML::Mark& mark, const std::string& file) {
  return mark.is_null() ? SourceLocation{file} : SourceLocation{file, mark.line + 1, mark.column + 1};
}

std::string shown(const YAML::Node& node) {
  if (node.IsNull()) return "nothing";
  if (node.IsSequence()) return "a list";
  if (node.IsMap()) return "a mapping";
  return node.Scalar().substr(0, 64);
}

template <typename T>
bool parse(const YAML::Node& node, T& number) {
  if (!node.IsScalar() || node.Tag() == "!") return false;  // a quoted number is text
  const std::string& text = node.Scalar();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

YamlObject::YamlObject(YAML::Node node, std::string file, std::string path)
    : node_(std::move(node)), file_(std::move(file)), path_(std::move(path)) {
  if (node_.IsMap()) return;
  throw Error(fmt::format("{}given {}, allowed a mapping of keys to values", path_.empty() ? "" : path_ + ": ", shown(node_)),
              place(node_.Mark(), file_));
}

YamlObject YamlObject::parse(const std::string& text, const std::string& file) {
  if (text.size() > kMaxBytes) throw Error(fmt::format("the file is longer than the {} bytes allowed", kMaxBytes), {file});
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.size() != 1)
      throw Error(fmt::format("given {} documents, allowed one mapping of keys to values", documents.size()), {file});
    return {documents.front(), file, ""};
  } catch (const YAML::Exception& error) {
    throw Error(fmt::format("not valid YAML: {}", error.msg), place(error.mark, file));
  }
}

bool YamlObject::has(const std::string& key) const { return static_cast<bool>(node_[key]); }

YAML::Node YamlObject::value(const std::string& key) const {
  YAML::Node node = node_[key];
  if (!node) throw Error(fmt::format("{} is missing", path_of(key)), place(node_.Mark(), file_));
  return node;
}

void YamlObject::refuse(const std::string& key, const std::string& message) const {
  const YAML::Node node = node_[key];
  throw Error(path_of(key) + ": " + message, place(node ? node.Mark() : node_.Mark(), file_));
}

double YamlObject::number(const std::string& key, double min, double max) const {
  const YAML::Node node = value(key);
  double number = 0;
  if (!workloads::parse(node, number) || !(number >= min && number <= max))
    refuse(key, fmt::format("given {}, allowed a number {}..{}", shown(node), min, max));
  return number;
}

double YamlObject::number_or(const std::string& key, double min, double max, double otherwise) const {
  return has(key) ? number(key, min, max) : otherwise;
}

int YamlObject::integer(const std::string& key, int min, int max) const {
  const YAML::Node node = value(key);
  int number = 0;
  if (!workloads::parse(node, number) || number < min || number > max)
    refuse(key, fmt::format("given {}, allowed a whole number {}..{}", shown(node), min, max));
  return number;
}

int YamlObject::integer_or(const std::string& key, int min, int max, int otherwise) const {
  return has(key) ? integer(key, min, max) : otherwise;
}

std::string YamlObject::text(const std::string& key) const {
  const YAML::Node node = value(key);
  if (!node.IsScalar() || node.Scalar().empty()) refuse(key, fmt::format("given {}, allowed text", shown(node)));
  return node.Scalar();
}

std::string YamlObject::text_or(const std::string& key, const std::string& otherwise) const { return has(key) ? text(key) : otherwise; }

YamlObject YamlObject::object(const std::string& key) const { return {value(key), file_, path_of(key)}; }

std::vector<YamlObject> YamlObject::list(const std::string& key) const {
  const YAML::Node node = value(key);
  if (!node.IsSequence() || node.size() == 0) refuse(key, fmt::format("given {}, allowed a list of mappings", shown(node)));
  std::vector<YamlObject> items;
  for (std::size_t i = 0; i < node.size(); ++i) items.push_back({node[i], file_, fmt::format("{}[{}]", path_of(key), i)});
  return items;
}

bool YamlObject::is_list(const std::string& key) const { return has(key) && node_[key].IsSequence(); }

std::vector<std::string> YamlObject::texts(const std::string& key) const {
  const YAML::Node node = value(key);
  if (!node.IsSequence() || node.size() == 0) refuse(key, fmt::format("given {}, allowed a list", shown(node)));
  std::vector<std::string> texts;
  for (const auto& item : node) {
    if (!item.IsScalar() || item.Scalar().empty()) refuse(key, fmt::format("given {} in the list, allowed words and numbers", shown(item)));
    texts.push_back(item.Scalar());
  }
  return texts;
}

SourceLocation YamlObject::where(const std::string& key) const {
  const YAML::Node node = node_[key];
  return place(node ? node.Mark() : node_.Mark(), file_);
}

std::vector<std::string> YamlObject::keys() const {
  std::vector<std::string> keys;
  for (const auto& entry : node_) keys.push_back(entry.first.IsScalar() ? entry.first.Scalar() : shown(entry.first));
  return keys;
}

void YamlObject::only(const std::vector<std::string>& allowed) const {
  std::vector<std::string> seen;
  for (const auto& entry : node_) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : shown(entry.first);
    const SourceLocation where = place(entry.first.Mark(), file_);
    if (std::find(allowed.begin(), allowed.end(), key) == allowed.end())
      throw Error(fmt::format("unknown key {}, allowed {}{}", path_of(key), listed(allowed), did_you_mean(key, allowed)), where);
    if (std::find(seen.begin(), seen.end(), key) != seen.end()) throw Error(fmt::format("{}: given twice", path_of(key)), where);
    seen.push_back(key);
  }
}

}  // namespace lutra::workloads

// Reads, writes and documents flat records.
#include "isa/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "isa/error.h"
#include "isa/yaml_document.h"

namespace lutra {
namespace {

std::string section_of(std::string_view key) {
  const std::size_t dot = key.find('.');
  return dot == std::string_view::npos ? "" : std::string(key.substr(0, dot));
}

std::string allowed_text(const RecordField& field, void* record) {
  if (!field.allowed.empty()) return listed({field.allowed.begin(), field.allowed.end()});
  const FieldPointer pointer = field.member(record);
  if (std::holds_alternative<std::string*>(pointer)) return "text";
  return fmt::format("a{} number {}..{}", std::holds_alternative<int*>(pointer) ? " whole" : "", field.min, field.max);
}

std::string value_text(const RecordField& field, void* record) {
  return std::visit([](const auto* value) { return fmt::format("{}", *value); }, field.member(record));
}

class Reader {
 public:
  Reader(std::string file, std::span<const RecordField> fields, void* record) : file_(std::move(file)), fields_(fields), record_(record) {}

  void read(const YAML::Node& root) {
    mapping(root, "");
    for (const RecordField& field : fields_)
      if (field.required && !given(std::string(field.key)))
        throw Error(fmt::format("{} is missing, allowed {}: {}", field.key, allowed_text(field, record_), field.doc), {file_});
  }

 private:
  [[nodiscard]] bool given(const std::string& key) const { return std::find(seen_.begin(), seen_.end(), key) != seen_.end(); }

  void mapping(const YAML::Node& node, const std::string& section) {
    if (!node.IsMap()) {
      const std::string what = section.empty() ? "" : section + ": ";
      throw Error(fmt::format("{}given {}, allowed a mapping of keys to values", what, shown(node)), yaml_location(node.Mark(), file_));
    }
    for (const auto& entry : node) {
      const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : shown(entry.first);
      const std::string key = section.empty() ? name : section + "." + name;
      const SourceLocation where = yaml_location(entry.first.Mark(), file_);
      if (given(key)) throw Error(fmt::format("{}: given twice", key), where);
      seen_.push_back(key);
      if (section.empty() && is_section(key)) {
        mapping(entry.second, key);
      } else {
        value(entry.second, key, where);
      }
    }
  }

  [[nodiscard]] bool is_section(const std::string& name) const {
    return std::any_of(fields_.begin(), fields_.end(), [&](const RecordField& f) { return section_of(f.key) == name; });
  }

  void value(const YAML::Node& node, const std::string& key, const SourceLocation& where) {
    const auto field = std::find_if(fields_.begin(), fields_.end(), [&](const RecordField& f) { return f.key == key; });
    if (field == fields_.end()) {
      std::vector<std::string> keys;
      for (const RecordField& f : fields_) keys.emplace_back(f.key);
      throw Error(fmt::format("unknown key {}{}", key.substr(0, 100), did_you_mean(key, keys)), where);
    }
    if (!node.IsScalar() || !store(*field, node)) refuse(*field, node);
  }

  /// Whether the node's text is a value that the field allows; then the record has it.
  bool store(const RecordField& field, const YAML::Node& node) {
    const std::string& text = node.Scalar();
    const FieldPointer pointer = field.member(record_);
    if (auto* const* word = std::get_if<std::string*>(&pointer)) {
      const bool listed = std::find(field.allowed.begin(), field.allowed.end(), text) != field.allowed.end();
      if (!field.allowed.empty() && !listed) return false;
      **word = text;
      return true;
    }
    if (node.Tag() == "!") return false;  // a quoted number is text
    const auto parse = [&](auto& number) {
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      return error == std::errc() && end == text.data() + text.size() && number >= field.min && number <= field.max;
    };
    if (auto* const* integer = std::get_if<int*>(&pointer)) return parse(**integer);
    return parse(*std::get<double*>(pointer));
  }

  [[noreturn]] void refuse(const RecordField& field, const YAML::Node& node) const {
    const std::string hint = node.IsScalar() ? did_you_mean(node.Scalar(), {field.allowed.begin(), field.allowed.end()}) : "";
    throw Error(fmt::format("{}: given {}, allowed {}{}", field.key, shown(node), allowed_text(field, record_), hint),
                yaml_location(node.Mark(), file_));
  }

  static std::string shown(const YAML::Node& node) {
    if (node.IsSequence()) return "a list";
    if (node.IsMap()) return "a mapping";
    return node.IsScalar() && !node.Scalar().empty() ? node.Scalar().substr(0, 64) : "nothing";
  }

  std::string file_;
  std::span<const RecordField> fields_;
  void* record_;
  std::vector<std::string> seen_;
};

}  // namespace

void read_record(const std::string& yaml, const std::string& file, std::span<const RecordField> fields, void* record) {
  Reader(file, fields, record).read(yaml_document(yaml, file));
}

std::string record_reference(std::span<const RecordField> fields, void* fresh) {
  std::string text = "| key | unit | allowed | default | meaning |\n|---|---|---|---|---|\n";
  for (const RecordField& field : fields) {
    const std::string unset = value_text(field, fresh);
    const std::string fallback = field.required ? "*required*" : unset.empty() ? "(empty)" : "`" + unset + "`";
    text += fmt::format("| `{}` | {} | {} | {} | {} |\n", field.key, field.unit, allowed_text(field, fresh), fallback, field.doc);
  }
  return text;
}

std::string record_yaml(std::span<const RecordField> fields, const void* record) {
  std::string text, section;
  for (const RecordField& field : fields) {
    const std::string own = section_of(field.key);
    if (own != section && !own.empty()) text += own + ":\n";
    section = own;
    // Members are only reached through non-const pointers; this one is read.
    std::string value = value_text(field, const_cast<void*>(record));
    if (std::holds_alternative<std::string*>(field.member(const_cast<void*>(record)))) value = YAML::Dump(YAML::Node(value));
    text += fmt::format("{}{}: {}\n", own.empty() ? "" : "  ", own.empty() ? field.key : field.key.substr(own.size() + 1), value);
  }
  return text;
}

}  // namespace lutra

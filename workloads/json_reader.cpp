// JSON with places.
#include "workloads/json_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "isa/json_depth.h"

namespace lutra::workloads {
namespace {

SourceLocation place(std::string_view text, std::size_t offset, const std::string& file) {
  SourceLocation where;
  where.file = file;
  where.line = 1;
  where.column = 1;
  for (std::size_t i = 0; i < std::min(offset, text.size()); ++i) {
    if (text[i] == '\n') {
      ++where.line;
      where.column = 1;
    } else {
      ++where.column;
    }
  }
  return where;
}

std::string shown(const nlohmann::json& value) {
  std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.size() > 40) text = text.substr(0, 37) + "...";
  return text;
}

}  // namespace

JsonText::JsonText(std::string text, std::string file) : text_(std::move(text)), file_(std::move(file)) {
  if (const std::size_t at = too_deep_json(text_); at != std::string::npos) throw Error(too_deep_json_message(), place(text_, at, file_));
  try {
    root_ = nlohmann::json::parse(text_);
  } catch (const nlohmann::json::parse_error& e) {
    const std::size_t offset = e.byte > 0 ? e.byte - 1 : 0;
    std::string message = e.what();
    const std::size_t colon = message.rfind(": ");
    throw Error(
        offset >= text_.size() ? "JSON ends too early" : "not JSON: " + (colon == std::string::npos ? message : message.substr(colon + 2)),
        place(text_, offset, file_));
  } catch (const nlohmann::json::out_of_range& e) {  // it quotes a number that no double holds, and has no place
    const std::string message = e.what();
    const std::size_t open = std::min(message.find('\''), message.size() - 1);
    const std::string number = message.substr(open + 1, message.rfind('\'') - open - 1);
    throw Error(fmt::format("the number {} is too large", number.substr(0, 40)), place(text_, text_.find(number), file_));
  }
  if (!root_.is_object()) throw Error("expected a JSON object, given " + shown(root_), place(text_, 0, file_));
}

std::size_t JsonText::find_key(std::string_view key, std::size_t begin, std::size_t end) const {
  const std::string quoted = '"' + std::string(key) + '"';
  for (std::size_t at = text_.find(quoted, begin); at < end; at = text_.find(quoted, at + 1)) {
    std::size_t after = at + quoted.size();
    while (after < text_.size() && std::isspace(static_cast<unsigned char>(text_[after])) != 0) ++after;
    if (after < text_.size() && text_[after] == ':') return at;
  }
  return std::string::npos;
}

SourceLocation JsonText::locate_in(std::string_view key, std::size_t begin, std::size_t end) const {
  const std::size_t at = find_key(key, begin, end);
  if (at != std::string::npos) return place(text_, at, file_);
  SourceLocation where;
  where.file = file_;
  return where;
}

SourceLocation JsonText::locate(std::string_view key, std::string_view array, int index) const {
  std::size_t at = find_key(array, 0, text_.size());
  at = at == std::string::npos ? at : text_.find('[', at);
  if (at == std::string::npos) return locate(key);
  int depth = 0;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = at + 1; i < text_.size(); ++i) {
    const char c = text_[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{') {
      if (depth++ == 0) begin = i;
    } else if (c == '}' && --depth == 0 && index-- == 0) {
      const SourceLocation where = locate_in(key, begin, i);
      return where.line > 0 ? where : place(text_, begin, file_);
    }
  }
  return locate(key);
}

JsonObject::JsonObject(const JsonText& text, const nlohmann::json& object, std::string context, std::string array, int index)
    : text_(text), object_(object), context_(std::move(context)), array_(std::move(array)), index_(index) {
  if (!object_.is_object()) {
    SourceLocation where;
    where.file = text_.file();
    throw Error(context_ + "expected an object, given " + shown(object_), where);
  }
}

SourceLocation JsonObject::locate(const std::string& key) const {
  return array_.empty() ? text_.locate(key) : text_.locate(key, array_, index_);
}

bool JsonObject::has(const std::string& key) const { return object_.contains(key) && !object_.at(key).is_null(); }

const nlohmann::json& JsonObject::value(const std::string& key) const {
  if (has(key)) return object_.at(key);
  std::vector<std::string> keys;
  for (const auto& item : object_.items()) keys.push_back(item.key());
  const std::string near = nearest(key, keys);
  SourceLocation where = near.empty() && array_.empty() ? SourceLocation{} : locate(near);
  where.file = text_.file();
  throw Error(
      fmt::format("{}key '{}' is missing{}", context_, key, near.empty() ? "" : fmt::format("; is '{}' a misspelling of it?", near)),
      where);
}

void JsonObject::refuse(const std::string& key, const std::string& message) const { throw Error(context_ + message, locate(key)); }

std::int64_t JsonObject::integer(const std::string& key, std::int64_t min, std::int64_t max) const {
  const nlohmann::json& v = value(key);
  const bool fits = v.is_number_integer() && (!v.is_number_unsigned() || v.get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX));
  if (!fits || v.get<std::int64_t>() < min || v.get<std::int64_t>() > max) {
    refuse(key, fmt::format("{} is {}, allowed is an integer from {} to {}", key, shown(v), min, max));
  }
  return v.get<std::int64_t>();
}

std::int64_t JsonObject::integer_or(const std::string& key, std::int64_t min, std::int64_t max, std::int64_t otherwise) const {
  return has(key) ? integer(key, min, max) : otherwise;
}

std::string JsonObject::string(const std::string& key) const {
  const nlohmann::json& v = value(key);
  if (!v.is_string()) refuse(key, fmt::format("{} is {}, allowed is a string", key, shown(v)));
  return v.get<std::string>();
}

std::string JsonObject::string_or(const std::string& key, const std::string& otherwise) const { return has(key) ? string(key) : otherwise; }

bool JsonObject::boolean(const std::string& key) const {
  const nlohmann::json& v = value(key);
  if (!v.is_boolean()) refuse(key, fmt::format("{} is {}, allowed is true or false", key, shown(v)));
  return v.get<bool>();
}

const nlohmann::json& JsonObject::array(const std::string& key) const {
  const nlohmann::json& v = value(key);
  if (!v.is_array()) refuse(key, fmt::format("{} is {}, allowed is an array", key, shown(v)));
  return v;
}

void JsonObject::only(const std::vector<std::string>& allowed) const {
  for (const auto& item : object_.items()) {
    if (std::find(allowed.begin(), allowed.end(), item.key()) != allowed.end()) continue;
    const std::string near = nearest(item.key(), allowed);
    refuse(item.key(), fmt::format("unknown key '{}'{}", item.key(), near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
  }
}

}  // namespace lutra::workloads

#include "sim/cost/liberty_syntax.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "isa/error.h"

namespace lutra::cost {
namespace {

constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxBytes = std::size_t{1} << 30;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-' || c == '+';
}

/// Recursive descent over one text.
class Parser {
 public:
  Parser(std::string_view text, const std::string& path) : text_(text), path_(path) {}

  LibertyGroup file() {
    skip();
    LibertyGroup root = statement_group();
    skip();
    if (at_ != text_.size()) fail("text after the end of the library");
    return root;
  }

 private:
  [[noreturn]] void fail(const std::string& message) const { throw Error(message, {path_, line_, 0}); }

  void advance() {
    if (text_[at_] == '\n') ++line_;
    ++at_;
  }
  [[nodiscard]] char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  /// Skips blanks, comments, continued lines and stray semicolons are left to the caller.
  void skip() {
    while (at_ < text_.size()) {
      if (is_space(text_[at_]) || text_[at_] == '\\') {
        advance();
      } else if (peek() == '/' && peek(1) == '*') {
        const std::size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) fail("comment that never ends");
        while (at_ < end + 2) advance();
      } else if (peek() == '/' && peek(1) == '/') {
        while (at_ < text_.size() && text_[at_] != '\n') advance();
      } else {
        return;
      }
    }
  }

  std::string_view word(const char* what) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    if (at_ == begin)
      fail(at_ == text_.size() ? fmt::format("file ends where {} is expected", what)
                               : fmt::format("'{}' where {} is expected", peek(), what));
    return text_.substr(begin, at_ - begin);
  }

  LibertyValue quoted() {
    const std::size_t begin = ++at_;
    while (at_ < text_.size() && text_[at_] != '"') advance();
    if (at_ == text_.size()) fail("string that never ends");
    return {text_.substr(begin, at_++ - begin), true};
  }

  /// Arguments up to the closing parenthesis, which is consumed.
  std::vector<LibertyValue> arguments() {
    std::vector<LibertyValue> result;
    for (++at_;;) {
      skip();
      if (at_ == text_.size()) fail("file ends inside parentheses");
      if (peek() == ')') return ++at_, result;
      if (peek() == ',') {
        ++at_;
      } else if (peek() == '"') {
        result.push_back(quoted());
      } else {
        const std::size_t begin = at_;
        while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != ',' && text_[at_] != ')' && text_[at_] != '"') ++at_;
        result.push_back({text_.substr(begin, at_ - begin), false});
      }
    }
  }

  /// The value after a colon, up to the semicolon or the end of the line.
  LibertyValue simple_value() {
    skip();
    if (peek() == '"') {
      LibertyValue value = quoted();
      skip();
      if (peek() == ';') ++at_;
      return value;
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != ';' && text_[at_] != '\n' && text_[at_] != '}') ++at_;
    std::size_t end = at_;
    while (end > begin && is_space(text_[end - 1])) --end;
    if (end == begin) fail("attribute without a value");
    if (peek() == ';') ++at_;
    return {text_.substr(begin, end - begin), false};
  }

  LibertyGroup statement_group() {
    LibertyGroup group;
    group.line = line_;
    group.name = word("a group");
    skip();
    if (peek() != '(') fail(fmt::format("'(' expected after {}", group.name));
    group.arguments = arguments();
    skip();
    if (peek() != '{') fail(fmt::format("'{{' expected after {} (...)", group.name));
    body(group);
    return group;
  }

  void body(LibertyGroup& group) {
    if (++depth_ > kMaxDepth) fail(fmt::format("groups nested deeper than {}", kMaxDepth));
    for (++at_;;) {
      skip();
      if (at_ == text_.size()) fail(fmt::format("file ends inside group {} that begins in line {}", group.name, group.line));
      if (peek() == ';') {
        ++at_;
        continue;
      }
      if (peek() == '}') break;
      statement(group);
    }
    ++at_;
    --depth_;
  }

  void statement(LibertyGroup& parent) {
    const int line = line_;
    const std::string_view name = word("an attribute or a group");
    skip();
    if (peek() == ':') {
      ++at_;
      parent.attributes.push_back({name, false, {simple_value()}, line});
      return;
    }
    if (peek() != '(') fail(fmt::format("':' or '(' expected after {}", name));
    std::vector<LibertyValue> values = arguments();
    skip();
    if (peek() == '{') {
      LibertyGroup& child = parent.groups.emplace_back();
      child.name = name;
      child.arguments = std::move(values);
      child.line = line;
      body(child);
      return;
    }
    if (peek() == ';') ++at_;
    parent.attributes.push_back({name, true, std::move(values), line});
  }

  std::string_view text_;
  const std::string& path_;
  std::size_t at_ = 0;
  int line_ = 1;
  int depth_ = 0;
};

std::string slurp(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) throw Error(fmt::format("cannot open the Liberty file: {}", std::strerror(errno)), {path});
  std::unique_ptr<gzFile_s, int (*)(gzFile)> closer(file, gzclose);
  std::string text;
  std::vector<char> buffer(1 << 20);
  for (;;) {
    const int n = gzread(file, buffer.data(), static_cast<unsigned>(buffer.size()));
    int code = Z_OK;
    if (n < 0) throw Error(fmt::format("cannot read the Liberty file: {}", gzerror(file, &code)), {path});
    if (n == 0) {
      gzerror(file, &code);
      if (code != Z_OK && code != Z_STREAM_END) throw Error("the compressed Liberty file is cut off", {path});
      return text;
    }
    text.append(buffer.data(), static_cast<std::size_t>(n));
    if (text.size() > kMaxBytes) throw Error("Liberty file larger than 1 GiB", {path});
  }
}

void write_value(const LibertyValue& value, std::string& out) {
  if (value.quoted) out += '"';
  out += value.text;
  if (value.quoted) out += '"';
}

}  // namespace

const LibertyAttribute* LibertyGroup::find(std::string_view attribute) const {
  for (auto it = attributes.rbegin(); it != attributes.rend(); ++it)
    if (it->name == attribute) return &*it;
  return nullptr;
}

std::string_view LibertyGroup::value(std::string_view attribute) const {
  const LibertyAttribute* found = find(attribute);
  return found == nullptr || found->values.empty() ? std::string_view() : found->values.front().text;
}

LibertyFile parse_liberty(std::string text, const std::string& path) {
  LibertyFile file{path, std::make_unique<std::string>(std::move(text)), {}};
  file.root = Parser(*file.text, file.path).file();
  if (file.root.name != "library")
    throw Error(fmt::format("a Liberty file begins with library (...), not with {}", file.root.name), {path, file.root.line, 0});
  return file;
}

LibertyFile read_liberty_file(const std::string& path) { return parse_liberty(slurp(path), path); }

void write_liberty_attribute(const LibertyAttribute& attribute, int indent, std::string& out) {
  out.append(static_cast<std::size_t>(indent), ' ');
  out += attribute.name;
  if (!attribute.complex) {
    out += " : ";
    write_value(attribute.values.front(), out);
    out += ";\n";
    return;
  }
  out += " (";
  for (std::size_t i = 0; i < attribute.values.size(); ++i) {
    if (i != 0) out += ", ";
    write_value(attribute.values[i], out);
  }
  out += ");\n";
}

void write_liberty_group(const LibertyGroup& group, const std::vector<std::string_view>& dropped, int indent, std::string& out) {
  out.append(static_cast<std::size_t>(indent), ' ');
  out += group.name;
  out += " (";
  for (std::size_t i = 0; i < group.arguments.size(); ++i) {
    if (i != 0) out += ", ";
    write_value(group.arguments[i], out);
  }
  out += ") {\n";
  const auto keep = [&](std::string_view name) { return std::find(dropped.begin(), dropped.end(), name) == dropped.end(); };
  for (const LibertyAttribute& a : group.attributes)
    if (keep(a.name)) write_liberty_attribute(a, indent + 2, out);
  for (const LibertyGroup& g : group.groups)
    if (keep(g.name)) write_liberty_group(g, dropped, indent + 2, out);
  out.append(static_cast<std::size_t>(indent), ' ');
  out += "}\n";
}

}  // namespace lutra::cost

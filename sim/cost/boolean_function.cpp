#include "sim/cost/boolean_function.h"

#include <fmt/format.h>

#include <cctype>
#include <stdexcept>

namespace lutra::cost {
namespace {

using Table = std::vector<std::uint8_t>;
constexpr std::size_t kMaxInputs = 12;
constexpr int kMaxDepth = 100;

class Parser {
 public:
  Parser(std::string_view text, const std::vector<std::string>& inputs) : text_(text), inputs_(inputs) {}

  Table parse() {
    Table result = sum();
    if (peek() != '\0') fail("unexpected text");
    return result;
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw std::invalid_argument(fmt::format("function \"{}\": {} at character {}", text_, why, at_ + 1));
  }

  char peek() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  Table sum() {
    Table left = product();
    while (peek() == '+' || peek() == '|') {
      ++at_;
      const Table right = product();
      for (std::size_t i = 0; i < left.size(); ++i) left[i] |= right[i];
    }
    return left;
  }

  Table product() {
    Table left = exclusive();
    for (;;) {
      const char c = peek();
      if (c == '*' || c == '&') {
        ++at_;
      } else if (c == '\0' || c == '+' || c == '|' || c == ')') {
        return left;
      }
      const Table right = exclusive();
      for (std::size_t i = 0; i < left.size(); ++i) left[i] &= right[i];
    }
  }

  Table exclusive() {
    Table left = factor();
    while (peek() == '^') {
      ++at_;
      const Table right = factor();
      for (std::size_t i = 0; i < left.size(); ++i) left[i] ^= right[i];
    }
    return left;
  }

  Table factor() {
    if (++depth_ > kMaxDepth) fail("nested too deeply");
    Table value;
    if (peek() == '!') {
      ++at_;
      value = inverted(factor());
    } else if (peek() == '(') {
      ++at_;
      value = sum();
      if (peek() != ')') fail("')' expected");
      ++at_;
    } else {
      value = name();
    }
    while (peek() == '\'') {
      ++at_;
      value = inverted(std::move(value));
    }
    --depth_;
    return value;
  }

  Table name() {
    peek();
    const std::size_t begin = at_;
    while (at_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_' || text_[at_] == '[' || text_[at_] == ']'))
      ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (word.empty()) fail("a pin is expected");
    const std::size_t rows = std::size_t{1} << inputs_.size();
    if (word == "0" || word == "1") return Table(rows, static_cast<std::uint8_t>(word == "1"));
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (inputs_[i] != word) continue;
      Table table(rows);
      for (std::size_t x = 0; x < rows; ++x) table[x] = static_cast<std::uint8_t>(x >> i & 1);
      return table;
    }
    fail(fmt::format("no pin is named {}", word));
  }

  static Table inverted(Table table) {
    for (std::uint8_t& v : table) v ^= 1;
    return table;
  }

  std::string_view text_;
  const std::vector<std::string>& inputs_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

std::vector<std::uint8_t> truth_table(std::string_view expression, const std::vector<std::string>& inputs) {
  if (inputs.size() > kMaxInputs)
    throw std::invalid_argument(fmt::format("a cell with {} inputs; at most {} are supported", inputs.size(), kMaxInputs));
  return Parser(expression, inputs).parse();
}

}  // namespace lutra::cost

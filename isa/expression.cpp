// Evaluates the assembler's constant expressions.
#include "isa/expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace lutra {
namespace {

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_part(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }

class Evaluator {
 public:
  Evaluator(std::string_view text, const Constants& constants, const SourceLocation& where)
      : text_(text), constants_(constants), where_(where) {}

  std::int64_t run() {
    std::int64_t sum = term();
    while (at_ < text_.size()) {
      const char op = text_[at_];
      if (op != '+' && op != '-') refuse(fmt::format("given \"{}\", allowed numbers and names joined by + - *", text_.substr(at_, 32)));
      ++at_;
      const std::int64_t value = term();
      if (op == '+' ? __builtin_add_overflow(sum, value, &sum) : __builtin_sub_overflow(sum, value, &sum)) overflow();
    }
    return sum;
  }

 private:
  [[noreturn]] void refuse(const std::string& message) const {
    SourceLocation where = where_;
    where.column += static_cast<int>(at_);
    throw Error(message, where);
  }
  [[noreturn]] void overflow() const { refuse("the expression does not fit in 64 bits"); }

  std::int64_t term() {
    std::int64_t product = factor();
    while (at_ < text_.size() && text_[at_] == '*') {
      ++at_;
      if (__builtin_mul_overflow(product, factor(), &product)) overflow();
    }
    return product;
  }

  std::int64_t factor() {
    bool negative = false;
    while (at_ < text_.size() && text_[at_] == '-') {
      negative = !negative;
      ++at_;
    }
    if (at_ >= text_.size()) refuse("given nothing, allowed a number or a name");
    std::int64_t value = is_name_start(text_[at_]) ? name() : number();
    if (negative && __builtin_sub_overflow(std::int64_t{0}, value, &value)) overflow();
    return value;
  }

  std::int64_t name() {
    const std::size_t begin = at_;
    std::size_t end = at_;
    while (end < text_.size() && is_name_part(text_[end])) ++end;
    const std::string_view word = text_.substr(begin, end - begin);
    const auto found = constants_.find(word);
    if (found == constants_.end()) {
      std::vector<std::string> known;
      for (const auto& [constant, value] : constants_) known.push_back(constant);
      refuse(fmt::format("unknown constant {}{}", word.substr(0, 64), did_you_mean(std::string(word), known)));
    }
    at_ = end;
    return found->second;
  }

  std::int64_t number() {
    const std::string_view rest = text_.substr(at_);
    const bool hex = rest.size() > 2 && rest[0] == '0' && (rest[1] == 'x' || rest[1] == 'X');
    const char* begin = rest.data() + (hex ? 2 : 0);
    std::int64_t value = 0;
    if (*begin == '-') refuse("a sign is not allowed after 0x");
    const auto [end, error] = std::from_chars(begin, rest.data() + rest.size(), value, hex ? 16 : 10);
    if (error == std::errc::result_out_of_range) overflow();
    const bool followed = end != rest.data() + rest.size() && is_name_part(*end);
    if (error != std::errc() || followed) refuse(fmt::format("given \"{}\", allowed a number or a name", rest.substr(0, 32)));
    at_ += static_cast<std::size_t>(end - rest.data());
    return value;
  }

  std::string_view text_;
  const Constants& constants_;
  const SourceLocation& where_;
  std::size_t at_ = 0;
};

}  // namespace

int register_number(std::string_view text) {
  if (text.size() < 2 || text.size() > 3 || text[0] != 'r' || (text.size() == 3 && text[1] == '0')) return -1;
  int number = -1;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 0 && number <= 15 ? number : -1;
}

bool is_constant_name(std::string_view text) {
  return !text.empty() && is_name_start(text[0]) && std::all_of(text.begin(), text.end(), is_name_part) && register_number(text) < 0;
}

std::int64_t evaluate(std::string_view text, const Constants& constants, const SourceLocation& where) {
  return Evaluator(text, constants, where).run();
}

}  // namespace lutra

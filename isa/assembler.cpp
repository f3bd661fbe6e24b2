// Assembles text into instructions.
#include "isa/assembler.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "isa/error.h"
#include "isa/expression.h"
#include "isa/geometry.h"
#include "isa/legality.h"

namespace lutra {
namespace {

/// A word of a line and the column where it begins (from 1).
struct Token {
  std::string_view text;
  int column;
};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// Reads the decimal number after `letter` from the front of `text`; -1 when it is not there.
int take_count(std::string_view& text, char letter) {
  if (text.empty() || text.front() != letter) return -1;
  int value = -1;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), value);
  if (error != std::errc() || value < 0) return -1;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

class Assembler {
 public:
  Assembler(const std::string& file, const ArchConfig* arch) : file_(file), arch_(arch) {}

  std::vector<Instruction> run(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      ++line_;
      line(split(text.substr(0, end)));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (arch_ != nullptr && !loops_.empty()) throw Error("loop without endloop", loops_.back());
    return std::move(program_);
  }

 private:
  [[nodiscard]] SourceLocation at(int column) const { return {file_, line_, column}; }

  /// Words are separated by blanks outside braces and brackets; '#' begins a comment.
  [[nodiscard]] std::vector<Token> split(std::string_view text) const {
    text = text.substr(0, text.find('#'));
    std::vector<Token> tokens;
    std::size_t i = 0;
    while (true) {
      while (i < text.size() && is_space(text[i])) ++i;
      if (i == text.size()) return tokens;
      const std::size_t begin = i;
      char closing = 0;
      for (; i < text.size() && (closing != 0 || !is_space(text[i])); ++i) {
        if (closing == 0 && text[i] == '{')
          closing = '}';
        else if (closing == 0 && text[i] == '[')
          closing = ']';
        else if (text[i] == closing)
          closing = 0;
      }
      const int column = static_cast<int>(begin) + 1;
      if (closing != 0) throw Error(fmt::format("\"{}\" is missing before the end of the line", closing), at(column));
      tokens.push_back({text.substr(begin, i - begin), column});
    }
  }

  void line(const std::vector<Token>& tokens) {
    if (tokens.empty()) return;
    if (tokens[0].text == ".equ") return define(tokens);
    if (tokens[0].text[0] == '.')
      throw Error(fmt::format("unknown directive {}, allowed .equ", tokens[0].text.substr(0, 32)), at(tokens[0].column));
    const InstructionInfo& info = find(tokens[0]);
    Instruction instruction = make(info.opcode);
    std::vector<bool> given(info.fields.size(), false);
    for (std::size_t i = 1; i < tokens.size(); ++i) assign(info, tokens[i], instruction, given);
    if (arch_ != nullptr) check_on_machine(instruction, tokens[0].column);
    if (info.opcode == Opcode::kSettype) planes_ = instruction.get("planes");
    program_.push_back(std::move(instruction));
  }

  void define(const std::vector<Token>& tokens) {
    if (tokens.size() != 3) throw Error(".equ takes a name and a value", at(tokens[0].column));
    const Token& name = tokens[1];
    if (!is_constant_name(name.text))
      throw Error(fmt::format("given {}, allowed a name of letters, digits and '_' that is no register", name.text.substr(0, 64)),
                  at(name.column));
    const std::int64_t value = evaluate(tokens[2].text, constants_, at(tokens[2].column));
    if (!constants_.emplace(name.text, value).second) throw Error(fmt::format("constant {} is defined twice", name.text), at(name.column));
  }

  [[nodiscard]] const InstructionInfo& find(const Token& token) const {
    const std::size_t dot = token.text.find('.');
    const std::string_view mnemonic = token.text.substr(0, dot);
    const InstructionInfo* info = find_instruction(mnemonic);
    if (info == nullptr) {
      std::vector<std::string> known;
      for (const InstructionInfo& candidate : instructions()) known.emplace_back(candidate.mnemonic);
      throw Error(fmt::format("unknown instruction {}{}", mnemonic.substr(0, 64), did_you_mean(std::string(mnemonic), known)),
                  at(token.column));
    }
    if (dot != std::string_view::npos) {
      const SourceLocation where = at(token.column + static_cast<int>(dot) + 1);
      if (info->opcode != Opcode::kLmma) throw Error(fmt::format("{} takes no suffix", mnemonic), where);
      check_suffix(token.text.substr(dot + 1), where);
    }
    return *info;
  }

  /// m{rows}n{columns}k{activations of a k-step}, optionally .i8w{planes}.
  void check_suffix(std::string_view suffix, const SourceLocation& where) const {
    std::string_view rest = suffix;
    const int m = take_count(rest, 'm'), n = take_count(rest, 'n'), k = take_count(rest, 'k');
    int planes = -1;
    const bool typed = rest.substr(0, 3) == ".i8";
    if (typed) {
      rest.remove_prefix(3);
      planes = take_count(rest, 'w');
    }
    if (m < 1 || n < 1 || k < 1 || !rest.empty() || (typed && (planes < 1 || planes > 8)))
      throw Error(
          fmt::format("given the suffix {}, allowed mROWSnCOLUMNSkDEPTH and, after it, .i8wPLANES with 1..8 planes", suffix.substr(0, 64)),
          where);
    if (arch_ != nullptr) {
      if (const std::string machine = shape_suffix(*arch_); fmt::format("m{}n{}k{}", m, n, k) != machine)
        throw Error(fmt::format("given the shape {}, but {} is {}", suffix.substr(0, 64), arch_->name, machine), where);
    }
    if (typed && planes != planes_)
      throw Error(fmt::format("given {} weight planes, but the settype before it says {}", planes, planes_), where);
  }

  void assign(const InstructionInfo& info, const Token& token, Instruction& instruction, std::vector<bool>& given) const {
    const std::size_t equal = token.text.find('=');
    const std::string_view name = token.text.substr(0, equal);
    std::vector<std::string> names;
    for (const Field& field : info.fields) names.emplace_back(field.name);
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
      throw Error(
          fmt::format("{} has no field {}{}; its fields: {}{}", info.mnemonic, name.substr(0, 64), did_you_mean(std::string(name), names),
                      listed(names), equal == std::string_view::npos && !names.empty() ? ", each written NAME=VALUE without commas" : ""),
          at(token.column));
    if (equal == std::string_view::npos)
      throw Error(fmt::format("{} has no value, allowed {}=VALUE without blanks", name, name), at(token.column));
    const std::size_t index = static_cast<std::size_t>(found - names.begin());
    if (given[index]) throw Error(fmt::format("{} is given twice", name), at(token.column));
    given[index] = true;
    const Token value{token.text.substr(equal + 1), token.column + static_cast<int>(equal) + 1};
    instruction.values[index] = field_value(info.fields[index], value);
  }

  [[nodiscard]] std::int64_t field_value(const Field& field, const Token& token) const {
    const std::int64_t value = raw_value(field, token);
    if (value < field.min || value > field.max)
      throw Error(fmt::format("{}: given {}, allowed {}..{}", field.name, value, field.min, field.max), at(token.column));
    return value;
  }

  [[nodiscard]] std::int64_t raw_value(const Field& field, const Token& token) const {
    if (field.kind == FieldKind::kRegister) {
      const int number = register_number(token.text);
      if (number >= 0) return number;
      throw Error(fmt::format("{}: given {}, allowed r0..r15", field.name, token.text.empty() ? "nothing" : token.text.substr(0, 64)),
                  at(token.column));
    }
    if (field.kind == FieldKind::kEnum && is_constant_name(token.text) && constants_.find(token.text) == constants_.end())
      return enum_value(field, token);
    if (field.kind == FieldKind::kMask && !token.text.empty() && token.text.front() == '{') return mask_value(field, token);
    if (field.element_bits > 0 && !token.text.empty() && token.text.front() == '[') return list_value(field, token);
    return evaluate(token.text, constants_, at(token.column));
  }

  [[nodiscard]] std::int64_t enum_value(const Field& field, const Token& token) const {
    std::vector<std::string> names;
    for (const EnumName& item : field.names) {
      if (item.name == token.text) return item.value;
      names.emplace_back(item.name);
    }
    throw Error(fmt::format("{}: given {}, allowed {}{}", field.name, token.text.substr(0, 64), listed(names),
                            did_you_mean(std::string(token.text), names)),
                at(token.column));
  }

  /// The elements of "{a, b}" or "[a, b]"; an empty pair has none.
  [[nodiscard]] std::vector<std::pair<std::int64_t, int>> elements(const Token& token, char closing) const {
    if (token.text.back() != closing)
      throw Error(fmt::format("given {}, allowed nothing after \"{}\"", token.text.substr(0, 64), closing), at(token.column));
    std::vector<std::pair<std::int64_t, int>> values;
    const std::string_view inside = token.text.substr(1, token.text.size() - 2);
    if (std::all_of(inside.begin(), inside.end(), is_space)) return values;
    for (std::size_t begin = 0; begin <= inside.size();) {
      std::size_t end = std::min(inside.find(',', begin), inside.size());
      std::size_t first = begin, last = end;
      while (first < last && is_space(inside[first])) ++first;
      while (last > first && is_space(inside[last - 1])) --last;
      const int column = token.column + 1 + static_cast<int>(first);
      values.emplace_back(evaluate(inside.substr(first, last - first), constants_, at(column)), column);
      begin = end + 1;
    }
    return values;
  }

  [[nodiscard]] std::int64_t mask_value(const Field& field, const Token& token) const {
    std::int64_t mask = 0;
    for (const auto& [element, column] : elements(token, '}')) {
      if (element < 0 || element >= field.bits)
        throw Error(fmt::format("{}: given {}, allowed 0..{}", field.name, element, field.bits - 1), at(column));
      if ((mask >> element & 1) != 0) throw Error(fmt::format("{}: {} is given twice", field.name, element), at(column));
      mask |= std::int64_t{1} << element;
    }
    return mask;
  }

  [[nodiscard]] std::int64_t list_value(const Field& field, const Token& token) const {
    const std::int64_t element_max = (std::int64_t{1} << field.element_bits) - 1;
    std::int64_t value = 0;
    int lsb = 0;
    for (const auto& [element, column] : elements(token, ']')) {
      if (lsb >= field.bits) throw Error(fmt::format("{}: more than {} elements", field.name, field.bits / field.element_bits), at(column));
      if (element < 0 || element > element_max)
        throw Error(fmt::format("{}: given {}, allowed 0..{}", field.name, element, element_max), at(column));
      value |= element << lsb;
      lsb += field.element_bits;
    }
    return value;
  }

  void check_on_machine(const Instruction& instruction, int column) {
    if (const std::string problem = illegal_on(*arch_, instruction); !problem.empty())
      throw Error(fmt::format("{} would trap on {}: {}", find_instruction(static_cast<std::uint8_t>(instruction.opcode))->mnemonic,
                              arch_->name, problem),
                  at(column));
    if (instruction.opcode == Opcode::kLoop) {
      if (static_cast<int>(loops_.size()) == arch_->control.loop_depth)
        throw Error(fmt::format("a loop inside {} loops, but control.loop_depth is {}", loops_.size(), arch_->control.loop_depth),
                    at(column));
      loops_.push_back(at(column));
    }
    if (instruction.opcode == Opcode::kEndloop) {
      if (loops_.empty()) throw Error("endloop without loop", at(column));
      loops_.pop_back();
    }
    if (static_cast<int>(program_.size()) == arch_->buffer.instruction_words)
      throw Error(fmt::format("the program is longer than buffer.instruction_words = {}", arch_->buffer.instruction_words), at(column));
  }

  const std::string& file_;
  const ArchConfig* arch_;
  int line_ = 0;
  std::int64_t planes_ = 1;  // of the last settype in the text; the core starts with 1
  Constants constants_;
  std::vector<SourceLocation> loops_;
  std::vector<Instruction> program_;
};

}  // namespace

std::string shape_suffix(const ArchConfig& arch) {
  return fmt::format("m{}n{}k{}", arch.array.rows, arch.array.columns, Geometry(arch).kstep);
}

std::vector<Instruction> assemble(std::string_view text, const std::string& file, const ArchConfig* arch) {
  return Assembler(file, arch).run(text);
}

std::vector<Encoded> encode_all(std::span<const Instruction> program) {
  std::vector<Encoded> code;
  code.reserve(program.size());
  for (const Instruction& instruction : program) code.push_back(encode(instruction));
  return code;
}

std::vector<Instruction> decode_all(std::span<const Encoded> code) {
  std::vector<Instruction> program;
  program.reserve(code.size());
  for (std::size_t i = 0; i < code.size(); ++i) {
    try {
      program.push_back(decode(code[i]));
    } catch (const Error& error) {
      throw Error(fmt::format("instruction {}: {}", i, error.what()), error.where(), error.kind());
    }
  }
  return program;
}

}  // namespace lutra

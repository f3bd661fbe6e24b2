#include "gen/float/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "gen/fill.h"

namespace lutra::gen {
namespace {

bool starts_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool continues_name(char c) { return starts_name(c) || std::isdigit(static_cast<unsigned char>(c)) != 0; }

std::string delayed(const std::string& name, int stage) { return fmt::format("{}_s{}_q", name, stage); }

}  // namespace

std::string constant(int bits, long long value) {
  const unsigned long long mask = bits >= 64 ? ~0ULL : (1ULL << bits) - 1;
  return fmt::format("{}'d{}", bits, static_cast<unsigned long long>(value) & mask);
}

void Pipeline::input(const std::string& name, int bits) {
  index_[name] = wires_.size();
  wires_.push_back({name, bits, "", 0});
}

void Pipeline::section(const std::string& comment, int weight) { sections_.push_back({comment, weight}); }

void Pipeline::wire(const std::string& name, int bits, const std::string& expression) {
  if (!index_.emplace(name, wires_.size()).second) throw std::logic_error("two wires are named " + name);
  wires_.push_back({name, bits, expression, static_cast<int>(sections_.size()) - 1});
}

void Pipeline::output(const std::string& name, const std::string& expression) { outputs_.push_back({name, 0, expression, 0}); }

void Pipeline::spare(const std::string& bits) { spares_.push_back({"", 0, bits, static_cast<int>(sections_.size()) - 1}); }

int Pipeline::stage_of(int section) const {
  int total = 0, before = 0;
  for (int i = 0; i < static_cast<int>(sections_.size()); ++i) {
    total += sections_[static_cast<std::size_t>(i)].weight;
    if (i < section) before += sections_[static_cast<std::size_t>(i)].weight;
  }
  return before * (registers_ + 1) / std::max(total, 1);
}

/// The expression with every wire in its form at `stage`; `last` collects the latest stage at which a wire is read.
std::string Pipeline::resolve(const std::string& expression, int stage, std::map<std::string, int>& last) const {
  std::string out;
  for (std::size_t at = 0; at < expression.size();) {
    if (expression[at] == '\'' || std::isdigit(static_cast<unsigned char>(expression[at])) != 0) {  // 8'd5 holds no name
      do out += expression[at++];
      while (at < expression.size() && (continues_name(expression[at]) || expression[at] == '\''));
      continue;
    }
    if (!starts_name(expression[at])) {
      out += expression[at++];
      continue;
    }
    std::size_t end = at;
    while (end < expression.size() && continues_name(expression[end])) ++end;
    const std::string name = expression.substr(at, end - at);
    at = end;
    const auto found = index_.find(name);
    if (found == index_.end()) throw std::logic_error("no wire is named " + name);
    const int made = stage_of(wires_[found->second].section);
    if (made > stage) throw std::logic_error(name + " is read before it is made");
    last[name] = std::max(last[name], stage);
    out += made == stage ? name : delayed(name, stage);
  }
  return out;
}

/// The last stage at which each wire is read; wires that no output depends on are not in it.
std::map<std::string, int> Pipeline::last_stages() const {
  std::map<std::string, int> last;
  for (const Wire& w : outputs_) static_cast<void>(resolve(w.expression, registers_, last));
  for (auto w = wires_.rbegin(); w != wires_.rend(); ++w)
    if (last.count(w->name) != 0) static_cast<void>(resolve(w->expression, stage_of(w->section), last));
  return last;
}

std::string Pipeline::registers_into(int stage, const std::map<std::string, int>& last) const {
  std::string declared, assigned;
  for (const Wire& w : wires_) {
    const int made = stage_of(w.section);
    const auto found = last.find(w.name);
    if (made >= stage || found == last.end() || found->second < stage) continue;
    declared += fmt::format("  reg  {}{};\n", wire_range(w.bits), delayed(w.name, stage));
    assigned += fmt::format("    {} <= {};\n", delayed(w.name, stage), made == stage - 1 ? w.name : delayed(w.name, stage - 1));
  }
  return fmt::format("\n  // Stage {}.\n{}  always @(posedge clk_i) begin\n{}  end\n", stage, declared, assigned);
}

std::string Pipeline::text() const {
  std::map<std::string, int> last = last_stages();
  std::string text;
  int stage = 0, spares = 0;
  const auto advance = [&](int to) {
    while (stage < to) text += registers_into(++stage, last);
  };
  for (int s = 0; s < static_cast<int>(sections_.size()); ++s) {
    advance(stage_of(s));
    text += "\n  // " + sections_[static_cast<std::size_t>(s)].comment + "\n";
    for (const Wire& w : wires_)
      if (w.section == s && !w.expression.empty() && last.count(w.name) != 0)
        text += fmt::format("  wire {}{} = {};\n", wire_range(w.bits), w.name, resolve(w.expression, stage, last));
    for (const Wire& w : spares_)
      if (w.section == s) text += fmt::format("  wire unused{} = &{{1'b0, {}}};\n", spares++, resolve(w.expression, stage, last));
  }
  advance(registers_);
  text += "\n";
  for (const Wire& w : outputs_) text += fmt::format("  assign {} = {};\n", w.name, resolve(w.expression, registers_, last));
  return text;
}

}  // namespace lutra::gen

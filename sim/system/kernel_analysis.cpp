#include "sim/system/kernel_analysis.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "isa/error.h"
#include "isa/geometry.h"

namespace lutra::system {
namespace {

constexpr std::uint64_t kBoundary = 4096;

std::size_t index(const Instruction& instruction, std::string_view field) { return static_cast<std::size_t>(instruction.get(field)); }

/// The largest power of two up to 4096 that divides both.
std::uint64_t common_alignment(std::uint64_t alignment, std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  return value == 0 ? alignment : std::min(alignment, bits & (~bits + 1));
}

}  // namespace

KernelAnalysis::KernelAnalysis(const std::vector<Encoded>& code, const ArchConfig& config)
    : bus_(config.axi.data_bits / 8), output_bytes_(Geometry(config).output_bytes) {
  try {
    for (const Encoded& word : code) code_.push_back(decode(word));
  } catch (const Error& e) {
    refuse(e.what());
    return;
  }
  alignment_.fill(kBoundary);
  translates_.fill(true);
  collect_writes();
  close_relevant();
  State state{};
  for (int i = 8; i < 16; ++i) state[static_cast<std::size_t>(i)].symbol = i;
  walk(0, state, 0);
}

void KernelAnalysis::refuse(const std::string& why) {
  if (unproven_.empty()) unproven_ = why;
}

void KernelAnalysis::collect_rows(const Instruction& instruction, std::int64_t bytes) {
  const std::size_t r = index(instruction, "mem");
  relevant_[r] = true;
  row_bytes_[r] = std::max(row_bytes_[r], bytes);
  if (instruction.get("rows") > 1) alignment_[r] = common_alignment(alignment_[r], instruction.get("mem_pitch"));
}

void KernelAnalysis::collect_writes() {
  for (const Instruction& i : code_) {
    switch (i.opcode) {
      case Opcode::kLoad:
        collect_rows(i, i.get("beats") * bus_);
        break;
      case Opcode::kStore:
        collect_rows(i, i.get("cols") * output_bytes_);
        break;
      case Opcode::kAddi:
        if (i.get("rd") == i.get("rs")) {
          alignment_[index(i, "rd")] = common_alignment(alignment_[index(i, "rd")], i.get("imm"));
          break;
        }
        [[fallthrough]];
      case Opcode::kLi:
      case Opcode::kAdd:
        translates_[index(i, "rd")] = false;
        break;
      case Opcode::kLoop:
        if (i.get("rs") != 0) refuse("a loop count comes from a register");
        break;
      default:
        break;
    }
  }
}

/// What a relevant register is computed from is relevant.
void KernelAnalysis::close_relevant() {
  for (std::size_t pass = 0; pass < relevant_.size(); ++pass) {
    for (const Instruction& i : code_) {
      if ((i.opcode != Opcode::kAddi && i.opcode != Opcode::kAdd) || !relevant_[index(i, "rd")]) continue;
      relevant_[index(i, "rs")] = true;
      if (i.opcode == Opcode::kAdd) relevant_[index(i, "rt")] = true;
    }
  }
  relevant_[0] = false;
}

void KernelAnalysis::touch(const Instruction& instruction, const State& state, std::int64_t row_bytes) {
  const Value& base = state[index(instruction, "mem")];
  const std::int64_t end = base.offset + (instruction.get("rows") - 1) * instruction.get("mem_pitch") + row_bytes;
  const auto found = std::find_if(reach_.begin(), reach_.end(), [&](const Reach& r) { return r.argument == base.symbol; });
  if (found == reach_.end()) {
    reach_.push_back({base.symbol, base.offset, end});
    return;
  }
  found->lo = std::min(found->lo, base.offset);
  found->hi = std::max(found->hi, end);
}

/// Executes from `pc` on until the loop (depth > 0) or the program ends; returns the place behind.
std::size_t KernelAnalysis::walk(std::size_t pc, State& state, int depth) {
  while (unproven_.empty() && pc < code_.size()) {
    const Instruction& i = code_[pc++];
    switch (i.opcode) {
      case Opcode::kHalt:
        if (depth > 0) refuse("the program may end inside a loop");
        return pc;
      case Opcode::kLi:
        state[index(i, "rd")] = {0, i.get("imm")};
        break;
      case Opcode::kAddi:
        state[index(i, "rd")] = {state[index(i, "rs")].symbol, state[index(i, "rs")].offset + i.get("imm")};
        break;
      case Opcode::kAdd: {
        const Value &a = state[index(i, "rs")], &b = state[index(i, "rt")];
        if (a.symbol != 0 && b.symbol != 0) refuse("an address is the sum of two arguments");
        state[index(i, "rd")] = {a.symbol + b.symbol, a.offset + b.offset};
        break;
      }
      case Opcode::kLoop:
        pc = loop(pc, state, depth);
        break;
      case Opcode::kEndloop:
        if (depth == 0) refuse("endloop without loop");
        return pc;
      case Opcode::kLoad:
        touch(i, state, i.get("beats") * bus_);
        break;
      case Opcode::kStore:
        touch(i, state, i.get("cols") * output_bytes_);
        break;
      default:
        break;
    }
    state[0] = {};
  }
  refuse("the program runs past its end");
  return pc;
}

/// The first, the second and the last iteration: two moves are compared, and what lies between is reached by neither end alone.
std::size_t KernelAnalysis::loop(std::size_t pc, State& state, int depth) {
  const std::int64_t count = code_[pc - 1].get("count");
  if (count == 0) {
    refuse("a loop runs no time");
    return pc;
  }
  const State first = state;
  const std::size_t behind = walk(pc, state, depth + 1);
  if (count == 1 || !unproven_.empty()) return behind;
  const State second = state;
  walk(pc, state, depth + 1);
  State last = first;
  for (std::size_t r = 0; r < state.size(); ++r) {
    const std::int64_t move = second[r].offset - first[r].offset;
    if (first[r].symbol != second[r].symbol || second[r].symbol != state[r].symbol || state[r].offset - second[r].offset != move) {
      refuse(fmt::format("iterations of a loop move r{} by different amounts", r));
      return behind;
    }
    last[r].offset += (count - 1) * move;
  }
  if (count == 2) return behind;
  state = last;
  return walk(pc, state, depth + 1);
}

Registers KernelAnalysis::moduli(const std::array<std::uint64_t, 8>& args) const {
  Registers moduli{};
  for (std::size_t r = 1; r < moduli.size(); ++r) {
    if (!relevant_[r]) continue;
    moduli[r] = kBoundary;
    const std::uint64_t start = r < 8 ? 0 : args[r - 8];
    const auto block = std::bit_ceil(static_cast<std::uint64_t>(std::max<std::int64_t>(1, row_bytes_[r])));
    if (!translates_[r] || row_bytes_[r] == 0 || block > alignment_[r]) continue;
    if (start % block + static_cast<std::uint64_t>(row_bytes_[r]) <= block) moduli[r] = block;
  }
  return moduli;
}

std::string KernelAnalysis::check(const std::array<std::uint64_t, 8>& args, std::uint64_t lo, std::uint64_t hi) const {
  for (const Reach& r : reach_) {
    const auto base = r.argument == 0 ? 0 : static_cast<std::int64_t>(args[static_cast<std::size_t>(r.argument - 8)]);
    if (base + r.lo < static_cast<std::int64_t>(lo) || base + r.hi > static_cast<std::int64_t>(hi))
      return fmt::format("an access may leave the window: bytes {} to {}", base + r.lo, base + r.hi);
  }
  return "";
}

}  // namespace lutra::system

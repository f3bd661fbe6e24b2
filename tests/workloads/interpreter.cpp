// A timeless core.
#include "tests/workloads/interpreter.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>

#include "isa/geometry.h"

namespace lutra::test {
namespace {

constexpr int kRegisters = 16;
constexpr int kSemaphores = 8;
constexpr std::uint64_t kRegisterMask = (std::uint64_t{1} << 40) - 1;

void require(bool condition, const std::string& what) {
  if (!condition) throw std::runtime_error(what);
}

/// An instruction with its register operands and type resolved at issue.
struct Command {
  Instruction instruction;
  std::array<std::uint64_t, kRegisters> registers;
  Instruction type;
  [[nodiscard]] std::int64_t field(const char* name) const { return instruction.get(name); }
  [[nodiscard]] std::uint64_t operand(const char* name) const { return registers[static_cast<std::size_t>(field(name))]; }
};

class Machine {
 public:
  Machine(const ArchConfig& arch, std::vector<std::uint8_t>& memory, std::uint64_t seed)
      : arch_(arch), g_(arch), memory_(memory), random_(seed) {
    buffers_[1].resize(static_cast<std::size_t>(g_.activation.words) * static_cast<std::size_t>(g_.activation.stride_bytes));
    buffers_[2].resize(static_cast<std::size_t>(g_.weight.words) * static_cast<std::size_t>(g_.weight.stride_bytes));
    buffers_[4].resize(static_cast<std::size_t>(g_.parameter.words) * static_cast<std::size_t>(g_.parameter.stride_bytes));
    buffers_[3].resize(static_cast<std::size_t>(g_.table.words) * static_cast<std::size_t>(g_.table.stride_bytes));
    tables_.assign(static_cast<std::size_t>(arch.buffer.table_words * arch.array.rows * arch.array.tables_per_lane * g_.entries), 0);
    sums_.assign(static_cast<std::size_t>(arch.buffer.table_words * arch.array.rows), 0);
    tiles_.assign(static_cast<std::size_t>(arch.buffer.accumulator_tiles * arch.array.rows * arch.array.columns), 0);
    lanes_.assign(static_cast<std::size_t>(arch.array.rows * arch.array.columns), 0);
    totals_.assign(static_cast<std::size_t>(arch.array.rows), 0);
  }

  RunCounts run(std::span<const Instruction> code, std::span<const std::uint64_t> arguments);

 private:
  struct Loop {
    std::size_t body;
    std::uint64_t left;
  };
  struct UnitState {
    std::deque<Command> queue;
    std::optional<Command> flight;
    bool done = false;  // the effects of `flight` have happened
  };

  bool issue(std::span<const Instruction> code);
  bool step(UnitState& unit);
  void execute(const Command& c);
  void load(const Command& c);
  void store(const Command& c);
  void build(const Command& c);
  void multiply(const Command& c);
  void kstep(const Command& c, std::int64_t index, std::int64_t run);
  [[nodiscard]] int factor(int entry, int i) const;
  [[nodiscard]] std::int64_t bits(std::size_t buffer, std::uint64_t byte, int at, int count) const;
  void unpack_table(std::int64_t word);
  void drain(const Command& c, std::int64_t segment);
  void signal(std::int64_t mask, int count);
  [[nodiscard]] bool idle() const {
    return std::all_of(units_.begin(), units_.end(), [](const UnitState& u) { return u.queue.empty() && !u.flight; });
  }
  std::uint8_t* bytes(std::uint64_t address, std::int64_t count) {
    require(address + static_cast<std::uint64_t>(count) <= memory_.size(), "access outside memory at " + std::to_string(address));
    return memory_.data() + address;
  }

  const ArchConfig& arch_;
  Geometry g_;
  std::vector<std::uint8_t>& memory_;
  std::mt19937_64 random_;
  std::array<std::vector<std::uint8_t>, 5> buffers_;
  std::vector<std::int32_t> tables_;
  std::vector<std::int32_t> sums_;
  std::vector<std::int32_t> tiles_;
  std::vector<std::int64_t> lanes_;
  std::vector<std::int64_t> totals_;
  std::array<std::uint64_t, kRegisters> registers_{};
  std::array<int, kSemaphores> semaphores_{};
  std::array<UnitState, kUnits> units_;
  std::vector<Loop> loops_;
  Instruction type_ = make(Opcode::kSettype);
  std::size_t pc_ = 0;
  bool halted_ = false;
  RunCounts counts_;
};

RunCounts Machine::run(std::span<const Instruction> code, std::span<const std::uint64_t> arguments) {
  std::copy(arguments.begin(), arguments.end(), registers_.begin() + 8);
  // Units run at very different speeds, newly drawn now and then, so that each runs far ahead of the others at some time.
  constexpr std::array<std::uint64_t, 3> kSlowness{1, 6, 100};
  constexpr int kRounds = 200;
  std::array<std::uint64_t, kUnits + 1> slowness{};
  for (int round = 0; !halted_; ++round) {
    if (round % kRounds == 0)
      for (std::uint64_t& s : slowness) s = kSlowness[random_() % kSlowness.size()];
    bool asked_all = true, progress = false;
    for (int who = 0; who <= kUnits && !halted_; ++who) {
      if (random_() % slowness[static_cast<std::size_t>(who)] != 0) {
        asked_all = false;
      } else {
        progress |= who == kUnits ? issue(code) : step(units_[static_cast<std::size_t>(who)]);
      }
    }
    require(progress || halted_ || !asked_all, "deadlock at instruction " + std::to_string(pc_));
  }
  return counts_;
}

bool Machine::issue(std::span<const Instruction> code) {
  require(pc_ < code.size(), "end of program");
  const Instruction& i = code[pc_];
  const auto reg = [this](std::int64_t r) -> std::uint64_t& { return registers_[static_cast<std::size_t>(r)]; };
  const InstructionInfo* info = find_instruction(static_cast<std::uint8_t>(i.opcode));
  if (info->unit != Unit::kControl) {
    UnitState& unit = units_[static_cast<std::size_t>(info->unit)];
    if (static_cast<int>(unit.queue.size()) >= arch_.control.queue_depth) return false;
    unit.queue.push_back({i, registers_, type_});
  } else if (i.opcode == Opcode::kHalt || i.opcode == Opcode::kBarrier) {
    if (!idle()) return false;
    halted_ = i.opcode == Opcode::kHalt;
  } else if (i.opcode == Opcode::kLi) {
    reg(i.get("rd")) = static_cast<std::uint64_t>(i.get("imm")) & kRegisterMask;
  } else if (i.opcode == Opcode::kAddi) {
    reg(i.get("rd")) = (reg(i.get("rs")) + static_cast<std::uint64_t>(i.get("imm"))) & kRegisterMask;
  } else if (i.opcode == Opcode::kAdd) {
    reg(i.get("rd")) = (reg(i.get("rs")) + reg(i.get("rt"))) & kRegisterMask;
  } else if (i.opcode == Opcode::kLoop) {
    const std::uint64_t count = (static_cast<std::uint64_t>(i.get("count")) + reg(i.get("rs"))) & 0xFFFFFFFF;
    require(count > 0 && static_cast<int>(loops_.size()) < arch_.control.loop_depth, "loop trap");
    loops_.push_back({pc_ + 1, count});
  } else if (i.opcode == Opcode::kEndloop) {
    require(!loops_.empty(), "endloop without loop");
    if (--loops_.back().left > 0) {
      pc_ = loops_.back().body;
      ++counts_.instructions;
      return true;
    }
    loops_.pop_back();
  } else if (i.opcode == Opcode::kPost) {
    signal(i.get("semaphores"), static_cast<int>(i.get("count")));
  } else if (i.opcode == Opcode::kSettype) {
    type_ = i;
  }
  registers_[0] = 0;
  ++pc_;
  ++counts_.instructions;
  return true;
}

void Machine::signal(std::int64_t mask, int count) {
  for (int s = 0; s < kSemaphores; ++s) {
    if (((mask >> s) & 1) == 0) continue;
    semaphores_[static_cast<std::size_t>(s)] += count;
    require(semaphores_[static_cast<std::size_t>(s)] <= 255, "semaphore overflow");
  }
}

bool Machine::step(UnitState& unit) {
  if (unit.flight) {
    if (!unit.done) execute(*unit.flight);
    signal(unit.flight->field("signal"), 1);
    unit.flight.reset();
    return true;
  }
  if (unit.queue.empty()) return false;
  const std::int64_t wait = unit.queue.front().field("wait");
  for (int s = 0; s < kSemaphores; ++s)
    if (((wait >> s) & 1) != 0 && semaphores_[static_cast<std::size_t>(s)] == 0) return false;
  for (int s = 0; s < kSemaphores; ++s) semaphores_[static_cast<std::size_t>(s)] -= static_cast<int>((wait >> s) & 1);
  unit.flight = unit.queue.front();
  unit.queue.pop_front();
  // Effects may come as early as the start of a command or as late as its end.
  unit.done = random_() % 2 == 0;
  if (unit.done) execute(*unit.flight);
  return true;
}

void Machine::execute(const Command& c) {
  switch (c.instruction.opcode) {
    case Opcode::kLoad:
      return load(c);
    case Opcode::kStore:
      return store(c);
    case Opcode::kTbuild:
      return build(c);
    default:
      return multiply(c);
  }
}

void Machine::load(const Command& c) {
  const auto which = static_cast<std::size_t>(c.field("buffer"));
  require(which != (g_.memory ? 1 : 3), "load: bad buffer");
  const WordLayout& layout = which == 1 ? g_.activation : which == 2 ? g_.weight : which == 3 ? g_.table : g_.parameter;
  std::vector<std::uint8_t>& buffer = buffers_[which];
  const std::uint64_t mem = c.operand("mem");
  const auto bus = static_cast<std::uint64_t>(g_.bus_bytes);
  require(mem % bus == 0 && static_cast<std::uint64_t>(c.field("mem_pitch")) % bus == 0, "misaligned load");
  for (std::int64_t row = 0; row < c.field("rows"); ++row) {
    const std::uint64_t word = (c.operand("dst") & 0xFFFF) + static_cast<std::uint64_t>(row * c.field("dst_pitch"));
    require(word % static_cast<std::uint64_t>(layout.words_per_line) == 0, "load into the middle of a beat");
    const std::uint64_t start = word * static_cast<std::uint64_t>(layout.stride_bytes);
    const std::int64_t count = c.field("beats") * g_.bus_bytes;
    const std::uint8_t* from = bytes(mem + static_cast<std::uint64_t>(row * c.field("mem_pitch")), count);
    for (std::int64_t i = 0; i < count; ++i) buffer[(start + static_cast<std::uint64_t>(i)) % buffer.size()] = from[i];
    counts_.read_bytes += count;
  }
}

void Machine::store(const Command& c) {
  const int columns = arch_.array.columns;
  const std::uint64_t unit = static_cast<std::uint64_t>(std::min(4 * columns, g_.bus_bytes));
  const std::uint64_t mem = c.operand("mem"), pitch = static_cast<std::uint64_t>(c.field("mem_pitch"));
  require(mem % unit == 0 && pitch % unit == 0, "misaligned store");
  require(c.field("rows") <= arch_.array.rows && c.field("cols") <= columns, "store: bad field");
  const std::uint64_t tile = c.operand("src") % static_cast<std::uint64_t>(arch_.buffer.accumulator_tiles);
  for (std::int64_t row = 0; row < c.field("rows"); ++row) {
    const std::int64_t count = c.field("cols") * 4;
    std::memcpy(bytes(mem + static_cast<std::uint64_t>(row) * pitch, count),
                &tiles_[(tile * static_cast<std::uint64_t>(arch_.array.rows) + static_cast<std::uint64_t>(row)) *
                        static_cast<std::uint64_t>(columns)],
                static_cast<std::size_t>(count));
    counts_.written_bytes += count;
  }
}

void Machine::build(const Command& c) {
  const int inputs = arch_.array.table_inputs, per_lane = arch_.array.tables_per_lane, rows = arch_.array.rows;
  require(c.field("rows") <= rows && !g_.memory, "tbuild: bad field");
  const std::vector<std::uint8_t>& buffer = buffers_[1];
  for (std::int64_t row = 0; row < c.field("rows"); ++row) {
    for (std::int64_t s = 0; s < c.field("ksteps"); ++s) {
      const std::uint64_t word = c.operand("src") + static_cast<std::uint64_t>(row * c.field("src_pitch") + s);
      const std::uint64_t start = word * static_cast<std::uint64_t>(g_.activation.stride_bytes) % buffer.size();
      const auto at = static_cast<std::int64_t>((c.operand("dst") + static_cast<std::uint64_t>(s)) %
                                                static_cast<std::uint64_t>(arch_.buffer.table_words)) *
                          rows +
                      row;
      std::int32_t sum = 0;
      for (int t = 0; t < per_lane; ++t) {
        const auto activation = [&](int i) -> std::int32_t {
          const std::uint64_t index = start + static_cast<std::uint64_t>((t * inputs + i) * g_.activation_bits / 8);
          return g_.wide ? static_cast<std::int16_t>(buffer[index] | buffer[index + 1] << 8) : static_cast<std::int8_t>(buffer[index]);
        };
        for (int i = 0; i < inputs; ++i) sum += activation(i);
        for (int entry = 0; entry < g_.entries; ++entry) {
          std::int32_t value = 0;
          for (int i = 0; i < inputs; ++i) value += factor(entry, i) * activation(i);
          tables_[static_cast<std::size_t>((at * per_lane + t) * g_.entries + entry)] = value;
        }
      }
      sums_[static_cast<std::size_t>(at)] = sum;
    }
  }
}

/// What entry `entry` multiplies activation i of a table by.
int Machine::factor(int entry, int i) const {
  if (!g_.ternary) return i == arch_.array.table_inputs - 1 || ((entry >> i) & 1) != 0 ? 1 : -1;
  int number = entry + 1;  // balanced ternary
  for (int k = 0; k < i; ++k) number = (number + 1) / 3;
  return (number + 1) % 3 - 1;
}

std::int64_t Machine::bits(std::size_t buffer, std::uint64_t byte, int at, int count) const {
  std::int64_t value = 0;
  for (int i = 0; i < count; ++i) {
    const std::uint64_t place = (byte + static_cast<std::uint64_t>((at + i) / 8)) % buffers_[buffer].size();
    value |= static_cast<std::int64_t>((buffers_[buffer][place] >> ((at + i) % 8)) & 1) << i;
  }
  return value;
}

/// Takes a loaded table word apart.
void Machine::unpack_table(std::int64_t word) {
  const std::uint64_t start = static_cast<std::uint64_t>(word * g_.table.stride_bytes);
  const auto number = [&](int at, int count) {
    const std::int64_t value = bits(3, start, at, count);
    return static_cast<std::int32_t>(value >= std::int64_t{1} << (count - 1) ? value - (std::int64_t{1} << count) : value);
  };
  for (int row = 0; row < arch_.array.rows; ++row) {
    for (int t = 0; t < g_.tables; ++t) {
      const int at = row * g_.table_row_bits + t * g_.stored_table_bits;
      for (int j = 0; j < g_.entries; ++j) {
        const std::int32_t stored = number(at + j * g_.entry_bits, g_.entry_bits);
        tables_[static_cast<std::size_t>(((word * arch_.array.rows + row) * g_.tables + t) * g_.entries + j)] =
            g_.parity ? 2 * stored + static_cast<std::int32_t>(bits(3, start, at + g_.stored_table_bits - 1, 1)) : stored;
      }
    }
    sums_[static_cast<std::size_t>(word * arch_.array.rows + row)] =
        number(arch_.array.rows * g_.table_row_bits + row * g_.sum_bits, g_.sum_bits);
  }
}

void Machine::kstep(const Command& c, std::int64_t index, std::int64_t run) {
  const int per_lane = arch_.array.tables_per_lane, rows = arch_.array.rows, columns = arch_.array.columns;
  const int per_cycle = arch_.array.planes_per_cycle;
  const auto planes = static_cast<int>(c.type.get("planes"));
  const std::int64_t groups = ceil_div(planes, per_cycle);
  const std::int64_t used_rows = c.field("rows"), shifts = c.type.get("shifts");
  const std::vector<std::uint8_t>& buffer = buffers_[2];
  const auto table = static_cast<std::int64_t>((c.operand("table") + static_cast<std::uint64_t>(index)) %
                                               static_cast<std::uint64_t>(arch_.buffer.table_words));
  if (g_.memory) unpack_table(table);
  for (int p = 0; p < planes; ++p) {
    const std::int64_t first = index / run * run;
    const std::int64_t place = g_.horner ? first * planes + (planes - 1 - p) * run + index - first : index * groups + p / per_cycle;
    const std::uint64_t word = c.operand("weight") + static_cast<std::uint64_t>(place);
    const std::uint64_t start = word * static_cast<std::uint64_t>(g_.weight.stride_bytes) % buffer.size();
    std::int64_t shift = (shifts >> (4 * p)) & 15;
    if (g_.horner) {
      shift = 0;
      for (int q = 0; q < p; ++q) shift += ((shifts >> (4 * q)) & 15) != ((shifts >> (4 * q + 4)) & 15) ? 1 : 0;
    }
    for (int n = 0; n < columns; ++n) {
      for (int t = 0; t < per_lane; ++t) {
        const int at = ((n * per_cycle + p % per_cycle) * per_lane + t) * g_.weight_table_bits;
        const auto select = static_cast<int>(bits(2, start, at, g_.weight_table_bits));
        const int entry = (select & ((1 << g_.index_bits) - 1)) - (g_.ternary ? 1 : 0);
        const bool add = (select >> g_.index_bits) != 0;
        if (entry < 0) continue;
        for (std::int64_t row = 0; row < used_rows; ++row) {
          const std::int64_t value = tables_[static_cast<std::size_t>(((table * rows + row) * per_lane + t) * g_.entries + entry)];
          lanes_[static_cast<std::size_t>(row * columns + n)] += (add ? value : -value) * (std::int64_t{1} << shift);
        }
      }
    }
  }
  const std::int64_t limit = std::int64_t{1} << (arch_.array.accumulator_bits - 1);
  for (const std::int64_t lane : lanes_) require(lane >= -limit && lane < limit, "accumulator overflow");
  for (std::int64_t row = 0; row < used_rows; ++row)
    totals_[static_cast<std::size_t>(row)] += sums_[static_cast<std::size_t>(table * rows + row)];
}

void Machine::drain(const Command& c, std::int64_t segment) {
  const int columns = arch_.array.columns, per_word = arch_.scale.outputs_per_cycle;
  const std::uint64_t tile = c.operand("out") % static_cast<std::uint64_t>(arch_.buffer.accumulator_tiles);
  const bool add = segment > 0 || c.field("accumulate") == 1;
  for (std::int64_t row = 0; row < c.field("rows"); ++row) {
    for (int n = 0; n < columns; ++n) {
      std::int64_t zero = c.type.get("zmode") == 1 ? c.type.get("zero") : 0;
      if (c.type.get("zmode") == 2) {
        const std::uint64_t word = c.operand("param") + static_cast<std::uint64_t>(segment * g_.accumulator_words_per_row + n / per_word);
        const std::uint64_t at =
            (word * static_cast<std::uint64_t>(g_.parameter.stride_bytes) + static_cast<std::uint64_t>(n % per_word * 2)) %
            buffers_[4].size();
        zero = static_cast<std::int16_t>(buffers_[4][at] | buffers_[4][at + 1] << 8);
      }
      std::int32_t& out = tiles_[(tile * static_cast<std::uint64_t>(arch_.array.rows) + static_cast<std::uint64_t>(row)) *
                                     static_cast<std::uint64_t>(columns) +
                                 static_cast<std::uint64_t>(n)];
      const std::int64_t value =
          lanes_[static_cast<std::size_t>(row * columns + n)] - zero * totals_[static_cast<std::size_t>(row)] + (add ? out : 0);
      require(value >= INT32_MIN && value <= INT32_MAX, "output overflow");
      out = static_cast<std::int32_t>(value);
    }
  }
}

void Machine::multiply(const Command& c) {
  const std::int64_t segment = c.field("segment"), ksteps = c.field("ksteps");
  require(c.field("rows") <= arch_.array.rows, "lmma: bad field");
  require(segment == 0 || (c.field("first") == 1 && c.field("last") == 1 && ksteps % segment == 0), "lmma: bad segment");
  const std::int64_t length = segment == 0 ? ksteps : segment;
  for (std::int64_t s = 0; s * length < ksteps; ++s) {
    if (s > 0 || c.field("first") == 1) {
      std::fill(lanes_.begin(), lanes_.end(), 0);
      std::fill(totals_.begin(), totals_.end(), 0);
    }
    require(!g_.horner || c.field("first") == 1, "lmma: planes outermost over a run that goes on");
    for (std::int64_t k = s * length; k < (s + 1) * length; ++k) kstep(c, k, length);
    if (c.field("last") == 1) drain(c, s);
  }
}

}  // namespace

RunCounts interpret(const ArchConfig& arch, std::span<const Instruction> code, std::span<const std::uint64_t> arguments,
                    std::vector<std::uint8_t>& memory, std::uint64_t seed) {
  return Machine(arch, memory, seed).run(code, arguments);
}

}  // namespace lutra::test

// Derives the decoder's Verilog from isa/instruction.h.
#include "gen/control_decoder.h"

#include <fmt/format.h>

#include <map>
#include <stdexcept>

#include "gen/csr.h"

namespace lutra::gen {
namespace {

std::string slice(const Field& f) {
  return f.bits == 1 ? fmt::format("word[{}]", f.lsb) : fmt::format("word[{}:{}]", f.lsb + f.bits - 1, f.lsb);
}

const Field& field(std::string_view mnemonic, std::string_view name) {
  for (const InstructionInfo& info : instructions()) {
    if (info.mnemonic != mnemonic) continue;
    for (const Field& f : info.fields)
      if (f.name == name) return f;
  }
  throw std::logic_error(fmt::format("no field {} in {}", name, mnemonic));
}

// Source registers of an instruction in field order: operand port i reads the i-th.
std::vector<const Field*> sources(const InstructionInfo& info) {
  std::vector<const Field*> list;
  for (const Field& f : info.fields)
    if (f.kind == FieldKind::kRegister && f.name != "rd") list.push_back(&f);
  return list;
}

std::string operand(std::string_view mnemonic, std::string_view name) {
  for (const InstructionInfo& info : instructions()) {
    if (info.mnemonic != mnemonic) continue;
    const auto list = sources(info);
    for (std::size_t i = 0; i < list.size(); ++i)
      if (list[i]->name == name) return fmt::format("operand{}", i);
  }
  throw std::logic_error(fmt::format("no source register {} in {}", name, mnemonic));
}

// Bits that must be zero: everything outside the opcode and the fields.
std::string reserved_mask(const InstructionInfo& info) {
  std::uint64_t used[2] = {0xFF, 0};
  for (const Field& f : info.fields)
    for (int b = f.lsb; b < f.lsb + f.bits; ++b) used[b / 64] |= std::uint64_t{1} << (b % 64);
  return fmt::format("128'h{:016X}_{:016X}", ~used[1], ~used[0]);
}

// Conditions under which a field is out of its range; empty when every value is allowed.
std::vector<std::string> range_faults(const Field& f) {
  const bool full_signed = f.kind == FieldKind::kSigned;
  const std::int64_t top = (std::int64_t{1} << f.bits) - 1;
  std::vector<std::string> faults;
  if (full_signed) {
    if (f.min != -(top / 2) - 1 || f.max != top / 2) throw std::logic_error("signed fields use their whole range");
    return faults;
  }
  if (f.min == 1) faults.push_back(fmt::format("{} == {}'d0", slice(f), f.bits));
  if (f.min > 1) faults.push_back(fmt::format("{} < {}'d{}", slice(f), f.bits, f.min));
  if (f.max < top) faults.push_back(fmt::format("{} > {}'d{}", slice(f), f.bits, f.max));
  return faults;
}

// Checks beyond single fields (docs/microarchitecture.md, "Control checks").
std::vector<std::string> machine_faults(const InstructionInfo& info, const ArchConfig& config) {
  const auto at = [&](std::string_view name) { return field_slice(info.mnemonic, name); };
  const bool memory = config.table.source == "memory";
  switch (info.opcode) {
    case Opcode::kLoop:
      return {"loop_total == 32'd0"};
    case Opcode::kLoad:
      return {fmt::format("{} == 3'd{}", at("buffer"), static_cast<int>(memory ? Buffer::kActivation : Buffer::kTable)),
              config.scale.unit == "float" ? "1'b0" : fmt::format("{} == 3'd{}", at("buffer"), static_cast<int>(Buffer::kTokenScale))};
    case Opcode::kStore:
      return {fmt::format("{} > 8'd{}", at("rows"), config.array.rows), fmt::format("{} > 9'd{}", at("cols"), config.array.columns)};
    case Opcode::kTbuild:
      if (memory) return {"1'b1"};
      return {fmt::format("{} > 8'd{}", at("rows"), config.array.rows)};
    case Opcode::kLmma:
      return {fmt::format("{} > 8'd{}", at("rows"), config.array.rows), fmt::format("segmented && !({} && {})", at("first"), at("last")),
              "segment_known && !segment_divides_q"};
    default:
      return {};
  }
}

int source_ports() {
  std::size_t ports = 0;
  for (const InstructionInfo& info : instructions()) ports = std::max(ports, sources(info).size());
  return static_cast<int>(ports);
}

// Index of operand port `p`: the instruction's p-th source register, by opcode where the field's place differs.
std::string operand_index(int p) {
  std::map<int, std::string> users;  // lsb -> condition
  for (const InstructionInfo& info : instructions()) {
    const auto list = sources(info);
    if (static_cast<int>(list.size()) <= p) continue;
    std::string& condition = users[list[static_cast<std::size_t>(p)]->lsb];
    condition += fmt::format("{}is_{}", condition.empty() ? "" : " || ", info.mnemonic);
  }
  std::string text;
  for (auto it = users.begin(); it != users.end(); ++it) {
    const std::string value = fmt::format("word[{}:{}]", it->first + 3, it->first);
    text += std::next(it) == users.end() ? value : fmt::format("({}) ? {} : ", it->second, value);
  }
  return text;
}

}  // namespace

std::string field_slice(std::string_view mnemonic, std::string_view name) { return slice(field(mnemonic, name)); }

std::vector<CommandPart> command_parts(Unit unit, const ArchConfig& config) {
  const int aw = config.axi.address_bits;
  std::vector<CommandPart> parts;
  std::string_view mnemonic;
  const auto plain = [&](std::string_view name) {
    const Field& f = field(mnemonic, name);
    parts.push_back({slice(f), f.bits, std::string(name)});
  };
  const auto value = [&](std::string_view name, int bits) {
    const std::string port = operand(mnemonic, name);
    parts.push_back({bits == kRegisterBits ? port : fmt::format("{}[{}:0]", port, bits - 1), bits, std::string(name)});
  };
  switch (unit) {
    case Unit::kLoad:
      mnemonic = "load";
      plain("signal"), plain("wait"), plain("buffer"), value("dst", 16), value("mem", aw);
      plain("beats"), plain("rows"), plain("mem_pitch"), plain("dst_pitch");
      break;
    case Unit::kStore:
      mnemonic = "store";
      plain("signal"), plain("wait"), value("src", 16), value("mem", aw), plain("cols"), plain("rows"), plain("mem_pitch");
      break;
    case Unit::kBuild:
      mnemonic = "tbuild";
      plain("signal"), plain("wait"), value("src", 16), value("dst", 16), plain("ksteps"), plain("rows"), plain("src_pitch");
      break;
    case Unit::kArray:
      mnemonic = "lmma";
      plain("signal"), plain("wait"), value("table", 16), value("weight", 16), plain("ksteps"), plain("rows"), value("out", 16);
      value("param", 16), plain("segment"), plain("first"), plain("last"), plain("accumulate");
      parts.insert(parts.end(), {{"planes_q", 4, "planes"}, {"shifts_q", 32, "shifts"}, {"zmode_q", 2, "zmode"}, {"zero_q", 10, "zero"}});
      break;
    case Unit::kControl:
      throw std::logic_error("control has no queue");
  }
  return parts;
}

int command_bits(Unit unit, const ArchConfig& config) {
  int bits = 0;
  for (const CommandPart& part : command_parts(unit, config)) bits += part.bits;
  return bits;
}

std::string decoder_text() {
  std::string text = "\n  // Decoder.\n  wire [127:0] word = ird_data_i;\n";
  std::string defined;
  for (const InstructionInfo& info : instructions()) {
    text += fmt::format("  wire is_{:<8} = word[7:0] == 8'h{:02X};\n", info.mnemonic, static_cast<int>(info.opcode));
    defined += fmt::format("{}is_{}", defined.empty() ? "" : " || ", info.mnemonic);
  }
  text += "  wire undefined_opcode = !(" + defined + ");\n\n  // Source registers, in the order of the instruction's fields.\n";
  for (int p = 0; p < source_ports(); ++p) {
    // Only the first two carry sums and memory addresses; the others are on-chip addresses.
    const int bits = p < 2 ? kRegisterBits : 16;
    text += fmt::format("  wire [3:0] index{} = {};\n  reg  [{}:0] operand{};\n  always @* begin\n    case (index{})\n", p,
                        operand_index(p), bits - 1, p, p);
    for (int r = 1; r < 16; ++r) text += fmt::format("      4'd{}: operand{} = r{}_q{};\n", r, p, r, bits == kRegisterBits ? "" : "[15:0]");
    text += fmt::format("      default: operand{} = {}'d0;\n    endcase\n  end\n", p, bits);
  }
  const std::string segment = field_slice("lmma", "segment"), ksteps = field_slice("lmma", "ksteps");
  text += fmt::format("  wire [31:0] loop_total = {} + operand0[31:0];\n", field_slice("loop", "count"));
  text += fmt::format("  wire segmented = {} != 16'd0;\n", segment);
  text +=
      fmt::format("  wire segment_known = segmented && segment_valid_q && segment_q == {} && segment_ksteps_q == {};\n", segment, ksteps);
  return text;
}

std::string check_text(const ArchConfig& config) {
  std::string text = "\n  // Checks before execution.\n";
  std::string any;
  for (const InstructionInfo& info : instructions()) {
    std::vector<std::string> faults = {"(word & " + reserved_mask(info) + ") != 128'd0"};
    for (const Field& f : info.fields)
      for (const std::string& fault : range_faults(f)) faults.push_back(fault);
    for (const std::string& fault : machine_faults(info, config)) faults.push_back(fault);
    text += fmt::format("  wire bad_{} = is_{} &&\n      (", info.mnemonic, info.mnemonic);
    for (std::size_t i = 0; i < faults.size(); ++i) text += fmt::format("{}({})", i == 0 ? "" : " ||\n       ", faults[i]);
    text += ");\n";
    any += fmt::format("{}bad_{}", any.empty() ? "" : " || ", info.mnemonic);
  }
  text += "  wire bad_field = " + any + ";\n";
  const int aw = config.axi.address_bits;
  if (aw < kRegisterBits)
    text += fmt::format("  wire outside = (is_load || is_store) && operand1[{}:{}] != {}'d0;\n", kRegisterBits - 1, aw, kRegisterBits - aw);
  else
    text += "  wire outside = 1'b0;\n";
  return text;
}

std::string command_text(const ArchConfig& config) {
  std::string text = "\n  // Commands, packed; the highest field first.\n";
  const std::pair<Unit, const char*> units[] = {
      {Unit::kLoad, "load"}, {Unit::kStore, "store"}, {Unit::kBuild, "build"}, {Unit::kArray, "array"}};
  for (const auto& [unit, name] : units) {
    const auto parts = command_parts(unit, config);
    text += fmt::format("  assign {}_cmd_data_o = {{\n", name);
    for (std::size_t i = parts.size(); i-- > 0;)
      text += fmt::format("    {:<18} // {}\n", parts[i].expression + (i == 0 ? "" : ","), parts[i].name);
    text += "  };\n";
  }
  return text;
}

}  // namespace lutra::gen

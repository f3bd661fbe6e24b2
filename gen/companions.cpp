#include "gen/companions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "gen/csr.h"
#include "gen/driver_files.h"
#include "gen/netlist.h"
#include "isa/instruction.h"
#include "isa/register_map.h"
#include "isa/schema.h"

namespace lutra::gen {
namespace {

using Json = nlohmann::ordered_json;

// Share of the clock period that the surroundings take on every input and output; the cost flow times with the same one.
constexpr double kOutsideShare = 0.2;

std::string title(const ArchConfig& config) {
  return fmt::format("lutra {} - configuration {} ({})", LUTRA_VERSION, config.name, config_hash(config));
}

// A configuration's name as a part of a name that tools accept: letters, digits, _ and -.
std::string identifier(const std::string& name) {
  std::string text = name;
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) == 0 && c != '_' && c != '-'; }, '_');
  return text.empty() ? "unnamed" : text;
}

std::string file_list_of(const Design& design) {
  std::string text;
  for (const EmittedFile& f : design.files) text += f.name + "\n";
  return text;
}

std::string fusesoc_of(const Design& design, const ArchConfig& config) {
  std::string files;
  for (const EmittedFile& f : design.files) files += fmt::format("      - {}\n", f.name);
  return fmt::format(R"(CAPI=2:
# {0}
name: "lutra:core:{1}:{2}"
description: "A LUT Tensor Core, configuration {1}"

filesets:
  rtl:
    files:
{3}    file_type: verilogSource-2005
  constraints:
    files:
      - {4}.sdc
    file_type: SDC

targets:
  default:
    filesets: [rtl]
    toplevel: {4}
  lint:
    default_tool: verilator
    filesets: [rtl]
    toplevel: {4}
    tools:
      verilator:
        mode: lint-only
        verilator_options: [-Wall, -Wno-DECLFILENAME]
  synth:
    filesets: [rtl, constraints]
    toplevel: {4}
)",
                     title(config), identifier(config.name), LUTRA_VERSION, files, design.top);
}

// "{a b[*]}": the ports of the core in one direction but for the clock; a bus stands for its bits.
std::string ports_in(const Design& design, bool output) {
  std::string names;
  for (const EmittedFile& f : design.files) {
    if (f.name != design.top + ".v") continue;
    for (const Port& p : ports_of(f.text, design.top))
      if (p.output == output && p.name != "clk_i") names += (names.empty() ? "" : " ") + p.name + (p.bits > 1 ? "[*]" : "");
  }
  return "{" + names + "}";
}

std::string constraints_of(const Design& design, const ArchConfig& config) {
  const double period = 1000.0 / config.clock_mhz;
  return fmt::format(R"(# {}
# One clock of {} MHz; the reset is synchronous and timed like every input. Times are in ns.
set_units -time ns
create_clock -name clk -period {:.6g} [get_ports clk_i]
set_input_delay {:.6g} -clock clk [get_ports {}]
set_output_delay {:.6g} -clock clk [get_ports {}]
)",
                     title(config), config.clock_mhz, period, period * kOutsideShare, ports_in(design, false), period * kOutsideShare,
                     ports_in(design, true));
}

std::string access_of(Access access) {
  switch (access) {
    case Access::kReadWrite:
      return "read and write";
    case Access::kReadOnly:
      return "read only";
    case Access::kPulse:
      return "write ones";
  }
  return {};
}

std::string upper(std::string_view name) {
  std::string text(name);
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

// Causes of traps, and counters by their place behind the first one.
std::string names_of_numbers() {
  std::string causes = "\n", texts = "\n#define LUTRA_CAUSE_TEXTS", counters = "\n";
  for (const TrapInfo& trap : trap_causes()) {
    causes += fmt::format("#define LUTRA_CAUSE_{} {}u\n", upper(trap.name), static_cast<int>(trap.cause));
    texts += fmt::format("{} \\\n  \"{}: {}\"", trap.cause == Trap::kNone ? "" : ",", trap.name, trap.doc);
  }
  int count = 0;
  for (const Register& r : registers())
    if (r.offset >= register_offset("CYCLES_LO") && r.name.ends_with("_LO"))
      counters += fmt::format("#define LUTRA_COUNTER_{} {}u\n", r.name.substr(0, r.name.size() - 3), count++);
  return causes + texts + "\n" + counters + fmt::format("#define LUTRA_COUNTERS {}u\n", count);
}

std::string header_of(const ArchConfig& config) {
  std::string text = fmt::format(R"(/* {}
   The AXI4-Lite registers of the core: byte offsets, 32 bits each; what they hold; and what identifies the core. */
#ifndef LUTRA_CORE_H
#define LUTRA_CORE_H

#define LUTRA_ID_VALUE 0x{:08X}u
#define LUTRA_VERSION_VALUE 0x{:08X}u
#define LUTRA_PROGRAM_HASH_VALUE 0x{:08X}u
#define LUTRA_CLOCK_HZ {:.0f}u
#define LUTRA_AXI_DATA_BYTES {}u
#define LUTRA_INSTRUCTION_WORDS {}u

#define LUTRA_CTRL_START 1u
#define LUTRA_CTRL_ABORT 2u
#define LUTRA_CTRL_CLEAR 4u
#define LUTRA_STATUS_BUSY 1u
#define LUTRA_STATUS_DONE 2u
#define LUTRA_STATUS_TRAPPED 4u

)",
                                 title(config), kIdWord, version_word(), program_hash_word(config), config.clock_mhz * 1e6,
                                 config.axi.data_bits / 8, config.buffer.instruction_words);
  std::size_t width = 0;
  for (const Register& r : registers()) width = std::max(width, r.name.size());
  for (const Register& r : registers())
    text += fmt::format("#define LUTRA_{:<{}} 0x{:03X}u /* {}: {} */\n", r.name, width, r.offset, access_of(r.access), r.doc);
  return text + names_of_numbers() + "\n#endif\n";
}

Json memory_list_of(const Design& design) {
  Json memories = Json::array();
  for (const MemoryMacro& m : design.memories)
    memories.push_back({{"instance", m.instance},
                        {"path", "u_buffers." + m.instance},
                        {"module", "lutra_sram"},
                        {"words", m.words},
                        {"bits", m.bits},
                        {"write_groups", m.write_groups},
                        {"ports", {{"write", 1}, {"read", 1}}}});
  return memories;
}

// Every field of the schema with its own type, in sections as the YAML has them.
Json configuration_of(const ArchConfig& config) {
  Json all;
  for (const SchemaField& field : schema()) {
    const std::string text = field_text(field, config);
    const Json value = field.kind() == ValueKind::kText ? Json(text) : Json::parse(text);
    const std::size_t dot = field.key.find('.');
    if (dot == std::string_view::npos)
      all[std::string(field.key)] = value;
    else
      all[std::string(field.key.substr(0, dot))][std::string(field.key.substr(dot + 1))] = value;
  }
  return all;
}

}  // namespace

Json manifest_of(const Design& design, const ArchConfig& config) {
  Json files = Json::array();
  for (const EmittedFile& f : design.files) files.push_back(f.name);
  Json driver = Json::array();
  for (const std::string_view name : driver_file_names()) driver.push_back("driver/" + std::string(name));
  return {{"name", config.name},
          {"top", design.top},
          {"lutra_version", LUTRA_VERSION},
          {"config_hash", config_hash(config)},
          {"program_hash", program_hash(config)},
          {"files", files},
          {"file_list", design.top + ".f"},
          {"fusesoc_core", design.top + ".core"},
          {"constraints", design.top + ".sdc"},
          {"register_header", design.top + ".h"},
          {"driver", driver},
          {"memory_list", design.top + "_memories.json"},
          {"memories", memory_list_of(design)},
          {"configuration", configuration_of(config)}};
}

std::vector<EmittedFile> companions_of(const Design& design, const ArchConfig& config) {
  constexpr auto kReplace = Json::error_handler_t::replace;  // a description may hold any bytes
  const Json memories = {{"lutra_version", LUTRA_VERSION}, {"config_hash", config_hash(config)}, {"memories", memory_list_of(design)}};
  std::vector<EmittedFile> files{{design.top + ".f", file_list_of(design)},
                                 {design.top + ".core", fusesoc_of(design, config)},
                                 {design.top + ".sdc", constraints_of(design, config)},
                                 {design.top + ".h", header_of(config)},
                                 {design.top + "_memories.json", memories.dump(2, ' ', false, kReplace) + "\n"},
                                 {"manifest.json", manifest_of(design, config).dump(2, ' ', false, kReplace) + "\n"}};
  for (const std::string_view name : driver_file_names()) files.push_back({"driver/" + std::string(name), std::string(driver_file(name))});
  return files;
}

}  // namespace lutra::gen

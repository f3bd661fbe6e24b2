// Writes docs/configuration.md from the schema.
#include <fmt/format.h>

#include "isa/reference.h"
#include "isa/schema.h"

namespace lutra {
namespace {

constexpr std::string_view kIntroduction = R"(# Configuration

*Generated from the schema in `isa/schema_table.cpp`; change that, then run the `isa` test with `LUTRA_UPDATE_DOCS=1`.*

One YAML file describes one machine; examples are in `configs/`. Keys that are not named have their default, required ones have none.
Unknown keys, keys given twice, anchors, lists and values outside their range are refused with file, line and column.

Two hashes identify a configuration. `config_hash` covers every key and is written into every output. `program_hash` covers the keys marked
*program* below, on which encodings and memory layouts depend: a compiled program runs only on a machine where it is equal.
)";

constexpr std::string_view kRules = R"(
## Rules between keys

- `table.builder_tables` divides `array.tables_per_lane`: the builder works in whole groups.
- `array.accumulator_bits` holds one k-step with eight weight planes: K G 255 times 128 (INT8), 32768 (INT16) or 2^mantissa_bits (aligned), or
  G 255 times 128 (quantised), and a sign.
- `array.combine: horner` handles one plane a cycle: `array.planes_per_cycle` is 1.
- `table.kind: ternary` has tables of at most four trits, and not `table.form: parity`: their sums differ in parity.
- `table.source: memory` excludes `table.storage: rebuilt`, and leaves out table builder and activation buffer.
- `table.mode: aligned` and `float` go with floating-point `array.activations` and only with them. `quantised` and `aligned` need `scale.unit: float`, whole
  k-steps in `table.group` (a multiple of K G) whose tables fit the table buffer, and not `table.storage: rebuilt`; `quantised` not `table.form: parity`.
- `table.mode: float` adds in FP32, whose sums depend on their order (numerics.md): one table and one plane a cycle (`array.tables_per_lane` and
  `array.planes_per_cycle` are 1), `array.combine: shift`, `array.accumulator_bits: 32`, `scale.unit: float`, floating-point `array.activations`; neither
  `table.form: parity` nor `table.storage: rebuilt`. A lane's adder has `scale.registers` registers, and steps are that many cycles and one apart.
- A word of a buffer has at most 65536 bits, a buffer at most 64 MiB and at least two lines (a line is the longer of word and bus beat).
- The weight buffer holds a k-step of eight planes, the activation buffer a k-step of every row, the parameter buffer the zero points of
  every column.
- `scale.outputs_per_cycle` is at most `array.columns`, and that many INT32 values fit in one beat of `axi.data_bits`.
- `scale.unit: float` takes from the parameter buffer 64 bits an output, FP32 s' above z', and from the token-scale buffer a word a tile: FP32
  s_a of every row. The compiler refuses weights of several multiplications there, whose outputs would be rounded before they are added up, and
  types with minima unless `scale.zeros` is float.
- `scale.output` narrower than `full` and `scale.zeros: float` need `scale.unit: float`. Narrow outputs go to memory in words of at least 4 bytes:
  2 FP16 or BF16, or 4 INT8, in `scale.outputs_per_cycle`. With real zeros 3 + 2 `scale.registers` is at most 6 + `array.pipeline_registers`, but for float tables.
- A burst of `axi.max_burst_beats` is at most 4096 bytes.
- `memory.size_gib` lies within what `axi.address_bits` reach.
)";

std::string row(const SchemaField& field) {
  const std::string unset = field_default(field);
  const std::string fallback = field.required ? "*required*" : unset.empty() ? "(empty)" : "`" + unset + "`";
  return fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", field.key.substr(field.key.rfind('.') + 1), field.unit, field_range(field),
                     fallback, field.in_program_hash ? "program" : "", field.doc);
}

}  // namespace

std::string configuration_reference() {
  std::string text(kIntroduction);
  std::string section = "none yet";
  for (const SchemaField& field : schema()) {
    const std::size_t dot = field.key.find('.');
    const std::string own(dot == std::string_view::npos ? "" : field.key.substr(0, dot));
    if (own != section) {
      section = own;
      text += fmt::format("\n## {}\n\n| key | unit | allowed | default | hash | meaning |\n|---|---|---|---|---|---|\n",
                          own.empty() ? "Top level" : "`" + own + "`");
    }
    text += row(field);
  }
  return text + std::string(kRules);
}

}  // namespace lutra

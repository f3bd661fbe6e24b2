// Reference pages generated from the tables: docs/isa.md and docs/configuration.md.
#pragma once

#include <string>

namespace lutra {

/// Markdown: instructions with their fields, assembly language, traps, registers, an example.
std::string isa_reference();
/// Markdown: every key of a configuration with type, unit, range, default and meaning; rules between keys.
std::string configuration_reference();

/// The program that isa_reference() shows; assembles for the machine in configs/tiny.yaml.
std::string example_program();

}  // namespace lutra

// What sim, cosim and ppa run: a program file, or a trace that is compiled on the way.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "isa/program.h"
#include "workloads/weights.h"

namespace lutra::cli {

struct ProgramInput {
  std::string trace, program;
};

/// --trace FILE or --program FILE; exactly one when `required`.
void add_program_options(CLI::App& command, ProgramInput& input, bool required);
/// Reads or compiles it. Throws Error.
Program load_program(const ProgramInput& input, const ArchConfig& config);
/// --weights-from FILE: a model file with real weights.
void add_weights_option(CLI::App& command, std::string& file);
/// The file's weights, or generated ones where `file` is empty. Throws Error.
std::unique_ptr<workloads::WeightSource> make_weights(const std::string& file, std::uint64_t seed);
/// Indices of the jobs whose operator's name contains one of `names`; throws Error for a name that none contains.
std::vector<std::size_t> find_jobs(const Program& program, const std::vector<std::string>& names);

}  // namespace lutra::cli

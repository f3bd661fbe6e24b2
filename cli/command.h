// What a subcommand is: a name, what it does, an example, and a function that adds its options and its action.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <span>
#include <string_view>

namespace lutra::cli {

/// What runs once the command line is read; returns the exit code: 0 success, 1 a failed check. Bad input throws Error.
using Action = std::function<int()>;

struct Command {
  std::string_view name;
  std::string_view purpose;
  std::string_view example;
  /// Adds options to `command` and arranges that `action` is set when it is chosen.
  void (*add)(CLI::App& command, Action& action);
};

/// All subcommands in the order of --help.
std::span<const Command> commands();

void add_gen(CLI::App& command, Action& action);
void add_asm(CLI::App& command, Action& action);
void add_disasm(CLI::App& command, Action& action);
void add_trace(CLI::App& command, Action& action);
void add_types(CLI::App& command, Action& action);
void add_quantise(CLI::App& command, Action& action);
void add_graph(CLI::App& command, Action& action);
void add_compile(CLI::App& command, Action& action);
void add_sim(CLI::App& command, Action& action);
void add_cosim(CLI::App& command, Action& action);
void add_edge(CLI::App& command, Action& action);
void add_serve(CLI::App& command, Action& action);
void add_ppa(CLI::App& command, Action& action);
void add_report(CLI::App& command, Action& action);
void add_run(CLI::App& command, Action& action);
void add_kernels(CLI::App& command, Action& action);
void add_measure(CLI::App& command, Action& action);
void add_gpu(CLI::App& command, Action& action);
void add_memory(CLI::App& command, Action& action);
void add_check(CLI::App& command, Action& action);
void add_flash(CLI::App& command, Action& action);
void add_sweep(CLI::App& command, Action& action);

/// Options and one function that runs with them: what every add_... of above is made of.
template <typename Options>
void bind(CLI::App& command, Action& action, std::shared_ptr<Options> options, int (*run)(const Options&)) {
  command.callback([&action, options, run] { action = [options, run] { return run(*options); }; });
}

}  // namespace lutra::cli
